#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "engine/business_dates.h"
#include "engine/calendars.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/plan_triggers.h"
#include "engine/state.h"

namespace dandori::engine {

using model::JobRun;

StatePtr make_state(Settings settings, std::uint64_t epoch) {
  return StatePtr{new State{std::move(settings), epoch}};
}

void StateDeleter::operator()(State* state) const {
  delete state;
}

namespace {

WorkflowState& workflow_state(State& state, const std::string& name) {
  WorkflowState& workflow = state.workflows[name];
  if (workflow.row.name.empty()) workflow.row.name = name;
  return workflow;
}

void put_run(State& state, const model::Run& run) {
  ActiveRun& active = state.runs[run.id];
  std::vector<JobRun> jobs = std::move(active.run.jobs);
  active.run = run;
  active.run.jobs = std::move(jobs);
  if (!active.run.definition) {
    WorkflowState& workflow = workflow_state(state, run.workflow);
    const auto revision = workflow.revisions.find(run.revision);
    DANDORI_ASSERT(revision != workflow.revisions.end(), "a run of an unknown revision");
    active.run.definition = revision->second;
  }
  if (active.run.jobs.size() != active.run.definition->jobs.size()) blank_jobs(active.run);
  active.extra.resize(active.run.jobs.size());
}

void forget_run(State& state, RunId id) {
  state.runs.erase(id);
}

std::optional<std::uint32_t> job_at(const model::Workflow& definition, std::uint32_t job,
                                    const std::string& path) {
  if (job < definition.jobs.size() && definition.jobs[job].id == path) return job;
  return model::find_job(definition, path);
}

struct Apply {
  State& state;

