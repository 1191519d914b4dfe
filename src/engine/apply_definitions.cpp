#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/hash.h"
#include "engine/marks.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::WorkflowDefinition;

bool settle_workflow(Turn& turn, const std::string& name) {
  const auto found = turn.state.workflows.find(name);
  if (found == turn.state.workflows.end()) return true;
  while (found->second.next_fire <= turn.now.wall) {
    if (turn.full() || !fire_trigger(turn, found->second)) return false;
  }
  return true;
}

namespace {

enum class ApplyAction : std::uint8_t { created, changed, unchanged, removed };

std::string_view word_of(ApplyAction action) {
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

Json item(std::string_view kind, const std::string& name, ApplyAction action,
          std::uint32_t revision) {
  Json made = Json::object({{"kind", kind}, {"name", name}, {"action", word_of(action)}});
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
  workflow.row.deleted = false;
  if (!request.source_set.empty()) workflow.row.source_set = request.source_set;
  ++workflow.row.revision;
  workflow.definition = definition.workflow;
  workflow.digest = digest;
  make_triggers(turn.state, workflow);
  plan_triggers(turn.state, workflow);
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

/// What an apply does to each thing, worked out before anything is touched.
struct Step {
  ApplyAction action = ApplyAction::unchanged;
  std::uint32_t revision = 0;  ///< of a workflow: afterwards, or the last one when it is removed
  std::string digest = {};
};

struct Plan {
  std::vector<Step> folders, variables, workflows;  ///< beside those of the request
  std::vector<std::string> removed;                 ///< names of workflows
  std::string id;
};

Step plan_workflow(const State& state, const WorkflowDefinition& definition) {
  Step step{.digest = sha256_hex(definition.canonical)};
  const auto found = state.workflows.find(definition.workflow->name);
  if (found == state.workflows.end() || !found->second.definition) {
    step.action = ApplyAction::created;
    step.revision = 1;
    return step;
  }
  const WorkflowState& workflow = found->second;
  const bool is_same = !workflow.row.deleted && workflow.digest == step.digest;
  if (!is_same) {
    step.action = workflow.row.deleted ? ApplyAction::created : ApplyAction::changed;
  }
  step.revision = workflow.row.revision + (is_same ? 0 : 1);
  return step;
}

template <class Known>
Step plan_value(const Known* known, bool is_same) {
  if (known == nullptr) return {.action = ApplyAction::created};
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

/// Workflows of the set that no file names any more. A workflow that gets another name is not one.
std::vector<std::string> find_removed(const State& state, const model::ApplyDefinitions& request) {
  std::set<std::string_view> named;
  for (const WorkflowDefinition& definition : request.workflows) {
    named.insert(definition.workflow->name);
    named.insert(definition.workflow->renamed_from);
  }
  std::vector<std::string> removed;
  for (const auto& [name, workflow] : state.workflows) {
    if (workflow.row.deleted || !workflow.definition) continue;
    if (workflow.row.source_set == request.source_set && !named.contains(name))
      removed.push_back(name);
  }
  return removed;
}

Plan make_plan(const State& state, const model::ApplyDefinitions& request) {
  Plan plan;
  std::string seen;  // all that the plan rests on
  for (const model::Folder& folder : request.folders) {
    const model::Folder* known = find_folder(state, folder);
    const Json before = known == nullptr ? Json{} : folder_json(*known);
    plan.folders.push_back(plan_value(known, before == folder_json(folder)));
    append_json(seen, before);
  }
  for (const model::Variable& variable : request.variables) {
    const model::Variable* known = find_variable(state, variable);
    plan.variables.push_back(plan_value(known, known != nullptr && known->value == variable.value));
    append_json(seen, known == nullptr ? Json{} : known->value);
  }
  for (const WorkflowDefinition& definition : request.workflows) {
    plan.workflows.push_back(plan_workflow(state, definition));
    const Step& step = plan.workflows.back();
    seen += fmt::format("\n{} {} {}", definition.workflow->name, step.revision, step.digest);
  }
  if (request.prune) plan.removed = find_removed(state, request);
  for (const std::string& name : plan.removed) {
    seen += fmt::format("\n{} {}", name, state.workflows.find(name)->second.row.revision);
  }
  plan.id = sha256_hex(seen).substr(0, 16);
  return plan;
}

/// Removing is refused when it looks like a mistake: more than half of the set goes, or something
/// of it still runs.
Result<void> check_removal(const State& state, const model::ApplyDefinitions& request,
                           const Plan& plan) {
  std::size_t in_set = 0;
  for (const auto& [name, workflow] : state.workflows) {
    if (!workflow.row.deleted && workflow.row.source_set == request.source_set) ++in_set;
  }
  const std::size_t count = plan.removed.size();
  if (count * 2 > in_set && count > request.prune_max) {
    return fail(
        "workflow.prune_too_many",
        fmt::format("{} of {} workflows of this set would be removed: {}", count, in_set,
                    fmt::join(plan.removed.begin(),
                              plan.removed.begin() +
                                  static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, 10)),
                              ", ")),
        fmt::format("are all files named? If it is meant, say the number: --prune-max {}", count));
  }
  for (const std::string& name : plan.removed) {
    const WorkflowState& workflow = state.workflows.find(name)->second;
    if (workflow.active.empty()) continue;
    return fail("workflow.prune_active",
                fmt::format("workflow '{}' would be removed, and {} of its runs are not over", name,
                            workflow.active.size()),
                fmt::format("wait for them or cancel them: dandori runs --workflow {}", name));
  }
  return {};
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
                    const WorkflowDefinition& definition, const Step& step) {
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
               const Plan& plan) {
  for (std::size_t i = 0; i < request.folders.size(); ++i) {
    if (plan.folders[i].action != ApplyAction::unchanged)
      apply_folder(turn, actor, request.folders[i]);
  }
  for (std::size_t i = 0; i < request.variables.size(); ++i) {
    if (plan.variables[i].action != ApplyAction::unchanged)
      apply_variable(turn, actor, request.variables[i]);
  }
  for (std::size_t i = 0; i < request.workflows.size(); ++i) {
    apply_workflow(turn, actor, request, request.workflows[i], plan.workflows[i]);
  }
  for (const std::string& name : plan.removed) remove_workflow(turn, actor, name);
}

Json items_of(const State& state, const model::ApplyDefinitions& request, const Plan& plan) {
  Json::Array items;
  for (std::size_t i = 0; i < request.folders.size(); ++i) {
    items.push_back(item("Folder", request.folders[i].name, plan.folders[i].action, 0));
  }
  for (std::size_t i = 0; i < request.variables.size(); ++i) {
    items.push_back(item("Variable", request.variables[i].name, plan.variables[i].action, 0));
  }
  for (std::size_t i = 0; i < request.workflows.size(); ++i) {
    items.push_back(item("Workflow", request.workflows[i].workflow->name, plan.workflows[i].action,
                         plan.workflows[i].revision));
  }
  for (const std::string& name : plan.removed) {
    items.push_back(item("Workflow", name, ApplyAction::removed,
                         state.workflows.find(name)->second.row.revision));
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
  if (!are_settled || !request.prune) return are_settled;
  return std::ranges::all_of(find_removed(turn.state, request),
                             [&](const std::string& name) { return settle_workflow(turn, name); });
}

/// Makes definitions live: a changed workflow gets a new revision; started runs keep theirs.
Result<Json> apply_definitions(Turn& turn, const model::Actor& actor,
                               const model::ApplyDefinitions& request) {
  if (const auto same = check_base(turn.state, request); !same)
    return std::unexpected(same.error());
  const Plan plan = make_plan(turn.state, request);
  if (!request.plan.empty() && request.plan != plan.id) {
    return fail("plan.stale", "what this would change is no longer what the preview showed",
                "look at the preview again");
  }
  Json answer = Json::object({{"dry_run", request.dry_run}});
  answer.set("items", items_of(turn.state, request, plan));
  const Result<void> allowed = check_removal(turn.state, request, plan);
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
    const Step step = plan_value(known, is_same);
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
