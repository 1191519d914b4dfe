#include <algorithm>
#include <utility>

#include "engine/business_dates.h"
#include "engine/marks.h"
#include "engine/params.h"
#include "engine/plan_triggers.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::CatchUp;
using model::MissReason;
using model::PlannedOutcome;
using model::PlannedState;

namespace {

/// One trigger whose next start is the instant being decided.
struct DueStart {
  const model::Trigger& trigger;
  calendar::PlannedStart planned;
  bool newest = false;  ///< its following start is not due yet
};

/// Whether catch_up lets a late start go.
bool is_caught(const DueStart& due, Duration late) {
  const model::CatchUpRule& rule = due.trigger.catch_up;
  if (rule.policy == CatchUp::none) return false;
  if (rule.policy == CatchUp::latest && !due.newest) return false;
  return !rule.within || late <= *rule.within;
}

void record(Turn& turn, const WorkflowState& workflow, const DueStart& due, PlannedState state,
            MissReason reason, RunId run, std::string detail) {
  PlannedOutcome outcome;
  outcome.workflow = workflow.row.name;
  outcome.trigger = due.trigger.id;
  outcome.nominal = origin_text(due.planned);
  outcome.at = due.planned.fire.at;
  outcome.business_date = format_day(due.planned.business_date);
  outcome.state = state;
  outcome.reason = reason;
  outcome.detail = std::move(detail);
  outcome.run = run;
  outcome.decided_at = turn.now.wall;
  if (state == PlannedState::missed) {
    turn.journal({}, "planned.missed", {}, 0,
                 Json::object({{"workflow", outcome.workflow},
                               {"trigger", outcome.trigger},
                               {"nominal", outcome.nominal},
                               {"reason", to_string(reason)}}));
  }
  turn.keep(model::PlannedRow{std::move(outcome)});
}

void miss(Turn& turn, const WorkflowState& workflow, const DueStart& due, MissReason reason,
          std::string detail = {}) {
  record(turn, workflow, due, PlannedState::missed, reason, {}, std::move(detail));
}

/// Runs started at this instant, for triggers with equal parameters.
struct Together {
  Json params;
  std::string trigger;
};

/// Another date than its own is stored: it waits in the queue, if there is room.
Admission admit_on(const Turn& turn, const WorkflowState& workflow, const DateAgreement& agreed,
                   bool late) {
  if (agreed.wait == model::DateWait::none) return admit(turn.state, workflow, false, late);
  const bool full = !late && workflow.queue_counted >= workflow.definition->overlap.queue_max;
  return full ? Admission::overlap : Admission::later;
}

void start_planned(Turn& turn, WorkflowState& workflow, const DueStart& due, bool late,
                   std::vector<Together>& together) {
  const auto same = std::find_if(together.begin(), together.end(), [&](const Together& other) {
    return other.params == due.trigger.params;
  });
  if (same != together.end()) {
    return miss(turn, workflow, due, MissReason::superseded, same->trigger);
  }
  const DateAgreement agreed =
      agree_on_date(turn.state, *workflow.definition, due.planned.business_date);
  model::Run draft;
  draft.workflow = workflow.row.name;
  draft.definition = workflow.definition;
  draft.trigger = due.trigger.id;
  draft.scheduled_for = due.planned.fire.at;
  draft.business_date = format_day(agreed.date);
  Result<Json> params = resolve_params(turn.state, draft, due.trigger.params);
  if (!params) return miss(turn, workflow, due, MissReason::blocked, params.error().code);
  const Admission admission = admit_on(turn, workflow, agreed, late);
  if (admission == Admission::overlap || admission == Admission::previous_failed) {
    if (agreed.wait != model::DateWait::none)
      return miss(turn, workflow, due, MissReason::business_date_behind,
                  std::string{to_string(agreed.wait)});
    return miss(turn, workflow, due, MissReason::overlap,
                waits_for_operator(workflow)
                    ? "hold"
                    : std::string{to_string(workflow.definition->overlap.policy)});
  }
  NewRun wanted{model::Origin::schedule,  due.trigger.id,
                origin_text(due.planned), "schedule",
                due.planned.fire.at,      std::move(draft.business_date),
                std::move(*params)};
  wanted.date_wait = agreed.wait;
  const ActiveRun& run = start_admitted(turn, workflow, std::move(wanted), admission);
  together.push_back({due.trigger.params, due.trigger.id});
  record(turn, workflow, due, PlannedState::started, MissReason::none, run.run.id, {});
}

/// Whether no further start of the trigger is due, as far as `next` goes.
bool is_newest(const TriggerState& trigger, const StatePlans& plans, Timestamp now) {
  std::optional<calendar::PlannedStart> next = trigger.next;
  while (next && next->fire.at <= now && !next->is_start()) {
    next = trigger.schedule->next(next->fire.at, &plans);
  }
  return !next || next->fire.at > now;
}

/// A date that the rules dropped: it keeps its row and its reason.
void record_dropped(Turn& turn, const WorkflowState& workflow, const DueStart& due) {
  const MissReason reason = due.planned.dropped;
  const PlannedState state =
      reason == MissReason::nonexistent_time ? PlannedState::missed : PlannedState::bypassed;
  record(turn, workflow, due, state, reason, {}, {});
}

/// Takes the triggers whose next start is `at` and plans their following one.
std::vector<DueStart> take_due(Turn& turn, WorkflowState& workflow, Timestamp at) {
  const StatePlans plans{turn.state};
  std::vector<DueStart> due;
  for (std::size_t i = 0; i < workflow.triggers.size(); ++i) {
    TriggerState& trigger = workflow.triggers[i];
    const model::Trigger& definition = workflow.definition->triggers[i];
    if (!trigger.next || trigger.next->fire.at != at) continue;
    if (trigger.schedule->is_from_end()) {
      due.push_back({definition, *trigger.next, true});
      // What follows counts from its end, or from now when it does not start.
      workflow.row.from_end_at = turn.now.wall;
      continue;
    }
    const auto occurrences = trigger.schedule->expand(at, at + Duration{1}, SIZE_MAX, &plans);
    trigger.next = trigger.schedule->next(at, &plans);
    const bool newest = is_newest(trigger, plans, turn.now.wall);
    for (const calendar::PlannedStart& planned : occurrences)
      due.push_back({definition, planned, newest});
  }
  return due;
}

}  // namespace

