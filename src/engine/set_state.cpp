#include <set>

#include <fmt/core.h>

#include "engine/business_dates.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/outputs_read.h"
#include "engine/rerun.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Actor;
using model::JobRun;
using model::JobState;
using model::MarkKind;
using model::Operate;
using model::RunState;
using Phase = JobRun::Phase;

// ---- force

namespace {

std::unexpected<Error> nothing_to_force(const ActiveRun& run, std::uint32_t job) {
  return fail("job.nothing_to_force",
              fmt::format("job '{}' does not wait for other jobs or a time ({})",
                          job_name(run, job), to_string(seen_state(run, job))),
              "`dandori why` says what it waits for");
}

/// What an operator holds is let go by undoing that, not by force.
Result<void> refuse_shut(const ActiveRun& run, std::uint32_t index) {
  const JobRun& job = run.job(index);
  const std::string name = job_name(run, index);
  if (run.run.state == RunState::suspended) {
    return fail("run.suspended", fmt::format("run '{}' is suspended", run_name(run.run)),
                fmt::format("dandori resume '{}'", run_name(run.run)));
  }
  if (run.run.drained) {
    return fail("workflow.drained", fmt::format("'{}' starts no jobs: it is drained", name),
                "`dandori differences` shows who drained what, and the undo");
  }
  if (has_mark(job, MarkKind::disable)) {
    return fail("job.is_disabled", fmt::format("job '{}' is disabled", name),
                fmt::format("dandori enable '{}'", name));
  }
  if (has_mark(job, MarkKind::hold)) {
    return fail("job.held", fmt::format("job '{}' is held", name),
                fmt::format("dandori release '{}'", name));
  }
  return {};
}

}  // namespace

/// The run begins whatever it waits for: its business date, the run before it, its place in the
/// queue. What an operator holds goes on being held.
Result<Json> force_run(Turn& turn, const Actor& actor, ActiveRun& run) {
  const std::string name = run_name(run.run);
  if (run.run.state != RunState::queued) {
    return fail("run.started",
                fmt::format("run '{}' has started ({})", name, to_string(run.run.state)),
                fmt::format("a job of it is forced by `dandori force '{}/JOB'`", name));
  }
  const WorkflowState& workflow = turn.state.workflows.find(run.run.workflow)->second;
  const bool is_held =
      find_mark(turn.state, {run.run.workflow, run.run.number, {}, MarkKind::hold}) != nullptr;
  if (is_held || waits_for_operator(workflow)) {
    return fail("run.held", fmt::format("run '{}' is held or drained", name),
                "`dandori differences` shows who did it, and the undo");
  }
  Json before = Json::object({{"state", "queued"}});
  if (waits_for_date(turn.state, run.run))
    before.set("waits_for", fmt::format("business_date_{}", to_string(run.run.date_wait)));
  turn.audit(actor, "run.force", name, std::move(before), Json::object({{"state", "running"}}));
  turn.journal(run.run.id, "run.forced", {}, 0,
               Json::object({{"by", actor.name}, {"reason", actor.reason}}));
  begin_run(turn, run);
  return run_answer(run.run);
}

/// The job starts whatever it waits for; only a free slot is still needed.
Result<Json> force_job(Turn& turn, const Actor& actor, ActiveRun& run, std::uint32_t index) {
  JobRun& job = run.job(index);
  const bool waits = job.phase == Phase::waiting && job.ready_at.us == 0;
  if (job.phase != Phase::waiting && job.phase != Phase::retry_wait)
    return nothing_to_force(run, index);
  if (run.run.state == RunState::queued || run.run.state == RunState::stopping) {
    const bool is_queued = run.run.state == RunState::queued;
    return fail(is_queued ? "run.queued" : "run.stopping",
                fmt::format("run '{}' is {}", run_name(run.run), to_string(run.run.state)),
                is_queued ? "start it past its queue with `dandori run … --force`"
                          : "it starts no more jobs");
  }
  if (!run.definition(index).enabled && run.run.only_job.empty()) {
    return fail("job.disabled",
                fmt::format("job '{}' has `enabled: false`", run.definition(index).id),
                "enable it in the definition");
  }
  if (const auto open = refuse_shut(run, index); !open) return std::unexpected(open.error());
  if (!waits && job.phase == Phase::waiting) return nothing_to_force(run, index);
  const std::string_view before = to_string(seen_state(run, index));
  turn.audit(actor, "job.force", job_name(run, index), Json::object({{"state", before}}),
             Json::object({{"state", "wait_pool"}}));
  turn.journal(run.run.id, "job.forced", run.definition(index).id, job.attempts,
               Json::object({{"by", actor.name}, {"reason", actor.reason}}));
  if (job.phase == Phase::retry_wait) {
    clear_timer(turn.state, run, index);
    start_again(turn, run, index);
  } else {
    job.ready_at = turn.now.wall;
    turn.touch_job(run, index);
    consider_job(turn, run, index);
  }
  return job_answer(run, index);
}

