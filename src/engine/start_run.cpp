#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "calendar/zone.h"
#include "engine/business_dates.h"
#include "engine/calendars.h"
#include "engine/marks.h"
#include "engine/outputs_read.h"
#include "engine/params.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::OnPreviousFailure;
using model::Overlap;

Admission admit(const State& state, const WorkflowState& workflow, bool manual, bool late) {
  const model::OverlapRule& rule = workflow.definition->overlap;
  if (waits_for_operator(workflow)) {
    const bool full = !late && workflow.queue_counted >= rule.queue_max;
    return full ? Admission::overlap : Admission::later;
  }
  const bool busy = is_busy(workflow) || queue_head(state, workflow).has_value();
  const bool failed = waits_for_good_end(workflow);
  if (rule.policy == Overlap::skip && busy) return Admission::overlap;
  if (manual && rule.policy == Overlap::block && busy) return Admission::overlap;
  if (rule.policy == Overlap::replace && busy) return Admission::replace;
  const bool tries_first = workflow.definition->on_previous_failure == OnPreviousFailure::rerun;
  if (manual && failed && !tries_first) return Admission::previous_failed;
  if (!busy && !failed) return Admission::now;
  if (!late && workflow.queue_counted >= rule.queue_max) return Admission::overlap;
  return Admission::later;
}

namespace {

/// overlap: replace. What runs is killed, what waits ends; their ends hold nothing back.
void replace_runs(Turn& turn, WorkflowState& workflow, RunId newest) {
  std::vector<RunId> olds;
  for (const auto& [number, id] : workflow.active) {
    if (id != newest) olds.push_back(id);
  }
  for (const RunId id : olds) {
    ActiveRun& old = turn.state.runs.find(id)->second;
    if (old.ended || old.run.kill_requested || !counts_for_overlap(old.run)) continue;
    old.run.confirmed = true;
    old.run.confirmed_by = "replace";
    stop_run(turn, old, true);
  }
}

}  // namespace

ActiveRun& start_admitted(Turn& turn, WorkflowState& workflow, NewRun wanted, Admission admission) {
  ActiveRun& run = create_run(turn, workflow, std::move(wanted));
  if (workflow.row.last_rerun)
    workflow.row.last_rerun = false;  // a new start: it may be tried again
  if (admission == Admission::now) begin_run(turn, run);
  if (admission == Admission::replace) {
    replace_runs(turn, workflow, run.run.id);
    turn.state.queues.insert(workflow.row.name);
  }
  return run;
}

Json run_answer(const model::Run& run) {
  return Json::object({{"id", to_string(run.id)},
                       {"number", run.number},
                       {"name", run_name(run)},
                       {"state", to_string(run.state)}});
}