void notice_clock(State& state, Now now) {
  if (now.wall + kLateAfter >= state.wall_high) {
    state.wall_high = std::max(state.wall_high, now.wall);
    return;
  }
  state.wall_high = now.wall;
  state.outcomes_until = state.counters.clock_high;
  for (const auto& [name, workflow] : state.workflows) {
    if (believes_until(workflow) > now.wall) state.rewinds.insert(name);
  }
  for (const auto& [name, revisions] : state.calendar_rows) {
    for (const model::CalendarRow& row : revisions)
      state.calendars_rewind = state.calendars_rewind || row.since > now.wall;
  }
}

/// What the wrong clock decided keeps its outcome until its instant comes; then fire_trigger looks
/// at it. A crash loses nothing: whoever loads finds triggers_since ahead of the clock again.
bool rewind_one(Turn& turn) {
  std::set<std::string>& rewinds = turn.state.rewinds;
  if (std::exchange(turn.state.calendars_rewind, false) && rewind_calendars(turn)) return true;
  while (!rewinds.empty()) {
    const std::string name = *rewinds.begin();
    rewinds.erase(rewinds.begin());
    WorkflowState& workflow = turn.state.workflows.find(name)->second;
    if (believes_until(workflow) <= turn.now.wall) continue;
    turn.journal({}, "triggers.rewound", {}, 0,
                 Json::object({{"workflow", name},
                               {"from", format_rfc3339(workflow.row.triggers_since)},
                               {"to", format_rfc3339(turn.now.wall)}}));
    model::WorkflowRow& row = workflow.row;
    row.triggers_since = std::min(row.triggers_since, turn.now.wall);
    row.changed_at = std::min(row.changed_at, turn.now.wall);
    row.last_ended_at = std::min(row.last_ended_at, turn.now.wall);
    row.from_end_at = std::min(row.from_end_at, turn.now.wall);
    workflow.outcomes_known = turn.now.wall;
    workflow.settled.clear();
    turn.touch_workflow(workflow);
    if (!workflow.stale) plan_triggers(turn.state, workflow);
    for (const std::string& other : depending_on(turn.state, {}, {name}))
      mark_stale(turn.state, other);
    return true;
  }
  return false;
}

