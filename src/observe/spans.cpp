#include "observe/spans.h"

#include <fmt/core.h>

#include <algorithm>
#include <variant>

namespace dandori::observe {

namespace {

using model::AttemptState;
using model::FailureKind;
using model::JobState;
using model::RunState;

std::string run_name(const model::Run& run) {
  return fmt::format("{}#{}", run.workflow, run.number);
}

// Values of cicd.pipeline.result and cicd.pipeline.task.run.result.
std::string_view result_of(RunState state) {
  switch (state) {
    case RunState::succeeded:
    case RunState::warning:
      return "success";
    case RunState::failed:
      return "failure";
    case RunState::killed:
    case RunState::interrupted:
      return "cancellation";
    case RunState::not_run:
      return "skip";
    default:
      return "error";  // not ended
  }
}

std::string_view result_of(JobState state) {
  switch (state) {
    case JobState::succeeded:
    case JobState::warning:
      return "success";
    case JobState::failed:
      return "failure";
    case JobState::killed:
      return "cancellation";
    case JobState::not_run:
    case JobState::skipped:
    case JobState::bypassed:
      return "skip";
    default:
      return "error";  // unknown, or not ended
  }
}

std::string_view result_of(const model::Attempt& attempt) {
  switch (attempt.state) {
    case AttemptState::succeeded:
    case AttemptState::warning:
      return "success";
    case AttemptState::killed:
      return "cancellation";
    case AttemptState::failed:
      return attempt.failure == FailureKind::timeout ? "timeout" : "failure";
    default:
      return "error";  // lost, or not ended
  }
}

void add_process(Span& span, const model::Attempt& attempt) {
  auto& out = span.attributes;
  if (!attempt.agent.empty()) out.emplace_back("cicd.worker.name", attempt.agent);
  if (attempt.pid > 0) out.emplace_back("process.pid", attempt.pid);
  if (attempt.sequence == 0 || attempt.state == AttemptState::lost) return;
  const model::ExitRecord& exit = attempt.exit;
  if (exit.exit_code >= 0) out.emplace_back("process.exit.code", exit.exit_code);
  if (exit.signal > 0) out.emplace_back("dandori.signal", exit.signal);
  out.emplace_back("dandori.cpu_us", exit.cpu.count());
  out.emplace_back("dandori.memory_peak_bytes", exit.memory_peak_bytes);
  out.emplace_back("dandori.log_bytes", exit.log_bytes);
}

}  // namespace

void RunBook::put(const model::Run& run) {
  const auto [known, is_new] = runs_.try_emplace(run.id);
  RunInfo& info = known->second;
  // One that comes into sight after it has begun: a rerun, or begun under the server before.
  if (is_new) {
    info.first_start_seen =
        run.reruns > 0 || (run.started_at.us != 0 && !begun_here_.contains(run.id));
  }
  if (info.run.reruns != run.reruns) info.attempts_ended.clear();
  info.run = run;
}

void RunBook::take(const model::Batch& batch) {
  begun_here_.clear();
  for (const model::Change& change : batch.changes) {
    const auto* line = std::get_if<model::JournalLine>(&change);
    if (line == nullptr) continue;
    const bool begins = line->row.kind == "run.created" || line->row.kind == "run.started";
    if (begins) begun_here_.insert(line->row.run);
  }
  for (const model::Change& change : batch.changes) {
    if (const auto* row = std::get_if<model::RunRow>(&change)) put(row->run);
    if (const auto* row = std::get_if<model::RunReopenedRow>(&change)) put(row->run);
    if (const auto* row = std::get_if<model::RunEndedRow>(&change)) put(row->run);
  }
}

RunInfo* RunBook::find(RunId run) {
  const auto known = runs_.find(run);
  if (known != runs_.end()) return &known->second;
  const auto stored = look_up_ ? look_up_(run) : std::nullopt;
  if (!stored) return nullptr;
  const bool is_over = model::is_ended(stored->state);
  RunInfo& info = is_over ? ended_ : runs_[run];
  info = {.run = *stored, .first_start_seen = false, .attempts_ended = {}};
  info.first_start_seen = true;  // it may have been seen by the server before
  return &info;
}

Span span_of(const model::Run& run) {
  const model::TraceContext trace = trace_of(run);
  Span span{.trace = trace.trace,
            .id = model::run_span(run.id, run.reruns),
            .parent = trace.span,
            .name = "RUN " + run.workflow,
            .is_entry = true,
            .start = run.reruns > 0 && run.started_at.us != 0 ? run.started_at : run.created_at,
            .end = run.ended_at,
            .attributes = {},
            .is_error = run.state == RunState::failed,
            .message = {}};
  if (span.is_error) span.message = "the run failed";
  auto& out = span.attributes;
  out.emplace_back("cicd.pipeline.action.name", "RUN");
  out.emplace_back("cicd.pipeline.name", run.workflow);
  out.emplace_back("cicd.pipeline.run.id", to_string(run.id));
  out.emplace_back("cicd.pipeline.result", result_of(run.state));
  out.emplace_back("dandori.run.name", run_name(run));
  out.emplace_back("dandori.run.state", model::to_string(run.state));
  out.emplace_back("dandori.run.origin", model::to_string(run.origin));
  out.emplace_back("dandori.run.actor", run.actor);
  out.emplace_back("dandori.run.reruns", run.reruns);
  out.emplace_back("dandori.workflow.revision", run.revision);
  out.emplace_back("dandori.business_date", run.business_date);
  if (!run.trigger.empty()) out.emplace_back("dandori.trigger", run.trigger);
  return span;
}

Span span_of(const model::Run& run, const std::string& job, std::uint32_t index, JobState state,
             Timestamp ready_at, Timestamp at, std::uint32_t attempts) {
  Span span{.trace = trace_of(run).trace,
            .id = model::job_span(run.id, index, run.reruns),
            .parent = model::run_span(run.id, run.reruns),
            .name = job,
            .is_entry = false,
            .start = ready_at.us != 0 && ready_at <= at ? ready_at : at,
            .end = at,
            .attributes = {},
            .is_error = state == JobState::failed || state == JobState::unknown,
            .message = {}};
  if (span.is_error) span.message = fmt::format("the job is {}", model::to_string(state));
  auto& out = span.attributes;
  out.emplace_back("cicd.pipeline.name", run.workflow);
  out.emplace_back("cicd.pipeline.task.name", job);
  out.emplace_back("cicd.pipeline.task.run.id", fmt::format("{}/{}", to_string(run.id), job));
  out.emplace_back("cicd.pipeline.task.run.result", result_of(state));
  out.emplace_back("dandori.run.name", run_name(run));
  out.emplace_back("dandori.job.state", model::to_string(state));
  out.emplace_back("dandori.job.attempts", attempts);
  return span;
}

Span span_of(const model::Run& run, const model::Attempt& attempt, const std::string& job) {
  const Timestamp start = attempt.assigned_at.us != 0 ? attempt.assigned_at : attempt.ended_at;
  Span span{
      .trace = trace_of(run).trace,
      .id = model::attempt_span(attempt.ref),
      .parent = model::job_span(run.id, attempt.ref.job, run.reruns),
      .name = fmt::format("{} attempt {}", job, attempt.ref.number),
      .is_entry = false,
      .start = std::min(start, attempt.ended_at),
      .end = attempt.ended_at,
      .attributes = {},
      .is_error = attempt.state == AttemptState::failed || attempt.state == AttemptState::lost,
      .message = attempt.error};
  auto& out = span.attributes;
  out.emplace_back("cicd.pipeline.name", run.workflow);
  out.emplace_back("cicd.pipeline.task.name", job);
  out.emplace_back("cicd.pipeline.task.run.id",
                   fmt::format("{}/{}/{}", to_string(run.id), job, attempt.ref.number));
  out.emplace_back("cicd.pipeline.task.run.result", result_of(attempt));
  out.emplace_back("dandori.run.name", run_name(run));
  out.emplace_back("dandori.attempt", attempt.ref.number);
  out.emplace_back("dandori.attempt.state", model::to_string(attempt.state));
  if (attempt.failure != FailureKind::none) {
    out.emplace_back("error.type", model::to_string(attempt.failure));
  }
  add_process(span, attempt);
  return span;
}

std::string type_of(const model::Run& run, const model::Attempt& attempt) {
  if (run.definition && attempt.ref.job < run.definition->jobs.size()) {
    return std::string{model::to_string(run.definition->jobs[attempt.ref.job].type)};
  }
  // A run from before the start of this server: its rows do not say.
  return attempt.agent.empty() && attempt.failure == FailureKind::none ? "noop" : "shell";
}

}  // namespace dandori::observe
