#include <algorithm>

#include <fmt/core.h>

#include "base/text.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/params.h"
#include "engine/rerun.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::JobRun;
using model::JobState;
using model::RerunScope;
using model::Run;
using model::RunState;
using Phase = JobRun::Phase;

std::unique_ptr<ActiveRun> rebuild_run(const State&, const model::Fetched& fetched) {
  const model::Run* run = nullptr;
  model::WorkflowPtr definition;
  std::vector<model::JobRow> jobs;
  std::vector<model::AttemptRow> attempts;
  for (const model::Change& row : fetched.run_rows) {
    if (const auto* ended = std::get_if<model::RunEndedRow>(&row)) run = &ended->run;
    if (const auto* revision = std::get_if<model::RevisionRow>(&row))
      definition = revision->definition;
    if (const auto* job = std::get_if<model::JobRow>(&row)) jobs.push_back(*job);
    if (const auto* attempt = std::get_if<model::AttemptRow>(&row)) attempts.push_back(*attempt);
  }
  if (run == nullptr || !definition) return nullptr;
  return std::make_unique<ActiveRun>(assemble_active(*run, definition, jobs, attempts));
}

Result<std::uint32_t> job_of(const Run& run, std::string_view job) {
  if (const auto index = model::find_job(*run.definition, job)) return *index;
  std::vector<std::string> names;
  for (const model::Job& each : run.definition->jobs) names.push_back(each.id);
  const auto near = nearest(job, names);
  return fail("job.unknown", fmt::format("run '{}' has no job '{}'", run_name(run), job),
              near ? fmt::format("did you mean '{}'?", *near) : "", "/job");
}

namespace {

void reset_job(JobRun& job) {
  job.phase = Phase::waiting;
  job.ended = JobState::wait_pred;
  job.confirmed = job.accepted = job.off_day = false;
  job.changed_by = nullptr;
  job.tries = 0;
  job.lost = 0;
  job.ready_at = Timestamp{};
  job.retry_at = Timestamp{};
  job.ended_at = Timestamp{};
}

void recount_flags(Run& run) {
  run.has_warning = run.has_failure = run.needs_decision = false;
  for (const JobRun& job : run.jobs) {
    if (job.phase != Phase::ended) continue;
    run.has_warning = run.has_warning || job.ended == JobState::warning;
    run.has_failure = run.has_failure || job.ended == JobState::failed ||
                      job.ended == JobState::killed || job.ended == JobState::unknown;
    run.needs_decision = run.needs_decision || !is_decided(run, job);
  }
}

bool has_chosen_before(const Run& run, const std::vector<bool>& chosen, std::uint32_t index) {
  return std::ranges::any_of(
      run.definition->jobs[index].depends_on,
      [&](const model::Dependency& dependency) { return chosen[dependency.job]; });
}

/// The job that an operator names, or the one that is run alone, starts whatever its predecessors
/// say; but for those that this rerun takes as well, as a newer definition brings them. It alone:
/// other new jobs wait for what comes before them.
void force_root(Turn& turn, ActiveRun& run, const std::vector<bool>& chosen,
                std::string_view named) {
  const auto root =
      model::find_job(*run.run.definition, run.run.only_job.empty() ? named : run.run.only_job);
  if (!root || !chosen[*root]) return;
  if (run.run.only_job.empty() && has_chosen_before(run.run, chosen, *root)) return;
  run.job(*root).ready_at = turn.now.wall;
}

}  // namespace

void reopen_jobs(Turn& turn, ActiveRun& run, const std::vector<bool>& chosen) {
  for (std::uint32_t index = 0; index < chosen.size(); ++index) {
    if (!chosen[index]) continue;
    if (is_decided(run.run, run.job(index))) ++run.run.jobs_open;
    reset_job(run.job(index));
    run.job(index).in_scope = true;
    turn.touch_job(run, index);
  }
  derive_off_days(turn.state, run.run);
  recount_flags(run.run);
  count_predecessors(run);
  turn.touch_run(run);
  for (std::uint32_t index = 0; index < run.run.jobs.size(); ++index) {
    const bool waits = run.job(index).phase == Phase::waiting && run.job(index).ready_at.us == 0;
    if (!waits) continue;
    if (verdict(run, index) == Verdict::start) run.job(index).ready_at = turn.now.wall;
    if (run.job(index).ready_at.us != 0) turn.touch_job(run, index);
    consider_job(turn, run, index);
  }
}

