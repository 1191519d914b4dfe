#include <algorithm>

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

enum class ApplyAction : std::uint8_t { created, changed, unchanged };

std::string_view word_of(ApplyAction action) {
  switch (action) {
    case ApplyAction::created:
      return "created";
    case ApplyAction::changed:
      return "changed";
    case ApplyAction::unchanged:
      return "unchanged";
  }
  return "";
}

Json item(std::string_view kind, const std::string& name, ApplyAction action,
          std::uint32_t revision) {
  Json made = Json::object({{"kind", kind}, {"name", name}, {"action", word_of(action)}});
  if (revision != 0) made.set("revision", revision);
  return made;
}

ApplyAction action_for(const State& state, const std::string& name, const std::string& digest) {
  const auto found = state.workflows.find(name);
  if (found == state.workflows.end() || !found->second.definition) return ApplyAction::created;
  if (found->second.row.deleted) return ApplyAction::changed;
  return found->second.digest == digest ? ApplyAction::unchanged : ApplyAction::changed;
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
  before.row.deleted = true;
  plan_triggers(turn.state, before);
  turn.touch_workflow(before);
}

void put_revision(Turn& turn, const model::Actor& actor, const WorkflowDefinition& definition,
                  const std::string& digest) {
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
  ++workflow.row.revision;
  workflow.definition = definition.workflow;
  workflow.digest = digest;
  make_triggers(turn.state, workflow);
  plan_triggers(turn.state, workflow);
  turn.keep(model::RevisionRow{made.name, workflow.row.revision, definition.source,
                               definition.canonical, digest, turn.now.wall, actor.name,
                               definition.workflow});
  turn.touch_workflow(workflow);
  turn.state.queues.insert(made.name);
  turn.journal({}, "workflow.applied", {}, 0,
               Json::object({{"workflow", made.name}, {"revision", workflow.row.revision}}));
}

Json apply_workflow(Turn& turn, const model::Actor& actor, const WorkflowDefinition& definition,
                    bool dry_run) {
  const std::string digest = sha256_hex(definition.canonical);
  const std::string& name = definition.workflow->name;
  const ApplyAction action = action_for(turn.state, name, digest);
  const auto found = turn.state.workflows.find(name);
  const std::uint32_t revision =
      found == turn.state.workflows.end() ? 0 : found->second.row.revision;
  if (action == ApplyAction::unchanged) return item("Workflow", name, action, revision);
  if (!dry_run) {
    put_revision(turn, actor, definition, digest);
    turn.audit(actor, "workflow.apply", name,
               revision == 0 ? Json{} : Json::object({{"revision", revision}}),
               Json::object({{"revision", revision + 1}, {"digest", digest}}));
  }
  return item("Workflow", name, action, revision + 1);
}

Json apply_variable(Turn& turn, const model::Actor& actor, const model::Variable& variable,
                    bool dry_run) {
  const auto old = turn.state.variables.find({variable.name, variable.folder});
  const bool known = old != turn.state.variables.end();
  if (known && old->second.value == variable.value) {
    return item("Variable", variable.name, ApplyAction::unchanged, 0);
  }
  const Json before = known ? old->second.value : Json{};
  if (!dry_run) {
    turn.state.variables.insert_or_assign({variable.name, variable.folder}, variable);
    turn.keep(model::VariableRow{variable, false});
    turn.audit(actor, "variable.set", variable.name, before, variable.value);
  }
  return item("Variable", variable.name, known ? ApplyAction::changed : ApplyAction::created, 0);
}

Json apply_folder(Turn& turn, const model::Actor& actor, const model::Folder& folder,
                  bool dry_run) {
  const auto old = turn.state.folders.find(folder.name);
  const bool known = old != turn.state.folders.end();
  if (known && old->second.title == folder.title && old->second.labels == folder.labels) {
    return item("Folder", folder.name, ApplyAction::unchanged, 0);
  }
  if (!dry_run) {
    const Json before = known ? Json::object({{"title", old->second.title}}) : Json{};
    turn.state.folders.insert_or_assign(folder.name, folder);
    turn.keep(model::FolderRow{folder, false});
    turn.audit(actor, "folder.apply", folder.name, before, Json::object({{"title", folder.title}}));
  }
  return item("Folder", folder.name, known ? ApplyAction::changed : ApplyAction::created, 0);
}

}  // namespace

bool settle_instants(Turn& turn, const model::ApplyDefinitions& request) {
  if (request.dry_run) return true;
  return std::ranges::all_of(request.workflows, [&](const WorkflowDefinition& definition) {
    const model::Workflow& workflow = *definition.workflow;
    return settle_workflow(turn, workflow.name) && settle_workflow(turn, workflow.renamed_from);
  });
}

/// Makes definitions live: a changed workflow gets a new revision; started runs keep theirs.
Result<Json> apply_definitions(Turn& turn, const model::Actor& actor,
                               const model::ApplyDefinitions& request) {
  Json items = Json::array();
  for (const model::Folder& folder : request.folders) {
    items.push(apply_folder(turn, actor, folder, request.dry_run));
  }
  for (const model::Variable& variable : request.variables) {
    items.push(apply_variable(turn, actor, variable, request.dry_run));
  }
  for (const WorkflowDefinition& definition : request.workflows) {
    items.push(apply_workflow(turn, actor, definition, request.dry_run));
  }
  return Json::object({{"dry_run", request.dry_run}, {"items", std::move(items)}});
}

Result<Json> set_variable(Turn& turn, const model::Actor& actor,
                          const model::SetVariable& request) {
  const model::Variable& variable = request.variable;
  if (!request.remove) return apply_variable(turn, actor, variable, false);
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
