#include "engine/plan_triggers.h"

#include <algorithm>

#include "engine/calendars.h"

namespace dandori::engine {

using calendar::PlannedStart;
using calendar::Schedule;

calendar::Surroundings surroundings(const State& state) {
  return {state.settings.zone, state.settings.timezone, &state.calendars};
}

namespace {

std::vector<TriggerState> schedules_of(const State& state, const WorkflowState& workflow) {
  std::vector<TriggerState> made;
  for (const model::Trigger& trigger : workflow.definition->triggers) {
    TriggerState one;
    Result<Schedule> schedule = Schedule::make(trigger, surroundings(state), workflow.row.name);
    if (schedule) one.schedule = std::move(*schedule);
    made.push_back(std::move(one));
  }
  return made;
}

bool plan_on(const std::vector<TriggerState>& triggers, Day date, const StatePlans& plans,
             int depth) {
  return std::ranges::any_of(triggers, [&](const TriggerState& trigger) {
    return trigger.schedule && trigger.schedule->plans_on(date, &plans, depth);
  });
}

}  // namespace

bool StatePlans::is_planned(std::string_view workflow, Day date, int depth) const {
  const auto found = state_.workflows.find(workflow);
  if (found == state_.workflows.end() || !found->second.definition || found->second.row.deleted)
    return false;
  if (!found->second.stale) return plan_on(found->second.triggers, date, *this, depth);
  return plan_on(schedules_of(state_, found->second), date, *this, depth);
}

namespace {

/// Raises `since` to what the workflow's triggers rest on.
void raise_since(const State& state, const model::Workflow& workflow, int depth, Timestamp& since) {
  for (const model::Trigger& trigger : workflow.triggers) {
    if (!trigger.calendar.empty()) {
      for (const std::string& name : state.calendars.closure(trigger.calendar)) {
        const auto rows = state.calendar_rows.find(name);
        if (rows == state.calendar_rows.end()) continue;
        for (const model::CalendarRow& row : rows->second) since = std::max(since, row.since);
      }
    }
    if (depth >= calendar::kExcludeDepthMax) continue;
    for (const std::string& name : trigger.exclude.workflows) {
      const auto other = state.workflows.find(name);
      if (other == state.workflows.end() || !other->second.definition) continue;
      since = std::max(since, other->second.row.changed_at);
      raise_since(state, *other->second.definition, depth + 1, since);
    }
  }
}

/// While a run is going on or waits, its end is what counts.
std::optional<PlannedStart> next_from_end(const State& state, const WorkflowState& workflow,
                                          const Schedule& schedule, const model::Trigger& trigger,
                                          const StatePlans& plans) {
  if (workflow.running > 0 || !workflow.queued.empty() || !trigger.every) return std::nullopt;
  const model::WorkflowRow& row = workflow.row;
  const Timestamp since = planned_since(state, workflow);
  const Timestamp base = std::max(row.last_ended_at, row.from_end_at);
  if (base.us != 0) {
    const auto next = schedule.next_from_end(base, &plans);
    if (!next || next->fire.at > since) return next;
  }
  // It is live since then, and late already: at the first second after.
  const std::int64_t second = since.us / 1'000'000 + 1;
  return schedule.next_from_end(Timestamp{second * 1'000'000} - *trigger.every, &plans);
}

std::optional<PlannedStart> next_of(const State& state, const WorkflowState& workflow,
                                    const Schedule& schedule, const model::Trigger& trigger,
                                    Timestamp since, const StatePlans& plans) {
  if (schedule.is_from_end()) return next_from_end(state, workflow, schedule, trigger, plans);
  return schedule.next(since, &plans);
}

}  // namespace

Timestamp planned_since(const State& state, const WorkflowState& workflow) {
  Timestamp since = workflow.row.triggers_since;
  if (workflow.definition) raise_since(state, *workflow.definition, 0, since);
  return since;
}

void make_triggers(State& state, WorkflowState& workflow) {
  workflow.triggers = schedules_of(state, workflow);
  workflow.has_from_end = std::ranges::any_of(workflow.triggers, [](const TriggerState& each) {
    return each.schedule && each.schedule->is_from_end();
  });
  workflow.stale = false;
}

void plan_triggers(State& state, WorkflowState& workflow) {
  const StatePlans plans{state};
  const Timestamp since = planned_since(state, workflow);
  for (std::size_t i = 0; i < workflow.triggers.size(); ++i) {
    TriggerState& trigger = workflow.triggers[i];
    trigger.next = std::nullopt;
    if (workflow.row.deleted || !trigger.schedule) continue;
    trigger.next =
        next_of(state, workflow, *trigger.schedule, workflow.definition->triggers[i], since, plans);
  }
  plan_fire(state, workflow);
}

void plan_from_end(State& state, WorkflowState& workflow) {
  if (!workflow.has_from_end || workflow.stale) return;
  const StatePlans plans{state};
  for (std::size_t i = 0; i < workflow.triggers.size(); ++i) {
    TriggerState& trigger = workflow.triggers[i];
    if (workflow.row.deleted || !trigger.schedule || !trigger.schedule->is_from_end()) continue;
    trigger.next =
        next_from_end(state, workflow, *trigger.schedule, workflow.definition->triggers[i], plans);
  }
  plan_fire(state, workflow);
}

void plan_fire(State& state, WorkflowState& workflow) {
  if (workflow.next_fire != kFarFuture) state.fires.erase({workflow.next_fire, workflow.row.name});
  workflow.next_fire = kFarFuture;
  for (const TriggerState& trigger : workflow.triggers) {
    if (trigger.next) workflow.next_fire = std::min(workflow.next_fire, trigger.next->fire.at);
  }
  if (workflow.next_fire != kFarFuture) state.fires.insert({workflow.next_fire, workflow.row.name});
}

std::vector<std::optional<PlannedStart>> fresh_starts(const State& state,
                                                      const WorkflowState& workflow) {
  std::vector<std::optional<PlannedStart>> starts;
  if (!workflow.definition) return starts;
  const StatePlans plans{state};
  const Timestamp since = planned_since(state, workflow);
  const std::vector<TriggerState> fresh = schedules_of(state, workflow);
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    const bool plans_none = workflow.row.deleted || !fresh[i].schedule;
    starts.push_back(plans_none ? std::nullopt
                                : next_of(state, workflow, *fresh[i].schedule,
                                          workflow.definition->triggers[i], since, plans));
  }
  return starts;
}

