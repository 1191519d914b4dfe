#include "engine/turn.h"

#include <utility>

#include "base/assert.h"
#include "engine/audit.h"

namespace dandori::engine {

using model::Change;

RunId Turn::new_run_id() {
  return RunId{make_uuid7(id_time(), state.counters.id_key, ++state.counters.id_counter)};
}

void Turn::touch_run(ActiveRun& run) {
  if (run.run_dirty) return;
  run.run_dirty = true;
  ++run.run.version;
  runs_.push_back(&run);
  ++changes_;
}

void Turn::touch_job(ActiveRun& run, std::uint32_t job) {
  JobExtra& extra = run.extra[job];
  if (extra.job_dirty) return;
  extra.job_dirty = true;
  jobs_.emplace_back(&run, job);
  ++changes_;
}

void Turn::touch_attempt(ActiveRun& run, std::uint32_t job) {
  JobExtra& extra = run.extra[job];
  if (extra.attempt_dirty) return;
  extra.attempt_dirty = true;
  attempts_.emplace_back(&run, job);
  ++changes_;
}

void Turn::touch_workflow(WorkflowState& workflow) {
  if (workflow.dirty) return;
  workflow.dirty = true;
  workflows_.push_back(&workflow);
  ++changes_;
}

void Turn::touch_agent(AgentState& agent) {
  if (agent.dirty) return;
  agent.dirty = true;
  agents_.push_back(&agent);
  ++changes_;
}

void Turn::touch_date(DateState& date) {
  if (date.dirty) return;
  date.dirty = true;
  dates_.push_back(&date);
  ++changes_;
}

void Turn::keep(Change row) {
  kept_.push_back(std::move(row));
  ++changes_;
}

void Turn::replace_attempt(ActiveRun& run, std::uint32_t job,
                           std::unique_ptr<model::Attempt> next) {
  JobExtra& extra = run.extra[job];
  if (extra.attempt_dirty && extra.newest) {
    attempt_rows_.emplace_back(model::AttemptRow{*extra.newest, run.definition(job).id});
  }
  extra.newest = std::move(next);
  touch_attempt(run, job);
}

void Turn::note(Json fact) {
  if (notes.is_null()) notes = Json::array();
  notes.push(std::move(fact));
}

void Turn::journal(RunId run, std::string_view kind, std::string_view job, std::uint32_t attempt,
                   Json body) {
  model::JournalRow row;
  row.seq = ++state.counters.journal_seq;
  row.at = now.wall;
  row.run = run;
  row.kind = kind;
  row.job = job;
  row.attempt = attempt;
  row.body = std::move(body);
  lines_.emplace_back(model::JournalLine{std::move(row)});
  ++changes_;
}

void Turn::audit(const model::Actor& actor, std::string_view action, std::string target,
                 Json before, Json after) {
  if (first_action.empty()) {
    first_action = action;
    first_target = target;
  }
  model::AuditRow row;
  row.seq = ++state.counters.audit_seq;
  row.at = now.wall;
  row.actor = actor;
  row.action = action;
  row.target = std::move(target);
  row.before = std::move(before);
  row.after = std::move(after);
  row.hash = audit_hash(state.counters.audit_hash, row);
  state.counters.audit_hash = row.hash;
  lines_.emplace_back(model::AuditLine{std::move(row)});
  ++changes_;
}

namespace {

/// A run row goes without its jobs: they have rows of their own.
model::Run without_jobs(model::Run& run) {
  std::vector<model::JobRun> jobs = std::move(run.jobs);
  run.jobs.clear();
  model::Run copy = run;
  run.jobs = std::move(jobs);
  return copy;
}

}  // namespace

void Turn::append_runs(std::vector<Change>& rows) {
  for (ActiveRun* run : runs_) {
    if (run->reopened) rows.emplace_back(model::RunReopenedRow{without_jobs(run->run)});
    if (!run->reopened && !run->ended) rows.emplace_back(model::RunRow{without_jobs(run->run)});
    run->run_dirty = false;
    run->reopened = false;
  }
}

void Turn::append_jobs(std::vector<Change>& rows) {
  for (const auto& [run, job] : jobs_) {
    rows.emplace_back(model::JobRow{run->run.id, run->definition(job).id, job, run->job(job)});
    run->extra[job].job_dirty = false;
  }
  for (Change& row : attempt_rows_) rows.push_back(std::move(row));
  for (const auto& [run, job] : attempts_) {
    rows.emplace_back(model::AttemptRow{*run->extra[job].newest, run->definition(job).id});
    run->extra[job].attempt_dirty = false;
  }
}

void Turn::append_ended(std::vector<Change>& rows) {
  for (ActiveRun* run : runs_) {
    if (!run->ended) continue;
    rows.emplace_back(model::RunEndedRow{without_jobs(run->run)});
    state.ended.put(to_string(run->run.id), run->run.version);
    state.ended.put(run_name(run->run), run->run.version);
    state.workflows.find(run->run.workflow)->second.active.erase(run->run.number);
    state.runs.erase(run->run.id);
  }
}

model::Batch Turn::finish() {
  model::Batch batch;
  batch.epoch = state.epoch;
  std::vector<Change>& rows = batch.changes;
  for (Change& row : kept_) rows.push_back(std::move(row));
  for (DateState* date : dates_) {
    rows.emplace_back(date->row);
    date->dirty = false;
  }
  for (WorkflowState* workflow : workflows_) {
    rows.emplace_back(workflow->row);
    workflow->dirty = false;
  }
  append_runs(rows);
  append_jobs(rows);
  append_ended(rows);
  for (AgentState* agent : agents_) {
    rows.emplace_back(agent->row);
    agent->dirty = false;
  }
  for (Change& row : lines_) rows.push_back(std::move(row));
  if (rows.empty()) return batch;
  state.counters.clock_high = id_time();
  rows.emplace_back(state.counters);
  return batch;
}

}  // namespace dandori::engine
