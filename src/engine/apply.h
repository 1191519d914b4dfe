#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/turn.h"

namespace dandori::engine {

// What an apply does to each thing, worked out before anything is touched.

enum class ApplyAction : std::uint8_t { created, changed, unchanged, removed };
std::string_view to_string(ApplyAction action);

struct ApplyStep {
  ApplyAction action = ApplyAction::unchanged;
  std::uint32_t revision = 0;  ///< afterwards, or the last one when it is removed; 0: has none
  std::string digest = {};
};

/// Beside the lists of the request; then the names of what is removed.
struct ApplyPlan {
  std::vector<ApplyStep> folders, variables, calendars, business_dates, workflows;
  std::vector<std::string> removed_calendars, removed_dates, removed_workflows;
  std::string id;

  std::size_t removed() const {
    return removed_calendars.size() + removed_dates.size() + removed_workflows.size();
  }
};

ApplyPlan make_plan(const State& state, const model::ApplyDefinitions& request);
/// Whether everything that is removed may go, and every name that is used is known. Errors:
/// workflow.prune_*, *.in_use, *.unknown_*, calendar.cycle, calendar.bad_time,
/// workflow.exclusion_circle.
Result<void> check_plan(const State& state, const model::ApplyDefinitions& request,
                        const ApplyPlan& plan);
/// Of all that would be there after the apply. A part of check_plan.
Result<void> check_references(const State& state, const model::ApplyDefinitions& request,
                              const ApplyPlan& plan);
/// No workflow of the request excludes dates of one that, in turn, excludes dates of it. A part of
/// check_plan. Errors: workflow.exclusion_circle.
Result<void> check_exclusions(const State& state, const model::ApplyDefinitions& request);
/// The workflows that the removal and the renames of the request take away.
std::vector<std::string> workflows_leaving(const model::ApplyDefinitions& request,
                                           const ApplyPlan& plan);

/// Names of the workflows that the request changes or removes.
std::vector<std::string> changed_workflows(const model::ApplyDefinitions& request,
                                           const ApplyPlan& plan);
/// Names of the calendars that the request changes or removes.
std::vector<std::string> changed_calendars(const model::ApplyDefinitions& request,
                                           const ApplyPlan& plan);

void apply_calendars(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
                     const ApplyPlan& plan);
void remove_calendars(Turn& turn, const model::Actor& actor, const ApplyPlan& plan);
void apply_business_dates(Turn& turn, const model::Actor& actor,
                          const model::ApplyDefinitions& request, const ApplyPlan& plan);
void remove_business_dates(Turn& turn, const model::Actor& actor, const ApplyPlan& plan);

const model::Variable* find_variable(const State& state, const model::Variable& variable);
const model::Folder* find_folder(const State& state, const model::Folder& folder);
Json folder_json(const model::Folder& folder);
ApplyStep step_of_value(bool is_known, bool is_same);

}  // namespace dandori::engine
