#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/hash.h"
#include "engine/apply.h"
#include "engine/calendars.h"

namespace dandori::engine {

using model::WorkflowDefinition;

std::string_view to_string(ApplyAction action) {
  switch (action) {
    case ApplyAction::created:
      return "created";
    case ApplyAction::changed:
      return "changed";
    case ApplyAction::unchanged:
      return "unchanged";
    case ApplyAction::removed:
      return "removed";
  }
  return "";
}

ApplyStep step_of_value(bool is_known, bool is_same) {
  if (!is_known) return {.action = ApplyAction::created};
  return {.action = is_same ? ApplyAction::unchanged : ApplyAction::changed};
}

const model::Variable* find_variable(const State& state, const model::Variable& variable) {
  const auto found = state.variables.find({variable.name, variable.folder});
  return found == state.variables.end() ? nullptr : &found->second;
}

const model::Folder* find_folder(const State& state, const model::Folder& folder) {
  const auto found = state.folders.find(folder.name);
  return found == state.folders.end() ? nullptr : &found->second;
}

Json folder_json(const model::Folder& folder) {
  Json labels = Json::object();
  for (const auto& [name, value] : folder.labels) labels.set(name, value);
  return Json::object({{"title", folder.title}, {"labels", labels}, {"lint", folder.lint}});
}

std::vector<std::string> workflows_leaving(const model::ApplyDefinitions& request,
                                           const ApplyPlan& plan) {
  std::vector<std::string> names = plan.removed_workflows;
  for (const WorkflowDefinition& definition : request.workflows) {
    if (!definition.workflow->renamed_from.empty())
      names.push_back(definition.workflow->renamed_from);
  }
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::any_of(request.workflows, [&](const WorkflowDefinition& definition) {
      return definition.workflow->name == name;
    });
  });
  return names;
}

std::vector<std::string> changed_calendars(const model::ApplyDefinitions& request,
                                           const ApplyPlan& plan) {
  std::vector<std::string> names = plan.removed_calendars;
  for (std::size_t i = 0; i < request.calendars.size(); ++i) {
    if (plan.calendars[i].action != ApplyAction::unchanged)
      names.push_back(request.calendars[i].value.name);
  }
  return names;
}

std::vector<std::string> changed_workflows(const model::ApplyDefinitions& request,
                                           const ApplyPlan& plan) {
  std::vector<std::string> names = workflows_leaving(request, plan);
  for (std::size_t i = 0; i < request.workflows.size(); ++i) {
    if (plan.workflows[i].action != ApplyAction::unchanged)
      names.push_back(request.workflows[i].workflow->name);
  }
  return names;
}

