#include "exec/scripted/scripted_executor.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace dandori::exec {

namespace {

constexpr std::int32_t kTerm = 15;
constexpr std::int32_t kKill = 9;

}  // namespace

void ScriptedExecutor::script(const std::string& path, std::deque<ScriptedExit> exits) {
  scripts_[path] = std::move(exits);
}

void ScriptedExecutor::connect() {
  if (connected_) disconnect();
  connected_ = true;
  model::AgentHello hello;
  hello.name = settings_.name;
  hello.version = "scripted";
  hello.host = "scripted";
  hello.boot_id = settings_.boot_id;
  hello.sequence_high = sequence_high_;
  hello.slots = settings_.slots;
  hello.running_max = settings_.running_max;
  for (const auto& [attempt, held] : held_) {
    hello.held.push_back({attempt, held.order.sequence, held.end.has_value()});
  }
  post_(model::AgentConnected{std::move(hello), ++session_});
  for (const auto& [attempt, held] : held_) {
    if (held.end) post_(*held.end);
  }
}

void ScriptedExecutor::disconnect() {
  if (!std::exchange(connected_, false)) return;
  post_(model::AgentDisconnected{settings_.name, session_});
}

void ScriptedExecutor::restart_host() {
  disconnect();
  held_.clear();
  sequence_high_ = 0;
  ++settings_.boot_id.low;
}

void ScriptedExecutor::step(Now now) {
  now_ = now;
  for (auto& [attempt, held] : held_) {
    if (!held.end && held.ends_at <= now.steady) end(held);
  }
}

Steady ScriptedExecutor::next_wake() const {
  Steady wake{INT64_MAX};
  for (const auto& [attempt, held] : held_) {
    if (!held.end) wake = std::min(wake, held.ends_at);
  }
  return wake;
}

void ScriptedExecutor::welcome(const std::string&, std::uint64_t) {}
void ScriptedExecutor::refuse(std::uint64_t session, const Error&) {
  if (session == session_) disconnect();
}

void ScriptedExecutor::start(const std::string& agent, const model::StartOrder& order) {
  if (agent != settings_.name || !connected_ || held_.contains(order.attempt)) return;
  const auto refuse = [&](const char* reason) {
    report(model::AttemptNeverStarted{order.attempt, order.boot_id, order.sequence, reason});
  };
  if (order.boot_id != settings_.boot_id) return refuse("other_boot");
  if (order.sequence <= sequence_high_) return refuse("stale_sequence");
  sequence_high_ = order.sequence;
  if (held_.size() >= settings_.slots) return refuse("busy");
  ++starts_[order.attempt];
  orders_[order.attempt] = order;
  const ScriptedExit exit = next_exit(order.path);
  const auto [at, added] = held_.emplace(
      order.attempt, Held{order, exit, now_.wall, now_.steady + exit.lasts, false, {}});
  report(model::AttemptStarted{order.attempt, 1000 + static_cast<std::int64_t>(order.sequence),
                               now_.wall});
  if (exit.lasts == Duration::zero()) end(at->second);
}

void ScriptedExecutor::stop(const std::string& agent, const model::StopOrder& order) {
  const auto at = held_.find(order.attempt);
  if (agent != settings_.name || at == held_.end() || at->second.end) return;
  Held& held = at->second;
  const Steady killed_at = now_.steady + order.grace;
  held.exit.signal = held.exit.ignores_term ? kKill : kTerm;
  held.ends_at = std::min(held.ends_at, held.exit.ignores_term ? killed_at : now_.steady);
  held.stopped = true;
  if (held.ends_at <= now_.steady) end(held);
}

void ScriptedExecutor::acknowledge(const std::string& agent, const model::AckOrder& order) {
  const auto at = held_.find(order.attempt);
  if (agent == settings_.name && at != held_.end() && at->second.end) held_.erase(at);
}

std::size_t ScriptedExecutor::running() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(held_, [](const auto& entry) { return !entry.second.end; }));
}

ScriptedExit ScriptedExecutor::next_exit(const std::string& path) {
  const auto at = scripts_.find(path);
  if (at == scripts_.end() || at->second.empty()) return {};
  const ScriptedExit exit = at->second.front();
  if (at->second.size() > 1) at->second.pop_front();
  return exit;
}

void ScriptedExecutor::report(model::Event event) {
  if (connected_) post_(std::move(event));
}

void ScriptedExecutor::end(Held& held) {
  model::AttemptEnded end;
  end.attempt = held.order.attempt;
  end.exit.signal = held.exit.signal;
  end.exit.exit_code = held.exit.signal > 0 ? -1 : held.exit.exit_code;
  end.exit.started_at = held.started_at;
  end.exit.ended_at = now_.wall;
  end.output = held.exit.output;
  end.signalled = held.stopped;
  held.end = end;
  report(std::move(end));
}

}  // namespace dandori::exec