void reopen_run(Turn& turn, ActiveRun& run, const std::vector<bool>& chosen,
                const Reopening& reopening) {
  run.run.state = RunState::running;
  run.run.cancel_requested = run.run.kill_requested = run.run.confirmed = false;
  run.run.confirmed_by.clear();
  run.run.ended_at = Timestamp{};
  if (run.run.started_at.us == 0) run.run.started_at = turn.now.wall;
  ++run.run.reruns;
  run.run.jobs_open = 0;
  for (std::uint32_t index = 0; index < chosen.size(); ++index) {
    JobRun& job = run.job(index);
    if (chosen[index]) {
      reset_job(job);
      ++run.run.jobs_open;
    }
    if (chosen[index] || job.in_scope) turn.touch_job(run, index);
    job.in_scope = chosen[index];
  }
  derive_off_days(turn.state, run.run);
  recount_flags(run.run);
  count_predecessors(run);
  const bool has_root = reopening.scope == RerunScope::from || reopening.scope == RerunScope::only;
  force_root(turn, run, chosen, has_root ? reopening.job : std::string_view{});
  turn.touch_run(run);
  Json body = Json::object({{"action", reopening.action}});
  if (reopening.scope) body.set("scope", to_string(*reopening.scope));
  if (has_root || (!reopening.scope && !reopening.job.empty())) body.set("job", reopening.job);
  turn.journal(run.run.id, "run.reopened", {}, 0, std::move(body));
  for (std::uint32_t index = 0; index < chosen.size(); ++index) {
    if (!chosen[index]) continue;
    // Ready from now on, not since what it waits for ended in an earlier round.
    if (verdict(run, index) == Verdict::start) run.job(index).ready_at = turn.now.wall;
    consider_job(turn, run, index);
  }
}

ActiveRun& adopt_run(Turn& turn, std::unique_ptr<ActiveRun> run) {
  ActiveRun& adopted = turn.state.runs[run->run.id];
  adopted = std::move(*run);
  derive_marks(turn.state, adopted);
  return adopted;
}

namespace {

Json names_json(const ActiveRun& run, const std::vector<std::uint32_t>& jobs) {
  Json names = Json::array();
  for (const std::uint32_t job : jobs) names.push(run.definition(job).id);
  return names;
}

void hold_job(Turn& turn, const model::Actor& actor, ActiveRun& run, std::uint32_t job,
              std::string reason) {
  model::Mark mark;
  mark.key = {run.run.workflow, run.run.number, run.definition(job).id, model::MarkKind::hold};
  mark.by = actor.name;
  mark.reason = std::move(reason);
  mark.since = turn.now.wall;
  turn.journal(
      run.run.id, "job.held", mark.key.job, 0,
      Json::object(
          {{"target", target_name(mark.key)}, {"by", actor.name}, {"reason", mark.reason}}));
  set_mark(turn, std::move(mark));
  derive_marks(turn.state, run);  // it is not among the active ones yet
}

}  // namespace

void hold_risky(Turn& turn, const model::Actor& actor, ActiveRun& run,
                const std::vector<std::uint32_t>& risky) {
  for (const std::uint32_t job : risky) hold_job(turn, actor, run, job, "idempotent: false");
  for (const std::uint32_t job : risky) {
    turn.note(Json::object({{"code", "preview.not_idempotent"}, {"job", run.definition(job).id}}));
  }
}

