#include <algorithm>

#include "engine/business_dates.h"
#include "engine/plan_triggers.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Command;
using model::Event;

namespace {

/// The run that a request names, when it may be an ended one.
struct NamedRun {
  std::string operator()(const model::RerunRun& request) const { return request.run; }
  std::string operator()(const model::CancelRun& request) const { return request.run; }
  std::string operator()(const model::KillRun& request) const { return request.run; }
  std::string operator()(const model::ConfirmRun& request) const { return request.run; }
  std::string operator()(const model::AskWhy& request) const { return request.run; }
  std::string operator()(const model::ApplyDefinitions&) const { return {}; }
  std::string operator()(const model::StartRun& request) const { return request.like; }
  std::string operator()(const model::Operate& request) const { return request.run; }
  std::string operator()(const model::SetVariable&) const { return {}; }
  std::string operator()(const model::MoveBusinessDate&) const { return {}; }
  std::string operator()(const model::AskWhyWorkflow&) const { return {}; }
  std::string operator()(const model::AskDifferences&) const { return {}; }
  std::string operator()(const model::AskServer&) const { return {}; }
  std::string operator()(const model::CreateToken&) const { return {}; }
  std::string operator()(const model::RevokeToken&) const { return {}; }
  std::string operator()(const model::TouchToken&) const { return {}; }
  std::string operator()(const model::KeepAnswer&) const { return {}; }
  std::string operator()(const model::SignOut&) const { return {}; }
  std::string operator()(const model::AskAgents&) const { return {}; }
  std::string operator()(const model::AskSummary&) const { return {}; }
};

struct Dispatch {
  Turn& turn;
  const model::Fetched& fetched;

  void operator()(const model::Tick&) const {
    if (fetched.planned) {
      take_outcomes(turn.state, *fetched.planned);
    } else if (!turn.state.outcomes_wanted.empty()) {
      skip_outcomes(turn);
    }
    rerun_previous(turn, fetched);
  }
  /// Forward: catch_up decides when the instants are due. Back: notice_clock sees it in every turn.
  void operator()(const model::ClockJumped&) const {}
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

/// What must be decided before the event can be. False: this turn has no room for all of it.
bool make_way(Turn& turn, const Event& event) {
  const Command* command = std::get_if<Command>(&event);
  if (command == nullptr) return true;
  if (command->preview) return true;
  // A hold or disable acts from now on: what was due before is decided as it was.
  const auto* operate = std::get_if<model::Operate>(&command->request);
  if (operate != nullptr && operate->run.empty() && operate->job.empty())
    return settle_workflow(turn, operate->workflow);
  // Whoever reads or moves a business date finds it as the clock says.
  if (const auto* move = std::get_if<model::MoveBusinessDate>(&command->request))
    return settle_date(turn, move->name);
  if (const auto* start = std::get_if<model::StartRun>(&command->request)) {
    const auto workflow = turn.state.workflows.find(start->workflow);
    const bool known = workflow != turn.state.workflows.end() && workflow->second.definition;
    return !known || settle_date(turn, workflow->second.definition->business_date);
  }
  const auto* apply = std::get_if<model::ApplyDefinitions>(&command->request);
  return apply == nullptr || settle_instants(turn, *apply);
}

/// Takes events in their order until the turn is full; returns how many.
std::size_t take_events(Turn& turn, std::span<const Envelope> events) {
  std::size_t taken = 0;
  while (taken < events.size() && !turn.full()) {
    const Envelope& envelope = events[taken];
    if (!make_way(turn, envelope.event)) break;
    std::visit(Dispatch{turn, envelope.fetched}, envelope.event);
    ++taken;
  }
  return taken;
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
  bool did = rewind_one(turn);
  did = replan_one(turn) || did;
  did = fire_one(turn) || did;
  did = advance_one_queue(turn) || did;
  did = settle_one(turn) || did;
  did = start_one(turn) || did;
  return did;
}

bool work_is_left(const State& state, Now now) {
  if (!state.settling.empty() || !state.queues.empty() || !state.reruns_wanted.empty()) return true;
  if (!state.rewinds.empty() || !state.outcomes_wanted.empty()) return true;
  if (!state.replans.empty()) return true;
  if (!state.timers.empty() && state.timers.begin()->at <= now.steady.us) return true;
  if (!state.fires.empty() && state.fires.begin()->first <= now.wall) return true;
  if (!state.mark_ends.empty() && state.mark_ends.begin()->first <= now.wall) return true;
  if (date_is_due(state, now.wall)) return true;
  return start_possible(state, now);
}

}  // namespace

model::Needs needs(const State& state, const Event& event) {
  model::Needs needed;
  if (std::holds_alternative<model::Tick>(event)) {
    needed.planned = wanted_outcomes(state);
    if (state.reruns_wanted.empty()) return needed;
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
  if (const auto* why = std::get_if<model::AskWhyWorkflow>(&command->request))
    needed.planned = outcomes_of_day(state, *why);
  return needed;
}

Decision decide(State& state, std::span<const Envelope> events, Now now, TurnLimits limits) {
  notice_clock(state, now);
  Turn turn{state, now, limits};
  const std::size_t events_max = std::max<std::size_t>(limits.events_max, 1);
  const std::size_t taken = take_events(turn, events.first(std::min(events.size(), events_max)));
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
  if (!state.date_moves.empty()) wake.wall = std::min(wake.wall, state.date_moves.begin()->first);
  if (!state.mark_ends.empty()) wake.wall = std::min(wake.wall, state.mark_ends.begin()->first);
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
