#include "base/assert.h"
#include "engine/business_dates.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/plan_triggers.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::JobRun;
using model::JobState;
using model::OnPreviousFailure;
using model::Overlap;
using model::RunState;
using Phase = JobRun::Phase;

ActiveRun& create_run(Turn& turn, WorkflowState& workflow, NewRun wanted) {
  const RunId id = turn.new_run_id();
  ActiveRun& run = turn.state.runs[id];
  run.run.id = id;
  run.run.number = ++workflow.row.run_number;
  run.run.workflow = workflow.row.name;
  run.run.revision = wanted.definition ? wanted.revision : workflow.row.revision;
  run.run.definition = wanted.definition ? std::move(wanted.definition) : workflow.definition;
  run.run.origin = wanted.origin;
  run.run.trigger = std::move(wanted.trigger);
  run.run.nominal = std::move(wanted.nominal);
  run.run.actor = std::move(wanted.actor);
  run.run.scheduled_for = wanted.scheduled_for;
  run.run.created_at = turn.now.wall;
  run.run.business_date = std::move(wanted.business_date);
  run.run.date_wait = wanted.date_wait;
  run.run.params = std::move(wanted.params);
  run.run.only_job = std::move(wanted.only_job);
  run.run.traceparent = std::move(wanted.traceparent);
  blank_jobs(run.run);
  run.run.jobs_open =
      run.run.only_job.empty() ? static_cast<std::uint32_t>(run.run.jobs.size()) : 1;
  run.extra.resize(run.run.jobs.size());
  derive_marks(turn.state, run);
  derive_off_days(turn.state, run.run);
  count_predecessors(run);
  index_run(turn.state, run.run);
  plan_from_end(turn.state, workflow);
  turn.touch_run(run);
  turn.touch_workflow(workflow);
  turn.journal(id, "run.created", {}, 0,
               Json::object({{"name", run_name(run.run)}, {"origin", to_string(run.run.origin)}}));
  return run;
}

void begin_run(Turn& turn, ActiveRun& run) {
  leave_queue(turn.state, run.run);
  WorkflowState& workflow = turn.state.workflows.find(run.run.workflow)->second;
  run.run.state = RunState::running;
  run.run.date_wait = model::DateWait::none;
  run.run.started_at = turn.now.wall;
  if (counts_for_overlap(run.run)) ++workflow.running;
  plan_from_end(turn.state, workflow);
  turn.touch_run(run);
  turn.journal(run.run.id, "run.started");
  if (run.run.jobs.empty()) return finish_run(turn, run);
  const auto jobs = static_cast<std::uint32_t>(run.run.jobs.size());
  for (std::uint32_t job = 0; job < jobs; ++job) consider_job(turn, run, job);
}

namespace {

/// The workflow remembers how its newest run ended: on_previous_failure and overlap: block look at
/// it.
void remember_end(Turn& turn, WorkflowState& workflow, const model::Run& run) {
  if (run.started_at.us == 0 || !run.only_job.empty()) return;  // one job alone says nothing
  if (run.id < workflow.row.last_ended) return;
  const bool failed = run.state == RunState::failed || run.state == RunState::killed;
  if (run.id != workflow.row.last_ended) workflow.row.last_rerun = false;
  workflow.row.last_ended = run.id;
  workflow.row.last_ended_at = run.ended_at;
  workflow.row.last_failed = failed && !run.confirmed;
  turn.touch_workflow(workflow);
}

}  // namespace

void tell_heirs(Turn& turn, const model::Run& run) {
  const bool failed = run.state == RunState::failed || run.state == RunState::killed;
  for (auto& [name, workflow] : turn.state.workflows) {
    if (name == run.workflow || workflow.row.last_ended != run.id) continue;
    workflow.row.last_failed = failed && !run.confirmed;
    turn.touch_workflow(workflow);
    turn.state.queues.insert(name);
  }
}

void finish_run(Turn& turn, ActiveRun& run) {
  WorkflowState& workflow = turn.state.workflows.find(run.run.workflow)->second;
  leave_queue(turn.state, run.run);
  if (counts_for_overlap(run.run) && run.run.started_at.us != 0) --workflow.running;
  run.run.state = run_result(run.run);
  run.run.ended_at = turn.now.wall;
  run.run.needs_decision = false;
  run.ended = true;
  clear_run_marks(turn, run);
  turn.touch_run(run);
  turn.journal(run.run.id, "run.ended", {}, 0, Json::object({{"state", to_string(run.run.state)}}));
  remember_end(turn, workflow, run.run);
  plan_from_end(turn.state, workflow);
  if (run.run.reruns > 0) tell_heirs(turn, run.run);
  if (run.run.state == RunState::succeeded || run.run.state == RunState::warning)
    note_good_end(turn, run.run);
  turn.state.queues.insert(run.run.workflow);
}

