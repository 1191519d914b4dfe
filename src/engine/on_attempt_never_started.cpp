#include <string_view>

#include "engine/job_state.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::AttemptState;

namespace {

constexpr Duration kBusyPause = std::chrono::seconds{1};
constexpr Duration kTroublePause = std::chrono::milliseconds{100};

/// How long the agent gets no new orders: an order refused is an order refused again at once.
Duration pause_after(std::string_view reason) {
  if (reason == "busy") return kBusyPause;
  return reason == "stale_sequence" ? Duration{0} : kTroublePause;
}

}  // namespace

/// Nothing was started under this order and nothing will be: the attempt may be assigned again.
///
/// Only the answer to the newest order counts (same boot id and sequence); else a late answer to an
/// order before could start an attempt twice.
void on_attempt_never_started(Turn& turn, const model::AttemptNeverStarted& event) {
  model::Attempt* attempt = live_attempt(turn.state, event.attempt);
  if (attempt == nullptr) return send_ack(turn, {}, event.attempt);
  const bool newest = attempt->boot_id == event.boot_id && attempt->sequence == event.sequence;
  if (!newest || attempt->start_confirmed) return;
  ActiveRun& run = turn.state.runs.find(event.attempt.run)->second;
  const std::uint32_t index = event.attempt.job;
  send_ack(turn, attempt->agent, event.attempt);
  if (is_left_running(run, index)) {
    close_attempt(turn, run, index, AttemptState::killed, model::FailureKind::killed,
                  "its state was set by hand before it started");
    return finish_if_over(turn, run);
  }
  if (attempt->state == AttemptState::stopping) {
    close_attempt(turn, run, index, AttemptState::killed, model::FailureKind::killed, {});
    return end_job(turn, run, index, model::JobState::killed);
  }
  if (event.reason == "order_too_big") {
    close_attempt(turn, run, index, AttemptState::failed, model::FailureKind::spawn,
                  "command, env and stdin together are larger than an agent takes (8 MiB)");
    return retry_or_end(turn, run, index, model::FailureKind::spawn, -1, model::JobState::failed);
  }
  AgentState& agent = agent_state(turn.state, attempt->agent);
  agent.live.erase(attempt->sequence);
  const Duration pause = pause_after(event.reason);
  if (pause > Duration{0}) agent.busy_until = (turn.now.steady + pause).us;
  attempt->agent.clear();
  attempt->boot_id = Uuid{};
  attempt->sequence = 0;
  attempt->state = AttemptState::starting;
  turn.touch_attempt(run, index);
  run.job(index).phase = model::JobRun::Phase::waiting;
  --run.run.jobs_live;
  consider_job(turn, run, index);
}

/// The runner is gone without a record of the end.
///
/// The loss of an older order says nothing of the newest: that one was given only after the
/// definite word that the older had started nothing. It is not acknowledged either, as an
/// acknowledgement names the attempt and could free the newer order's slot; the newer order itself
/// ends the older report.
void on_attempt_lost(Turn& turn, const model::AttemptLost& event) {
  model::Attempt* attempt = live_attempt(turn.state, event.attempt);
  if (attempt == nullptr) return send_ack(turn, {}, event.attempt);
  if (event.sequence != 0 && event.sequence != attempt->sequence) return;
  const std::string agent = attempt->agent;
  lose_attempt(turn, turn.state.runs.find(event.attempt.run)->second, event.attempt.job,
               event.reason);
  send_ack(turn, agent, event.attempt);
}

}  // namespace dandori::engine
