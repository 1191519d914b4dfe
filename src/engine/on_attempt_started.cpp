#include "engine/turn.h"

namespace dandori::engine {

using model::AttemptState;

/// The process runs: its timeout counts from here. Repeated and late reports change nothing.
void on_attempt_started(Turn& turn, const model::AttemptStarted& event) {
  model::Attempt* attempt = live_attempt(turn.state, event.attempt);
  if (attempt == nullptr || attempt->start_confirmed) return;
  ActiveRun& run = turn.state.runs.find(event.attempt.run)->second;
  const std::uint32_t index = event.attempt.job;
  attempt->start_confirmed = true;
  attempt->pid = event.pid;
  attempt->started_at = event.started_at;
  if (attempt->state == AttemptState::starting) attempt->state = AttemptState::running;
  turn.touch_attempt(run, index);
  turn.journal(run.run.id, "job.started", run.definition(index).id, attempt->ref.number,
               Json::object({{"agent", attempt->agent}, {"pid", attempt->pid}}));
  const std::optional<Duration>& timeout = run.definition(index).timeout;
  const bool counts = run.job(index).phase == model::JobRun::Phase::live;
  if (!timeout || !counts || attempt->state != AttemptState::running) return;
  set_timer(turn.state, run, index,
            (turn.now.steady + timeout_left(*attempt, *timeout, turn.now)).us);
}

}  // namespace dandori::engine