bool is_busy(const WorkflowState& workflow) {
  const model::OverlapRule& rule = workflow.definition->overlap;
  const std::uint32_t together =
      rule.policy == Overlap::parallel ? std::max<std::uint32_t>(rule.parallel_max, 1) : 1;
  return workflow.running >= together;
}

bool waits_for_good_end(const WorkflowState& workflow) {
  const bool strict = workflow.definition->on_previous_failure != OnPreviousFailure::run ||
                      workflow.definition->overlap.policy == Overlap::block;
  return strict && workflow.row.last_failed;
}

bool waits_for_operator(const WorkflowState& workflow) {
  return workflow.drained || (workflow.marks & mark_bit(model::MarkKind::hold)) != 0;
}

bool may_start(const WorkflowState& workflow) {
  return !waits_for_operator(workflow) && !is_busy(workflow) && !waits_for_good_end(workflow);
}

std::optional<std::uint64_t> queue_head(const State& state, const WorkflowState& workflow) {
  for (const std::uint64_t number : workflow.queued) {
    const auto run = state.runs.find(workflow.active.at(number));
    if (run != state.runs.end() && !waits_for_date(state, run->second.run)) return number;
  }
  return std::nullopt;
}

bool advance_queue(Turn& turn, const std::string& name) {
  State& state = turn.state;
  WorkflowState& workflow = state.workflows.find(name)->second;
  if (workflow.queued.empty() || !workflow.definition) return false;
  const std::optional<std::uint64_t> first = queue_head(state, workflow);
  if (!first) return false;
  if (find_mark(state, {name, *first, {}, model::MarkKind::hold}) != nullptr) return false;
  if (may_start(workflow)) {
    const RunId head = workflow.active.at(*first);
    begin_run(turn, state.runs.find(head)->second);
    return true;
  }
  if (waits_for_operator(workflow)) return false;
  const model::WorkflowRow& row = workflow.row;
  const bool wants_rerun = workflow.definition->on_previous_failure == OnPreviousFailure::rerun &&
                           row.last_failed && !row.last_rerun && workflow.running == 0 &&
                           state.runs.find(row.last_ended) == state.runs.end();
  if (wants_rerun) state.reruns_wanted.insert(name);
  return false;
}

namespace {

/// Nothing more starts by itself: what is open waits in `settling` for its end.
void stop_job(Turn& turn, ActiveRun& run, std::uint32_t job) {
  switch (run.job(job).phase) {
    case Phase::waiting:
      return consider_job(turn, run, job);
    case Phase::retry_wait:
      clear_timer(turn.state, run, job);
      turn.state.settling.push_back({run.run.id, job});
      return;
    case Phase::live:
    case Phase::ended:
      return;
  }
}

}  // namespace

/// Looks at every job once and makes no row but the run's: that row says that the run is being
/// stopped, and after a crash derive_job finds from it what is still open.
void stop_run(Turn& turn, ActiveRun& run, bool kill) {
  std::vector<std::uint32_t> undecided;
  const auto jobs = static_cast<std::uint32_t>(run.run.jobs.size());
  for (std::uint32_t job = 0; job < jobs; ++job) {
    if (run.job(job).phase == Phase::ended && !is_decided(run.run, run.job(job)))
      undecided.push_back(job);
  }
  leave_queue(turn.state, run.run);
  clear_run_marks(turn, run);
  run.run.state = RunState::stopping;
  (kill ? run.run.kill_requested : run.run.cancel_requested) = true;
  run.run.needs_decision = false;
  turn.touch_run(run);
  turn.journal(run.run.id, kill ? "run.kill_requested" : "run.cancel_requested");
  // Processes first: they must not wait until all the rest has its rows. What this very turn has
  // started is stopped in it: no start is committed for a run that is being ended.
  for (std::uint32_t job = 0; kill && job < jobs; ++job) {
    if (run.job(job).phase != Phase::live && !is_left_running(run, job)) continue;
    if (run.extra[job].newest->assigned_at == turn.now.wall) {
      kill_live(turn, run, job);
    } else {
      turn.state.settling.push_back({run.run.id, job});
    }
  }
  for (std::uint32_t job = 0; job < jobs; ++job) stop_job(turn, run, job);
  for (const std::uint32_t job : undecided) settle_decided(turn, run, job);
}

}  // namespace dandori::engine
