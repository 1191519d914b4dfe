#include "sim/conditions.h"

#include <algorithm>

namespace dandori::sim {

using model::JobState;
using Phase = model::JobRun::Phase;

namespace {

bool is_stopping(const model::Run& run) {
  return run.cancel_requested || run.kill_requested;
}

/// An unknown fate under `hold` is "not yet" for what follows, until somebody decides.
bool counts(const Checker::RunTable& run, const model::JobRun& job) {
  if (job.phase != Phase::ended) return false;
  return job.ended != JobState::unknown || job.confirmed || !job.in_scope || is_stopping(run.run);
}

bool has(std::uint32_t states, JobState state) {
  return (states & model::state_bit(state)) != 0;
}

bool suits(const model::JobRun& job, std::uint32_t states) {
  if (job.accepted && has(states, JobState::warning)) return true;
  return has(states, job.ended) ||
         (job.ended == JobState::unknown && has(states, JobState::failed));
}

}  // namespace

Condition condition_of(const Checker::RunTable& run, std::uint32_t index) {
  const model::Job& job = run.definition->jobs[index];
  if (!job.enabled || (job.runs_on && run.jobs[index].row.off_day)) return Condition::bypassed;
  if (job.depends_on.empty()) return Condition::holds;
  std::size_t met = 0, open = 0, by_branch = 0, all = 0;
  for (const model::Dependency& dependency : job.depends_on) {
    ++all;
    const model::JobRun& before = run.jobs[dependency.job].row;
    if (!counts(run, before)) {
      ++open;
      continue;
    }
    if (suits(before, dependency.states)) ++met;
    const bool accepts = has(dependency.states, JobState::bypassed);
    const bool names_it = accepts && (dependency.states != model::kSatisfied || before.off_day);
    if (before.ended == JobState::bypassed && !names_it) ++by_branch;
  }
  if (by_branch == all) return Condition::bypassed;
  std::size_t wanted = all;
  if (job.join == model::Join::any) wanted = 1;
  if (job.join == model::Join::at_least) wanted = job.join_count;
  if (met >= wanted) return Condition::holds;
  return met + open < wanted ? Condition::can_not : Condition::open;
}

bool is_forced_root(const Checker::RunTable& run, std::uint32_t index) {
  if (!run.run.only_job.empty()) return run.definition->jobs[index].id == run.run.only_job;
  if (run.jobs[index].forced) return true;
  if (run.run.reruns == 0 || !run.jobs[index].row.in_scope) return false;
  if (run.root.empty() || run.definition->jobs[index].id != run.root) return false;
  const auto& before = run.definition->jobs[index].depends_on;
  return std::ranges::none_of(before, [&](const model::Dependency& dependency) {
    return run.jobs[dependency.job].row.in_scope;
  });
}

bool may_retry(const model::Job& job, const model::Attempt& last, std::uint32_t tries) {
  for (const model::RetryRule& rule : job.retry) {
    const bool any = rule.on_kinds.empty() && rule.on_exits.empty();
    const bool kind = std::ranges::find(rule.on_kinds, last.failure) != rule.on_kinds.end();
    const bool code = last.failure == model::FailureKind::exit &&
                      std::ranges::find(rule.on_exits, last.exit.exit_code) != rule.on_exits.end();
    const bool matches = any ? last.failure != model::FailureKind::killed : kind || code;
    if (matches) return tries <= rule.tries_max;
  }
  return false;
}

model::RunState result_of(const Checker::RunTable& run) {
  const auto some = [&](auto... states) {
    return std::ranges::any_of(run.jobs, [&](const Checker::JobTable& job) {
      return job.row.phase == Phase::ended && !job.row.accepted &&
             ((job.row.ended == states) || ...);
    });
  };
  if (some(JobState::failed, JobState::unknown)) return model::RunState::failed;
  if (run.run.kill_requested || some(JobState::killed)) return model::RunState::killed;
  if (run.run.cancel_requested) return model::RunState::interrupted;
  if (some(JobState::not_run)) return model::RunState::not_run;
  const bool accepted =
      std::ranges::any_of(run.jobs, [](const Checker::JobTable& job) { return job.row.accepted; });
  return accepted || some(JobState::warning) ? model::RunState::warning
                                             : model::RunState::succeeded;
}

}  // namespace dandori::sim
