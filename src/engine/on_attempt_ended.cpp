#include <algorithm>

#include <fmt/core.h>

#include "engine/job_state.h"
#include "engine/output.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Attempt;
using model::AttemptState;
using model::ExitRecord;
using model::FailureKind;
using model::JobState;

namespace {

constexpr std::int32_t kSigKill = 9;
constexpr std::int32_t kSigTerm = 15;

/// What an end means by the job's definition.
struct Judgement {
  AttemptState attempt = AttemptState::succeeded;
  JobState job = JobState::succeeded;
  FailureKind failure = FailureKind::none;
  std::string error;
};

Judgement failed(FailureKind kind, std::string error) {
  return {AttemptState::failed, JobState::failed, kind, std::move(error)};
}

bool in_ranges(const std::vector<model::ExitRange>& ranges, std::int32_t code) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const model::ExitRange& range) {
    return range.first <= code && code <= range.last;
  });
}

/// Whether it had ended by itself within its time when the stop was ordered: the report was late,
/// not the job.
bool ended_in_time(const model::Job& job, const ExitRecord& exit) {
  const bool by_stop = exit.signal == kSigTerm || exit.signal == kSigKill;
  return !by_stop && job.timeout && exit.ended_at - exit.started_at < *job.timeout;
}

/// Whether a stop that was ordered made its end, or may have: not when it was over before.
bool ended_by_stop(const model::AttemptEnded& event) {
  const ExitRecord& exit = event.exit;
  return event.signalled || exit.signal == kSigTerm || exit.signal == kSigKill;
}

/// A stop that reached the process decides, whatever the process made of its TERM.
Judgement judge_exit(const model::Job& job, const Attempt& attempt,
                     const model::AttemptEnded& event) {
  const ExitRecord& exit = event.exit;
  const std::string_view left = exit.group_gone ? "" : "; processes of its group are still there";
  if (exit.spawn_errno > 0)
    return failed(FailureKind::spawn, spawn_error_text(job, exit.spawn_errno));
  if (attempt.manual_kill && ended_by_stop(event)) {
    return {AttemptState::killed, JobState::killed, FailureKind::killed,
            fmt::format("killed on request{}", left)};
  }
  if (attempt.timed_out && !ended_in_time(job, exit)) {
    return failed(FailureKind::timeout,
                  fmt::format("ran longer than its timeout of {} and was ended{}",
                              format_duration(job.timeout.value_or(Duration{0})), left));
  }
  if (exit.signal > 0) {
    return failed(FailureKind::signal, fmt::format("ended by {}", signal_text(exit.signal)));
  }
  if (exit.exit_code == 0 || in_ranges(job.exit_success, exit.exit_code)) return {};
  if (in_ranges(job.exit_warning, exit.exit_code)) {
    return {AttemptState::warning, JobState::warning, FailureKind::none, {}};
  }
  return failed(FailureKind::exit, fmt::format("exit code {}", exit.exit_code));
}

}  // namespace

/// An attempt has ended: settle it, then retry the job or start what waited for it.
///
/// Reports arrive at least once and may be late, so only a live attempt counts; any other report is
/// acknowledged and changes nothing (a recorded end is final).
void on_attempt_ended(Turn& turn, const model::AttemptEnded& event) {
  Attempt* attempt = live_attempt(turn.state, event.attempt);
  if (attempt == nullptr) return send_ack(turn, {}, event.attempt);
  ActiveRun& run = turn.state.runs.find(event.attempt.run)->second;
  const std::uint32_t index = event.attempt.job;

  Judgement judged = judge_exit(run.definition(index), *attempt, event);
  Result<Json> outputs = parse_output(event.output);
  if (!outputs && judged.failure == FailureKind::none) {
    judged = failed(FailureKind::output, outputs.error().message);
  }
  attempt->exit = event.exit;
  if (event.exit.started_at.us != 0) attempt->started_at = event.exit.started_at;
  attempt->ended_at = event.exit.ended_at;
  if (outputs) attempt->outputs = std::move(*outputs);
  const bool counts = !is_left_running(run, index);
  send_ack(turn, attempt->agent, event.attempt);
  const bool killed = attempt->manual_kill;  // its true end counts, and is not tried again
  close_attempt(turn, run, index, judged.attempt, judged.failure, std::move(judged.error));

  // Its state was set by hand meanwhile: recorded, and no more.
  if (!counts) return finish_if_over(turn, run);
  if (judged.failure == FailureKind::none || killed) {
    return end_job(turn, run, index, judged.job);
  }
  retry_or_end(turn, run, index, judged.failure, event.exit.exit_code, judged.job);
}

}  // namespace dandori::engine