namespace {

/// Jobs without a chosen one before them.
std::vector<std::uint32_t> first_of(const Run& run, const std::vector<bool>& chosen) {
  std::vector<std::uint32_t> first;
  for (std::uint32_t index = 0; index < chosen.size(); ++index) {
    if (chosen[index] && !has_chosen_before(run, chosen, index)) first.push_back(index);
  }
  return first;
}

/// The jobs that `hold` names. Errors: job.unknown, job.not_in_rerun.
Result<std::vector<std::uint32_t>> jobs_to_hold(const Run& run, const model::RerunRun& request,
                                                const std::vector<bool>& chosen) {
  std::vector<std::uint32_t> jobs;
  if (request.hold_first) jobs = first_of(run, chosen);
  for (const std::string& name : request.hold) {
    const Result<std::uint32_t> job = job_of(run, name);
    if (!job) return std::unexpected(job.error());
    if (!chosen[*job]) {
      return fail(
          "job.not_in_rerun",
          fmt::format("job '{}' would not run again in this rerun of '{}'", name, run_name(run)),
          "hold a job that it takes; `--dry-run` lists them", "/hold");
    }
    jobs.push_back(*job);
  }
  return jobs;
}

/// Holds what is to wait for an operator: what was asked for, and what must not be repeated
/// unnamed.
void hold_jobs(Turn& turn, const model::Actor& actor, ActiveRun& run,
               const std::vector<std::uint32_t>& asked, const std::vector<std::uint32_t>& risky) {
  for (const std::uint32_t job : asked) hold_job(turn, actor, run, job, actor.reason);
  hold_risky(turn, actor, run, risky);
}

/// Jobs of a run in progress whose fate nobody knows: they may be tried again at once.
Result<Json> rerun_unknown(Turn& turn, const model::Actor& actor, ActiveRun& run,
                           const model::RerunRun& request) {
  std::vector<bool> unknown(run.run.jobs.size(), false);
  std::vector<std::uint32_t> jobs;
  for (std::uint32_t index = 0; index < run.run.jobs.size(); ++index) {
    const JobRun& job = run.job(index);
    unknown[index] = job.phase == Phase::ended && !is_decided(run.run, job);
    if (unknown[index]) jobs.push_back(index);
  }
  const auto asked = jobs_to_hold(run.run, request, unknown);
  if (!asked) return std::unexpected(asked.error());
  hold_jobs(turn, actor, run, *asked, jobs_not_to_repeat(run.run, unknown, {}));
  for (const std::uint32_t index : jobs) {
    JobRun& job = run.job(index);
    reset_job(job);
    job.ready_at = turn.now.wall;
    turn.touch_job(run, index);
    consider_job(turn, run, index);
  }
  recount_flags(run.run);
  turn.touch_run(run);
  std::string names;
  for (const std::uint32_t job : jobs) names += (names.empty() ? "" : " ") + run.definition(job).id;
  turn.audit(actor, "run.rerun", run_name(run.run), Json::object({{"unknown", names}}),
             run_answer(run.run));
  return run_answer(run.run);
}

/// Whether jobs that both revisions have stand in another order.
bool is_reordered(const model::Workflow& before, const model::Workflow& after) {
  for (std::uint32_t index = 0; index < before.jobs.size(); ++index) {
    const auto other = model::find_job(after, before.jobs[index].id);
    const bool same = other ? *other == index : index >= after.jobs.size();
    if (!same) return true;
  }
  return false;
}

/// Whether a job that the revision no longer has left attempts: their places are not known here.
bool has_orphans(const model::Workflow& before, const std::vector<model::AttemptRow>& attempts) {
  return std::ranges::any_of(attempts, [&](const model::AttemptRow& row) {
    return !model::find_job(before, row.path).has_value();
  });
}

/// The run by the newest revision: jobs keep their state by name, new ones have none.
///
/// Attempts are named by the place of their job (AttemptRef). Where that changes, further attempts
/// get numbers that the run has never used, so that no late report and no log is taken for another.
Result<std::unique_ptr<ActiveRun>> by_newest(const State& state, const ActiveRun& old,
                                             const model::Fetched& fetched) {
  const auto workflow = state.workflows.find(old.run.workflow);
  const bool gone = workflow == state.workflows.end() || !workflow->second.definition ||
                    workflow->second.row.deleted;
  if (gone) {
    return fail("workflow.unknown",
                fmt::format("workflow '{}' is not in force any more", old.run.workflow),
                "rerun by the run's own revision: --revision run");
  }
  const model::WorkflowPtr& definition = workflow->second.definition;
  model::Run run = old.run;
  run.revision = workflow->second.row.revision;
  run.definition = definition;
  Json given = Json::object();
  for (const model::Param& param : definition->params) {
    if (const Json* value = run.params.find(param.name)) given.set(param.name, *value);
  }
  Result<Json> params = resolve_params(state, run, given);
  if (!params) return std::unexpected(params.error());
  run.params = std::move(*params);
  std::vector<model::JobRow> jobs;
  std::vector<model::AttemptRow> attempts;
  for (const model::Change& row : fetched.run_rows) {
    if (const auto* job = std::get_if<model::JobRow>(&row)) jobs.push_back(*job);
    if (const auto* attempt = std::get_if<model::AttemptRow>(&row)) attempts.push_back(*attempt);
  }
  if (is_reordered(*old.run.definition, *definition) ||
      has_orphans(*old.run.definition, attempts)) {
    for (const model::AttemptRow& row : attempts)
      run.attempt_floor = std::max(run.attempt_floor, row.attempt.ref.number);
  }
  return std::make_unique<ActiveRun>(assemble_active(std::move(run), definition, jobs, attempts));
}

/// What a rerun will do, checked as a whole before anything changes.
struct RerunPlan {
  std::vector<bool> chosen;
  std::vector<std::uint32_t> hold, risky, accept;
};

Result<RerunPlan> plan_rerun(const Run& run, const model::RerunRun& request) {
  RerunPlan plan;
  Result<std::vector<bool>> chosen = rerun_set(run, request.scope, request.job);
  if (!chosen) return std::unexpected(chosen.error());
  plan.chosen = std::move(*chosen);
  auto hold = jobs_to_hold(run, request, plan.chosen);
  if (!hold) return std::unexpected(hold.error());
  plan.hold = std::move(*hold);
  plan.risky = jobs_not_to_repeat(run, plan.chosen, request.job);
  if (request.scope == RerunScope::after_failed) plan.accept = jobs_to_accept(run);
  return plan;
}

Json rerun_after(const ActiveRun& run, const model::RerunRun& request, const RerunPlan& plan) {
  Json after = Json::object({{"scope", to_string(request.scope)}});
  if (!request.job.empty()) after.set("job", request.job);
  if (request.newest) after.set("revision", run.run.revision);
  if (!plan.hold.empty()) after.set("held", names_json(run, plan.hold));
  if (!plan.risky.empty()) after.set("not_idempotent", names_json(run, plan.risky));
  if (!plan.accept.empty()) after.set("accepted", names_json(run, plan.accept));
  return after;
}

}  // namespace

