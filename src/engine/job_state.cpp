#include "engine/job_state.h"

#include <algorithm>

#include "base/assert.h"

namespace dandori::engine {

using model::Job;
using model::JobRun;
using model::JobState;
using model::Join;
using model::Run;
using model::RunState;
using Phase = JobRun::Phase;

bool passes_on(const JobRun& ended, std::uint32_t states) {
  if (ended.ended != JobState::bypassed) return false;
  // Left out by its own days, it counts as done wherever a bypassed one may.
  if (ended.off_day && (states & model::state_bit(JobState::bypassed)) != 0) return false;
  return states == model::kSatisfied || (states & model::state_bit(JobState::bypassed)) == 0;
}

bool is_stopping(const Run& run) {
  return run.cancel_requested || run.kill_requested;
}

Gate gate(const Run& run, const JobRun& job) {
  if (run.state == RunState::suspended || run.drained) return Gate::shut;
  if (has_mark(job, model::MarkKind::skip)) return Gate::skip;
  const bool shut = has_mark(job, model::MarkKind::hold) || has_mark(job, model::MarkKind::disable);
  return shut ? Gate::shut : Gate::open;
}

bool is_left_running(const ActiveRun& run, std::uint32_t index) {
  const model::Attempt* attempt = run.extra[index].newest.get();
  return run.job(index).phase == Phase::ended && attempt != nullptr && !is_ended(attempt->state) &&
         attempt->sequence != 0;
}

bool is_decided(const Run& run, const JobRun& job) {
  if (job.phase != Phase::ended) return false;
  if (job.ended != JobState::unknown) return true;
  return job.confirmed || !job.in_scope || is_stopping(run);
}

bool satisfies(const JobRun& job, std::uint32_t states) {
  if (job.accepted && (states & model::state_bit(JobState::warning)) != 0) return true;
  if ((states & model::state_bit(job.ended)) != 0) return true;
  return job.ended == JobState::unknown && (states & model::state_bit(JobState::failed)) != 0;
}

namespace {

Verdict verdict_of_join(const Job& job, std::uint32_t open, std::uint32_t satisfied) {
  const std::uint32_t all = job.predecessors;
  switch (job.join) {
    case Join::all:
      if (all - open > satisfied) return Verdict::not_run;
      return open == 0 ? Verdict::start : Verdict::not_yet;
    case Join::any:
      if (satisfied > 0) return Verdict::start;
      return open == 0 ? Verdict::not_run : Verdict::not_yet;
    case Join::at_least:
      if (satisfied >= job.join_count) return Verdict::start;
      return satisfied + open < job.join_count ? Verdict::not_run : Verdict::not_yet;
  }
  DANDORI_ASSERT(false, "an unknown join");
}

}  // namespace

Verdict verdict(const ActiveRun& run, std::uint32_t index) {
  const JobRun& state = run.job(index);
  const Job& job = run.definition(index);
  if (is_stopping(run.run)) return Verdict::not_run;
  if (run.run.state == RunState::queued) return Verdict::not_yet;
  if ((!job.enabled || state.off_day) && run.run.only_job.empty()) return Verdict::bypass;
  return state.ready_at.us != 0 ? Verdict::start : condition(run, index);
}

Verdict condition(const ActiveRun& run, std::uint32_t index) {
  const JobRun& state = run.job(index);
  const Job& job = run.definition(index);
  if (job.predecessors == 0) return Verdict::start;
  const std::uint32_t decided = job.predecessors - state.predecessors_open;
  if (run.extra[index].bypassed == decided) {
    return state.predecessors_open == 0 ? Verdict::bypass : Verdict::not_yet;
  }
  return verdict_of_join(job, state.predecessors_open, run.extra[index].satisfied);
}

Timestamp condition_time(const ActiveRun& run, std::uint32_t index) {
  const Job& job = run.definition(index);
  std::vector<Timestamp> ends;
  for (const model::Dependency& dependency : job.depends_on) {
    const JobRun& predecessor = run.job(dependency.job);
    if (is_decided(run.run, predecessor) && satisfies(predecessor, dependency.states)) {
      ends.push_back(predecessor.ended_at);
    }
  }
  if (ends.empty()) return run.run.started_at;
  std::size_t needed = ends.size();
  if (job.join == Join::any) needed = 1;
  if (job.join == Join::at_least) needed = std::min<std::size_t>(needed, job.join_count);
  const auto last =
      ends.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(needed, 1) - 1);
  std::nth_element(ends.begin(), last, ends.end());
  return *last;
}