  void operator()(const model::RunRow& row) const { put_run(state, row.run); }
  void operator()(const model::RunReopenedRow& row) const { put_run(state, row.run); }
  void operator()(const model::RunEndedRow& row) const { forget_run(state, row.run.id); }
  void operator()(const model::JobRow& row) const {
    const auto run = state.runs.find(row.run);
    if (run == state.runs.end()) return;  // it began and ended in one turn
    const auto job = job_at(*run->second.run.definition, row.job, row.path);
    if (job) run->second.job(*job) = row.state;
  }
  void operator()(const model::AttemptRow& row) const {
    const auto run = state.runs.find(row.attempt.ref.run);
    if (run == state.runs.end()) return;
    const auto job = job_at(*run->second.run.definition, row.attempt.ref.job, row.path);
    if (job) place_attempt(run->second, *job, row.attempt);
  }
  void operator()(const model::RevisionRow& row) const {
    DANDORI_ASSERT(row.definition != nullptr, "a revision row without its compiled definition");
    WorkflowState& workflow = workflow_state(state, row.workflow);
    workflow.revisions[row.revision] = row.definition;
    if (workflow.definition && row.revision < workflow.row.revision) return;
    workflow.definition = row.definition;
    workflow.digest = row.digest;
    workflow.row.revision = row.revision;
  }
  void operator()(const model::CalendarRow& row) const {
    std::vector<model::CalendarRow>& revisions = state.calendar_rows[row.name];
    const auto same = std::ranges::find(revisions, row.revision, &model::CalendarRow::revision);
    if (same != revisions.end()) {
      same->since = row.since;
      same->source_set = row.source_set;
      same->deleted = row.deleted;
      return;
    }
    revisions.push_back(row);
    revisions.back().source.clear();
    revisions.back().canonical.clear();
  }
  void operator()(const model::BusinessDateRow& row) const {
    state.business_dates[row.name].row = row;
  }
  void operator()(const model::BusinessDateMoveRow&) const {}
  void operator()(const model::WorkflowRow& row) const {
    WorkflowState& workflow = workflow_state(state, row.name);
    workflow.row = row;
    const auto newest = workflow.revisions.find(row.revision);
    if (newest != workflow.revisions.end()) workflow.definition = newest->second;
  }
  void operator()(const model::VariableRow& row) const {
    const VariableKey key{row.variable.name, row.variable.folder};
    if (row.deleted) {
      state.variables.erase(key);
    } else {
      state.variables.insert_or_assign(key, row.variable);
    }
  }
  void operator()(const model::FolderRow& row) const {
    if (row.deleted) {
      state.folders.erase(row.folder.name);
    } else {
      state.folders.insert_or_assign(row.folder.name, row.folder);
    }
  }
  void operator()(const model::MarkRow& row) const {
    if (row.removed) {
      forget_mark(state, row.mark.key);
    } else {
      remember_mark(state, row.mark);
    }
  }
  void operator()(const model::PlannedRow&) const {}
  void operator()(const model::AgentRow& row) const { agent_state(state, row.name).row = row; }
  void operator()(const model::TokenRow& row) const { state.tokens.insert_or_assign(row.id, row); }
  void operator()(const model::SignedOutRow&) const {}
  void operator()(const model::KeyRow& row) const { keep_key(state, row); }
  void operator()(const model::AuditLine&) const {}
  void operator()(const model::JournalLine&) const {}
  void operator()(const model::CountersRow& row) const { state.counters = row; }
};

}  // namespace

void apply_change(State& state, const model::Change& change) {
  std::visit(Apply{state}, change);
}

void set_aside(State& state, RunId run) {
  state.set_aside.insert(run);
}

void finish_load(State& state, Now now) {
  state.wall_high = state.counters.clock_high;
  state.outcomes_until = state.counters.clock_high;
  rebuild_calendars(state);
  for (auto& [name, date] : state.business_dates) plan_date(state, date);
  for (auto& [name, workflow] : state.workflows) {
    derive_workflow(state, workflow);
    if (!workflow.definition) continue;
    workflow.revisions.clear();
    make_triggers(state, workflow);
    note_excluded(state, nullptr, workflow.definition.get());
  }
  for (auto& [id, run] : state.runs) index_run(state, run.run);
  for (auto& [name, workflow] : state.workflows) {
    if (workflow.definition) plan_triggers(state, workflow);
  }
  for (auto& [id, run] : state.runs) derive_run(state, run, now);
}

ActiveRun assemble_active(model::Run run, model::WorkflowPtr definition,
                          std::span<const model::JobRow> jobs,
                          std::span<const model::AttemptRow> attempts) {
  ActiveRun active;
  active.run = std::move(run);
  active.run.definition = std::move(definition);
  blank_jobs(active.run);
  active.extra.resize(active.run.jobs.size());
  for (const model::JobRow& row : jobs) {
    const auto job = job_at(*active.run.definition, row.job, row.path);
    if (job) active.job(*job) = row.state;
  }
  for (const model::AttemptRow& row : attempts) {
    const auto job = job_at(*active.run.definition, row.attempt.ref.job, row.path);
    if (job) place_attempt(active, *job, row.attempt);
  }
  count_predecessors(active);
  return active;
}

RunView assemble_run(model::Run run, model::WorkflowPtr definition,
                     std::span<const model::JobRow> jobs,
                     std::span<const model::AttemptRow> attempts,
                     std::span<const model::Mark> marks) {
  ActiveRun active = assemble_active(std::move(run), std::move(definition), jobs, attempts);
  apply_marks(active.run, marks);
  for (std::uint32_t job = 0; job < active.run.jobs.size(); ++job) {
    JobRun& state = active.job(job);
    if (state.phase != JobRun::Phase::ended) ++active.run.jobs_open;
    if (state.phase == JobRun::Phase::live) ++active.run.jobs_live;
    if (state.phase == JobRun::Phase::waiting && state.ready_at.us == 0 &&
        verdict(active, job) == Verdict::start) {
      state.ready_at = condition_time(active, job);
    }
  }
  RunView view;
  for (const model::AttemptRow& row : attempts) {
    const auto job = job_at(*active.run.definition, row.attempt.ref.job, row.path);
    if (!job) continue;
    view.attempts.push_back(row.attempt);
    view.attempts.back().ref.job = *job;
  }
  view.run = std::move(active.run);
  return view;
}

}  // namespace dandori::engine