// ---- set state

namespace {

bool may_be_set(JobState state) {
  return state == JobState::succeeded || state == JobState::warning || state == JobState::failed ||
         state == JobState::skipped;
}

Result<void> check_request(const Turn& turn, const Actor& actor, const Operate& request) {
  if (!may_be_set(request.state)) {
    return fail("job.bad_state",
                fmt::format("'{}' cannot be set by hand", to_string(request.state)),
                "one of succeeded, warning, failed, skipped", "/state");
  }
  if (actor.reason.empty() && !turn.is_preview) {
    return fail("operation.reason_needed", "a state that is set by hand needs a reason",
                "add --reason \"…\"; it stands in the audit log", "/reason");
  }
  return {};
}

/// A job that runs keeps its slot; its process goes on, and how it ends is recorded, not applied.
Result<void> check_running(Turn& turn, const ActiveRun& run, std::uint32_t index,
                           const Operate& request) {
  if (run.job(index).phase != Phase::live) return {};
  const model::Attempt& attempt = *run.extra[index].newest;
  const auto agent = turn.state.agents.find(attempt.agent);
  const std::string host = agent == turn.state.agents.end() || agent->second.host.empty()
                               ? attempt.agent
                               : agent->second.host;
  if (request.leave_running) {
    turn.note(Json::object({{"code", "preview.left_running"},
                            {"job", job_name(run, index)},
                            {"agent", attempt.agent},
                            {"host", host},
                            {"pid", attempt.pid > 0 ? Json{attempt.pid} : Json{}}}));
    return {};
  }
  return fail("job.running",
              fmt::format("job '{}' is {} on host '{}' (pid {})", job_name(run, index),
                          to_string(seen_state(run, index)), host, attempt.pid),
              fmt::format("kill it first: dandori kill '{}'; or add --leave-running: its process "
                          "goes on, and its result is recorded, not applied",
                          job_name(run, index)));
}

/// A preview names what jobs that are still to run read of this one, and it has not handed on.
void note_missing_outputs(Turn& turn, const ActiveRun& run, std::uint32_t index) {
  if (!turn.is_preview) return;
  const model::Workflow& workflow = *run.run.definition;
  const auto is_over = [&](const std::string& reader) {
    const JobRun& job = run.job(*model::find_job(workflow, reader));
    return job.phase == Phase::ended && job.ended != JobState::not_run;
  };
  const model::Attempt* newest = run.extra[index].newest.get();
  std::vector<OutputRead> missing = outputs_missing(workflow, run.definition(index).id,
                                                    newest == nullptr ? Json{} : newest->outputs);
  for (OutputRead& read : missing) std::erase_if(read.readers, is_over);
  std::erase_if(missing, [](const OutputRead& read) { return read.readers.empty(); });
  if (missing.empty()) return;
  turn.note(Json::object({{"code", "preview.outputs_missing"},
                          {"job", job_name(run, index)},
                          {"outputs", outputs_json(missing)}}));
}

/// Jobs that look at an end which changes: at that of `index`, or of one that waits again.
std::set<std::uint32_t> lookers(const ActiveRun& run, std::uint32_t index,
                                const std::vector<bool>& reopened) {
  const auto& successors = run.definition(index).successors;
  std::set<std::uint32_t> jobs(successors.begin(), successors.end());
  for (std::uint32_t job = 0; job < reopened.size(); ++job) {
    if (!reopened[job]) continue;
    jobs.insert(run.definition(job).successors.begin(), run.definition(job).successors.end());
  }
  return jobs;
}

/// What started because of the ends as they were keeps the time at which it could: it no longer
/// follows from them.
void keep_ready_times(Turn& turn, ActiveRun& run, const std::set<std::uint32_t>& jobs) {
  for (const std::uint32_t index : jobs) {
    const JobRun& job = run.job(index);
    if (job.phase != Phase::ended && job.ready_at.us != 0) turn.touch_job(run, index);
  }
}

/// Of them, jobs that wait for a slot only because of the ends as they are (not by force, not as
/// the root of a rerun).
std::vector<std::uint32_t> ready_by_condition(const ActiveRun& run,
                                              const std::set<std::uint32_t>& jobs) {
  std::vector<std::uint32_t> ready;
  for (const std::uint32_t index : jobs) {
    const JobRun& job = run.job(index);
    const bool is_ready = job.phase == Phase::waiting && job.ready_at.us != 0;
    if (is_ready && condition(run, index) == Verdict::start) ready.push_back(index);
  }
  return ready;
}

/// What has started no process yet follows the new ends: it no longer starts because of the old
/// ones.
void withdraw_ready(Turn& turn, ActiveRun& run, const std::vector<std::uint32_t>& ready) {
  for (const std::uint32_t job : ready) {
    if (condition(run, job) == Verdict::start) continue;
    withdraw_job(turn, run, job);
    turn.touch_job(run, job);
    consider_job(turn, run, job);
  }
}

/// The end of an ended job changes by an operator's action: what it held back waits again. A run
/// that is over goes on with it; with nothing, it only gets its result anew.
template <class Change>
void change_ended(Turn& turn, const Actor& actor, ActiveRun& run, std::uint32_t index,
                  bool was_over, std::string_view action, Change change) {
  const std::vector<bool> chosen = held_back_by(run.run, {index});
  const std::set<std::uint32_t> looking = lookers(run, index, chosen);
  const std::vector<std::uint32_t> ready = ready_by_condition(run, looking);
  const bool was_decided = is_decided(run.run, run.job(index));
  keep_ready_times(turn, run, looking);
  hold_risky(turn, actor, run, jobs_not_to_repeat(run.run, chosen, {}));
  change(run.job(index));
  turn.touch_job(run, index);
  if (was_over) {
    reopen_run(turn, run, chosen, {action, {}, run.definition(index).id});
  } else {
    if (!was_decided) --run.run.jobs_open;
    reopen_jobs(turn, run, chosen);
    withdraw_ready(turn, run, ready);
  }
  finish_if_over(turn, run);
  if (was_over && !run.ended) index_run(turn.state, run.run);
}

void apply_state(Turn& turn, const Actor& actor, ActiveRun& run, std::uint32_t index,
                 JobState state, bool was_over) {
  if (!was_over && run.job(index).phase != Phase::ended) return end_job(turn, run, index, state);
  change_ended(turn, actor, run, index, was_over, "job.set_state", [state](JobRun& job) {
    job.ended = state;
    job.accepted = job.confirmed = false;
  });
}

/// A run that an operation may change whether it is over or not.
struct AnyRun {
  ActiveRun* memory = nullptr;
  std::unique_ptr<ActiveRun> rebuilt;
  const ActiveRun& old() const { return memory != nullptr ? *memory : *rebuilt; }
  bool was_over() const { return memory == nullptr || memory->ended; }
  /// Takes it into memory, to be changed.
  ActiveRun& take(Turn& turn) {
    const bool stored = memory == nullptr;
    ActiveRun& run = stored ? adopt_run(turn, std::move(rebuilt)) : *memory;
    run.reopened = stored || run.reopened;
    run.ended = false;
    return run;
  }
};

Result<AnyRun> any_run(Turn& turn, const std::string& name, const model::Fetched& fetched) {
  AnyRun run;
  run.memory = find_run(turn.state, name);
  if (run.memory != nullptr) return run;
  Result<std::unique_ptr<ActiveRun>> found = ended_run(turn.state, name, fetched);
  if (!found) return std::unexpected(found.error());
  run.rebuilt = std::move(*found);
  return run;
}

}  // namespace