/// Makes further attempts of chosen jobs of an ended run; all else of it stays as it is.
Result<Json> rerun_run(Turn& turn, const model::Actor& actor, const model::RerunRun& request,
                       const model::Fetched& fetched) {
  ActiveRun* memory = find_run(turn.state, request.run);
  if (memory != nullptr && !memory->ended) {
    const bool may = memory->run.needs_decision && request.scope == RerunScope::failed;
    if (may && !request.newest) return rerun_unknown(turn, actor, *memory, request);
    return fail("run.active",
                fmt::format("run '{}' is not over ({})", run_name(memory->run),
                            to_string(memory->run.state)),
                "wait for its end, or cancel it first");
  }
  std::unique_ptr<ActiveRun> rebuilt;
  if (memory == nullptr) {
    Result<std::unique_ptr<ActiveRun>> found = ended_run(turn.state, request.run, fetched);
    if (found && request.newest) found = by_newest(turn.state, **found, fetched);
    if (!found) return std::unexpected(found.error());
    rebuilt = std::move(*found);
  } else if (request.newest) {
    return fail("run.changed",
                fmt::format("run '{}' has changed while this was asked", request.run), "ask again");
  }
  const ActiveRun& old = memory != nullptr ? *memory : *rebuilt;
  const Result<RerunPlan> plan = plan_rerun(old.run, request);
  if (!plan) return std::unexpected(plan.error());
  const RunState before = old.run.state;
  ActiveRun& run = memory != nullptr ? *memory : adopt_run(turn, std::move(rebuilt));
  run.reopened = memory == nullptr || run.reopened;
  run.ended = false;
  for (const std::uint32_t job : plan->accept) {
    run.job(job).accepted = true;
    turn.touch_job(run, job);
  }
  hold_jobs(turn, actor, run, plan->hold, plan->risky);
  reopen_run(turn, run, plan->chosen, {"run.rerun", request.scope, request.job});
  if (!run.ended) index_run(turn.state, run.run);
  turn.audit(actor, "run.rerun", run_name(run.run), Json::object({{"state", to_string(before)}}),
             rerun_after(run, request, *plan));
  return run_answer(run.run);
}

void rerun_previous(Turn& turn, const model::Fetched& fetched) {
  if (turn.state.reruns_wanted.empty()) return;
  const std::string name = *turn.state.reruns_wanted.begin();
  turn.state.reruns_wanted.erase(
      name);  // also without rows: a broken history must not stop the rest
  std::unique_ptr<ActiveRun> rebuilt = rebuild_run(turn.state, fetched);
  if (!rebuilt || turn.state.runs.find(rebuilt->run.id) != turn.state.runs.end()) return;
  WorkflowState& workflow = turn.state.workflows.find(name)->second;
  if (rebuilt->run.id != workflow.row.last_ended) return;
  if (!workflow.row.last_failed || workflow.row.last_rerun || workflow.queued.empty()) return;
  workflow.row.last_rerun = true;
  turn.touch_workflow(workflow);
  const Result<std::vector<bool>> chosen = rerun_set(rebuilt->run, RerunScope::failed, {});
  // What must not be repeated unseen needs a person.
  if (!chosen || !jobs_not_to_repeat(rebuilt->run, *chosen, {}).empty()) return;
  ActiveRun& run = adopt_run(turn, std::move(rebuilt));
  run.reopened = true;
  reopen_run(turn, run, *chosen, {"run.rerun", RerunScope::failed, {}});
  index_run(turn.state, run.run);
  model::Actor actor;
  actor.name = "schedule";
  actor.reason = "on_previous_failure: rerun";
  turn.audit(actor, "run.rerun", run_name(run.run), {}, Json::object({{"scope", "failed"}}));
}

}  // namespace dandori::engine
