#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/hash.h"
#include "engine/engine.h"
#include "engine/row_store_test.h"
#include "engine/state.h"

namespace dandori::engine::test {

/// 2026-11-20T00:00:00Z: virtual time starts here.
inline const Timestamp kStart = *parse_rfc3339("2026-11-20T00:00:00Z");

inline Timestamp at(std::string_view text) {
  return *parse_rfc3339(text);
}

/// A workflow built by hand: `add("b", {"a"})` then `done()`.
class WorkflowBuilder {
 public:
  explicit WorkflowBuilder(std::string name) { made_.name = std::move(name); }

  model::Workflow& workflow() { return made_; }
  model::Job& job(std::string_view id) {
    return *std::find_if(made_.jobs.begin(), made_.jobs.end(),
                         [&](const auto& j) { return j.id == id; });
  }
  model::Job& add(std::string id, std::vector<std::string> after = {}) {
    model::Job job;
    job.id = std::move(id);
    job.type = model::JobType::shell;
    job.shell = true;
    job.command = {{"true", false}};
    for (const std::string& name : after)
      job.depends_on.push_back({index_of(name), model::kSatisfied});
    made_.jobs.push_back(std::move(job));
    return made_.jobs.back();
  }
  model::Job& noop(std::string id, std::vector<std::string> after = {}) {
    model::Job& job = add(std::move(id), std::move(after));
    job.type = model::JobType::noop;
    job.command.clear();
    return job;
  }
  model::Trigger& cron(std::string id, std::string cron, std::string zone = "UTC") {
    model::Trigger trigger;
    trigger.id = std::move(id);
    trigger.cron = std::move(cron);
    trigger.timezone = std::move(zone);
    made_.triggers.push_back(std::move(trigger));
    return made_.triggers.back();
  }
  model::WorkflowDefinition done() {
    auto workflow = std::make_shared<model::Workflow>(made_);
    finish_workflow(*workflow);
    // Stands for the canonical form: any change of the builder's content makes another text.
    return {workflow, "source", made_.name + std::to_string(++version_)};
  }

 private:
  std::uint32_t index_of(const std::string& name) const {
    for (std::uint32_t i = 0; i < made_.jobs.size(); ++i) {
      if (made_.jobs[i].id == name) return i;
    }
    FAIL("no such job: " << name);
    return 0;
  }

  model::Workflow made_;
  int version_ = 0;
};

/// How one attempt ends.
struct Script {
  Duration lasts{0};
  std::int32_t code = 0;
  std::int32_t signal = 0;
  std::string output;
  std::int32_t spawn_errno = 0;
  bool never = false;  ///< does not end by itself
};
inline Script exits(std::int32_t code, Duration lasts = Duration{0}) {
  return {lasts, code, 0, {}, 0, false};
}
inline Script writes(std::string output) {
  return {Duration{0}, 0, 0, std::move(output), 0, false};
}
inline Script hangs() {
  return {Duration{0}, 0, 0, {}, 0, true};
}

/// One host in virtual time: starts what it is told, once, and reports until acknowledged.
struct FakeAgent {
  struct Held {
    model::StartOrder order;
    bool running = true;
    model::ExitRecord exit;
    std::string output;
    std::optional<Timestamp> ends_at;
  };
  std::string name = "local";
  Uuid instance{9, 9};
  Uuid boot{1, 1};
  std::uint32_t slots = 64;
  std::uint64_t high = 0;
  std::uint64_t session = 0;
  bool connected = false;
  std::map<model::AttemptRef, Held> held;
  std::vector<std::pair<std::string, Timestamp>> started;  ///< job path and instant, in order
  std::vector<model::StartOrder> orders;
};

/// The engine, a store and one agent in virtual time. After every turn what was committed must
/// rebuild what is in memory.
class World {
 public:
  explicit World(TurnLimits limits_in = {}) : limits{limits_in} {
    state = make_state(settings(), 1);
    finish_load(*state, now);
    connect();
  }

