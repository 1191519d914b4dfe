#include <algorithm>

#include "base/assert.h"
#include "engine/render_order.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Attempt;
using model::FailureKind;
using Phase = model::JobRun::Phase;

std::uint32_t next_attempt(const ActiveRun& run, std::uint32_t index) {
  return std::max(run.job(index).attempts, run.run.attempt_floor) + 1;
}

namespace {

/// A new attempt, or the one that no agent took.
Attempt& open_attempt(Turn& turn, ActiveRun& run, std::uint32_t index) {
  model::JobRun& job = run.job(index);
  Attempt* open = run.extra[index].newest.get();
  if (open != nullptr && !is_ended(open->state)) {
    turn.touch_attempt(run, index);
    return *open;
  }
  auto attempt = std::make_unique<Attempt>();
  job.attempts = next_attempt(run, index);
  attempt->ref = {run.run.id, index, job.attempts};
  ++job.tries;
  turn.replace_attempt(run, index, std::move(attempt));
  return *run.extra[index].newest;
}

void start_attempt(Turn& turn, AgentState& agent, ActiveRun& run, std::uint32_t index) {
  unqueue_job(turn.state, run, index);
  clear_timer(turn.state, run, index);
  Attempt& attempt = open_attempt(turn, run, index);
  attempt.assigned_at = turn.now.wall;
  Result<model::StartOrder> order = render_order(turn.state, run, attempt);
  if (!order) {
    const Error& error = order.error();
    return fail_without_process(turn, run, index, FailureKind::expression, error.message);
  }
  attempt.agent = agent.row.name;
  attempt.boot_id = agent.row.boot_id;
  attempt.sequence = ++agent.row.sequence;
  order->boot_id = attempt.boot_id;
  order->sequence = attempt.sequence;
  turn.touch_agent(agent);
  agent.live[attempt.sequence] = attempt.ref;
  run.job(index).phase = Phase::live;
  ++run.run.jobs_live;
  turn.effects.emplace_back(model::SendStart{agent.row.name, std::move(*order)});
}

bool can_start(const AgentState& agent, Now now) {
  return agent.connected && !agent.ready.empty() && agent.live.size() < agent.row.slots &&
         agent.busy_until <= now.steady.us;
}

}  // namespace

bool start_one(Turn& turn) {
  for (auto& [name, agent] : turn.state.agents) {
    if (!can_start(agent, turn.now)) continue;
    const ReadyKey key = *agent.ready.begin();
    start_attempt(turn, agent, turn.state.runs.find(key.run)->second, key.job);
    return true;
  }
  return false;
}

bool start_possible(const State& state, Now now) {
  for (const auto& [name, agent] : state.agents) {
    if (can_start(agent, now)) return true;
  }
  return false;
}

}  // namespace dandori::engine
