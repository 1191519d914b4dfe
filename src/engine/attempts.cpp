#include "base/assert.h"
#include "engine/business_dates.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Attempt;
using model::AttemptState;
using model::FailureKind;
using model::JobRun;
using model::JobState;
using Phase = JobRun::Phase;

Attempt* live_attempt(State& state, const model::AttemptRef& ref) {
  const auto run = state.runs.find(ref.run);
  if (run == state.runs.end() || ref.job >= run->second.run.jobs.size()) return nullptr;
  const bool is_live =
      run->second.job(ref.job).phase == Phase::live || is_left_running(run->second, ref.job);
  if (!is_live) return nullptr;
  Attempt* attempt = run->second.extra[ref.job].newest.get();
  return attempt != nullptr && attempt->ref.number == ref.number ? attempt : nullptr;
}

void send_ack(Turn& turn, const std::string& agent, const model::AttemptRef& attempt) {
  // An acknowledgement lets the agent forget the end, and nobody has recorded this one.
  if (turn.state.set_aside.contains(attempt.run)) return;
  if (!agent.empty()) {
    turn.effects.emplace_back(model::SendAck{agent, {attempt}});
    return;
  }
  // Reports name no agent, and the attempt's run is no longer in memory: whoever holds it drops it.
  for (const auto& [name, state] : turn.state.agents) {
    if (state.connected) turn.effects.emplace_back(model::SendAck{name, {attempt}});
  }
}

void close_attempt(Turn& turn, ActiveRun& run, std::uint32_t index, AttemptState state,
                   FailureKind failure, std::string error) {
  Attempt& attempt = *run.extra[index].newest;
  const auto agent = turn.state.agents.find(attempt.agent);
  if (agent != turn.state.agents.end()) agent->second.live.erase(attempt.sequence);
  clear_timer(turn.state, run, index);
  attempt.state = state;
  attempt.failure = failure;
  attempt.error = std::move(error);
  if (attempt.ended_at.us == 0) attempt.ended_at = turn.now.wall;
  --run.run.jobs_live;
  turn.touch_attempt(run, index);
}

void start_again(Turn& turn, ActiveRun& run, std::uint32_t index) {
  JobRun& job = run.job(index);
  job.phase = Phase::waiting;
  job.retry_at = Timestamp{};
  job.ready_at = turn.now.wall;
  turn.touch_job(run, index);
  consider_job(turn, run, index);
}

void retry_or_end(Turn& turn, ActiveRun& run, std::uint32_t index, FailureKind failure,
                  std::int32_t exit_code, JobState ended) {
  JobRun& job = run.job(index);
  const bool stopping = run.run.cancel_requested || run.run.kill_requested;
  const Attempt& attempt = *run.extra[index].newest;
  const auto wait = stopping
                        ? std::nullopt
                        : retry_delay(run.definition(index), job, attempt.ref, failure, exit_code);
  if (!wait) return end_job(turn, run, index, ended);
  job.phase = Phase::retry_wait;
  job.retry_at = turn.now.wall + *wait;
  turn.touch_job(run, index);
  turn.journal(
      run.run.id, "job.retry", run.definition(index).id, job.attempts,
      Json::object({{"retry_at", format_rfc3339(job.retry_at)}, {"failure", to_string(failure)}}));
  set_timer(turn.state, run, index, (turn.now.steady + *wait).us);
}

void fail_without_process(Turn& turn, ActiveRun& run, std::uint32_t index, FailureKind failure,
                          std::string error) {
  JobRun& job = run.job(index);
  unqueue_job(turn.state, run, index);
  clear_timer(turn.state, run, index);
  Attempt* open = run.extra[index].newest.get();
  if (open == nullptr || is_ended(open->state)) {
    auto attempt = std::make_unique<Attempt>();
    job.attempts = next_attempt(run, index);
    attempt->ref = {run.run.id, index, job.attempts};
    attempt->assigned_at = turn.now.wall;
    ++job.tries;
    turn.replace_attempt(run, index, std::move(attempt));
  }
  Attempt& attempt = *run.extra[index].newest;
  attempt.state = AttemptState::failed;
  attempt.failure = failure;
  attempt.error = std::move(error);
  attempt.ended_at = turn.now.wall;
  turn.touch_attempt(run, index);
  retry_or_end(turn, run, index, failure, -1, JobState::failed);
}

void stop_attempt(Turn& turn, ActiveRun& run, std::uint32_t index) {
  Attempt& attempt = *run.extra[index].newest;
  clear_timer(turn.state, run, index);
  if (attempt.state != AttemptState::stopping) {
    attempt.state = AttemptState::stopping;
    attempt.stop_requested_at = turn.now.wall;
  }
  turn.touch_attempt(run, index);
  turn.effects.emplace_back(
      model::SendStop{attempt.agent, {attempt.ref, run.definition(index).grace}});
}

void lose_attempt(Turn& turn, ActiveRun& run, std::uint32_t index, const std::string& reason) {
  JobRun& job = run.job(index);
  const model::Job& definition = run.definition(index);
  const bool ordered =
      run.extra[index].newest->manual_kill || run.run.cancel_requested || run.run.kill_requested;
  const bool counts = !is_left_running(run, index);
  const std::string text = "nobody knows how it ended: " + reason;
  close_attempt(turn, run, index, AttemptState::lost, FailureKind::lost, text);
  if (!counts) return finish_if_over(turn, run);
  ++job.lost;
  turn.touch_job(run, index);
  turn.journal(run.run.id, "job.lost", definition.id, job.attempts,
               Json::object({{"reason", reason}}));
  if (ordered) return end_job(turn, run, index, JobState::unknown);
  switch (definition.on_lost) {
    case model::OnLost::hold:
      return end_job(turn, run, index, JobState::unknown);
    case model::OnLost::fail:
      return retry_or_end(turn, run, index, FailureKind::lost, -1, JobState::failed);
    case model::OnLost::rerun:
      if (job.lost > definition.lost_limit) return end_job(turn, run, index, JobState::unknown);
      return start_again(turn, run, index);
  }
}

namespace {

void fire_timer(Turn& turn, ActiveRun& run, std::uint32_t index) {
  switch (run.job(index).phase) {
    case Phase::waiting:
      return fail_without_process(
          turn, run, index, FailureKind::not_started,
          "got no resources within " + format_duration(*run.definition(index).start_within));
    case Phase::live:
      run.extra[index].newest->timed_out = true;
      return stop_attempt(turn, run, index);
    case Phase::retry_wait:
      return start_again(turn, run, index);
    case Phase::ended:
      DANDORI_ASSERT(false, "a timer of an ended job");
  }
}

}  // namespace

bool fire_one(Turn& turn) {
  State& state = turn.state;
  if (!state.timers.empty() && state.timers.begin()->at <= turn.now.steady.us) {
    const TimerKey due = *state.timers.begin();
    ActiveRun& run = state.runs.find(due.run)->second;
    clear_timer(state, run, due.job);
    fire_timer(turn, run, due.job);
    return true;
  }
  if (fire_mark_end(turn)) return true;
  if (move_due_date(turn)) return true;
  while (!state.fires.empty() && state.fires.begin()->first <= turn.now.wall) {
    if (fire_trigger(turn, state.workflows.find(state.fires.begin()->second)->second)) return true;
  }
  return false;
}

}  // namespace dandori::engine