  static Settings settings() {
    Settings made;
    made.zone = [](std::string_view name) { return calendar::TimeZone::load(name); };
    return made;
  }

  // ---- Asking.

  Json ask(model::Request request, std::string key = {}, std::string digest = "d") {
    const Result<Json> answer = try_ask(std::move(request), std::move(key), std::move(digest));
    if (!answer) FAIL(answer.error().code << ": " << answer.error().message);
    return *answer;
  }
  Result<Json> try_ask(model::Request request, std::string key = {}, std::string digest = "d") {
    model::Command command;
    command.token = ++token_;
    command.actor = {"admin", model::Channel::cli, "", "req", "because"};
    command.idempotency_key = std::move(key);
    command.request_digest = command.idempotency_key.empty() ? "" : std::move(digest);
    command.request = std::move(request);
    post(std::move(command));
    REQUIRE(replies_.count(token_) == 1);
    return replies_.at(token_);
  }
  std::string error_of(model::Request request) {
    const Result<Json> answer = try_ask(std::move(request));
    return answer ? "" : answer.error().code;
  }
  /// What the request would do; a refusal fails the test.
  Json preview(model::Request request) {
    const Result<Json> answer = try_send(std::move(request), true, {}, "because");
    if (!answer) FAIL(answer.error().code << ": " << answer.error().message);
    return *answer;
  }
  Result<Json> try_send(model::Request request, bool preview, std::string plan,
                        std::string reason) {
    model::Command command;
    command.token = ++token_;
    command.actor = {"admin", model::Channel::cli, "", "req", std::move(reason)};
    command.request = std::move(request);
    command.preview = preview;
    command.plan = std::move(plan);
    post(std::move(command));
    REQUIRE(replies_.count(token_) == 1);
    return replies_.at(token_);
  }
  void define(WorkflowBuilder& builder) {
    ask(model::ApplyDefinitions{{builder.done()}, {}, {}, false});
  }
  std::string start(const std::string& workflow, Json params = {}) {
    return std::string{
        ask(model::StartRun{workflow, std::move(params), std::nullopt, false}).text_or("name", "")};
  }

  // ---- Time.

  void post(model::Event event) { post_all({std::move(event)}); }
  void post_all(std::vector<model::Event> events) {
    for (model::Event& event : events) inbox_.push_back(std::move(event));
    pump();
  }
  /// Turns until nothing is left, with everything due at this instant.
  void pump() {
    do {
      turn();
    } while (more_ || !inbox_.empty());
  }
  void run_until(Timestamp end) {
    while (true) {
      Timestamp next = end;
      for (const auto& [ref, held] : agent.held) {
        if (held.running && held.ends_at) next = std::min(next, std::max(*held.ends_at, now.wall));
      }
      const Wake wake = next_wake(*state);
      next = std::min(next, std::max(wake.wall, now.wall));
      if (wake.steady.us != INT64_MAX) {
        next = std::min(next, now.wall + std::max(wake.steady - now.steady, Duration{0}));
      }
      move_to(next);
      end_due();
      pump();
      if (next >= end && !agent_is_due() && !engine_is_due()) return;
    }
  }
  void run_for(Duration span) { run_until(now.wall + span); }
  void move_to(Timestamp wall) {
    now.steady = now.steady + (wall - now.wall);
    now.wall = wall;
  }

  /// One turn. False: nothing is left to do at this instant.
  bool step() {
    turn();
    return more_ || !inbox_.empty();
  }
  /// Puts a request into the inbox, without a turn.
  void queue(model::Request request) {
    model::Command command;
    command.token = ++token_;
    command.actor.name = "admin";
    command.request = std::move(request);
    inbox_.push_back(std::move(command));
  }

  // ---- Faults.