model::PlannedSpan wanted_outcomes(const State& state) {
  if (state.outcomes_wanted.empty()) return {};
  const std::string& name = *state.outcomes_wanted.begin();
  const WorkflowState& workflow = state.workflows.find(name)->second;
  return {name, std::max(workflow.row.triggers_since, workflow.outcomes_known),
          state.outcomes_until};
}

/// Started is started, and a miss for its own reason stays one. What was passed over as too late,
/// by a clock that ran ahead, is not late when its instant comes: it is decided then.
void take_outcomes(State& state, const model::PlannedRows& rows) {
  const auto found = state.workflows.find(rows.span.workflow);
  if (found == state.workflows.end()) return;
  WorkflowState& workflow = found->second;
  for (const PlannedOutcome& outcome : rows.outcomes) {
    const bool too_late =
        outcome.state == PlannedState::missed && outcome.reason == MissReason::catch_up;
    if (!too_late) workflow.settled.emplace(outcome.trigger, outcome.nominal);
  }
  workflow.outcomes_known = std::max(workflow.outcomes_known, rows.span.until);
  state.outcomes_wanted.erase(rows.span.workflow);
  plan_fire(state, workflow);
}

void skip_outcomes(Turn& turn) {
  const std::string name = *turn.state.outcomes_wanted.begin();
  turn.state.outcomes_wanted.erase(name);
  WorkflowState& workflow = turn.state.workflows.find(name)->second;
  workflow.row.triggers_since = std::max(workflow.row.triggers_since, turn.state.outcomes_until);
  turn.touch_workflow(workflow);
  turn.journal(
      {}, "triggers.unreadable", {}, 0,
      Json::object({{"workflow", name}, {"until", format_rfc3339(workflow.row.triggers_since)}}));
  if (!workflow.stale) plan_triggers(turn.state, workflow);
}

/// Decides one instant of a workflow: each of its triggers starts a run then, or misses with a
/// reason.
///
/// Instants are decided in order and once: triggers_since is in the same commit as the outcome.
/// After the wall clock has gone back, instants that come again are looked up first.
bool fire_trigger(Turn& turn, WorkflowState& workflow) {
  const Timestamp at = workflow.next_fire;
  if (at > turn.now.wall) return false;
  if (at <= turn.state.outcomes_until && at > workflow.outcomes_known) {
    turn.state.outcomes_wanted.insert(workflow.row.name);
    turn.state.fires.erase({at, workflow.row.name});
    return false;
  }
  const std::vector<DueStart> due = take_due(turn, workflow, at);
  workflow.row.triggers_since = at;
  turn.touch_workflow(workflow);
  plan_fire(turn.state, workflow);
  plan_from_end(turn.state, workflow);
  const Duration late = turn.now.wall - at;
  std::vector<Together> together;
  const model::Mark* disabled = disabling(turn.state, workflow, at);
  for (const DueStart& each : due) {
    if (workflow.settled.erase({each.trigger.id, origin_text(each.planned)}) != 0) continue;
    if (!each.planned.is_start()) {
      record_dropped(turn, workflow, each);
      continue;
    }
    if (disabled != nullptr) {
      miss(turn, workflow, each, MissReason::disabled, disabled->by);
      continue;
    }
    if (late > kLateAfter && !is_caught(each, late)) {
      miss(turn, workflow, each, MissReason::catch_up,
           std::string{to_string(each.trigger.catch_up.policy)});
      continue;
    }
    start_planned(turn, workflow, each, late > kLateAfter, together);
  }
  return true;
}

}  // namespace dandori::engine
