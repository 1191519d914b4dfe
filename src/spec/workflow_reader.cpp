#include "spec/workflow_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "spec/schedule_days.h"

namespace dandori::spec {

namespace {

constexpr std::uint32_t kQueueMaxOfCycles = 1;

/// Without a process, fields of processes would silently do nothing.
void refuse_process_keys(Context& context, const Member& member, const Path& path,
                         const JobDraft& draft) {
  const std::string_view type = to_string(draft.job.type);
  for (const Member& field : member.value.members) {
    if (!is_process_key(field.key)) continue;
    if (field.key == "with" && draft.job.type == model::JobType::business_date) continue;
    context.add(field.place, "spec.contradiction",
                fmt::format("{}: a job of type {} runs nothing, so '{}' has no meaning",
                            path.text(), type, field.key),
                fmt::format("remove it, or the line `type: {}`", type));
  }
}

bool is_shell(const Node& node) {
  const Node* type = node.find("type");
  return type == nullptr || type->text == to_string(model::JobType::shell);
}

/// What only all keys of a job together tell.
void finish_job(Context& context, const Member& member, const Path& path, JobDraft& draft) {
  if (draft.job.type != model::JobType::shell) {
    refuse_process_keys(context, member, path, draft);
    if (draft.job.type == model::JobType::business_date && member.value.find("with") == nullptr) {
      context.add(
          member.place, "spec.missing_key",
          fmt::format("{}: which business date does it move? `with` is missing", path.text()),
          "write `with: {name: NAME}`");
    }
    return;
  }
  if (!is_shell(member.value)) return;  // a wrong type, told already
  const bool names_command =
      member.value.find("run") != nullptr || member.value.find("with") != nullptr;
  if (names_command) return;
  context.add(member.place, "spec.missing_key",
              fmt::format("{}: nothing to run: `run` is missing", path.text()),
              "write `run: COMMAND`, or `type: noop` for a job that only joins others");
}

JobDraft read_job(Context& context, const Member& member, const Path& path,
                  const JobDraft& defaults) {
  JobDraft draft;
  if (is_shell(member.value)) draft.job = defaults.job;
  draft.job.type = model::JobType::shell;
  draft.job.id = member.key;
  draft.place = member.place;
  const std::size_t problems_before = context.problems.size();
  if (!read_object(context, member.value, path, job_table(), draft)) {
    draft.broken_dependencies = true;
    return draft;
  }
  finish_job(context, member, path, draft);
  draft.broken_dependencies = context.problems.size() > problems_before;
  return draft;
}

std::vector<JobDraft> read_jobs(Context& context, const Node& node, const Path& path,
                                const JobDraft& defaults) {
  std::vector<JobDraft> drafts;
  if (node.members.empty()) {
    context.add(node.place, "spec.missing_key",
                fmt::format("{}: a workflow needs a job", path.text()),
                "such as `hello: {run: echo hello}`");
  }
  if (node.members.size() > model::kJobsMax) {
    context.add(node.place, "spec.too_many",
                fmt::format("{}: {} jobs; {} are the most", path.text(), node.members.size(),
                            model::kJobsMax),
                "split the workflow");
    return drafts;
  }
  drafts.reserve(node.members.size());
  for (const Member& member : node.members) {
    context.job = drafts.size();
    drafts.push_back(read_job(context, member, path / member.key, defaults));
  }
  return drafts;
}

const model::Param* find_param(const model::Workflow& workflow, std::string_view name) {
  const auto param = std::ranges::find(workflow.params, name, &model::Param::name);
  return param == workflow.params.end() ? nullptr : &*param;
}

/// A trigger's parameters must be ones the workflow has, and leave none of the required ones out.
void check_trigger_params(Context& context, const Path& path, const TriggerDraft& draft,
                          const model::Workflow& workflow) {
  static const std::vector<Member> kNone;
  const std::vector<Member>& given = draft.params ? draft.params->members : kNone;
  std::vector<std::string> known;
  for (const model::Param& param : workflow.params) known.push_back(param.name);
  const Path params = path / "params";
  for (const Member& member : given) {
    if (const model::Param* param = find_param(workflow, member.key)) {
      check_param_value(context, *param, member.value, params / member.key);
      continue;
    }
    context.add(member.place, "spec.unknown_name",
                fmt::format("{}: the workflow has no parameter '{}'", params.text(), member.key),
                suggest(member.key, known, "parameters"));
  }
  for (const model::Param& param : workflow.params) {
    if (!param.required || std::ranges::find(given, param.name, &Member::key) != given.end())
      continue;
    context.add(draft.place, "spec.missing_key",
                fmt::format("{}: the parameter '{}' is required and this trigger gives none",
                            path.text(), param.name),
                fmt::format("add `params: {{{}: …}}` to the trigger, or a default to the parameter",
                            param.name));
  }
}

void check_exclusion(Context& context, const Path& path, const TriggerDraft& draft,
                     const model::Workflow& workflow) {
  const std::vector<std::string>& others = draft.trigger.exclude.workflows;
  if (std::ranges::find(others, workflow.name) == others.end()) return;
  context.add(draft.node->find("exclude")->place, "spec.contradiction",
              fmt::format("{}: the workflow excludes itself, so this trigger could never start it",
                          path.text()),
              "name other workflows");
}

void read_triggers(Context& context, const Node& node, const Path& path,
                   model::Workflow& workflow) {
  if (node.members.size() > model::kTriggersMax) {
    context.add(node.place, "spec.too_many",
                fmt::format("{}: {} triggers; {} are the most", path.text(), node.members.size(),
                            model::kTriggersMax));
    return;
  }
  for (const Member& member : node.members) {
    TriggerDraft draft;
    draft.trigger.id = member.key;
    draft.place = member.place;
    draft.node = &member.value;
    const Path at = path / member.key;
    const std::size_t problems_before = context.problems.size();
    if (!read_object(context, member.value, at, trigger_table(), draft)) continue;
    if (context.problems.size() == problems_before) {
      finish_trigger(context, at, draft);
      note_time(context, at, draft);
      check_trigger_params(context, at, draft, workflow);
      check_exclusion(context, at, draft, workflow);
    }
    workflow.triggers.push_back(std::move(draft.trigger));
  }
  std::ranges::sort(workflow.triggers, {}, &model::Trigger::id);
}

/// `runs_on: open_days` needs to know which days are open.
void check_runs_on(Context& context, const model::Workflow& workflow,
                   const std::vector<JobDraft>& jobs) {
  if (!workflow.business_date.empty()) return;
  for (const JobDraft& draft : jobs) {
    if (!draft.job.runs_on || !draft.job.runs_on->calendar.empty()) continue;
    const std::vector<model::DayRule>& days = draft.job.runs_on->days;
    const auto asking = std::ranges::find_if(days, asks_calendar);
    if (asking == days.end()) continue;
    context.add(draft.runs_on_place, "spec.contradiction",
                fmt::format("jobs.{}.runs_on: `{}` asks which days are open, and no calendar is "
                            "named",
                            draft.job.id,
                            asking->form == model::DayForm::cycle ? "unit: open_day"
                                                                  : to_string(asking->form)),
                "write {days: …, calendar: NAME}, or give the workflow a business_date");
  }
}

/// The default of max_queue hangs on the triggers (30, "Overlap").
void set_queue_max(WorkflowDraft& draft) {
  if (draft.has_queue_max || !std::ranges::any_of(draft.workflow.triggers, is_cycle)) return;
  const bool holds = draft.workflow.on_previous_failure == model::OnPreviousFailure::hold;
  draft.workflow.overlap.queue_max =
      holds ? std::numeric_limits<std::uint32_t>::max() : kQueueMaxOfCycles;
}

}  // namespace

std::shared_ptr<model::Workflow> read_workflow(Context& context, const Node& root,
                                               Place& name_place) {
  const std::size_t problems_before = context.problems.size();
  const Path top;
  WorkflowDraft draft;
  if (!read_object(context, root, top, workflow_table(), draft)) return nullptr;
  name_place = draft.name_place;
  model::Workflow& workflow = draft.workflow;
  if (draft.triggers) read_triggers(context, *draft.triggers, top / "triggers", workflow);
  set_queue_max(draft);

  std::vector<JobDraft> jobs;
  if (draft.jobs) jobs = read_jobs(context, *draft.jobs, top / "jobs", draft.defaults);
  check_runs_on(context, workflow, jobs);
  const bool has_graph = resolve_dependencies(context, jobs);
  workflow.jobs.reserve(jobs.size());
  for (JobDraft& job : jobs) workflow.jobs.push_back(std::move(job.job));
  if (has_graph) model::finish_workflow(workflow);
  if (has_graph) check_expressions(context, workflow);
  if (context.problems.size() > problems_before) return nullptr;
  return std::make_shared<model::Workflow>(std::move(workflow));
}

}  // namespace dandori::spec