  /// Dies and comes back without its agent; what was not taken is lost.
  void crash() {
    state = rebuilt();
    inbox_.clear();
    more_ = true;
    agent.connected = false;
  }
  void restart() {
    state = rebuilt();
    more_ = true;
    agent.connected = false;
    connect();
  }
  void connect() {
    model::AgentHello hello;
    hello.name = agent.name;
    hello.instance = agent.instance;
    hello.boot_id = agent.boot;
    hello.sequence_high = agent.high;
    hello.slots = agent.slots;
    hello.running_max = agent.slots;
    for (const auto& [ref, held] : agent.held)
      hello.held.push_back({ref, held.order.sequence, !held.running});
    agent.connected = true;
    post(model::AgentConnected{std::move(hello), ++agent.session});
    for (const auto& [ref, held] : agent.held) {
      if (!held.running && agent.held.count(ref) != 0)
        inbox_.push_back(model::AttemptEnded{ref, held.exit, held.output});
    }
    pump();
  }
  void disconnect() {
    agent.connected = false;
    post(model::AgentDisconnected{agent.name, agent.session});
  }

  // ---- Looking.

  void script(const std::string& job, std::vector<Script> ends) {
    scripts_[job] = std::deque<Script>(ends.begin(), ends.end());
  }
  std::string job_state(const std::string& run, const std::string& job) const {
    const RunView view = view_of(run);
    const auto index = find_job(*view.run.definition, job);
    REQUIRE(index);
    return std::string{to_string(engine::job_state(view, *index))};
  }
  model::JobRun job(const std::string& run, const std::string& job_id) const {
    const RunView view = view_of(run);
    return view.run.jobs[*find_job(*view.run.definition, job_id)];
  }
  std::string run_state(const std::string& run) const {
    return std::string{to_string(view_of(run).run.state)};
  }
  model::Run run(const std::string& name) const { return view_of(name).run; }
  model::Attempt attempt(const std::string& run, const std::string& job,
                         std::uint32_t number) const {
    return store.attempts.at({view_of(run).run.id, job, number}).attempt;
  }
  std::vector<std::string> started_jobs() const {
    std::vector<std::string> jobs;
    for (const auto& [job, when] : agent.started) jobs.push_back(job);
    return jobs;
  }
  std::vector<Timestamp> starts_of(const std::string& job) const {
    std::vector<Timestamp> when;
    for (const auto& [path, instant] : agent.started) {
      if (path == job) when.push_back(instant);
    }
    return when;
  }
  /// `HH:MM state reason` of every instant of a workflow, by planned instant.
  std::vector<std::string> outcomes(const std::string& workflow) const {
    std::vector<std::string> lines;
    for (const auto& row : store.planned) {
      if (row.workflow != workflow) continue;
      std::string line =
          format_rfc3339(row.at).substr(11, 5) + " " + std::string{to_string(row.state)};
      if (row.reason != model::MissReason::none) line += " " + std::string{to_string(row.reason)};
      lines.push_back(std::move(line));
    }
    return lines;
  }

  StatePtr rebuilt() const {
    StatePtr fresh = make_state(settings(), 1);
    for (const model::Change& row : store.load()) apply_change(*fresh, row);
    finish_load(*fresh, now);
    return fresh;
  }

  RowStore store;
  FakeAgent agent;
  StatePtr state;
  Now now{kStart, Steady{1'000'000}};
  TurnLimits limits;
  bool check_rebuild = true;
  std::size_t turns = 0;
  std::vector<Error> refusals;  ///< of agents
  std::size_t rows_max = 0;     ///< of one commit

 private:
  RunView view_of(const std::string& name) const {
    const auto matches = [&](const model::Run& run) {
      return run_name(run) == name || to_string(run.id) == name;
    };
    model::Run found;
    for (const auto& [id, row] : store.active) {
      if (matches(row.run)) found = row.run;
    }
    for (const auto& [id, row] : store.ended) {
      if (matches(row.run)) found = row.run;
    }
    REQUIRE(!found.id.is_nil());
    std::vector<model::JobRow> jobs;
    std::vector<model::AttemptRow> attempts;
    for (const auto& [key, row] : store.jobs) {
      if (key.first == found.id) jobs.push_back(row);
    }
    for (const auto& [key, row] : store.attempts) {
      if (std::get<0>(key) == found.id) attempts.push_back(row);
    }
    const auto definition = store.revisions.at({found.workflow, found.revision}).definition;
    std::vector<model::Mark> marks;
    for (const auto& [key, mark] : store.marks) {
      const bool of_run =
          key.workflow == found.workflow && (key.number == 0 || key.number == found.number);
      if (of_run || key.workflow.empty()) marks.push_back(mark);
    }
    return assemble_run(found, definition, jobs, attempts, marks);
  }