/// An operator says how a job counts, whatever happened. The attempt and its end stay as they are.
Result<Json> set_state(Turn& turn, const Actor& actor, const Operate& request,
                       const model::Fetched& fetched) {
  if (const auto good = check_request(turn, actor, request); !good)
    return std::unexpected(good.error());
  Result<AnyRun> found = any_run(turn, request.run, fetched);
  if (!found) return std::unexpected(found.error());
  const ActiveRun& old = found->old();
  const Result<std::uint32_t> index = job_of(old.run, request.job);
  if (!index) return std::unexpected(index.error());
  if (const auto calm = check_running(turn, old, *index, request); !calm)
    return std::unexpected(calm.error());
  if (old.run.state == RunState::queued) {
    return fail("run.queued", fmt::format("run '{}' has not started", run_name(old.run)),
                fmt::format("skip the job instead: dandori skip '{}'", job_name(old, *index)));
  }
  const JobState before = seen_state(old, *index);
  if (before == request.state) return job_answer(old, *index);

  if ((model::kSatisfied & model::state_bit(request.state)) != 0)
    note_missing_outputs(turn, old, *index);
  const bool was_over = found->was_over();
  ActiveRun& run = found->take(turn);
  run.job(*index).changed_by = std::make_shared<const std::string>(actor.name);
  turn.audit(actor, "job.set_state", job_name(run, *index),
             Json::object({{"state", to_string(before)}}),
             Json::object(
                 {{"state", to_string(request.state)}, {"leave_running", request.leave_running}}));
  turn.journal(run.run.id, "job.state_set", run.definition(*index).id, run.job(*index).attempts,
               Json::object({{"from", to_string(before)},
                             {"state", to_string(request.state)},
                             {"by", actor.name},
                             {"reason", actor.reason}}));
  apply_state(turn, actor, run, *index, request.state, was_over);
  return job_answer(run, *index);
}

