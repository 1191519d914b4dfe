#include "link/agent_session.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace dandori::link {

namespace {

constexpr std::uint32_t kLogBytesMax = 1U << 20U;

wire::AgentMessage to_message(const Report& report) {
  return std::visit([](const auto& one) { return wire::AgentMessage{one}; }, report);
}

bool is_final(const Report& report) {
  return !std::holds_alternative<model::AttemptStarted>(report);
}

/// Nothing replaces a final report, but what a newer order has led to replaces the refusal of an
/// older one.
bool replaces(const Report& newer, const Report& older) {
  const auto* refusal = std::get_if<model::AttemptNeverStarted>(&older);
  if (refusal == nullptr) return !is_final(older);
  const auto* again = std::get_if<model::AttemptNeverStarted>(&newer);
  return again == nullptr || again->sequence > refusal->sequence;
}

}  // namespace

const model::AttemptRef& attempt_of(const Report& report) {
  return std::visit([](const auto& one) -> const model::AttemptRef& { return one.attempt; },
                    report);
}

void AgentSession::connect(const model::AgentHello& hello, Steady now) {
  session_ = 0;
  now_ = now;
  followers_.clear();
  channel_.open(now);
  channel_.put(wire::encode(wire::AgentMessage{hello}));
}

void AgentSession::disconnect(Error why) {
  channel_.close(std::move(why));
  session_ = 0;
  followers_.clear();
}

void AgentSession::receive(std::string_view bytes, Steady now) {
  now_ = now;
  channel_.heard(bytes, now);
  while (const auto body = channel_.next_body()) take(*body);
  if (!is_open()) session_ = 0;
}

template <class Is>
std::vector<AgentSession::Follower> AgentSession::take_out(Is is) {
  std::vector<Follower> taken;
  std::erase_if(followers_, [&](const Follower& follower) {
    const bool goes = is(follower);
    if (goes) taken.push_back(follower);
    return goes;
  });
  return taken;
}

void AgentSession::step(Steady now) {
  now_ = now;
  const auto answered =
      take_out([&](const Follower& follower) { return follower.answer_by <= now; });
  for (const Follower& follower : answered) answer_log(follower.request, true);
  if (channel_.step(now) && is_welcomed())
    channel_.put(wire::encode(wire::AgentMessage{wire::Heartbeat{}}));
  if (!is_open()) session_ = 0;
}

Steady AgentSession::next_wake() const {
  Steady wake = channel_.next_wake(is_welcomed());
  for (const Follower& follower : followers_) wake = std::min(wake, follower.answer_by);
  return wake;
}

void AgentSession::log_grew(const model::AttemptRef& attempt) {
  // Taken out first: reading may make the log grow again.
  const auto followers =
      take_out([&](const Follower& follower) { return follower.request.attempt == attempt; });
  for (const Follower& follower : followers) {
    if (!answer_log(follower.request, false)) followers_.push_back(follower);
  }
}

/// False: there is nothing yet, and whoever asks wants to wait for it.
bool AgentSession::answer_log(const model::LogRequest& request, bool at_once) {
  model::LogChunk chunk = hooks_.read_log(request);
  const bool has_news = !chunk.bytes.empty() || chunk.complete || !chunk.error.empty();
  if (!has_news && request.wait && !at_once) return false;
  chunk.id = request.id;
  channel_.put(wire::encode(wire::AgentMessage{std::move(chunk)}));
  return true;
}

void AgentSession::report(Report report) {
  const model::AttemptRef attempt = attempt_of(report);
  const auto [at, is_new] = kept_.try_emplace(attempt, Kept{report});
  if (!is_new) {
    if (!replaces(report, at->second.report)) return queue(attempt, at->second);
    at->second.report = std::move(report);
  }
  if (std::holds_alternative<model::AttemptNeverStarted>(at->second.report)) {
    drop_old_refusals(attempt);
  }
  queue(attempt, at->second);
}

