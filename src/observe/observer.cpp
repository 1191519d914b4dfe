#include "observe/observer.h"

#include <pthread.h>

#include <fmt/core.h>

#include <utility>

#include "base/log.h"

namespace dandori::observe {

namespace {

/// How much a person wants to know of it: `debug` is what ends as it should, job by job.
LogLevel level_of(const model::JournalRow& line) {
  const std::string_view state = line.body.text_or("state", "");
  if (state == "failed" || state == "unknown" || state == "killed") return LogLevel::warning;
  if (line.kind == "planned.missed" || line.kind == "job.lost") return LogLevel::warning;
  if (line.kind == "job.started" || line.kind == "job.ended" || line.kind == "run.started") {
    return LogLevel::debug;
  }
  return LogLevel::info;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.as_string() : write_json(value);
}

}  // namespace

void Reader::take(const model::Batch& batch) {
  book_.take(batch);
  jobs_.clear();
  if (exporter_ != nullptr) {
    for (const model::Change& change : batch.changes) {
      const auto* row = std::get_if<model::JobRow>(&change);
      if (row != nullptr) jobs_[{row->run, row->path}] = row;
    }
  }
  for (const model::Change& change : batch.changes) {
    if (const auto* row = std::get_if<model::AttemptRow>(&change)) {
      take_attempt(*row);
    } else if (const auto* planned = std::get_if<model::PlannedRow>(&change)) {
      if (planned->outcome.state == model::PlannedState::missed) {
        metrics_.not_started.add(model::to_string(planned->outcome.reason));
      }
    } else if (const auto* line = std::get_if<model::JournalLine>(&change)) {
      take_line(line->row);
    }
  }
  if (exporter_ != nullptr && !spans_.empty()) exporter_->add(std::exchange(spans_, {}));
}

/// Whoever started the run may have chosen not to sample its trace.
bool Reader::is_traced(const model::Run& run) const {
  return exporter_ != nullptr && (trace_of(run).flags & 1U) != 0;
}

void Reader::take_attempt(const model::AttemptRow& row) {
  const model::Attempt& attempt = row.attempt;
  if (attempt.started_at.us == 0 && !model::is_ended(attempt.state)) return;
  RunInfo* info = book_.find(attempt.ref.run);
  if (info == nullptr) return;
  if (attempt.started_at.us != 0 && !std::exchange(info->first_start_seen, true) &&
      info->run.origin == model::Origin::schedule) {
    metrics_.start_delay.note(attempt.started_at - info->run.scheduled_for);
  }
  if (!model::is_ended(attempt.state)) return;
  if (!info->attempts_ended.emplace(attempt.ref.job, attempt.ref.number).second) return;
  metrics_.attempts.add(type_of(info->run, attempt), model::to_string(attempt.state));
  if (attempt.state == model::AttemptState::lost) ++metrics_.attempts_unknown;
  if (is_traced(info->run)) spans_.push_back(span_of(info->run, attempt, row.path));
}

void Reader::take_line(const model::JournalRow& line) {
  write_log(line);
  if (line.kind == "job.ended" && exporter_ != nullptr) end_job(line);
  if (line.kind == "run.ended") end_run(line);
}

void Reader::end_job(const model::JournalRow& line) {
  const RunInfo* info = book_.find(line.run);
  const auto found = jobs_.find({line.run, line.job});
  const model::JobRow* row = found == jobs_.end() ? nullptr : found->second;
  const auto state = model::parse_word<model::JobState>(line.body.text_or("state", ""));
  if (info == nullptr || row == nullptr || !state || !is_traced(info->run)) return;
  spans_.push_back(span_of(info->run, line.job, row->job, *state, row->state.ready_at, line.at,
                           row->state.attempts));
}

void Reader::end_run(const model::JournalRow& line) {
  const RunInfo* info = book_.find(line.run);
  if (info == nullptr) return;
  metrics_.runs.add(model::to_string(info->run.state), model::to_string(info->run.origin));
  if (is_traced(info->run)) spans_.push_back(span_of(info->run));
  book_.forget(line.run);
}

/// One line a fact, with run, job and attempt.
void Reader::write_log(const model::JournalRow& line) {
  const LogLevel level = level_of(line);
  if (!is_logged(level)) return;
  std::vector<LogField> fields{{"seq", std::to_string(line.seq)}};
  if (!line.run.is_nil()) {
    fields.push_back({"run", to_string(line.run)});
    if (const RunInfo* info = book_.find(line.run)) {
      fields.push_back({"run_name", fmt::format("{}#{}", info->run.workflow, info->run.number)});
    }
  }
  if (!line.job.empty()) fields.push_back({"job", line.job});
  if (line.attempt != 0) fields.push_back({"attempt", std::to_string(line.attempt)});
  if (line.body.is_object()) {
    for (const auto& [name, value] : line.body.members()) {
      if (name != "name" && !value.is_null()) fields.push_back({name, text_of(value)});
    }
  }
  log(level, line.kind, std::move(fields));
}

void Observer::start() {
  thread_ = std::jthread{[this] { run(); }};
}

void Observer::stop() {
  stopping_ = true;
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void Observer::committed(model::Batch batch) {
  const std::size_t count = batch.changes.size();
  const bool has_room = changes_.fetch_add(count) + count <= kChangesMax;
  if (has_room && queue_.try_push(std::move(batch))) return;
  changes_.fetch_sub(count);
  metrics_.facts_dropped.fetch_add(count, std::memory_order_relaxed);
}

void Observer::run() {
  ::pthread_setname_np(::pthread_self(), "observer");
  for (;;) {
    const auto batches = queue_.drain(1s, 1024);
    if (batches.empty() && stopping_) return;
    for (const model::Batch& batch : batches) {
      reader_.take(batch);
      changes_.fetch_sub(batch.changes.size());
    }
  }
}

}  // namespace dandori::observe
