#include "engine/turn.h"

namespace dandori::engine {

using model::AttemptState;

namespace {

constexpr Duration kBusyPause = std::chrono::seconds{1};

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
  if (attempt->state == AttemptState::stopping) {
    close_attempt(turn, run, index, AttemptState::killed, model::FailureKind::killed, {});
    return end_job(turn, run, index, model::JobState::killed);
  }
  AgentState& agent = agent_state(turn.state, attempt->agent);
  agent.live.erase(attempt->sequence);
  if (event.reason == "busy") agent.busy_until = (turn.now.steady + kBusyPause).us;
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
void on_attempt_lost(Turn& turn, const model::AttemptLost& event) {
  model::Attempt* attempt = live_attempt(turn.state, event.attempt);
  if (attempt == nullptr) return send_ack(turn, {}, event.attempt);
  const std::string agent = attempt->agent;
  lose_attempt(turn, turn.state.runs.find(event.attempt.run)->second, event.attempt.job,
               event.reason);
  send_ack(turn, agent, event.attempt);
}

}  // namespace dandori::engine
