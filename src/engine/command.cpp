#include <fmt/core.h>

#include <map>

#include "engine/marks.h"
#include "engine/preview.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Command;

namespace {

struct Handle {
  Turn& turn;
  const model::Actor& actor;
  const model::Fetched& fetched;

  Result<Json> operator()(const model::ApplyDefinitions& request) const {
    return apply_definitions(turn, actor, request);
  }
  Result<Json> operator()(const model::StartRun& request) const {
    return start_run(turn, actor, request, fetched);
  }
  Result<Json> operator()(const model::RerunRun& request) const {
    return rerun_run(turn, actor, request, fetched);
  }
  Result<Json> operator()(const model::CancelRun& request) const {
    return cancel_run(turn, actor, request, fetched);
  }
  Result<Json> operator()(const model::KillRun& request) const {
    return kill_run(turn, actor, request, fetched);
  }
  Result<Json> operator()(const model::ConfirmRun& request) const {
    return confirm_run(turn, actor, request, fetched);
  }
  Result<Json> operator()(const model::Operate& request) const {
    return operate(turn, actor, request, fetched);
  }
  Result<Json> operator()(const model::MoveBusinessDate& request) const {
    return move_business_date(turn, actor, request);
  }
  Result<Json> operator()(const model::SetVariable& request) const {
    return set_variable(turn, actor, request);
  }
  Result<Json> operator()(const model::CreateToken& request) const {
    return create_token(turn, actor, request);
  }
  Result<Json> operator()(const model::RevokeToken& request) const {
    return revoke_token(turn, actor, request);
  }
  Result<Json> operator()(const model::TouchToken& request) const {
    return touch_token(turn, request);
  }
  Result<Json> operator()(const model::KeepAnswer& request) const { return request.answer; }
  Result<Json> operator()(const model::SignOut& request) const { return sign_out(turn, request); }
  Result<Json> operator()(const model::AskWhy& request) const {
    return why(turn.state, turn.now, request, fetched);
  }
  Result<Json> operator()(const model::AskWhyWorkflow& request) const {
    return why_workflow(turn.state, turn.now, request, fetched);
  }
  Result<Json> operator()(const model::AskDifferences&) const {
    return differences_json(turn.state);
  }
  Result<Json> operator()(const model::AskServer&) const { return server_json(turn.state); }
  Result<Json> operator()(const model::AskAgents&) const { return agents_json(turn.state); }
  Result<Json> operator()(const model::AskSummary&) const { return summary_json(turn.state); }
};

/// Whether it is worth a key: what changes nothing may be asked again, and is answered anew.
struct Changes {
  bool operator()(const model::ApplyDefinitions& request) const { return !request.dry_run; }
  bool operator()(const model::AskWhy&) const { return false; }
  bool operator()(const model::AskWhyWorkflow&) const { return false; }
  bool operator()(const model::AskDifferences&) const { return false; }
  bool operator()(const model::AskServer&) const { return false; }
  bool operator()(const model::AskAgents&) const { return false; }
  bool operator()(const model::AskSummary&) const { return false; }
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

/// A later answer of the same request takes the place of the one that is kept.
bool replaces(const Command& command, const model::KeyRow* known) {
  const auto* keeps = std::get_if<model::KeepAnswer>(&command.request);
  return keeps != nullptr && keeps->replaces && known != nullptr &&
         known->request_digest == command.request_digest;
}

}  // namespace

std::optional<Result<Json>> earlier_answer(const model::KeyRow* known, const Command& command) {
  if (known == nullptr) return std::nullopt;
  if (known->request_digest != command.request_digest) {
    return fail("request.key_reused", "another request was made under this Idempotency-Key",
                "use a new key for a new request");
  }
  return parse_json(known->answer, {.bytes_max = known->answer.size() + 1});
}

Result<Json> handle_request(Turn& turn, const Command& command, const model::Fetched& fetched) {
  return std::visit(Handle{turn, command.actor, fetched}, command.request);
}

std::string key_of(const Command& command) {
  if (command.idempotency_key.empty() || command.preview) return {};
  if (!std::visit(Changes{}, command.request)) return {};
  return command.actor.name + "\n" + command.idempotency_key;
}

/// A request of a person or program: one answer, sent after the commit; under a key the same answer
/// again.
///
/// A refused request changes nothing and keeps no key: it may be asked again.
void on_command(Turn& turn, const Command& command, const model::Fetched& fetched) {
  const std::string key = key_of(command);
  if (!key.empty()) {
    const model::KeyRow* known = turn.state.keys.find(key);
    if (known == nullptr && fetched.key) known = &*fetched.key;
    std::optional<Result<Json>> answer;
    if (!replaces(command, known)) answer = earlier_answer(known, command);
    if (answer) {
      turn.effects.emplace_back(model::Reply{command.token, std::move(*answer)});
      return;
    }
  }
  if (command.preview) {
    turn.effects.emplace_back(
        model::Reply{command.token, preview(turn.state, turn.now, command, fetched)});
    return;
  }
  Result<Json> answer = std::unexpected(Error{});
  if (Result<void> same = check_plan(turn.state, command, fetched); !same) {
    answer = std::unexpected(std::move(same.error()));
  } else {
    answer = handle_request(turn, command, fetched);
  }
  if (answer && !key.empty()) {
    model::KeyRow row{key, command.request_digest, write_json(*answer), turn.now.wall};
    keep_key(turn.state, row);
    turn.keep(std::move(row));
  }
  turn.effects.emplace_back(model::Reply{command.token, std::move(answer)});
}

Json agents_json(const State& state) {
  Json::Array items;
  for (const auto& [name, agent] : state.agents) {
    items.push_back(Json::object({{"name", name},
                                  {"connected", agent.connected},
                                  {"host", agent.host},
                                  {"version", agent.version},
                                  {"pid", agent.pid},
                                  {"slots", agent.row.slots},
                                  {"running_max", agent.running_max},
                                  {"live", agent.live.size()},
                                  {"waiting", agent.ready.size()}}));
  }
  return Json::object({{"items", Json::array(std::move(items))}});
}

namespace {

/// An order to start or stop that the agent has not answered yet.
bool is_unconfirmed(const State& state, const model::AttemptRef& attempt) {
  const auto run = state.runs.find(attempt.run);
  if (run == state.runs.end()) return false;
  const model::Attempt* newest = run->second.extra[attempt.job].newest.get();
  return newest != nullptr && (newest->state == model::AttemptState::starting ||
                               newest->state == model::AttemptState::stopping);
}

}  // namespace

Json summary_json(const State& state) {
  std::uint64_t queued = 0, running = 0, needs_decision = 0, live = 0, ready = 0, connected = 0;
  std::uint64_t workflows = 0, outbox = 0;
  std::map<model::RunState, std::uint64_t> active;
  for (const auto& [id, run] : state.runs) {
    ++active[run.run.state];
    ++(run.run.state == model::RunState::queued ? queued : running);
    if (run.run.needs_decision) ++needs_decision;
  }
  for (const auto& [name, agent] : state.agents) {
    live += agent.live.size();
    ready += agent.ready.size();
    if (agent.connected) ++connected;
    for (const auto& [sequence, attempt] : agent.live) outbox += is_unconfirmed(state, attempt);
  }
  for (const auto& [name, workflow] : state.workflows) {
    if (!workflow.row.deleted) ++workflows;
  }
  Json by_state = Json::object();
  for (const auto& [run_state, count] : active) by_state.set(model::to_string(run_state), count);
  return Json::object(
      {{"workflows", workflows},
       {"runs",
        Json::object(
            {{"queued", queued}, {"running", running}, {"needs_decision", needs_decision}})},
       {"attempts", Json::object({{"live", live}, {"waiting", ready}})},
       {"agents", Json::object({{"known", state.agents.size()}, {"connected", connected}})},
       {"active", std::move(by_state)},
       {"outbox", outbox},
       {"journal_seq", state.counters.journal_seq},
       {"audit_seq", state.counters.audit_seq},
       {"next_start",
        state.fires.empty() ? Json{} : Json{format_rfc3339(state.fires.begin()->first)}}});
}

}  // namespace dandori::engine
