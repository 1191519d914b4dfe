#include <fmt/format.h>

#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/plan_triggers.h"
#include "engine/state.h"

namespace dandori::engine {
namespace {

using Out = std::back_insert_iterator<std::string>;

void dump_counters(Out out, const model::CountersRow& row) {
  fmt::format_to(out, "counters ids {} key {} journal {} audit {} {} clock {}\n", row.id_counter,
                 row.id_key, row.journal_seq, row.audit_seq, row.audit_hash, row.clock_high.us);
}

void dump_workflow(Out out, const State& state, const WorkflowState& workflow) {
  const model::WorkflowRow& row = workflow.row;
  fmt::format_to(
      out,
      "workflow {} folder '{}' title '{}' set '{}' revision {} digest {} runs {} deleted {} last "
      "{} failed {} "
      "rerun {} since {} changed {} last end {} from end {} running {} counted {} marks {} drained "
      "{} queued [{}]\n",
      row.name, row.folder, row.title, row.source_set, row.revision, workflow.digest,
      row.run_number, row.deleted, to_string(row.last_ended), row.last_failed, row.last_rerun,
      row.triggers_since.us, row.changed_at.us, row.last_ended_at.us, row.from_end_at.us,
      workflow.running, workflow.queue_counted, workflow.marks, workflow.drained,
      fmt::join(workflow.queued, " "));
  std::vector<std::optional<calendar::PlannedStart>> starts;
  for (const TriggerState& trigger : workflow.triggers) starts.push_back(trigger.next);
  if (state.replans.contains(row.name)) starts = fresh_starts(state, workflow);
  for (const auto& start : starts)
    fmt::format_to(out, "  next {}\n", start ? start->fire.at.us : -1);
  for (const auto& [number, id] : workflow.active)
    fmt::format_to(out, "  active {} {}\n", number, to_string(id));
}

void dump_calendar(Out out, const std::vector<model::CalendarRow>& revisions) {
  for (const model::CalendarRow& row : revisions) {
    fmt::format_to(out, "calendar {} revision {} digest {} since {} set '{}' deleted {}\n",
                   row.name, row.revision, row.digest, row.since.us, row.source_set, row.deleted);
  }
}

void dump_date(Out out, const DateState& date) {
  const model::BusinessDateRow& row = date.row;
  fmt::format_to(out,
                 "business_date {} revision {} digest {} set '{}' value {} at {} moves {} due {} "
                 "deleted {}\n",
                 row.name, row.revision, row.digest, row.source_set, row.value, row.moved_at.us,
                 row.moves, date.due.us, row.deleted);
  for (const model::DateDone& done : row.done)
    fmt::format_to(out, "  done {} {} {}\n", done.date, done.workflow, to_string(done.run));
}

/// An agent that never connected, named by a job, is no fact of its own.
bool is_only_named(const AgentState& agent) {
  return agent.row.boot_id.is_nil() && agent.row.instance.is_nil() && agent.row.sequence == 0 &&
         agent.ready.empty();
}

void dump_agent(Out out, const AgentState& agent) {
  if (is_only_named(agent)) return;
  fmt::format_to(out, "agent {} instance {} boot {} sequence {} slots {}\n", agent.row.name,
                 format_uuid(agent.row.instance), format_uuid(agent.row.boot_id),
                 agent.row.sequence, agent.row.slots);
  for (const auto& [sequence, ref] : agent.live) {
    fmt::format_to(out, "  live {} {}/{}/{}\n", sequence, to_string(ref.run), ref.job, ref.number);
  }
  for (const ReadyKey& key : agent.ready) {
    fmt::format_to(out, "  ready {} {} {}/{}\n", key.rank, key.ready_at.us, to_string(key.run),
                   key.job);
  }
}

void dump_attempt(Out out, const model::Attempt& attempt) {
  const model::ExitRecord& exit = attempt.exit;
  fmt::format_to(out,
                 "    attempt {} {} {} agent {} boot {} sequence {} confirmed {} kill {} timed_out "
                 "{} pid {} at {} "
                 "{} {} {} exit {} {} {} {} {} {} {} {} {} {} outputs {} error '{}'\n",
                 attempt.ref.number, to_string(attempt.state), to_string(attempt.failure),
                 attempt.agent, format_uuid(attempt.boot_id), attempt.sequence,
                 attempt.start_confirmed, attempt.manual_kill, attempt.timed_out, attempt.pid,
                 attempt.assigned_at.us, attempt.started_at.us, attempt.ended_at.us,
                 attempt.stop_requested_at.us, exit.exit_code, exit.signal, exit.started_at.us,
                 exit.ended_at.us, exit.cpu.count(), exit.memory_peak_bytes, exit.spawn_errno,
                 exit.group_gone, exit.log_bytes, exit.log_dropped, write_json(attempt.outputs),
                 attempt.error);
}

void dump_job(Out out, const ActiveRun& run, std::uint32_t index) {
  const model::JobRun& job = run.job(index);
  const JobExtra& extra = run.extra[index];
  fmt::format_to(
      out,
      "  job {} phase {} ended {} off {} scope {} confirmed {} accepted {} marks {} by '{}' "
      "attempts {} tries {} lost {} open {} "
      "satisfied {} bypassed {} ready {} retry {} ended {} timer {}\n",
      run.definition(index).id, static_cast<int>(job.phase), to_string(job.ended), job.off_day,
      job.in_scope, job.confirmed, job.accepted, job.marks, job.changed_by ? *job.changed_by : "",
      job.attempts, job.tries, job.lost, job.predecessors_open, extra.satisfied, extra.bypassed,
      job.ready_at.us, job.retry_at.us, job.ended_at.us, extra.timer_at != kNoTimer);
  if (extra.newest) dump_attempt(out, *extra.newest);
}

void dump_run(Out out, const ActiveRun& active) {
  const model::Run& run = active.run;
  fmt::format_to(out,
                 "run {} {} revision {} {} warning {} failure {} decision {} cancel {} kill {} "
                 "confirmed {} '{}' "
                 "origin {} trigger '{}' nominal '{}' actor '{}' for {} created {} started {} "
                 "ended {} date {} wait {} "
                 "params {} reruns {} only '{}' floor {} drained {} open {} live {} version {}\n",
                 to_string(run.id), run_name(run), run.revision, to_string(run.state),
                 run.has_warning, run.has_failure, run.needs_decision, run.cancel_requested,
                 run.kill_requested, run.confirmed, run.confirmed_by, to_string(run.origin),
                 run.trigger, run.nominal, run.actor, run.scheduled_for.us, run.created_at.us,
                 run.started_at.us, run.ended_at.us, run.business_date, to_string(run.date_wait),
                 write_json(run.params), run.reruns, run.only_job, run.traceparent,
                 run.attempt_floor, run.drained, run.jobs_open, run.jobs_live, run.version);
  for (std::uint32_t job = 0; job < run.jobs.size(); ++job) dump_job(out, active, job);
}

}  // namespace

std::string dump(const State& state) {
  std::string text;
  const Out out{text};
  dump_counters(out, state.counters);
  for (const auto& [name, workflow] : state.workflows) dump_workflow(out, state, workflow);
  for (const auto& [name, revisions] : state.calendar_rows) dump_calendar(out, revisions);
  for (const auto& [name, date] : state.business_dates) dump_date(out, date);
  for (const auto& [key, variable] : state.variables) {
    fmt::format_to(out, "variable {} in '{}' {}\n", key.name, key.folder,
                   write_json(variable.value));
  }
  for (const auto& [key, mark] : state.marks) {
    fmt::format_to(out, "mark {} {} by '{}' since {} until {} reason '{}' values {}\n",
                   to_string(key.kind), target_name(key), mark.by, mark.since.us, mark.until.us,
                   mark.reason, write_json(mark.values));
  }
  for (const auto& [name, folder] : state.folders)
    fmt::format_to(out, "folder {} '{}'\n", name, folder.title);
  for (const auto& [id, token] : state.tokens)
    fmt::format_to(out, "token {} {} {} {} {}\n", format_uuid(id), token.name, token.expires_at.us,
                   token.last_used_at.us, token.revoked_at.us);
  for (const auto& [name, agent] : state.agents) dump_agent(out, agent);
  for (const auto& [id, run] : state.runs) dump_run(out, run);
  return text;
}

}  // namespace dandori::engine