namespace {

Result<WorkflowState*> known_workflow(State& state, const std::string& name) {
  const auto found = state.workflows.find(name);
  if (found == state.workflows.end() || !found->second.definition || found->second.row.deleted) {
    std::vector<std::string> names;
    for (const auto& [known, workflow] : state.workflows) {
      if (!workflow.row.deleted) names.push_back(known);
    }
    const auto near = nearest(name, names);
    return fail(
        "workflow.unknown", fmt::format("there is no workflow '{}'", name),
        near ? fmt::format("did you mean '{}'?", *near) : "`dandori workflow list` shows them",
        "/workflow");
  }
  return &found->second;
}

Result<void> check_startable(const Turn& turn, const WorkflowState& workflow) {
  const std::string& name = workflow.row.name;
  if (!workflow.definition->manual) {
    return fail("run.manual_not_allowed",
                fmt::format("workflow '{}' is started by its triggers only (manual: false)", name),
                "change the definition if it is to be started by hand");
  }
  const model::Mark* disabled = disabling(turn.state, workflow, turn.now.wall);
  if (disabled == nullptr) return {};
  return fail("workflow.disabled",
              fmt::format("workflow '{}' was disabled by {} at {}{}{}", name, disabled->by,
                          format_rfc3339(disabled->since), disabled->reason.empty() ? "" : ": ",
                          disabled->reason),
              fmt::format("dandori enable '{}'", name));
}

calendar::LocalTime local_time(const State& state, std::string_view zone_name, Timestamp at) {
  const Result<calendar::TimeZone> zone = state.settings.zone(zone_name);
  return zone ? zone->to_local(at) : calendar::TimeZone{}.to_local(at);
}

/// The business date of a start by hand: the stored one; without, that of the moment by the
/// calendar of the first trigger that names one; without, the local date in the zone of the first
/// trigger that names one.
std::string date_of_moment(const State& state, const WorkflowState& workflow, Timestamp at) {
  if (const DateState* date = find_date(state, workflow.definition->business_date))
    return date->row.value;
  std::string_view zone = state.settings.timezone;
  const model::Trigger* with_zone = nullptr;
  for (const model::Trigger& trigger : workflow.definition->triggers) {
    if (!trigger.timezone.empty() && with_zone == nullptr) with_zone = &trigger;
    if (trigger.calendar.empty()) continue;
    const calendar::BusinessCalendarPtr calendar = calendar_of(state, trigger.calendar);
    if (!calendar->timezone().empty()) zone = calendar->timezone();
    if (!trigger.timezone.empty()) zone = trigger.timezone;
    return format_day(calendar->business_date(local_time(state, zone, at)));
  }
  if (with_zone != nullptr) zone = with_zone->timezone;
  return format_day(calendar::day_of(local_time(state, zone, at)));
}

Result<std::string> business_date_of(const State& state, const WorkflowState& workflow,
                                     const model::StartRun& request, Timestamp at) {
  if (!request.business_date) return date_of_moment(state, workflow, at);
  if (parse_day(*request.business_date)) return *request.business_date;
  return fail("param.bad_business_date",
              fmt::format("'{}' is no business date", *request.business_date),
              "write it as 2026-11-20", "/business_date");
}

/// Another date than the one it would have had is a line of its own in the audit log.
void audit_date(Turn& turn, const model::Actor& actor, const WorkflowState& workflow,
                const model::StartRun& request, const model::Run& run) {
  if (!request.business_date) return;
  const std::string own = date_of_moment(turn.state, workflow, turn.now.wall);
  if (own == run.business_date) return;
  turn.audit(actor, "run.business_date", run_name(run), Json::object({{"business_date", own}}),
             Json::object({{"business_date", run.business_date}}));
}

Error refusal(const WorkflowState& workflow, Admission admission) {
  const std::string& name = workflow.row.name;
  if (admission == Admission::previous_failed) {
    return {"run.previous_failed",
            fmt::format(
                "the previous run of '{}' failed, and its next start waits until that is mended "
                "or confirmed",
                name),
            "rerun or confirm it, or start with --force and a reason"};
  }
  if (waits_for_operator(workflow)) {
    return {"run.overlap",
            fmt::format("'{}' is held or drained, and {} runs are waiting already (max_queue)",
                        name, workflow.queued.size()),
            "`dandori differences` shows who held it, and the undo"};
  }
  const std::string_view policy = to_string(workflow.definition->overlap.policy);
  return {"run.overlap",
          fmt::format("a run of '{}' is not over ({} active, {} of them waiting; overlap: {})",
                      name, workflow.active.size(), workflow.queued.size(), policy),
          "wait for it, or start with --force and a reason"};
}

NewRun manual_run(const Turn& turn, const model::Actor& actor, const model::StartRun& request) {
  NewRun wanted;
  wanted.origin = actor.channel == model::Channel::api ? model::Origin::api : model::Origin::manual;
  wanted.actor = actor.name;
  wanted.scheduled_for = turn.now.wall;
  wanted.traceparent = request.traceparent;
  return wanted;
}

}  // namespace

/// A start by hand or API: checked as a whole before anything is created.
Result<Json> start_run(Turn& turn, const model::Actor& actor, const model::StartRun& request,
                       const model::Fetched& fetched) {
  if (!request.only.empty()) return start_alone(turn, actor, request, fetched);
  const Result<WorkflowState*> found = known_workflow(turn.state, request.workflow);
  if (!found) return std::unexpected(found.error());
  WorkflowState& workflow = **found;
  if (const auto may = check_startable(turn, workflow); !may) return std::unexpected(may.error());

  NewRun wanted = manual_run(turn, actor, request);
  Result<std::string> date = business_date_of(turn.state, workflow, request, turn.now.wall);
  if (!date) return std::unexpected(date.error());
  wanted.business_date = std::move(*date);

  model::Run draft;
  draft.workflow = workflow.row.name;
  draft.definition = workflow.definition;
  draft.scheduled_for = wanted.scheduled_for;
  draft.business_date = wanted.business_date;
  Result<Json> params = resolve_params(turn.state, draft, request.params);
  if (!params) return std::unexpected(params.error());
  wanted.params = std::move(*params);

  const bool past = request.force && !waits_for_operator(workflow);
  const Admission admission = past ? Admission::now : admit(turn.state, workflow, true, false);
  if (admission == Admission::overlap || admission == Admission::previous_failed) {
    return std::unexpected(refusal(workflow, admission));
  }
  const ActiveRun& run = start_admitted(turn, workflow, std::move(wanted), admission);
  Json after = run_answer(run.run);
  after.set("business_date", run.run.business_date);
  after.set("params", run.run.params);
  if (request.force) after.set("force", true);
  turn.audit(actor, "run.start", run_name(run.run), {}, std::move(after));
  audit_date(turn, actor, workflow, request, run.run);
  return run_answer(run.run);
}

