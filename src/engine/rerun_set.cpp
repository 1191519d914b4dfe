#include <algorithm>

#include <fmt/core.h>

#include "engine/rerun.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::JobRun;
using model::JobState;
using model::RerunScope;
using model::Run;
using Phase = JobRun::Phase;

namespace {

/// Also a failure that an operator accepted: it counts as a warning.
bool went_well(const JobRun& job) {
  return job.phase == Phase::ended &&
         (job.accepted || job.ended == JobState::succeeded || job.ended == JobState::warning);
}

bool is_missing(const JobRun& job) {
  return job.phase != Phase::ended ||  // of a newer revision: it has never been there
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

/// Failed, killed or of unknown fate, and in the way of what follows.
std::vector<std::uint32_t> failed_jobs(const Run& run) {
  std::vector<std::uint32_t> jobs;
  for (std::uint32_t index = 0; index < run.jobs.size(); ++index) {
    const JobRun& job = run.jobs[index];
    const bool failed = job.phase == Phase::ended && is_missing(job) && !job.accepted &&
                        job.ended != JobState::not_run;
    if (failed) jobs.push_back(index);
  }
  return jobs;
}

std::vector<bool> chosen_failed(const Run& run) {
  std::vector<bool> chosen(run.jobs.size(), false);
  std::vector<std::uint32_t> roots;
  for (std::uint32_t index = 0; index < run.jobs.size(); ++index) {
    if (!is_missing(run.jobs[index]) || went_well(run.jobs[index])) continue;
    chosen[index] = true;
    if (run.jobs[index].phase == Phase::ended && run.jobs[index].ended != JobState::not_run)
      roots.push_back(index);
  }
  add_downstream(run, chosen, roots, [&](std::uint32_t next) {
    return went_well(run.jobs[next]) || run.jobs[next].ended == JobState::skipped ||
           run.jobs[next].ended == JobState::bypassed;
  });
  return chosen;
}

}  // namespace

std::vector<bool> held_back_by(const Run& run, const std::vector<std::uint32_t>& jobs) {
  std::vector<bool> chosen(run.jobs.size(), false);
  if (!run.only_job.empty()) return chosen;  // outside the flow nothing follows
  std::vector<std::uint32_t> open = jobs;
  while (!open.empty()) {
    const std::uint32_t job = open.back();
    open.pop_back();
    for (const std::uint32_t next : run.definition->jobs[job].successors) {
      const JobRun& state = run.jobs[next];
      const bool held_back = state.phase == Phase::ended && (state.ended == JobState::not_run ||
                                                             state.ended == JobState::bypassed);
      if (chosen[next] || !held_back || !run.definition->jobs[next].enabled) continue;
      chosen[next] = true;
      open.push_back(next);
    }
  }
  return chosen;
}

std::vector<std::uint32_t> jobs_to_accept(const Run& run) {
  return failed_jobs(run);
}

std::vector<std::uint32_t> jobs_not_to_repeat(const Run& run, const std::vector<bool>& chosen,
                                              std::string_view named) {
  std::vector<std::uint32_t> jobs;
  for (std::uint32_t index = 0; index < chosen.size(); ++index) {
    const model::Job& job = run.definition->jobs[index];
    if (chosen[index] && !job.idempotent && run.jobs[index].attempts > 0 && job.id != named)
      jobs.push_back(index);
  }
  return jobs;
}

namespace {

/// One job that was run alone has no flow: only itself can be chosen.
void keep_to_only_job(const Run& run, std::vector<bool>& chosen) {
  if (run.only_job.empty()) return;
  for (std::size_t index = 0; index < chosen.size(); ++index)
    chosen[index] = chosen[index] && run.definition->jobs[index].id == run.only_job;
}

/// Jobs that a newer revision brings have no state yet: they run too.
void add_new_jobs(const Run& run, std::vector<bool>& chosen) {
  for (std::size_t index = 0; index < chosen.size(); ++index)
    chosen[index] = chosen[index] || run.jobs[index].phase != Phase::ended;
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
    case RerunScope::after_failed:
      chosen = held_back_by(run, failed_jobs(run));
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
  keep_to_only_job(run, chosen);
  add_new_jobs(run, chosen);
  if (std::find(chosen.begin(), chosen.end(), true) != chosen.end()) return chosen;
  if (scope == RerunScope::after_failed) {
    return fail("run.nothing_to_rerun",
                fmt::format("no job of '{}' was left out because of a failed one", run_name(run)),
                fmt::format("`dandori confirm '{}'` accepts the failure", run_name(run)));
  }
  return fail("run.nothing_to_rerun",
              fmt::format("no job of '{}' failed or was left out", run_name(run)),
              "choose --from JOB, --only JOB or --from start");
}

}  // namespace dandori::engine
