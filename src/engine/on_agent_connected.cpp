#include <algorithm>

#include "engine/render_order.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Attempt;
using model::AttemptRef;
using model::AttemptState;
using model::HeldAttempt;

namespace {

/// Whether it holds this very order; an older one of the same attempt never started.
bool holds(const std::vector<HeldAttempt>& held, const Attempt& attempt) {
  return std::any_of(held.begin(), held.end(), [&](const HeldAttempt& each) {
    return each.attempt == attempt.ref && each.sequence == attempt.sequence;
  });
}

/// Held, but ended here for good (or unknown here): its slot may be used again.
void release_slots(Turn& turn, const model::AgentHello& hello) {
  for (const HeldAttempt& each : hello.held) {
    if (live_attempt(turn.state, each.attempt) == nullptr) send_ack(turn, hello.name, each.attempt);
  }
}

void resend_start(Turn& turn, ActiveRun& run, const Attempt& attempt,
                  const model::AgentHello& hello) {
  Result<model::StartOrder> order = render_order(turn.state, run, attempt);
  if (order) {
    turn.effects.emplace_back(model::SendStart{hello.name, std::move(*order)});
    return;
  }
  // It rendered when it was assigned; what it needed is gone. The agent never saw it, so it may
  // end.
  if (attempt.sequence <= hello.sequence_high) return;
  const std::uint32_t index = attempt.ref.job;
  close_attempt(turn, run, index, AttemptState::failed, model::FailureKind::expression,
                order.error().message);
  retry_or_end(turn, run, index, model::FailureKind::expression, -1, model::JobState::failed);
}

/// Brings one attempt of this agent in line with what it says it holds.
void reconcile(Turn& turn, ActiveRun& run, Attempt& attempt, const model::AgentHello& hello) {
  const std::uint32_t index = attempt.ref.job;
  const bool held = holds(hello.held, attempt);
  if (attempt.boot_id != hello.boot_id) {
    if (!held) lose_attempt(turn, run, index, "host_restarted");
    return;  // held: its exit record or its loss will be reported
  }
  if (!held && attempt.start_confirmed) return lose_attempt(turn, run, index, "agent_forgot");
  const bool stopping = attempt.state == AttemptState::stopping;
  if (!held) resend_start(turn, run, attempt, hello);
  if (stopping && live_attempt(turn.state, attempt.ref) != nullptr) stop_attempt(turn, run, index);
}

}  // namespace

/// An agent has come (back): what it may have missed is sent again, what its host lost is lost.
///
/// Orders are repeated only under the boot id of their assignment; the agent refuses a sequence
/// that it has passed, and only that answer frees the attempt for another assignment.
void on_agent_connected(Turn& turn, const model::AgentConnected& event) {
  const model::AgentHello& hello = event.hello;
  AgentState& agent = agent_state(turn.state, hello.name);
  if (agent.connected && event.session < agent.session) return;
  agent.connected = true;
  agent.session = event.session;
  agent.version = hello.version;
  agent.host = hello.host;
  agent.pid = hello.pid;
  agent.running_max = hello.running_max;
  agent.busy_until = 0;
  if (agent.row.boot_id != hello.boot_id || agent.row.slots != hello.slots ||
      agent.row.sequence < hello.sequence_high) {
    agent.row.boot_id = hello.boot_id;
    agent.row.slots = hello.slots;
    agent.row.sequence = std::max(agent.row.sequence, hello.sequence_high);
    turn.touch_agent(agent);
  }
  release_slots(turn, hello);
  std::vector<AttemptRef> live;
  for (const auto& [sequence, ref] : agent.live) live.push_back(ref);
  for (const AttemptRef& ref : live) {
    Attempt* attempt = live_attempt(turn.state, ref);
    if (attempt != nullptr) reconcile(turn, turn.state.runs.find(ref.run)->second, *attempt, hello);
  }
}

void on_agent_disconnected(Turn& turn, const model::AgentDisconnected& event) {
  const auto agent = turn.state.agents.find(event.name);
  if (agent == turn.state.agents.end() || agent->second.session != event.session) return;
  agent->second.connected = false;
}

}  // namespace dandori::engine