namespace {

/// The run whose parameters, date, revision and outputs a job run alone takes; nullptr: none named.
Result<const ActiveRun*> model_of(const Turn& turn, const model::StartRun& request,
                                  const model::Fetched& fetched,
                                  std::unique_ptr<ActiveRun>& rebuilt) {
  if (request.like.empty()) return nullptr;
  if (const ActiveRun* run = find_run(std::as_const(turn.state), request.like)) return run;
  Result<std::unique_ptr<ActiveRun>> found = ended_run(turn.state, request.like, fetched);
  if (!found) return std::unexpected(found.error());
  rebuilt = std::move(*found);
  return rebuilt.get();
}

/// Outputs that the job reads: handed on from the other run as attempts that needed no process.
void take_outputs(Turn& turn, ActiveRun& run, std::uint32_t only, const ActiveRun& from) {
  const model::Workflow& definition = *run.run.definition;
  for (const std::string& name : jobs_read_by(definition, definition.jobs[only])) {
    const auto index = model::find_job(definition, name);
    if (!index || *index == only) continue;
    const model::Attempt* newest = from.extra[*index].newest.get();
    if (newest == nullptr || newest->outputs.size() == 0) continue;
    auto attempt = std::make_unique<model::Attempt>();
    attempt->ref = {run.run.id, *index, 1};
    attempt->state = model::AttemptState::succeeded;
    attempt->assigned_at = attempt->ended_at = turn.now.wall;
    attempt->outputs = newest->outputs;
    run.job(*index).attempts = 1;
    turn.touch_job(run, *index);
    turn.replace_attempt(run, *index, std::move(attempt));
  }
}

}  // namespace

namespace {

/// Those of the other run; what is given now comes in place of its.
Result<Json> params_like(const Turn& turn, const model::Run& draft, const ActiveRun& like,
                         const Json& given) {
  if (given.size() == 0) return like.run.params;
  Json params = like.run.params;
  for (const auto& [name, value] : given.members()) params.set(name, value);
  return resolve_params(turn.state, draft, params);
}

}  // namespace

Result<Json> start_alone(Turn& turn, const model::Actor& actor, const model::StartRun& request,
                         const model::Fetched& fetched) {
  std::unique_ptr<ActiveRun> rebuilt;
  const Result<const ActiveRun*> like = model_of(turn, request, fetched, rebuilt);
  if (!like) return std::unexpected(like.error());
  const std::string& name = *like != nullptr ? (*like)->run.workflow : request.workflow;
  if (!request.workflow.empty() && name != request.workflow) {
    return fail(
        "request.bad_field",
        fmt::format("run '{}' is one of '{}', not of '{}'", request.like, name, request.workflow),
        fmt::format("name a run of '{}'", request.workflow), "/like");
  }
  const Result<WorkflowState*> found = known_workflow(turn.state, name);
  if (!found) return std::unexpected(found.error());
  WorkflowState& workflow = **found;

  NewRun wanted = manual_run(turn, actor, request);
  model::Run draft;
  draft.workflow = name;
  draft.definition = *like != nullptr ? (*like)->run.definition : workflow.definition;
  draft.scheduled_for = wanted.scheduled_for;
  model::StartRun dated = request;
  if (*like != nullptr && !dated.business_date) dated.business_date = (*like)->run.business_date;
  Result<std::string> date = business_date_of(turn.state, workflow, dated, turn.now.wall);
  if (!date) return std::unexpected(date.error());
  draft.business_date = *date;
  Result<Json> params = *like == nullptr ? resolve_params(turn.state, draft, request.params)
                                         : params_like(turn, draft, **like, request.params);
  if (!params) return std::unexpected(params.error());
  const Result<std::uint32_t> only = job_of(draft, request.only);
  if (!only) {
    Error error = only.error();
    error.code = "workflow.unknown_job";
    error.message = fmt::format("workflow '{}' has no job '{}'", name, request.only);
    error.path = "/only";
    return std::unexpected(std::move(error));
  }

  wanted.business_date = std::move(*date);
  wanted.params = std::move(*params);
  wanted.only_job = request.only;
  wanted.definition = draft.definition;
  wanted.revision = *like != nullptr ? (*like)->run.revision : workflow.row.revision;
  ActiveRun& run = create_run(turn, workflow, std::move(wanted));
  if (*like != nullptr) take_outputs(turn, run, *only, **like);
  run.job(*only).ready_at = turn.now.wall;
  turn.touch_job(run, *only);
  Json after = run_answer(run.run);
  after.set("only", request.only);
  if (*like != nullptr) after.set("like", run_name((*like)->run));
  turn.audit(actor, "run.start", run_name(run.run), {}, std::move(after));
  audit_date(turn, actor, workflow, request, run.run);
  begin_run(turn, run);
  return run_answer(run.run);
}

}  // namespace dandori::engine