/// An operator accepts how a job failed (or that nobody knows): it stays so, and what it held back
/// goes on as after a warning.
Result<Json> confirm_job(Turn& turn, const Actor& actor, const Operate& request,
                         const model::Fetched& fetched) {
  Result<AnyRun> found = any_run(turn, request.run, fetched);
  if (!found) return std::unexpected(found.error());
  const ActiveRun& old = found->old();
  const Result<std::uint32_t> index = job_of(old.run, request.job);
  if (!index) return std::unexpected(index.error());
  const JobRun& job = old.job(*index);
  if (job.accepted) return job_answer(old, *index);
  const bool failed = job.phase == Phase::ended &&
                      (job.ended == JobState::failed || job.ended == JobState::killed ||
                       job.ended == JobState::unknown);
  if (!failed) {
    return fail("job.nothing_to_confirm",
                fmt::format("job '{}' has no failure to accept ({})", job_name(old, *index),
                            to_string(seen_state(old, *index))),
                "only a failed or killed job, or one of unknown fate, can be confirmed");
  }
  note_missing_outputs(turn, old, *index);
  const bool was_over = found->was_over();
  ActiveRun& run = found->take(turn);
  turn.audit(actor, "job.confirm", job_name(run, *index),
             Json::object({{"state", to_string(run.job(*index).ended)}, {"accepted", false}}),
             Json::object({{"accepted", true}}));
  turn.journal(run.run.id, "job.accepted", run.definition(*index).id, run.job(*index).attempts,
               Json::object({{"by", actor.name}, {"reason", actor.reason}}));
  change_ended(turn, actor, run, *index, was_over, "job.confirm", [](JobRun& each) {
    each.accepted = true;
    each.confirmed = each.confirmed || each.ended == JobState::unknown;
  });
  return job_answer(run, *index);
}

}  // namespace dandori::engine
