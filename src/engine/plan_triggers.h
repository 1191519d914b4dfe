#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/turn.h"

namespace dandori::engine {

/// Whether workflows are planned for a date, as the schedules in memory say: what exclusions ask.
class StatePlans final : public calendar::OtherPlans {
 public:
  explicit StatePlans(const State& state) : state_{state} {}
  bool is_planned(std::string_view workflow, Day date, int depth) const override;

 private:
  const State& state_;
};

/// What schedules are made with here.
calendar::Surroundings surroundings(const State& state);
/// Starts up to this instant are decided, or were decided by calendars and workflows that have been
/// changed since.
Timestamp planned_since(const State& state, const WorkflowState& workflow);
/// What makes a workflow's plan another one, for its own and those that exclude it.
void note_excluded(State& state, const model::Workflow* before, const model::Workflow* after);

/// The next start of a trigger `from_end` follows from runs: finds it out again.
void plan_from_end(State& state, WorkflowState& workflow);
/// The starts that the triggers of a workflow would have next, made from its definition.
std::vector<std::optional<calendar::PlannedStart>> fresh_starts(const State& state,
                                                                const WorkflowState& workflow);

/// Workflows whose starts follow from the calendars (by name) or from the plans of the workflows,
/// without these themselves.
std::set<std::string> depending_on(const State& state, const std::vector<std::string>& calendars,
                                   const std::vector<std::string>& workflows);
/// Takes a workflow out of what is due until it has been planned again.
void mark_stale(State& state, const std::string& workflow);
/// Makes its schedules anew and plans it, now.
void replan(State& state, WorkflowState& workflow);
/// Plans one of the stale ones again. False: none is left.
bool replan_one(Turn& turn);

/// Something that says when it changed lies after the clock, which was put right: it counts from
/// now. False: nothing does.
bool rewind_calendars(Turn& turn);
/// The latest instant up to which a workflow believes that all is decided.
Timestamp believes_until(const WorkflowState& workflow);

}  // namespace dandori::engine
