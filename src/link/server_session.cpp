#include "link/server_session.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include "base/text.h"

namespace dandori::link {

namespace {

constexpr std::size_t kNameBytesMax = 100;
constexpr std::uint32_t kSlotsMax = 1U << 16U;

/// Names stand in URLs, file names and logs: letters, digits and `._-`.
bool is_agent_name(std::string_view name) {
  const auto is_fit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
         std::ranges::all_of(name, is_fit);
}

Result<void> check_hello(const model::AgentHello& hello) {
  if (hello.protocol != wire::kProtocol) {
    return fail("protocol.version",
                fmt::format("the agent speaks protocol {}, this server {}", hello.protocol,
                            wire::kProtocol),
                "bring agent and server to the same version");
  }
  if (!is_agent_name(hello.name)) {
    return fail("protocol.bad_name",
                fmt::format("'{}' cannot be the name of an agent",
                            fit_width(to_valid_utf8(hello.name), 40)),
                "use 1 to 100 letters, digits, '.', '_' and '-'");
  }
  if (hello.slots > kSlotsMax || hello.held.size() > kSlotsMax) {
    return fail("protocol.bad_message", fmt::format("an agent has at most {} slots", kSlotsMax));
  }
  return {};
}

}  // namespace

ServerSession::ServerSession(std::uint64_t session, Hooks hooks, Steady now)
    : session_{session}, hooks_{std::move(hooks)}, now_{now} {
  channel_.open(now);
}

void ServerSession::receive(std::string_view bytes, Steady now) {
  now_ = std::max(now_, now);
  channel_.heard(bytes, now);
  while (const auto body = channel_.next_body()) take(*body);
  end_if_closed();
}

void ServerSession::step(Steady now) {
  now_ = std::max(now_, now);
  if (channel_.step(now) && welcomed_) put(wire::Heartbeat{});
  while (!logs_.empty() && logs_.begin()->second.give_up_at <= now_) {  // the oldest come first
    const auto late = logs_.extract(logs_.begin());
    fail_log(late.key(), late.mapped(), "log.timeout");
  }
  end_if_closed();
}

Steady ServerSession::next_wake() const {
  Steady wake = channel_.next_wake(welcomed_);
  if (!logs_.empty()) wake = std::min(wake, logs_.begin()->second.give_up_at);
  return wake;
}

void ServerSession::close(Error why) {
  channel_.close(std::move(why));
  end_if_closed();
}

void ServerSession::start(const model::StartOrder& order) {
  if (!is_welcomed()) return;
  const std::string frame = wire::encode(wire::ServerMessage{order});
  if (frame.size() <= wire::kFrameBytesMax) return channel_.put(frame);
  hooks_.event(
      model::AttemptNeverStarted{order.attempt, order.boot_id, order.sequence, "order_too_big"});
}

void ServerSession::stop(const model::StopOrder& order) {
  put(order);
}
void ServerSession::acknowledge(const model::AckOrder& order) {
  put(order);
}

void ServerSession::request_log(model::LogRequest request, LogAnswer answer) {
  request.id = ++last_log_;
  if (open_log(request.id, {std::move(answer), request.offset, now_ + kLogAnswerMax})) put(request);
}

void ServerSession::request_find(model::LogFind find, FindAnswer answer) {
  find.id = ++last_log_;
  if (open_log(find.id, {std::move(answer), find.offset, now_ + kLogAnswerMax})) put(find);
}

/// False: it was answered already.
bool ServerSession::open_log(std::uint64_t id, OpenLog open) {
  if (!is_welcomed()) {
    fail_log(id, open, "log.agent_gone");
    return false;
  }
  if (logs_.size() >= kLogRequestsMax) {
    fail_log(id, open, "log.busy");
    return false;
  }
  logs_.emplace(id, std::move(open));
  return true;
}

void ServerSession::fail_log(std::uint64_t id, const OpenLog& open, std::string_view code) {
  const auto failed = [&](auto answer) {
    answer.id = id;
    answer.offset = open.offset;
    answer.error = code;
    return answer;
  };
  if (const auto* log = std::get_if<LogAnswer>(&open.answer))
    return (*log)(failed(model::LogChunk{}));
  std::get<FindAnswer>(open.answer)(failed(model::LogFound{}));
}

void ServerSession::take(std::string_view body) {
  auto message = wire::decode_agent(body);
  if (!message) return channel_.close(std::move(message.error()));
  const bool is_hello = std::holds_alternative<model::AgentHello>(*message);
  if (is_hello ? greeted_ : !welcomed_) {
    return channel_.close({"protocol.out_of_order",
                           is_hello ? "the agent said hello twice"
                                    : "the agent did not say hello and wait for the answer first",
                           "see that the peer is a dandori agent"});
  }
  std::visit(
      [this](auto& one) {
        using One = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<One, model::AgentHello>) {
          greet(std::move(one));
        } else if constexpr (std::is_same_v<One, model::LogChunk> ||
                             std::is_same_v<One, model::LogFound>) {
          answer_log(std::move(one));
        } else if constexpr (!std::is_same_v<One, wire::Heartbeat>) {
          hooks_.event(std::move(one));
        }
      },
      *message);
}

void ServerSession::greet(model::AgentHello hello) {
  Result<void> admitted = check_hello(hello);
  if (admitted) admitted = hooks_.admit(hello);
  if (!admitted) return refuse(std::move(admitted.error()));
  agent_ = hello.name;
  instance_ = hello.instance;
  greeted_ = true;
  hooks_.event(model::AgentConnected{std::move(hello), session_});
}

void ServerSession::welcome() {
  if (!is_open() || !greeted_ || welcomed_) return;
  welcomed_ = true;
  put(wire::Welcome{wire::kProtocol, session_});
}

void ServerSession::refuse(Error why) {
  if (!is_open() || welcomed_) return;
  put(wire::Refused{why.code, why.message});
  channel_.close(std::move(why));
  end_if_closed();
}

/// An answer of the wrong kind is none: the request is given up in time.
template <class Answer>
void ServerSession::answer_log(Answer answer) {
  using Call = std::function<void(Answer)>;
  const auto at = logs_.find(answer.id);
  if (at == logs_.end() || !std::holds_alternative<Call>(at->second.answer)) return;
  const auto open = logs_.extract(at);
  std::get<Call>(open.mapped().answer)(std::move(answer));
}

void ServerSession::put(const wire::ServerMessage& message) {
  channel_.put(wire::encode(message));
  if (channel_.bytes_waiting() > kOrderBytesWaitingMax) {
    channel_.close({"protocol.not_reading", "the agent does not take its orders",
                    "look at the agent's host: it is overloaded or stopped"});
  }
}

void ServerSession::end_if_closed() {
  if (is_open() || ended_) return;
  ended_ = true;
  const auto logs = std::exchange(logs_, {});
  for (const auto& [id, open] : logs) fail_log(id, open, "log.agent_gone");
  if (greeted_) hooks_.event(model::AgentDisconnected{agent_, session_});
}

}  // namespace dandori::link