namespace {

template <class Change>
void each_excluded(const model::Workflow* workflow, Change change) {
  if (workflow == nullptr) return;
  for (const model::Trigger& trigger : workflow->triggers) {
    for (const std::string& name : trigger.exclude.workflows) change(name);
  }
}

}  // namespace

void note_excluded(State& state, const model::Workflow* before, const model::Workflow* after) {
  each_excluded(before, [&](const std::string& name) {
    const auto found = state.excluders.find(name);
    if (found == state.excluders.end()) return;
    found->second.erase(before->name);
    if (found->second.empty()) state.excluders.erase(found);
  });
  each_excluded(after, [&](const std::string& name) { state.excluders[name].insert(after->name); });
}

std::set<std::string> depending_on(const State& state, const std::vector<std::string>& calendars,
                                   const std::vector<std::string>& workflows) {
  std::vector<std::string> open = workflows;
  std::set<std::string> found;
  if (!calendars.empty()) {
    const auto touched = resting_on(state.calendars, calendars);
    for (const auto& [name, workflow] : state.workflows) {
      if (!workflow.definition || workflow.row.deleted) continue;
      if (names_calendar(*workflow.definition, touched) && found.insert(name).second)
        open.push_back(name);
    }
  }
  while (!open.empty()) {
    const auto excluders = state.excluders.find(open.back());
    open.pop_back();
    if (excluders == state.excluders.end()) continue;
    for (const std::string& name : excluders->second) {
      if (found.insert(name).second) open.push_back(name);
    }
  }
  for (const std::string& name : workflows) found.erase(name);
  return found;
}

void mark_stale(State& state, const std::string& name) {
  const auto found = state.workflows.find(name);
  if (found == state.workflows.end() || !found->second.definition) return;
  WorkflowState& workflow = found->second;
  workflow.stale = true;
  for (TriggerState& trigger : workflow.triggers) trigger.next = std::nullopt;
  plan_fire(state, workflow);
  state.replans.insert(name);
}

namespace {

/// The schedules of what it looks at first.
void refresh(State& state, WorkflowState& workflow, int depth) {
  if (depth < calendar::kExcludeDepthMax) {
    for (const model::Trigger& trigger : workflow.definition->triggers) {
      for (const std::string& name : trigger.exclude.workflows) {
        const auto other = state.workflows.find(name);
        if (other != state.workflows.end() && other->second.stale)
          refresh(state, other->second, depth + 1);
      }
    }
  }
  if (workflow.stale) make_triggers(state, workflow);
}

}  // namespace

void replan(State& state, WorkflowState& workflow) {
  refresh(state, workflow, 0);
  plan_triggers(state, workflow);
  state.replans.erase(workflow.row.name);
}

bool replan_one(Turn& turn) {
  std::set<std::string>& replans = turn.state.replans;
  if (replans.empty()) return false;
  replan(turn.state, turn.state.workflows.find(*replans.begin())->second);
  turn.worked();
  return true;
}

Timestamp believes_until(const WorkflowState& workflow) {
  const model::WorkflowRow& row = workflow.row;
  Timestamp until = std::max(row.triggers_since, row.changed_at);
  if (workflow.has_from_end) until = std::max({until, row.last_ended_at, row.from_end_at});
  return until;
}

bool rewind_calendars(Turn& turn) {
  std::vector<std::string> changed;
  for (auto& [name, revisions] : turn.state.calendar_rows) {
    const std::size_t before = changed.size();
    for (model::CalendarRow& row : revisions) {
      if (row.since <= turn.now.wall) continue;
      row.since = turn.now.wall;
      turn.keep(row);
      if (changed.size() == before) changed.push_back(name);
    }
  }
  for (const std::string& name : depending_on(turn.state, changed, {}))
    mark_stale(turn.state, name);
  return !changed.empty();
}

}  // namespace dandori::engine