  void turn() {
    std::vector<Envelope> batch;
    if (!needs(*state, model::Tick{}).empty() || inbox_.empty())
      batch.push_back(envelope(model::Tick{}));
    const std::size_t ticks = batch.size();
    for (const model::Event& event : inbox_) {
      if (batch.size() >= 256) break;
      batch.push_back(envelope(event));
    }
    Decision decision = decide(*state, batch, now, limits);
    const std::size_t taken = decision.events_taken - std::min(ticks, decision.events_taken);
    inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(taken));
    more_ = decision.more;
    ++turns;
    rows_max = std::max(rows_max, decision.batch.changes.size());
    store.apply(decision.batch);
    for (const model::Change& change : decision.batch.changes) {
      const auto* line = std::get_if<model::JournalLine>(&change);
      if (line != nullptr && line->row.kind == "job.forced")
        forced_.emplace(line->row.run, line->row.job);
    }
    if (check_rebuild) check_rows();
    for (model::Effect& effect : decision.effects) std::visit(Perform{*this}, effect);
  }
  Envelope envelope(model::Event event) const {
    const model::Needs needed = needs(*state, event);
    return {std::move(event), needed.empty() ? model::Fetched{} : store.fetch(needed)};
  }

  /// What was committed rebuilds what is in memory; names the first line that differs.
  void check_rows() const {
    const std::string memory = dump(*state);
    const std::string loaded = dump(*rebuilt());
    if (memory == loaded) return;
    const auto [a, b] = std::mismatch(memory.begin(), memory.end(), loaded.begin(), loaded.end());
    const auto line = [](const std::string& text, std::size_t place) {
      const std::size_t from = place == 0 ? 0 : text.rfind('\n', place - 1) + 1;
      return text.substr(from, text.find('\n', place) - from);
    };
    const auto place = static_cast<std::size_t>(a - memory.begin());
    FAIL("memory: " << line(memory, place) << "\nloaded: " << line(loaded, place));
  }

  struct Perform {
    World& world;
    void operator()(const model::WelcomeAgent&) const {}
    void operator()(const model::RefuseAgent& effect) const {
      world.refusals.push_back(effect.why);
    }
    void operator()(const model::SendStart& effect) const { world.take_start(effect.order); }
    void operator()(const model::SendStop& effect) const { world.take_stop(effect.order); }
    void operator()(const model::SendAck& effect) const {
      const auto held = world.agent.held.find(effect.order.attempt);
      if (world.agent.connected && held != world.agent.held.end() && !held->second.running) {
        world.agent.held.erase(held);
      }
    }
    void operator()(const model::Reply& effect) const {
      REQUIRE(world.replies_.emplace(effect.token, effect.answer).second);
    }
  };