namespace {

/// What is known of a thing that has revisions.
struct Known {
  std::uint32_t revision = 0;  ///< 0: there has never been one
  bool deleted = false;
  std::string_view digest = {};
};

ApplyStep step_of(const Known& known, const std::string& canonical) {
  ApplyStep step{.action = ApplyAction::created,
                 .revision = known.revision + 1,
                 .digest = sha256_hex(canonical)};
  if (known.revision == 0 || known.deleted) return step;
  const bool is_same = known.digest == step.digest;
  step.action = is_same ? ApplyAction::unchanged : ApplyAction::changed;
  if (is_same) step.revision = known.revision;
  return step;
}

Known known_workflow(const State& state, const std::string& name) {
  const auto found = state.workflows.find(name);
  if (found == state.workflows.end() || !found->second.definition) return {};
  const WorkflowState& workflow = found->second;
  return {workflow.row.revision, workflow.row.deleted, workflow.digest};
}

Known known_calendar(const State& state, const std::string& name) {
  const model::CalendarRow* row = newest_calendar(state, name);
  return row == nullptr ? Known{} : Known{row->revision, row->deleted, row->digest};
}

Known known_date(const State& state, const std::string& name) {
  const auto found = state.business_dates.find(name);
  if (found == state.business_dates.end()) return {};
  const model::BusinessDateRow& row = found->second.row;
  return {row.revision, row.deleted, row.digest};
}

/// Of the set, and named by no file any more.
template <class Row>
bool is_left_out(const Row& row, const model::ApplyDefinitions& request,
                 const std::set<std::string_view>& named) {
  return !row.deleted && row.source_set == request.source_set && !named.contains(row.name);
}

/// A workflow that gets another name is not removed.
void find_removed(const State& state, const model::ApplyDefinitions& request, ApplyPlan& plan) {
  std::set<std::string_view> workflows, calendars, dates;
  for (const WorkflowDefinition& definition : request.workflows) {
    workflows.insert(definition.workflow->name);
    workflows.insert(definition.workflow->renamed_from);
  }
  for (const auto& definition : request.calendars) calendars.insert(definition.value.name);
  for (const auto& definition : request.business_dates) dates.insert(definition.value.name);
  for (const auto& [name, workflow] : state.workflows) {
    if (workflow.definition && is_left_out(workflow.row, request, workflows))
      plan.removed_workflows.push_back(name);
  }
  for (const auto& [name, revisions] : state.calendar_rows) {
    if (is_left_out(revisions.back(), request, calendars)) plan.removed_calendars.push_back(name);
  }
  for (const auto& [name, date] : state.business_dates) {
    if (is_left_out(date.row, request, dates)) plan.removed_dates.push_back(name);
  }
}

/// How many things of the set there are.
std::size_t count_set(const State& state, const std::string& set) {
  std::size_t count = 0;
  const auto add = [&](const auto& row) {
    if (!row.deleted && row.source_set == set) ++count;
  };
  for (const auto& [name, workflow] : state.workflows) add(workflow.row);
  for (const auto& [name, revisions] : state.calendar_rows) add(revisions.back());
  for (const auto& [name, date] : state.business_dates) add(date.row);
  return count;
}

/// Removing is refused when it looks like a mistake: more than half of the set goes, or something
/// of it still runs.
Result<void> check_removal(const State& state, const model::ApplyDefinitions& request,
                           const ApplyPlan& plan) {
  const std::size_t in_set = count_set(state, request.source_set);
  const std::size_t count = plan.removed();
  if (count * 2 > in_set && count > request.prune_max) {
    std::vector<std::string> names;
    for (const auto* removed :
         {&plan.removed_workflows, &plan.removed_dates, &plan.removed_calendars}) {
      names.insert(names.end(), removed->begin(), removed->end());
    }
    if (names.size() > 10) names.resize(10);
    const bool only_workflows = count == plan.removed_workflows.size();
    return fail(
        "workflow.prune_too_many",
        fmt::format("{} of {} {} of this set would be removed: {}", count, in_set,
                    only_workflows ? "workflows" : "definitions", fmt::join(names, ", ")),
        fmt::format("are all files named? If it is meant, say the number: --prune-max {}", count));
  }
  for (const std::string& name : plan.removed_workflows) {
    const WorkflowState& workflow = state.workflows.find(name)->second;
    if (workflow.active.empty()) continue;
    return fail("workflow.prune_active",
                fmt::format("workflow '{}' would be removed, and {} of its runs are not over", name,
                            workflow.active.size()),
                fmt::format("wait for them or cancel them: dandori runs --workflow {}", name));
  }
  return {};
}

void add_seen(std::string& seen, const std::string& name, const ApplyStep& step) {
  seen += fmt::format("\n{} {} {}", name, step.revision, step.digest);
}

}  // namespace

ApplyPlan make_plan(const State& state, const model::ApplyDefinitions& request) {
  ApplyPlan plan;
  std::string seen;  // all that the plan rests on
  for (const model::Folder& folder : request.folders) {
    const model::Folder* known = find_folder(state, folder);
    const Json before = known == nullptr ? Json{} : folder_json(*known);
    plan.folders.push_back(step_of_value(known != nullptr, before == folder_json(folder)));
    append_json(seen, before);
  }
  for (const model::Variable& variable : request.variables) {
    const model::Variable* known = find_variable(state, variable);
    const bool is_same = known != nullptr && known->value == variable.value;
    plan.variables.push_back(step_of_value(known != nullptr, is_same));
    append_json(seen, known == nullptr ? Json{} : known->value);
  }
  for (const auto& definition : request.calendars) {
    const std::string& name = definition.value.name;
    plan.calendars.push_back(step_of(known_calendar(state, name), definition.canonical));
    add_seen(seen, "calendar " + name, plan.calendars.back());
  }
  for (const auto& definition : request.business_dates) {
    const std::string& name = definition.value.name;
    plan.business_dates.push_back(step_of(known_date(state, name), definition.canonical));
    add_seen(seen, "business_date " + name, plan.business_dates.back());
  }
  for (const WorkflowDefinition& definition : request.workflows) {
    const std::string& name = definition.workflow->name;
    plan.workflows.push_back(step_of(known_workflow(state, name), definition.canonical));
    add_seen(seen, name, plan.workflows.back());
  }
  if (request.prune) find_removed(state, request, plan);
  for (const std::string& name : plan.removed_workflows)
    seen += fmt::format("\n{} {}", name, state.workflows.find(name)->second.row.revision);
  for (const std::string& name : plan.removed_dates) seen += "\n-business_date " + name;
  for (const std::string& name : plan.removed_calendars) seen += "\n-calendar " + name;
  plan.id = sha256_hex(seen).substr(0, 16);
  return plan;
}

Result<void> check_plan(const State& state, const model::ApplyDefinitions& request,
                        const ApplyPlan& plan) {
  if (Result<void> may = check_removal(state, request, plan); !may) return may;
  return check_references(state, request, plan);
}

}  // namespace dandori::engine
