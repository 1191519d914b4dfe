#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/job_state.h"
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

bool went_well(const JobRun& job) {
  return job.phase == Phase::ended &&
         (job.ended == JobState::succeeded || job.ended == JobState::warning);
}

bool is_missing(const JobRun& job) {
  return job.phase == Phase::ended &&
         (job.ended == JobState::failed || job.ended == JobState::killed ||
          job.ended == JobState::unknown || job.ended == JobState::not_run);
}

/// Marks everything after `roots`; `skip` leaves a job out (what follows it is still looked at).
template <class Skip>
void add_downstream(const Run& run, std::vector<bool>& chosen,
                    const std::vector<std::uint32_t>& roots, Skip skip) {
  std::vector<bool> seen(run.jobs.size(), false);
  std::vector<std::uint32_t> open = roots;
  while (!open.empty()) {
    const std::uint32_t job = open.back();
    open.pop_back();
    for (const std::uint32_t next : run.definition->jobs[job].successors) {
      if (seen[next]) continue;
      seen[next] = true;
      if (!skip(next)) chosen[next] = true;
      open.push_back(next);
    }
  }
}

/// Jobs that must not be repeated without being named.
Result<void> refuse_repeats(const Run& run, const std::vector<bool>& chosen,
                            std::string_view named) {
  std::vector<std::string> jobs;
  for (std::size_t index = 0; index < chosen.size(); ++index) {
    const model::Job& job = run.definition->jobs[index];
    if (chosen[index] && !job.idempotent && run.jobs[index].attempts > 0 && job.id != named) {
      jobs.push_back(job.id);
    }
  }
  if (jobs.empty()) return {};
  return fail("run.not_idempotent",
              fmt::format("this rerun of '{}' would repeat jobs marked `idempotent: false`: {}",
                          run_name(run), fmt::join(jobs, ", ")),
              fmt::format("look at what they did; then name one: --only {}", jobs.front()));
}

Result<std::vector<bool>> chosen_from(const Run& run, RerunScope scope, std::uint32_t root) {
  std::vector<bool> chosen(run.jobs.size(), false);
  if (!run.definition->jobs[root].enabled) {
    return fail("job.disabled",
                fmt::format("job '{}' has `enabled: false`", run.definition->jobs[root].id),
                "enable it in the definition");
  }
  chosen[root] = true;
  if (scope == RerunScope::from)
    add_downstream(run, chosen, {root}, [](std::uint32_t) { return false; });
  return chosen;
}

std::vector<bool> chosen_failed(const Run& run) {
  std::vector<bool> chosen(run.jobs.size(), false);
  std::vector<std::uint32_t> roots;
  for (std::uint32_t index = 0; index < run.jobs.size(); ++index) {
    if (!is_missing(run.jobs[index])) continue;
    chosen[index] = true;
    if (run.jobs[index].ended != JobState::not_run) roots.push_back(index);
  }
  add_downstream(run, chosen, roots, [&](std::uint32_t next) {
    return went_well(run.jobs[next]) || run.jobs[next].ended == JobState::skipped ||
           run.jobs[next].ended == JobState::bypassed;
  });
  return chosen;
}

}  // namespace

Result<std::vector<bool>> rerun_set(const Run& run, RerunScope scope, std::string_view job) {
  std::vector<bool> chosen;
  switch (scope) {
    case RerunScope::whole:
      chosen.assign(run.jobs.size(), true);
      break;
    case RerunScope::failed:
      chosen = chosen_failed(run);
      break;
    case RerunScope::from:
    case RerunScope::only: {
      const Result<std::uint32_t> root = job_of(run, job);
      if (!root) return std::unexpected(root.error());
      Result<std::vector<bool>> picked = chosen_from(run, scope, *root);
      if (!picked) return picked;
      chosen = std::move(*picked);
      break;
    }
  }
  if (std::find(chosen.begin(), chosen.end(), true) == chosen.end()) {
    return fail("run.nothing_to_rerun",
                fmt::format("no job of '{}' failed or was left out", run_name(run)),
                "choose --from JOB, --only JOB or --from start");
  }
  if (const Result<void> safe = refuse_repeats(run, chosen, job); !safe) {
    return std::unexpected(safe.error());
  }
  return chosen;
}