  void take_start(const model::StartOrder& order) {
    if (!agent.connected || agent.held.count(order.attempt) != 0) return;
    if (order.sequence <= agent.high || order.boot_id != agent.boot) {
      inbox_.push_back(model::AttemptNeverStarted{order.attempt, order.boot_id, order.sequence,
                                                  "stale_sequence"});
      return;
    }
    agent.high = order.sequence;
    if (check_rebuild) check_condition(order);
    // Guarantee G2: an attempt starts at most once.
    REQUIRE(begun_.insert(order.attempt).second);
    agent.started.emplace_back(order.path, now.wall);
    agent.orders.push_back(order);
    FakeAgent::Held held;
    held.order = order;
    std::deque<Script>& script = scripts_[order.path];
    const Script end = script.empty() ? exits(0) : script.front();
    if (!script.empty()) script.pop_front();
    held.exit.exit_code = end.signal > 0 || end.spawn_errno > 0 ? -1 : end.code;
    held.exit.signal = end.signal;
    held.exit.spawn_errno = end.spawn_errno;
    held.exit.started_at = now.wall;
    held.output = end.output;
    if (!end.never) held.ends_at = now.wall + end.lasts;
    agent.held.emplace(order.attempt, std::move(held));
    inbox_.push_back(model::AttemptStarted{order.attempt, 4711, now.wall});
    if (!end.never && end.lasts == Duration{0}) end_one(order.attempt);
  }
  /// Guarantee G6: a job starts only after the recorded ends that its condition names (or when an
  /// operator named it in a rerun).
  void check_condition(const model::StartOrder& order) const {
    const RunView view = view_of(to_string(order.attempt.run));
    if (view.run.reruns > 0 || view.run.definition->jobs.size() > 100) return;
    const bool alone = !view.run.only_job.empty();
    if (alone || forced_.count({order.attempt.run, order.path}) != 0) return;
    const model::Job& job = view.run.definition->jobs[order.attempt.job];
    CAPTURE(order.path);
    std::uint32_t satisfied = 0;
    for (const model::Dependency& dependency : job.depends_on) {
      const model::JobRun& before = view.run.jobs[dependency.job];
      const bool ended = before.phase == model::JobRun::Phase::ended;
      const bool failed_unknown =
          before.ended == model::JobState::unknown && before.confirmed &&
          (dependency.states & model::state_bit(model::JobState::failed)) != 0;
      const bool accepted =
          before.accepted && (dependency.states & model::state_bit(model::JobState::warning)) != 0;
      const bool named = (dependency.states & model::state_bit(before.ended)) != 0;
      if (ended && (named || failed_unknown || accepted)) ++satisfied;
    }
    const std::size_t all = job.depends_on.size();
    const std::size_t needed = job.join == model::Join::all ? all
                               : job.join == model::Join::any
                                   ? std::min<std::size_t>(all, 1)
                                   : std::min<std::size_t>(all, job.join_count);
    REQUIRE(satisfied >= needed);
  }
  void take_stop(const model::StopOrder& order) {
    const auto held = agent.held.find(order.attempt);
    if (!agent.connected || held == agent.held.end() || !held->second.running) return;
    held->second.exit.exit_code = -1;
    held->second.exit.signal = 15;
    held->second.ends_at = now.wall + std::min<Duration>(order.grace, std::chrono::seconds{1});
  }
  void end_one(const model::AttemptRef& ref) {
    FakeAgent::Held& held = agent.held.at(ref);
    held.running = false;
    held.exit.ended_at = now.wall;
    if (agent.connected) inbox_.push_back(model::AttemptEnded{ref, held.exit, held.output});
  }
  void end_due() {
    for (auto& [ref, held] : agent.held) {
      if (held.running && held.ends_at && *held.ends_at <= now.wall) end_one(ref);
    }
  }
  bool agent_is_due() const {
    return std::any_of(agent.held.begin(), agent.held.end(), [&](const auto& each) {
      return each.second.running && each.second.ends_at && *each.second.ends_at <= now.wall;
    });
  }
  bool engine_is_due() const {
    const Wake wake = next_wake(*state);
    return wake.wall <= now.wall || wake.steady <= now.steady;
  }

  std::deque<model::Event> inbox_;
  std::map<std::string, std::deque<Script>> scripts_;
  std::map<std::uint64_t, Result<Json>> replies_;
  std::set<model::AttemptRef> begun_;
  std::set<std::pair<RunId, std::string>> forced_;  ///< jobs that an operator let past their wait
  std::uint64_t token_ = 0;
  bool more_ = false;
};

}  // namespace dandori::engine::test
