#include <algorithm>

#include "base/assert.h"
#include "engine/business_dates.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::JobRun;
using model::JobState;
using Phase = JobRun::Phase;

void withdraw_job(Turn& turn, ActiveRun& run, std::uint32_t index) {
  unqueue_job(turn.state, run, index);
  clear_timer(turn.state, run, index);
  run.job(index).ready_at = Timestamp{};
}

void consider_job(Turn& turn, ActiveRun& run, std::uint32_t index) {
  JobRun& job = run.job(index);
  if (job.phase != Phase::waiting) return;
  switch (verdict(run, index)) {
    case Verdict::not_yet:
      return;
    case Verdict::not_run:
    case Verdict::bypass:
      if (job.ready_at.us != 0) withdraw_job(turn, run, index);
      turn.state.settling.push_back({run.run.id, index});
      return;
    case Verdict::start:
      if (job.ready_at.us == 0) {
        job.ready_at = condition_time(run, index);
        // Later ends could change what condition_time says of an early join: keep it.
        if (run.definition(index).join != model::Join::all) turn.touch_job(run, index);
      }
      return queue_job(turn.state, run, index, turn.now);
  }
}

namespace {

void release_successors(Turn& turn, ActiveRun& run, std::uint32_t index) {
  const JobRun& ended = run.job(index);
  const model::Job& job = run.definition(index);
  for (std::size_t edge = 0; edge < job.successors.size(); ++edge) {
    const std::uint32_t successor = job.successors[edge];
    const std::uint32_t states = job.successor_states[edge];
    --run.job(successor).predecessors_open;
    if (satisfies(ended, states)) ++run.extra[successor].satisfied;
    if (passes_on(ended, states)) ++run.extra[successor].bypassed;
    consider_job(turn, run, successor);
  }
}

void raise_flags(Turn& turn, ActiveRun& run, JobState ended) {
  const bool warns = ended == JobState::warning;
  const bool fails =
      ended == JobState::failed || ended == JobState::killed || ended == JobState::unknown;
  if (warns && !run.run.has_warning) {
    run.run.has_warning = true;
    turn.touch_run(run);
  }
  if (fails && !run.run.has_failure) {
    run.run.has_failure = true;
    turn.touch_run(run);
  }
}

/// An attempt that was never assigned ends with its job.
void close_unassigned(Turn& turn, ActiveRun& run, std::uint32_t index) {
  model::Attempt* attempt = run.extra[index].newest.get();
  if (attempt == nullptr || is_ended(attempt->state)) return;
  attempt->state = model::AttemptState::killed;
  attempt->failure = model::FailureKind::killed;
  attempt->ended_at = turn.now.wall;
  turn.touch_attempt(run, index);
}

/// The newest attempt, if any, is of an earlier round.
bool is_without_attempt(JobState ended) {
  return ended == JobState::not_run || ended == JobState::bypassed || ended == JobState::skipped;
}

Json end_body(const ActiveRun& run, std::uint32_t index, JobState ended) {
  Json body = Json::object({{"state", to_string(ended)}});
  const model::Attempt* attempt = run.extra[index].newest.get();
  if (attempt == nullptr || is_without_attempt(ended)) return body;
  if (attempt->exit.exit_code >= 0) body.set("exit_code", attempt->exit.exit_code);
  if (attempt->failure != model::FailureKind::none)
    body.set("failure", to_string(attempt->failure));
  return body;
}

}  // namespace

void finish_if_over(Turn& turn, ActiveRun& run) {
  if (!run.ended && run.run.jobs_open == 0 && run.run.jobs_live == 0) finish_run(turn, run);
}

void settle_decided(Turn& turn, ActiveRun& run, std::uint32_t index) {
  release_successors(turn, run, index);
  DANDORI_ASSERT(run.run.jobs_open > 0, "more jobs ended than the run has");
  --run.run.jobs_open;
  finish_if_over(turn, run);
}

void end_job(Turn& turn, ActiveRun& run, std::uint32_t index, JobState ended) {
  JobRun& job = run.job(index);
  if (job.phase == Phase::waiting) {
    unqueue_job(turn.state, run, index);
    close_unassigned(turn, run, index);
  }
  clear_timer(turn.state, run, index);
  job.phase = Phase::ended;
  job.ended = ended;
  job.ended_at = turn.now.wall;
  job.retry_at = Timestamp{};
  if (job.marks != 0) clear_job_marks(turn, run, index);
  turn.touch_job(run, index);
  turn.journal(run.run.id, "job.ended", run.definition(index).id, job.attempts,
               end_body(run, index, ended));
  raise_flags(turn, run, ended);
  if (is_decided(run.run, job)) return settle_decided(turn, run, index);
  if (!run.run.needs_decision) {
    run.run.needs_decision = true;
    turn.touch_run(run);
  }
}

