#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "engine/job_state.h"
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
  const bool counts = !is_left_running(run, index);
  close_attempt(turn, run, index, AttemptState::failed, model::FailureKind::expression,
                order.error().message);
  if (!counts) return finish_if_over(turn, run);
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

/// While it asks again at least this often, an agent counts as waiting for its name.
constexpr Duration kRivalWaits = std::chrono::seconds{30};
constexpr std::size_t kRunsNamedMax = 3;

/// Runs of the agent's live attempts, in words.
std::string live_runs(const State& state, const AgentState& agent) {
  std::set<std::string> runs;
  for (const auto& [sequence, ref] : agent.live)
    runs.insert(run_name(state.runs.find(ref.run)->second.run));
  std::string text;
  std::size_t named = 0;
  for (const std::string& run : runs) {
    if (++named > kRunsNamedMax)
      return text + fmt::format(" and {} more", runs.size() - kRunsNamedMax);
    text += (text.empty() ? "" : ", ") + run;
  }
  return text;
}

/// Why an agent with another data folder cannot have the name now; nullopt: it can.
///
/// The ends of the former agent's attempts lie in its own data folder: while one is missing here,
/// the name must not stand for another, which would have to say that it knows nothing of it.
std::optional<Error> claim_refused(const State& state, const AgentState& agent,
                                   const model::AgentHello& hello) {
  const bool is_same = agent.row.instance.is_nil() || agent.row.instance == hello.instance;
  if (is_same) return std::nullopt;
  const auto taken = [&](std::string_view why) {
    return Error{"agent.name_taken",
                 fmt::format("the name '{}' belongs to an agent with another data folder; {}",
                             hello.name, why),
                 "give each agent its own --name"};
  };
  if (agent.connected) {
    return taken(
        fmt::format("it is connected from host '{}': give this agent its own --name", agent.host));
  }
  if (!agent.live.empty()) {
    return taken(
        fmt::format("its attempts of {} are not over: start it again, or confirm these "
                    "runs if it is gone for good",
                    live_runs(state, agent)));
  }
  if (!state.set_aside.empty()) return taken("runs that this server cannot read may need it");
  return std::nullopt;
}

void refuse(Turn& turn, std::uint64_t session, Error why) {
  turn.effects.emplace_back(model::RefuseAgent{session, std::move(why)});
}

/// Keeps what the hello says and the row lacks.
void record_agent(Turn& turn, AgentState& agent, const model::AgentHello& hello) {
  const bool is_other = agent.row.instance != hello.instance;
  if (is_other && !agent.row.instance.is_nil()) {
    turn.journal({}, "agent.replaced", {}, 0,
                 Json::object({{"agent", hello.name},
                               {"host", hello.host},
                               {"instance", format_uuid(hello.instance)},
                               {"former", format_uuid(agent.row.instance)}}));
  }
  if (!is_other && agent.row.boot_id == hello.boot_id && agent.row.slots == hello.slots &&
      agent.row.sequence >= hello.sequence_high) {
    return;
  }
  agent.row.instance = hello.instance;
  agent.row.boot_id = hello.boot_id;
  agent.row.slots = hello.slots;
  agent.row.sequence = std::max(agent.row.sequence, hello.sequence_high);
  turn.touch_agent(agent);
}

}  // namespace

bool is_given_up(const State& state, const Attempt& attempt, Now now) {
  const auto found = state.agents.find(attempt.agent);
  if (found == state.agents.end() || found->second.connected) return false;
  const std::optional<Steady>& asked = found->second.rival_at;
  return asked && now.steady - *asked < kRivalWaits;
}

/// An agent has come (back): what it may have missed is sent again, what its host lost is lost.
///
/// The name stands for one data folder; another gets it when the former agent is gone and owes
/// nothing. Orders are repeated only under the boot id of their assignment; the agent refuses a
/// sequence that it has passed, and only that answer frees the attempt for another assignment.
void on_agent_connected(Turn& turn, const model::AgentConnected& event) {
  const model::AgentHello& hello = event.hello;
  AgentState& agent = agent_state(turn.state, hello.name);
  if (std::optional<Error> refused = claim_refused(turn.state, agent, hello)) {
    agent.rival_at = turn.now.steady;
    return refuse(turn, event.session, std::move(*refused));
  }
  if (event.session < agent.session) {  // held up on the way: what it says is no longer true
    return refuse(
        turn, event.session,
        {"protocol.superseded", fmt::format("agent '{}' has connected anew", hello.name), ""});
  }
  turn.effects.emplace_back(model::WelcomeAgent{hello.name, event.session});
  agent.connected = true;
  agent.rival_at.reset();
  agent.session = event.session;
  agent.version = hello.version;
  agent.host = hello.host;
  agent.pid = hello.pid;
  agent.running_max = hello.running_max;
  agent.busy_until = 0;
  record_agent(turn, agent, hello);
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
