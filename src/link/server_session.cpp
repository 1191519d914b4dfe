#include "link/server_session.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

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

model::LogChunk failed_log(std::uint64_t id, std::uint64_t offset, std::string code) {
  model::LogChunk chunk;
  chunk.id = id;
  chunk.offset = offset;
  chunk.error = std::move(code);
  return chunk;
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
  std::vector<model::LogChunk> late;
  for (const auto& [id, open] : logs_) {
    if (open.give_up_at <= now_) late.push_back(failed_log(id, open.offset, "log.timeout"));
  }
  for (model::LogChunk& chunk : late) answer_log(std::move(chunk));
  end_if_closed();
}

Steady ServerSession::next_wake() const {
  Steady wake = channel_.next_wake(welcomed_);
  for (const auto& [id, open] : logs_) wake = std::min(wake, open.give_up_at);
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
  if (!is_welcomed()) return answer(failed_log(request.id, request.offset, "log.agent_gone"));
  if (logs_.size() >= kLogRequestsMax) {
    return answer(failed_log(request.id, request.offset, "log.busy"));
  }
  logs_.emplace(request.id, OpenLog{std::move(answer), request.offset, now_ + kLogAnswerMax});
  put(request);
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
        } else if constexpr (std::is_same_v<One, model::LogChunk>) {
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

void ServerSession::answer_log(model::LogChunk chunk) {
  auto open = logs_.extract(chunk.id);
  if (!open.empty()) open.mapped().answer(std::move(chunk));
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
  for (const auto& [id, open] : logs) {
    open.answer(failed_log(id, open.offset, "log.agent_gone"));
  }
  if (greeted_) hooks_.event(model::AgentDisconnected{agent_, session_});
}

}  // namespace dandori::link