void kill_live(Turn& turn, ActiveRun& run, std::uint32_t index) {
  run.extra[index].newest->manual_kill = true;
  stop_attempt(turn, run, index);
}

namespace {

/// Who skipped the job, and the outputs that he gave for it: an attempt that needed no process
/// keeps them.
void keep_values(Turn& turn, ActiveRun& run, std::uint32_t index) {
  const model::Mark* skip = skip_mark(turn.state, run.run, run.definition(index).id);
  if (skip == nullptr) return;
  run.job(index).changed_by = std::make_shared<const std::string>(skip->by);
  if (skip->values.size() == 0) return;
  auto attempt = std::make_unique<model::Attempt>();
  attempt->ref = {run.run.id, index, next_attempt(run, index)};
  run.job(index).attempts = attempt->ref.number;
  attempt->state = model::AttemptState::succeeded;
  attempt->assigned_at = attempt->ended_at = turn.now.wall;
  attempt->outputs = skip->values;
  turn.replace_attempt(run, index, std::move(attempt));
}

/// A startable job that needs no process ends; what an operator holds meanwhile goes on waiting.
void settle_start(Turn& turn, ActiveRun& run, std::uint32_t index) {
  switch (gate(run.run, run.job(index))) {
    case Gate::shut:
      return;
    case Gate::skip:
      return skip_job(turn, run, index);
    case Gate::open:
      break;
  }
  switch (run.definition(index).type) {
    case model::JobType::noop:
      return end_job(turn, run, index, JobState::succeeded);
    case model::JobType::business_date:
      return run_date_job(turn, run, index);
    case model::JobType::shell:
      return;
  }
}

void settle_waiting(Turn& turn, ActiveRun& run, std::uint32_t index) {
  switch (verdict(run, index)) {
    case Verdict::not_yet:
      return;
    case Verdict::not_run:
      return end_job(turn, run, index, JobState::not_run);
    case Verdict::bypass:
      return end_job(turn, run, index, JobState::bypassed);
    case Verdict::start:
      settle_start(turn, run, index);
      return;
  }
}

}  // namespace

void review_off_days(Turn& turn) {
  for (auto& [id, run] : turn.state.runs) {
    const bool has_days = std::ranges::any_of(
        run.run.definition->jobs, [](const model::Job& job) { return job.runs_on.has_value(); });
    if (!has_days || run.ended) continue;
    std::vector<bool> before;
    for (const JobRun& job : run.run.jobs) before.push_back(job.off_day);
    derive_off_days(turn.state, run.run);
    for (std::uint32_t index = 0; index < before.size(); ++index) {
      if (run.job(index).off_day != before[index]) consider_job(turn, run, index);
    }
  }
}

void skip_job(Turn& turn, ActiveRun& run, std::uint32_t index) {
  unqueue_job(turn.state, run, index);
  close_unassigned(turn, run, index);
  keep_values(turn, run, index);
  end_job(turn, run, index, JobState::skipped);
}

bool settle_one(Turn& turn) {
  State& state = turn.state;
  if (state.settling.empty()) return false;
  const JobPlace place = state.settling.front();
  state.settling.pop_front();
  const auto found = state.runs.find(place.run);
  if (found == state.runs.end()) return true;
  ActiveRun& run = found->second;
  // Noted before the run ended and came back by a revision with fewer jobs.
  if (place.job >= run.run.jobs.size()) return true;
  switch (run.job(place.job).phase) {
    case Phase::waiting:
      settle_waiting(turn, run, place.job);
      return true;
    case Phase::live:
      if (run.run.kill_requested) kill_live(turn, run, place.job);
      return true;
    case Phase::retry_wait:
      if (!is_stopping(run.run)) return true;
      end_job(turn, run, place.job, run.run.kill_requested ? JobState::killed : JobState::failed);
      return true;
    case Phase::ended:
      if (run.run.kill_requested && is_left_running(run, place.job) &&
          !run.extra[place.job].newest->manual_kill)
        kill_live(turn, run, place.job);
      return true;
  }
  DANDORI_ASSERT(false, "an unknown phase");
}

}  // namespace dandori::engine
