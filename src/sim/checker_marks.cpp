#include <fmt/core.h>

#include "sim/checker.h"

/// What operators do by hand: what it must keep from happening, and what it alone may make happen.
namespace dandori::sim {

using Phase = model::JobRun::Phase;

/// One job that is run alone: the others are no part of the run.
void Checker::leave_out(RunTable& at, const model::Run& run) {
  for (std::size_t job = 0; !run.only_job.empty() && job < at.jobs.size(); ++job) {
    if (at.definition->jobs[job].id == run.only_job) continue;
    at.jobs[job].row.phase = Phase::ended;
    at.jobs[job].row.ended = model::JobState::bypassed;
    at.jobs[job].row.in_scope = false;
  }
}

void Checker::take(const model::MarkRow& row) {
  if (row.removed) {
    if (marks_.erase(row.mark.key) == 0) broken("a mark was undone that nobody set");
    return;
  }
  marks_.insert_or_assign(row.mark.key, row.mark);
  marks_seen_.insert(row.mark.key);
}

bool Checker::is_marked(const std::string& workflow, std::uint64_t number, const std::string& job,
                        model::MarkKind kind) const {
  return marks_.contains({workflow, number, job, kind});
}

/// All through the batch.
bool Checker::was_marked(const model::MarkKey& key) const {
  const auto at = marks_.find(key);
  return at != marks_.end() && marks_before_.contains(key) && at->second.until.us == 0;
}

/// Nothing starts that an operator holds: commands are taken before starts are made, so what stands
/// at the end of a batch stood when its starts were made.
void Checker::check_marks(const RunTable& run, std::uint32_t job) {
  using model::MarkKind;
  const std::string& workflow = run.run.workflow;
  const std::string& id = run.definition->jobs[job].id;
  const bool is_alone = !run.run.only_job.empty();
  for (const MarkKind kind : {MarkKind::hold, MarkKind::disable, MarkKind::skip}) {
    const bool marked = is_marked(workflow, run.run.number, id, kind) ||
                        (!is_alone && is_marked(workflow, 0, id, kind));
    if (marked)
      broken(fmt::format("{} starts in spite of its {}", name_of(run, job), to_string(kind)));
  }
  if (run.run.state == model::RunState::suspended)
    broken(name_of(run, job) + " starts in a suspended run");
  if (is_marked(workflow, 0, {}, MarkKind::drain) || is_marked({}, 0, {}, MarkKind::drain))
    broken(name_of(run, job) + " starts though it is drained");
}

/// A rerun by another revision: what is known of jobs and attempts goes by their names.
void Checker::take_revision(RunTable& at, const model::Run& run) {
  const model::WorkflowPtr old = at.definition;
  const std::vector<JobTable> jobs = std::move(at.jobs);
  const auto attempts = std::move(at.attempts);
  at.definition = revisions_.at({run.workflow, run.revision});
  at.jobs.assign(at.definition->jobs.size(), {});
  at.attempts.clear();
  leave_out(at, run);
  for (std::uint32_t job = 0; job < at.jobs.size(); ++job) {
    const auto before = model::find_job(*old, at.definition->jobs[job].id);
    if (!before) continue;
    at.jobs[job] = jobs[*before];
    for (const auto& [key, attempt] : attempts) {
      if (key.first == *before) at.attempts.emplace(std::pair{job, key.second}, attempt);
    }
  }
}

}  // namespace dandori::sim
