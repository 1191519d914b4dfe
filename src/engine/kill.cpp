#include <fmt/core.h>

#include "engine/job_state.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::JobState;
using Phase = model::JobRun::Phase;

namespace {

Error not_running(const ActiveRun& run, std::uint32_t job) {
  return {"job.not_running",
          fmt::format("job '{}' of run '{}' does not run ({})", run.definition(job).id,
                      run_name(run.run), to_string(shown_state(run.run, job))),
          "only a running job, or one that waits for its next try, can be killed"};
}

Result<Json> kill_job(Turn& turn, const model::Actor& actor, ActiveRun& run, std::uint32_t job) {
  const Phase phase = run.job(job).phase;
  if (phase != Phase::live && phase != Phase::retry_wait && !is_left_running(run, job))
    return std::unexpected(not_running(run, job));
  const std::string& id = run.definition(job).id;
  turn.audit(actor, "job.kill", run_name(run.run) + "/" + id,
             Json::object({{"attempt", run.job(job).attempts}}), {});
  turn.journal(run.run.id, "job.kill_requested", id, run.job(job).attempts);
  if (phase == Phase::retry_wait) {
    end_job(turn, run, job, JobState::killed);
  } else {
    run.extra[job].newest->manual_kill = true;
    stop_attempt(turn, run, job);
  }
  Json answer = run_answer(run.run);
  answer.set("job", id);
  return answer;
}

}  // namespace

/// TERM, grace, KILL for every live attempt (or those of one job); without a job also: no new ones.
Result<Json> kill_run(Turn& turn, const model::Actor& actor, const model::KillRun& request,
                      const model::Fetched& fetched) {
  const Result<ActiveRun*> found = active_run(turn, request.run, fetched);
  if (!found) return std::unexpected(found.error());
  ActiveRun& run = **found;
  if (!request.job.empty()) {
    const Result<std::uint32_t> job = job_of(run.run, request.job);
    if (!job) return std::unexpected(job.error());
    return kill_job(turn, actor, run, *job);
  }
  const Json before = Json::object({{"state", to_string(run.run.state)}});
  stop_run(turn, run, true);
  turn.audit(actor, "run.kill", run_name(run.run), before,
             Json::object({{"state", to_string(run.run.state)}}));
  return run_answer(run.run);
}

}  // namespace dandori::engine
