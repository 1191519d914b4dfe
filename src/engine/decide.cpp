#include <algorithm>

#include "engine/turn.h"

namespace dandori::engine {

using model::Command;
using model::Event;

std::string key_of(const Command& command);

namespace {

/// The run that a request names, when it may be an ended one.
struct NamedRun {
  std::string operator()(const model::RerunRun& request) const { return request.run; }
  std::string operator()(const model::CancelRun& request) const { return request.run; }
  std::string operator()(const model::KillRun& request) const { return request.run; }
  std::string operator()(const model::ConfirmRun& request) const { return request.run; }
  std::string operator()(const model::AskWhy& request) const { return request.run; }
  std::string operator()(const model::ApplyDefinitions&) const { return {}; }
  std::string operator()(const model::StartRun&) const { return {}; }
  std::string operator()(const model::SetVariable&) const { return {}; }
  std::string operator()(const model::AskAgents&) const { return {}; }
  std::string operator()(const model::AskSummary&) const { return {}; }
};

struct Dispatch {
  Turn& turn;
  const model::Fetched& fetched;

  void operator()(const model::Tick&) const { rerun_previous(turn, fetched); }
  void operator()(const model::ClockJumped&) const {}  // catch_up decides when the instants are due
  void operator()(const Command& command) const { on_command(turn, command, fetched); }
  void operator()(const model::AgentConnected& event) const { on_agent_connected(turn, event); }
  void operator()(const model::AgentDisconnected& event) const {
    on_agent_disconnected(turn, event);
  }
  void operator()(const model::AttemptStarted& event) const { on_attempt_started(turn, event); }
  void operator()(const model::AttemptEnded& event) const { on_attempt_ended(turn, event); }
  void operator()(const model::AttemptNeverStarted& event) const {
    on_attempt_never_started(turn, event);
  }
  void operator()(const model::AttemptLost& event) const { on_attempt_lost(turn, event); }
};

void take_events(Turn& turn, std::span<const Envelope> events, bool commands) {
  for (const Envelope& envelope : events) {
    if (std::holds_alternative<Command>(envelope.event) != commands) continue;
    std::visit(Dispatch{turn, envelope.fetched}, envelope.event);
  }
}

bool advance_one_queue(Turn& turn) {
  std::set<std::string>& queues = turn.state.queues;
  while (!queues.empty()) {
    const std::string name = *queues.begin();
    if (advance_queue(turn, name)) return true;
    queues.erase(name);
  }
  return false;
}

/// One step of each kind of due work, so that none waits for another to run dry.
bool work_once(Turn& turn) {
  bool did = fire_one(turn);
  did = advance_one_queue(turn) || did;
  did = settle_one(turn) || did;
  did = start_one(turn) || did;
  return did;
}

bool work_is_left(const State& state, Now now) {
  if (!state.settling.empty() || !state.queues.empty() || !state.reruns_wanted.empty()) return true;
  if (!state.timers.empty() && state.timers.begin()->at <= now.steady.us) return true;
  if (!state.fires.empty() && state.fires.begin()->first <= now.wall) return true;
  return start_possible(state, now);
}

}  // namespace

model::Needs needs(const State& state, const Event& event) {
  model::Needs needed;
  if (std::holds_alternative<model::Tick>(event) && !state.reruns_wanted.empty()) {
    const auto workflow = state.workflows.find(*state.reruns_wanted.begin());
    needed.ended_run = to_string(workflow->second.row.last_ended);
    return needed;
  }
  const Command* command = std::get_if<Command>(&event);
  if (command == nullptr) return needed;
  const std::string run = std::visit(NamedRun{}, command->request);
  if (!run.empty() && find_run(state, run) == nullptr) needed.ended_run = run;
  const std::string key = key_of(*command);
  if (!key.empty() && state.keys.find(key) == nullptr) needed.key = key;
  return needed;
}

Decision decide(State& state, std::span<const Envelope> events, Now now, TurnLimits limits) {
  Turn turn{state, now, limits};
  const std::size_t taken = std::min(events.size(), std::max<std::size_t>(limits.events_max, 1));
  const std::span<const Envelope> batch = events.first(taken);
  take_events(turn, batch, true);
  take_events(turn, batch, false);
  // At least one step a turn: a stream of events must not keep timers and starts waiting for ever.
  bool did = true;
  do {
    did = work_once(turn);
  } while (did && !turn.full());

  Decision decision;
  decision.events_taken = taken;
  decision.batch = turn.finish();
  decision.effects = std::move(turn.effects);
  decision.more = work_is_left(state, now);
  return decision;
}

Wake next_wake(const State& state) {
  Wake wake;
  if (!state.fires.empty()) wake.wall = state.fires.begin()->first;
  if (!state.timers.empty()) wake.steady = Steady{state.timers.begin()->at};
  for (const auto& [name, agent] : state.agents) {
    // With a free slot the pause is what jobs wait for; it is not over, or they had started.
    const bool has_room = agent.connected && agent.live.size() < agent.row.slots;
    const bool paused = has_room && agent.busy_until != 0 && !agent.ready.empty();
    if (paused) wake.steady = std::min(wake.steady, Steady{agent.busy_until});
  }
  return wake;
}

}  // namespace dandori::engine