std::string AgentSession::take_bytes() {
  while (is_welcomed() && !unsent_.empty() && channel_.bytes_waiting() < kReportBytesWaitingMax) {
    const auto kept = kept_.find(unsent_.front());
    unsent_.pop_front();
    if (kept == kept_.end() || !kept->second.is_queued) continue;
    kept->second.is_queued = false;
    channel_.put(wire::encode(to_message(kept->second.report)));
  }
  return channel_.take_bytes();
}

void AgentSession::take(std::string_view body) {
  auto message = wire::decode_server(body);
  if (!message) return channel_.close(std::move(message.error()));
  const bool is_greeting = std::holds_alternative<wire::Welcome>(*message) ||
                           std::holds_alternative<wire::Refused>(*message);
  if (is_greeting == is_welcomed()) {
    return channel_.close({"protocol.out_of_order", "the server sent a greeting out of place",
                           "see that the peer is a dandori server"});
  }
  obey(*message);
}

void AgentSession::obey(wire::ServerMessage& message) {
  std::visit(
      [this](auto& one) {
        using One = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<One, wire::Welcome>) {
          welcome(one);
        } else if constexpr (std::is_same_v<One, wire::Refused>) {
          channel_.close({one.code, one.message, "the agent tries again later"});
        } else if constexpr (std::is_same_v<One, model::StartOrder>) {
          forget_older(one);
          hooks_.start(one);
        } else if constexpr (std::is_same_v<One, model::StopOrder>) {
          hooks_.stop(one);
        } else if constexpr (std::is_same_v<One, model::AckOrder>) {
          kept_.erase(one.attempt);
          hooks_.acknowledge(one);
        } else if constexpr (std::is_same_v<One, model::LogRequest>) {
          one.bytes_max = std::min(one.bytes_max, kLogBytesMax);
          if (!answer_log(one, false)) followers_.push_back({one, now_ + kLogWaitMax});
        } else if constexpr (std::is_same_v<One, model::LogFind>) {
          model::LogFound found = hooks_.find_log(one);
          found.id = one.id;
          channel_.put(wire::encode(wire::AgentMessage{std::move(found)}));
        } else {
          static_assert(std::is_same_v<One, wire::Heartbeat>);
        }
      },
      message);
}

void AgentSession::welcome(const wire::Welcome& welcome) {
  if (welcome.protocol != wire::kProtocol || welcome.session == 0) {
    return channel_.close({"protocol.version", "the server speaks another protocol",
                           "bring agent and server to the same version"});
  }
  session_ = welcome.session;
  // In the order in which they were not acknowledged: those that were queued already stay in front.
  for (auto& [attempt, kept] : kept_) queue(attempt, kept);
}

/// The server orders an attempt anew only when it knows that the older order started nothing: what
/// is kept of that one has been answered.
void AgentSession::forget_older(const model::StartOrder& order) {
  const auto kept = kept_.find(order.attempt);
  if (kept == kept_.end()) return;
  const Report& report = kept->second.report;
  const auto* refusal = std::get_if<model::AttemptNeverStarted>(&report);
  const auto* loss = std::get_if<model::AttemptLost>(&report);
  const bool is_older = (refusal != nullptr && refusal->sequence < order.sequence) ||
                        (loss != nullptr && loss->sequence < order.sequence);
  if (is_older) kept_.erase(kept);
}

void AgentSession::queue(const model::AttemptRef& attempt, Kept& kept) {
  if (kept.is_queued) return;
  kept.is_queued = true;
  unsent_.push_back(attempt);
}

void AgentSession::drop_old_refusals(const model::AttemptRef& newest) {
  refusals_.push_back(newest);
  while (refusals_.size() > kRefusalsKeptMax) {
    const auto kept = kept_.find(refusals_.front());
    refusals_.pop_front();
    if (kept == kept_.end()) continue;
    if (std::holds_alternative<model::AttemptNeverStarted>(kept->second.report)) kept_.erase(kept);
  }
}

}  // namespace dandori::link