namespace {

void reset_job(JobRun& job) {
  job.phase = Phase::waiting;
  job.ended = JobState::wait_pred;
  job.confirmed = false;
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

/// The job that an operator names starts whatever its predecessors say.
void force_root(Turn& turn, ActiveRun& run, const std::vector<bool>& chosen) {
  for (std::uint32_t index = 0; index < chosen.size(); ++index) {
    if (!chosen[index]) continue;
    bool has_chosen_predecessor = false;
    for (const model::Dependency& dependency : run.definition(index).depends_on) {
      has_chosen_predecessor = has_chosen_predecessor || chosen[dependency.job];
    }
    if (!has_chosen_predecessor) run.job(index).ready_at = turn.now.wall;
  }
}

}  // namespace

void reopen_run(Turn& turn, ActiveRun& run, const std::vector<bool>& chosen, RerunScope scope) {
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
  recount_flags(run.run);
  count_predecessors(run);
  if (scope == RerunScope::from || scope == RerunScope::only) force_root(turn, run, chosen);
  turn.touch_run(run);
  turn.journal(run.run.id, "run.reopened", {}, 0, Json::object({{"scope", to_string(scope)}}));
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
  return adopted;
}

namespace {

/// Jobs of a run in progress whose fate nobody knows: they may be tried again at once.
Result<Json> rerun_unknown(Turn& turn, const model::Actor& actor, ActiveRun& run) {
  std::vector<bool> unknown(run.run.jobs.size(), false);
  for (std::uint32_t index = 0; index < run.run.jobs.size(); ++index) {
    const JobRun& job = run.job(index);
    unknown[index] = job.phase == Phase::ended && !is_decided(run.run, job);
  }
  if (Result<void> safe = refuse_repeats(run.run, unknown, {}); !safe) {
    safe.error().hint = "look at what they did; then confirm the run, and rerun it with --only JOB";
    return std::unexpected(std::move(safe.error()));
  }
  std::vector<std::string> jobs;
  for (std::uint32_t index = 0; index < run.run.jobs.size(); ++index) {
    JobRun& job = run.job(index);
    if (!unknown[index]) continue;
    jobs.push_back(run.definition(index).id);
    const Timestamp ready = turn.now.wall;
    reset_job(job);
    job.ready_at = ready;
    turn.touch_job(run, index);
    consider_job(turn, run, index);
  }
  recount_flags(run.run);
  turn.touch_run(run);
  turn.audit(actor, "run.rerun", run_name(run.run),
             Json::object({{"unknown", fmt::format("{}", fmt::join(jobs, " "))}}),
             run_answer(run.run));
  return run_answer(run.run);
}

}  // namespace

/// Makes further attempts of chosen jobs of an ended run; all else of it stays as it is.
Result<Json> rerun_run(Turn& turn, const model::Actor& actor, const model::RerunRun& request,
                       const model::Fetched& fetched) {
  ActiveRun* memory = find_run(turn.state, request.run);
  if (memory != nullptr && !memory->ended) {
    if (memory->run.needs_decision && request.scope == RerunScope::failed) {
      return rerun_unknown(turn, actor, *memory);
    }
    return fail("run.active",
                fmt::format("run '{}' is not over ({})", run_name(memory->run),
                            to_string(memory->run.state)),
                "wait for its end, or cancel it first");
  }
  std::unique_ptr<ActiveRun> rebuilt;
  if (memory == nullptr) {
    Result<std::unique_ptr<ActiveRun>> found = ended_run(turn.state, request.run, fetched);
    if (!found) return std::unexpected(found.error());
    rebuilt = std::move(*found);
  }
  const ActiveRun& old = memory != nullptr ? *memory : *rebuilt;
  const Result<std::vector<bool>> chosen = rerun_set(old.run, request.scope, request.job);
  if (!chosen) return std::unexpected(chosen.error());
  const RunState before = old.run.state;
  ActiveRun& run = memory != nullptr ? *memory : adopt_run(turn, std::move(rebuilt));
  run.reopened = memory == nullptr || run.reopened;
  run.ended = false;
  reopen_run(turn, run, *chosen, request.scope);
  if (!run.ended) index_run(turn.state, run.run);
  Json after = Json::object({{"scope", to_string(request.scope)}});
  if (!request.job.empty()) after.set("job", request.job);
  turn.audit(actor, "run.rerun", run_name(run.run), Json::object({{"state", to_string(before)}}),
             std::move(after));
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
  if (!chosen) return;
  ActiveRun& run = adopt_run(turn, std::move(rebuilt));
  run.reopened = true;
  reopen_run(turn, run, *chosen, RerunScope::failed);
  index_run(turn.state, run.run);
  model::Actor actor;
  actor.name = "schedule";
  actor.reason = "on_previous_failure: rerun";
  turn.audit(actor, "run.rerun", run_name(run.run), {}, Json::object({{"scope", "failed"}}));
}

}  // namespace dandori::engine
