#include <algorithm>

#include <fmt/core.h>

#include "engine/apply.h"
#include "engine/business_dates.h"
#include "engine/calendars.h"
#include "engine/marks.h"
#include "engine/plan_triggers.h"

namespace dandori::engine {

using model::WorkflowDefinition;

bool settle_workflow(Turn& turn, const std::string& name) {
  const auto found = turn.state.workflows.find(name);
  if (found == turn.state.workflows.end()) return true;
  if (found->second.stale) replan(turn.state, found->second);
  while (found->second.next_fire <= turn.now.wall) {
    if (turn.full()) return false;
    // A business date that moves before this start moves now: what it is pinned to depends on it.
    const bool moves_first = date_is_due(turn.state, found->second.next_fire);
    if (moves_first ? !fire_one(turn) : !fire_trigger(turn, found->second)) return false;
  }
  return true;
}

namespace {

Json item(std::string_view kind, const std::string& name, ApplyAction action,
          std::uint32_t revision) {
  Json made = Json::object({{"kind", kind}, {"name", name}, {"action", to_string(action)}});
  if (revision != 0) made.set("revision", revision);
  return made;
}

/// A renamed workflow goes on with the numbers and the last end of the old one, which starts no
/// more.
void take_over(Turn& turn, WorkflowState& workflow, const std::string& old_name) {
  const auto old = turn.state.workflows.find(old_name);
  if (old_name.empty() || old == turn.state.workflows.end() || old->second.row.deleted) return;
  WorkflowState& before = old->second;
  workflow.row.run_number = std::max(workflow.row.run_number, before.row.run_number);
  workflow.row.last_ended = before.row.last_ended;
  workflow.row.last_failed = before.row.last_failed;
  rename_marks(turn, before, workflow);
  before.row.deleted = true;
  plan_triggers(turn.state, before);
  turn.touch_workflow(before);
}

bool looks_at_others(const model::Workflow& workflow) {
  return std::ranges::any_of(workflow.triggers, [](const model::Trigger& trigger) {
    return !trigger.exclude.workflows.empty();
  });
}

void put_revision(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
                  const WorkflowDefinition& definition, const std::string& digest) {
  const model::Workflow& made = *definition.workflow;
  WorkflowState& workflow = turn.state.workflows[made.name];
  const bool is_new = workflow.row.name.empty();
  workflow.row.name = made.name;
  if (is_new) {
    derive_workflow(turn.state, workflow);
    workflow.row.triggers_since = turn.now.wall;
    take_over(turn, workflow, made.renamed_from);
  } else {
    // settle_instants has decided what came before.
    workflow.row.triggers_since = std::max(workflow.row.triggers_since, turn.now.wall);
  }
  workflow.row.folder = made.folder;
  workflow.row.title = made.title;
  workflow.row.changed_at = turn.now.wall;
  workflow.row.deleted = false;
  if (!request.source_set.empty()) workflow.row.source_set = request.source_set;
  ++workflow.row.revision;
  note_excluded(turn.state, workflow.definition.get(), definition.workflow.get());
  workflow.definition = definition.workflow;
  workflow.digest = digest;
  make_triggers(turn.state, workflow);
  if (looks_at_others(made)) {
    mark_stale(turn.state, made.name);  // planned when all of the request is in
  } else {
    plan_triggers(turn.state, workflow);
  }
  turn.keep(model::RevisionRow{.workflow = made.name,
                               .revision = workflow.row.revision,
                               .source = definition.source,
                               .canonical = definition.canonical,
                               .digest = digest,
                               .applied_at = turn.now.wall,
                               .applied_by = actor.name,
                               .reason = actor.reason,
                               .source_ref = request.source_ref,
                               .rollback_of = request.rollback_of,
                               .definition = definition.workflow});
  turn.touch_workflow(workflow);
  turn.state.queues.insert(made.name);
  turn.journal({}, "workflow.applied", {}, 0,
               Json::object({{"workflow", made.name}, {"revision", workflow.row.revision}}));
}

Result<void> check_base(const State& state, const model::ApplyDefinitions& request) {
  if (!request.base) return {};
  for (const WorkflowDefinition& definition : request.workflows) {
    const auto found = state.workflows.find(definition.workflow->name);
    const std::uint32_t revision = found == state.workflows.end() ? 0 : found->second.row.revision;
    if (revision == *request.base) continue;
    return fail("workflow.changed",
                fmt::format("workflow '{}' is at revision {}, not {}", definition.workflow->name,
                            revision, *request.base),
                "somebody applied another one meanwhile: look at the difference and try again");
  }
  return {};
}

void apply_workflow(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
                    const WorkflowDefinition& definition, const ApplyStep& step) {
  const std::string& name = definition.workflow->name;
  if (step.action == ApplyAction::unchanged) {
    WorkflowState& workflow = turn.state.workflows.find(name)->second;
    if (request.source_set.empty() || workflow.row.source_set == request.source_set) return;
    turn.audit(actor, "workflow.adopt", name, Json::object({{"set", workflow.row.source_set}}),
               Json::object({{"set", request.source_set}}));
    workflow.row.source_set = request.source_set;
    turn.touch_workflow(workflow);
    return;
  }
  put_revision(turn, actor, request, definition, step.digest);
  Json after = Json::object({{"revision", step.revision}, {"digest", step.digest}});
  if (request.rollback_of > 0) after.set("rollback_of", request.rollback_of);
  turn.audit(actor, request.rollback_of > 0 ? "workflow.rollback" : "workflow.apply", name,
             step.revision == 1 ? Json{} : Json::object({{"revision", step.revision - 1}}),
             std::move(after));
}

/// It starts no more; its runs, revisions and numbers stay, and an apply brings it back.
void remove_workflow(Turn& turn, const model::Actor& actor, const std::string& name) {
  WorkflowState& workflow = turn.state.workflows.find(name)->second;
  workflow.row.triggers_since = std::max(workflow.row.triggers_since, turn.now.wall);
  workflow.row.deleted = true;
  plan_triggers(turn.state, workflow);
  turn.touch_workflow(workflow);
  turn.journal({}, "workflow.removed", {}, 0,
               Json::object({{"workflow", name}, {"revision", workflow.row.revision}}));
  turn.audit(actor, "workflow.prune", name, Json::object({{"revision", workflow.row.revision}}),
             {});
}

void apply_variable(Turn& turn, const model::Actor& actor, const model::Variable& variable) {
  const model::Variable* known = find_variable(turn.state, variable);
  const Json before = known == nullptr ? Json{} : known->value;
  turn.state.variables.insert_or_assign({variable.name, variable.folder}, variable);
  turn.keep(model::VariableRow{variable, false});
  turn.audit(actor, "variable.set", variable.name, before, variable.value);
}

void apply_folder(Turn& turn, const model::Actor& actor, const model::Folder& folder) {
  const model::Folder* known = find_folder(turn.state, folder);
  const Json before = known == nullptr ? Json{} : folder_json(*known);
  turn.state.folders.insert_or_assign(folder.name, folder);
  turn.keep(model::FolderRow{folder, false});
  turn.audit(actor, "folder.apply", folder.name, before, folder_json(folder));
}

void carry_out(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
               const ApplyPlan& plan) {
  for (std::size_t i = 0; i < request.folders.size(); ++i) {
    if (plan.folders[i].action != ApplyAction::unchanged)
      apply_folder(turn, actor, request.folders[i]);
  }
  for (std::size_t i = 0; i < request.variables.size(); ++i) {
    if (plan.variables[i].action != ApplyAction::unchanged)
      apply_variable(turn, actor, request.variables[i]);
  }
  apply_calendars(turn, actor, request, plan);
  apply_business_dates(turn, actor, request, plan);
  for (std::size_t i = 0; i < request.workflows.size(); ++i) {
    apply_workflow(turn, actor, request, request.workflows[i], plan.workflows[i]);
  }
  for (const std::string& name : plan.removed_workflows) remove_workflow(turn, actor, name);
  for (const std::string& name :
       depending_on(turn.state, changed_calendars(request, plan), changed_workflows(request, plan)))
    mark_stale(turn.state, name);
  remove_business_dates(turn, actor, plan);
  remove_calendars(turn, actor, plan);
  if (!request.calendars.empty() || !request.business_dates.empty()) review_off_days(turn);
}

Json items_of(const State& state, const model::ApplyDefinitions& request, const ApplyPlan& plan) {
  Json::Array items;
  for (std::size_t i = 0; i < request.folders.size(); ++i) {
    items.push_back(item("Folder", request.folders[i].name, plan.folders[i].action, 0));
  }
  for (std::size_t i = 0; i < request.variables.size(); ++i) {
    items.push_back(item("Variable", request.variables[i].name, plan.variables[i].action, 0));
  }
  for (std::size_t i = 0; i < request.calendars.size(); ++i) {
    items.push_back(item("Calendar", request.calendars[i].value.name, plan.calendars[i].action,
                         plan.calendars[i].revision));
  }
  for (std::size_t i = 0; i < request.business_dates.size(); ++i) {
    items.push_back(item("BusinessDate", request.business_dates[i].value.name,
                         plan.business_dates[i].action, plan.business_dates[i].revision));
  }
  for (std::size_t i = 0; i < request.workflows.size(); ++i) {
    items.push_back(item("Workflow", request.workflows[i].workflow->name, plan.workflows[i].action,
                         plan.workflows[i].revision));
  }
  for (const std::string& name : plan.removed_workflows) {
    items.push_back(item("Workflow", name, ApplyAction::removed,
                         state.workflows.find(name)->second.row.revision));
  }
  for (const std::string& name : plan.removed_dates) {
    items.push_back(item("BusinessDate", name, ApplyAction::removed,
                         state.business_dates.find(name)->second.row.revision));
  }
  for (const std::string& name : plan.removed_calendars) {
    items.push_back(
        item("Calendar", name, ApplyAction::removed, newest_calendar(state, name)->revision));
  }
  return Json::array(std::move(items));
}

Json refusal_json(const Error& error) {
  return Json::object({{"code", error.code}, {"message", error.message}, {"hint", error.hint}});
}

}  // namespace

bool settle_instants(Turn& turn, const model::ApplyDefinitions& request) {
  if (request.dry_run) return true;
  const bool are_settled =
      std::ranges::all_of(request.workflows, [&](const WorkflowDefinition& definition) {
        const model::Workflow& workflow = *definition.workflow;
        return settle_workflow(turn, workflow.name) && settle_workflow(turn, workflow.renamed_from);
      });
  if (!are_settled) return false;
  const bool concerns_others =
      request.prune || !request.calendars.empty() || !turn.state.excluders.empty();
  if (!concerns_others) return true;
  const ApplyPlan plan = make_plan(turn.state, request);
  const auto settle = [&](const std::string& name) { return settle_workflow(turn, name); };
  return std::ranges::all_of(plan.removed_workflows, settle) &&
         std::ranges::all_of(depending_on(turn.state, changed_calendars(request, plan),
                                          changed_workflows(request, plan)),
                             settle);
}

/// Makes definitions live: a changed workflow gets a new revision; started runs keep theirs.
Result<Json> apply_definitions(Turn& turn, const model::Actor& actor,
                               const model::ApplyDefinitions& request) {
  if (const auto same = check_base(turn.state, request); !same)
    return std::unexpected(same.error());
  const ApplyPlan plan = make_plan(turn.state, request);
  if (!request.plan.empty() && request.plan != plan.id) {
    return fail("plan.stale", "what this would change is no longer what the preview showed",
                "look at the preview again");
  }
  Json answer = Json::object({{"dry_run", request.dry_run}});
  answer.set("items", items_of(turn.state, request, plan));
  const Result<void> allowed = check_plan(turn.state, request, plan);
  if (request.dry_run) {
    answer.set("plan_id", plan.id);
    if (!allowed) answer.set("refused", refusal_json(allowed.error()));
    return answer;
  }
  if (!allowed) return std::unexpected(allowed.error());
  carry_out(turn, actor, request, plan);
  return answer;
}

Result<Json> set_variable(Turn& turn, const model::Actor& actor,
                          const model::SetVariable& request) {
  const model::Variable& variable = request.variable;
  if (!request.remove) {
    const model::Variable* known = find_variable(turn.state, variable);
    const bool is_same = known != nullptr && known->value == variable.value;
    const ApplyStep step = step_of_value(known != nullptr, is_same);
    if (!is_same) apply_variable(turn, actor, variable);
    return item("Variable", variable.name, step.action, 0);
  }
  const auto old = turn.state.variables.find({variable.name, variable.folder});
  if (old == turn.state.variables.end()) {
    return fail("variable.unknown", fmt::format("there is no variable '{}' in folder '{}'",
                                                variable.name, variable.folder));
  }
  const model::Variable removed = old->second;
  turn.state.variables.erase(old);
  turn.keep(model::VariableRow{removed, true});
  turn.audit(actor, "variable.remove", removed.name, removed.value, {});
  return Json::object({{"kind", "Variable"}, {"name", removed.name}, {"action", "removed"}});
}

}  // namespace dandori::engine