void count_predecessors(ActiveRun& run) {
  for (std::uint32_t index = 0; index < run.run.jobs.size(); ++index) {
    run.job(index).predecessors_open = run.definition(index).predecessors;
    run.extra[index].satisfied = 0;
    run.extra[index].bypassed = 0;
  }
  for (std::uint32_t index = 0; index < run.run.jobs.size(); ++index) {
    const JobRun& predecessor = run.job(index);
    if (!is_decided(run.run, predecessor)) continue;
    const Job& job = run.definition(index);
    for (std::size_t edge = 0; edge < job.successors.size(); ++edge) {
      const std::uint32_t successor = job.successors[edge];
      const std::uint32_t states = job.successor_states[edge];
      --run.job(successor).predecessors_open;
      if (satisfies(predecessor, states)) ++run.extra[successor].satisfied;
      if (passes_on(predecessor, states)) ++run.extra[successor].bypassed;
    }
  }
}

namespace {

/// What an operator said comes first: it is shown before its turn has come.
JobState waiting_state(const Run& run, const JobRun& job) {
  if (!has_mark(job, model::MarkKind::skip)) {
    if (has_mark(job, model::MarkKind::disable)) return JobState::disabled;
    if (has_mark(job, model::MarkKind::hold)) return JobState::held;
  }
  if (job.ready_at.us == 0) return JobState::wait_pred;
  return gate(run, job) == Gate::shut ? JobState::held : JobState::wait_pool;
}

}  // namespace

JobState shown_state(const Run& run, std::uint32_t index) {
  const JobRun& job = run.jobs[index];
  switch (job.phase) {
    case Phase::ended:
      return job.ended;
    case Phase::retry_wait:
      return JobState::retry_wait;
    case Phase::live:
      return JobState::starting;
    case Phase::waiting:
      return waiting_state(run, job);
  }
  DANDORI_ASSERT(false, "an unknown phase");
}

JobState seen_state(const ActiveRun& run, std::uint32_t index) {
  const JobState shown = shown_state(run.run, index);
  const model::Attempt* attempt = run.extra[index].newest.get();
  if (shown != JobState::starting || attempt == nullptr) return shown;
  if (attempt->state == model::AttemptState::running) return JobState::running;
  return attempt->state == model::AttemptState::stopping ? JobState::stopping : JobState::starting;
}

JobState job_state(const RunView& view, std::uint32_t job) {
  const JobState state = shown_state(view.run, job);
  if (state != JobState::starting) return state;
  const std::uint32_t number = view.run.jobs[job].attempts;
  for (auto attempt = view.attempts.rbegin(); attempt != view.attempts.rend(); ++attempt) {
    if (attempt->ref.job != job || attempt->ref.number != number) continue;
    if (attempt->state == model::AttemptState::running) return JobState::running;
    if (attempt->state == model::AttemptState::stopping) return JobState::stopping;
    return JobState::starting;
  }
  return JobState::starting;
}

RunState run_result(const Run& run) {
  bool failed = false, killed = run.kill_requested, not_run = false, warning = false;
  for (const JobRun& job : run.jobs) {
    if (job.phase != Phase::ended) continue;
    if (job.accepted) {
      warning = true;
      continue;
    }
    failed = failed || job.ended == JobState::failed || job.ended == JobState::unknown;
    killed = killed || job.ended == JobState::killed;
    not_run = not_run || job.ended == JobState::not_run;
    warning = warning || job.ended == JobState::warning;
  }
  if (failed) return RunState::failed;
  if (killed) return RunState::killed;
  if (run.cancel_requested) return RunState::interrupted;
  if (not_run) return RunState::not_run;
  return warning ? RunState::warning : RunState::succeeded;
}

}  // namespace dandori::engine
