#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

using model::FailureKind;
using model::Jitter;
using model::JobState;
using model::OnLost;

WorkflowBuilder one_job(const char* name = "one") {
  WorkflowBuilder flow{name};
  flow.add("a");
  flow.add("b", {"a"});
  return flow;
}

TEST_CASE("an order that no agent can take fails its attempt, and is not given out again") {
  World world;
  WorkflowBuilder builder{"w"};
  builder.add("a");
  world.define(builder);
  world.agent.connected = false;  // the order is lost on its way
  const std::string run = world.start("w");
  world.agent.connected = true;
  const model::Attempt attempt = world.attempt(run, "a", 1);
  world.post(
      model::AttemptNeverStarted{attempt.ref, attempt.boot_id, attempt.sequence, "order_too_big"});
  CHECK(world.job_state(run, "a") == "failed");
  CHECK(world.attempt(run, "a", 1).failure == model::FailureKind::spawn);
  CHECK(world.started_jobs().empty());
}

TEST_CASE("an agent whose runners cannot take an order gets the next one after a pause") {
  World world;
  WorkflowBuilder builder{"w"};
  builder.add("a");
  world.define(builder);
  world.agent.connected = false;
  const std::string run = world.start("w");
  world.agent.connected = true;
  const model::Attempt attempt = world.attempt(run, "a", 1);
  world.post(
      model::AttemptNeverStarted{attempt.ref, attempt.boot_id, attempt.sequence, "not_taken"});
  CHECK(world.started_jobs().empty());
  world.run_for(1s);
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.attempt(run, "a", 1).sequence == attempt.sequence + 1);
}

TEST_CASE(
    "[SYS-08] retries come 2, 4 and 8 s after the failure; exit 3 is not retried when the rule "
    "names 1") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("a").retry = {{3, 2s, 2.0, 1min, Jitter::none, {}, {1}}};
  world.define(flow);
  world.script("a", {exits(1), exits(1), exits(1), exits(0)});
  const std::string run = world.start("one");
  CHECK(world.job_state(run, "a") == "retry_wait");
  world.run_for(1h);
  CHECK(world.starts_of("a") == std::vector{kStart, kStart + 2s, kStart + 6s, kStart + 14s});
  CHECK(world.run_state(run) == "succeeded");

  World other;
  other.define(flow);
  other.script("a", {exits(3)});
  const std::string failed = other.start("one");
  other.run_for(1h);
  CHECK(other.starts_of("a").size() == 1);
  CHECK(other.job_state(failed, "a") == "failed");
}

TEST_CASE("retries end after the last try, and jitter is the same whenever it is computed") {
  std::vector<std::vector<Timestamp>> seen;
  for (int i = 0; i < 2; ++i) {
    World world;
    WorkflowBuilder flow = one_job();
    flow.job("a").retry = {{2, 10s, 1.0, 1min, Jitter::full, {}, {}}};
    world.define(flow);
    world.script("a", {exits(1), exits(1), exits(1), exits(0)});
    const std::string run = world.start("one");
    if (i == 1) world.restart();
    world.run_for(1h);
    seen.push_back(world.starts_of("a"));
    CHECK(world.job_state(run, "a") == "failed");
    CHECK(world.job_state(run, "b") == "not_run");
  }
  REQUIRE(seen[0].size() == 3);
  CHECK(seen[0][1] - seen[0][0] < 10s);
  CHECK(seen[0] == seen[1]);
}

TEST_CASE("a timeout ends the attempt with TERM and KILL, and the job only when it is gone") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("a").timeout = 10min;
  world.define(flow);
  world.script("a", {hangs()});
  const std::string run = world.start("one");
  world.run_for(10min);
  CHECK(world.job_state(run, "a") == "stopping");
  CHECK(world.job_state(run, "b") == "wait_pred");
  world.run_for(1min);
  CHECK(world.job_state(run, "a") == "failed");
  CHECK(world.attempt(run, "a", 1).failure == FailureKind::timeout);
  CHECK(world.attempt(run, "a", 1).exit.signal == 15);
}

TEST_CASE("a timeout goes on over a restart with what remained of it") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("a").timeout = 10min;
  world.define(flow);
  world.script("a", {hangs()});
  const std::string run = world.start("one");
  world.run_for(6min);
  world.restart();
  world.run_for(3min);
  CHECK(world.job_state(run, "a") == "running");
  world.run_for(2min);
  CHECK(world.attempt(run, "a", 1).timed_out);
}

TEST_CASE("the wall clock going back lengthens no timeout and starts nothing again") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("a").timeout = 10min;
  world.define(flow);
  world.script("a", {hangs()});
  const std::string run = world.start("one");
  world.now.wall = world.now.wall - 1h;
  world.run_for(11min);
  CHECK(world.attempt(run, "a", 1).timed_out);
}

TEST_CASE("start_within ends a job that got no resources, and retry may name it") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("a").start_within = 5min;
  flow.job("a").retry = {{1, 1min, 1.0, 24h, Jitter::none, {FailureKind::not_started}, {}}};
  world.define(flow);
  world.disconnect();
  const std::string run = world.start("one");
  CHECK(world.job_state(run, "a") == "wait_pool");
  world.run_for(5min);
  CHECK(world.job_state(run, "a") == "retry_wait");
  CHECK(world.attempt(run, "a", 1).failure == FailureKind::not_started);
  world.run_for(6min);
  CHECK(world.job_state(run, "a") == "failed");
  CHECK(world.job(run, "a").attempts == 2);
  CHECK(world.started_jobs().empty());
}

TEST_CASE("what could not be spawned fails with the reason in words") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("a").shell = false;
  flow.job("a").command = {{"/opt/none", false}};
  world.define(flow);
  Script script;
  script.spawn_errno = 2;
  world.script("a", {script});
  const std::string run = world.start("one");
  CHECK(world.attempt(run, "a", 1).failure == FailureKind::spawn);
  CHECK(world.attempt(run, "a", 1).error ==
        "cannot start '/opt/none': no such file or directory (ENOENT)");
}

TEST_CASE("a signal that nobody here sent fails the job") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.script("a", {{Duration{0}, 0, 9, {}, 0, false}});
  const std::string run = world.start("one");
  CHECK(world.attempt(run, "a", 1).failure == FailureKind::signal);
  CHECK(world.attempt(run, "a", 1).error == "ended by signal 9 (KILL)");
}

TEST_CASE(
    "[PRM-02] a value that a job hands on is seen by the next; more than 64 KiB fails clearly") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("b").env = {{"ROWS", {"${{ jobs.a.outputs.rows }}", true}},
                       {"SUM", {"sum is ${{ jobs.a.outputs.sum }}", true}}};
  world.define(flow);
  world.script("a", {writes("{\"rows\": 42, \"sum\": 1.5}"), writes("rows=7\nsum=8\n"),
                     writes("a=" + std::string(70'000, 'x')), writes("no equals sign\n")});
  const auto env = [&](std::string_view name) {
    for (const auto& [key, value] : world.agent.orders.back().env) {
      if (key == name) return value;
    }
    return std::string{"none"};
  };
  world.start("one");
  CHECK(env("ROWS") == "42");
  CHECK(env("SUM") == "sum is 1.5");
  world.start("one");
  CHECK(env("ROWS") == "7");
  const std::string big = world.start("one");
  CHECK(world.job_state(big, "a") == "failed");
  CHECK(world.attempt(big, "a", 1).failure == FailureKind::output);
  CHECK(world.attempt(big, "a", 1).error == "DANDORI_OUTPUT is larger than 65536 bytes");
  const std::string odd = world.start("one");
  CHECK(world.attempt(odd, "a", 1).error ==
        "line 1 of DANDORI_OUTPUT is not of the form key=value");
}

TEST_CASE("an expression without a value fails the attempt and names what is missing") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("b").env = {{"ROWS", {"${{ jobs.a.outputs.rows }}", true}}};
  world.define(flow);
  const std::string run = world.start("one");
  CHECK(world.job_state(run, "b") == "failed");
  CHECK(world.attempt(run, "b", 1).failure == FailureKind::expression);
  CHECK(world.attempt(run, "b", 1).error.find("job 'b', env ROWS") == 0);
  CHECK(world.attempt(run, "b", 1).error.find("rows") != std::string::npos);
  CHECK(world.started_jobs() == std::vector<std::string>{"a"});
}

TEST_CASE("an attempt gets the declared environment, its own facts, and shell text as a script") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.workflow().env = {{"MODE", {"night", false}}};
  flow.job("a").env = {{"MODE", {"day", false}}, {"N", {"${{ attempt.number }}", true}}};
  flow.job("a").args = {{"x", false}};
  world.define(flow);
  const Json answer = world.ask(model::StartRun{"one", {}, "2026-03-31", false});
  const model::StartOrder& order = world.agent.orders.front();
  CHECK(order.argv == std::vector<std::string>{"/bin/sh", "-c", "true", "a", "x"});
  std::map<std::string, std::string> env(order.env.begin(), order.env.end());
  CHECK(env.size() == order.env.size());
  CHECK(env["MODE"] == "day");
  CHECK(env["N"] == "1");
  CHECK(env["BIZ_YMD"] == "20260331");
  CHECK(env["DANDORI_RUN_ID"] == answer.text_or("id", ""));
  CHECK(env["DANDORI_TRANSACTION_ID"] == answer.text_or("id", ""));
  CHECK(env["DANDORI_WORKFLOW"] == "one");
  CHECK(env["DANDORI_JOB"] == "a");
  CHECK(env["DANDORI_ATTEMPT"] == "1");
  CHECK(env["DANDORI_SCHEDULED_FOR"] == "2026-11-20T00:00:00Z");
  CHECK(env["TRACEPARENT"].size() == 55);
  CHECK(env["DANDORI_IDEMPOTENCY_KEY"] == std::string{answer.text_or("id", "")} + "/a");
}

TEST_CASE("a run that was started within a trace hands that trace on to its jobs") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  model::StartRun start;
  start.workflow = "one";
  start.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  world.ask(start);
  const model::StartOrder& order = world.agent.orders.front();
  std::map<std::string, std::string> env(order.env.begin(), order.env.end());
  CHECK(env["TRACEPARENT"].starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
  CHECK(env["TRACEPARENT"].ends_with("-00"));
  CHECK(env["TRACEPARENT"] != start.traceparent);
}

TEST_CASE("variables come from the nearest folder") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.workflow().folder = "sales/nightly";
  flow.job("a").env = {{"DB", {"${{ vars.db }}", true}}, {"HOST", {"${{ vars.host }}", true}}};
  world.define(flow);
  world.ask(model::SetVariable{{"db", "", "everywhere"}, false});
  world.ask(model::SetVariable{{"db", "sales", "sales_db"}, false});
  world.ask(model::SetVariable{{"db", "sales/daily", "other"}, false});
  world.ask(model::SetVariable{{"host", "", "h1"}, false});
  world.start("one");
  const auto& env = world.agent.orders.front().env;
  CHECK(env[0] == std::pair<std::string, std::string>{"DB", "sales_db"});
  CHECK(env[1] == std::pair<std::string, std::string>{"HOST", "h1"});
  CHECK(world.error_of(model::SetVariable{{"nope", "", {}}, true}) == "variable.unknown");
}

// ---- Agents that come and go.

TEST_CASE("a restart of the server is not an event: the job goes on and its end is recorded once") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.script("a", {exits(0, 10min)});
  const std::string run = world.start("one");
  world.run_for(5min);
  world.restart();
  world.run_for(1h);
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.starts_of("a").size() == 1);
  CHECK(world.agent.held.empty());
}

TEST_CASE("an end while the agent is cut off is reported when it is back") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.script("a", {exits(0, 10min)});
  const std::string run = world.start("one");
  world.disconnect();
  world.run_for(20min);
  CHECK(world.job_state(run, "a") == "running");
  world.connect();
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.attempt(run, "a", 1).ended_at == kStart + 10min);
}

TEST_CASE(
    "a start that was lost on the way is sent again under the same boot id, and starts once") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.agent.connected = false;  // the engine does not know yet: its order goes nowhere
  const std::string run = world.start("one");
  CHECK(world.job_state(run, "a") == "starting");
  world.connect();
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.starts_of("a").size() == 1);
  CHECK(world.job(run, "a").attempts == 1);
}

TEST_CASE(
    "a definite 'never started' lets the same attempt be assigned again, with a new sequence") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.agent.connected = false;
  const std::string run = world.start("one");
  world.agent.high = 50;  // the host has seen later orders: it refuses the old one
  world.connect();
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.job(run, "a").attempts == 1);
  CHECK(world.agent.orders.front().sequence > 50);
}

TEST_CASE("a late or foreign 'never started' starts nothing") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.script("a", {exits(0, 10min)});
  world.start("one");
  const model::StartOrder order = world.agent.orders.front();
  world.post(
      model::AttemptNeverStarted{order.attempt, order.boot_id, order.sequence, "stale_sequence"});
  world.post(model::AttemptNeverStarted{order.attempt, Uuid{9, 9}, order.sequence, "other_boot"});
  world.run_for(1h);
  CHECK(world.starts_of("a").size() == 1);
}

TEST_CASE("a host that was started anew has lost its attempt: held for a person by default") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.script("a", {hangs()});
  const std::string run = world.start("one");
  world.agent.held.clear();
  world.agent.boot = Uuid{2, 2};
  world.connect();
  CHECK(world.job_state(run, "a") == "unknown");
  CHECK(world.job_state(run, "b") == "wait_pred");
  CHECK(world.run(run).needs_decision);
  CHECK(world.run_state(run) == "running");

  SUBCASE("confirmed, it counts as failed") {
    world.ask(model::ConfirmRun{run});
    CHECK(world.job_state(run, "b") == "not_run");
    CHECK(world.run_state(run) == "failed");
  }
  SUBCASE("rerun, it gets a further attempt") {
    world.script("a", {exits(0)});
    world.ask(model::RerunRun{run, model::RerunScope::failed, ""});
    CHECK(world.run_state(run) == "succeeded");
    CHECK(world.job(run, "a").attempts == 2);
  }
  SUBCASE("cancelled, the run ends") {
    world.ask(model::CancelRun{run});
    CHECK(world.run_state(run) == "failed");
  }
}

TEST_CASE("on_lost: fail takes it for a failure; rerun tries again up to lost_limit, then holds") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("a").on_lost = OnLost::fail;
  world.define(flow);
  world.script("a", {hangs()});
  const std::string failed = world.start("one");
  world.post(model::AttemptLost{world.agent.orders.back().attempt, "runner_gone"});
  CHECK(world.job_state(failed, "a") == "failed");
  CHECK(world.attempt(failed, "a", 1).state == model::AttemptState::lost);

  flow.job("a").on_lost = OnLost::rerun;
  flow.job("a").lost_limit = 2;
  world.define(flow);
  world.script("a", {hangs(), hangs(), hangs(), hangs()});
  const std::string held = world.start("one");
  for (int i = 0; i < 3; ++i)
    world.post(model::AttemptLost{world.agent.orders.back().attempt, "runner_gone"});
  CHECK(world.job_state(held, "a") == "unknown");
  CHECK(world.job(held, "a").attempts == 3);
}

TEST_CASE("the loss of an order that was given anew does not lose the newer one") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.script("a", {hangs()});
  world.agent.connected = false;
  const std::string run = world.start("one");
  world.agent.connected = true;
  const model::Attempt older = world.attempt(run, "a", 1);
  world.post(
      model::AttemptNeverStarted{older.ref, older.boot_id, older.sequence, "stale_sequence"});
  const model::Attempt newer = world.attempt(run, "a", 1);
  REQUIRE(newer.sequence > older.sequence);

  world.post(model::AttemptLost{older.ref, "host_restarted", older.sequence});
  CHECK(world.attempt(run, "a", 1).state != model::AttemptState::lost);
  world.post(model::AttemptLost{newer.ref, "runner_gone", newer.sequence});
  CHECK(world.attempt(run, "a", 1).state == model::AttemptState::lost);
}

TEST_CASE("reports that come twice or after the end change nothing and are acknowledged") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  const std::string run = world.start("one");
  CHECK(world.run_state(run) == "succeeded");
  const model::AttemptRef ref = world.agent.orders.front().attempt;
  model::ExitRecord exit;
  exit.exit_code = 1;
  world.post(model::AttemptEnded{ref, exit, ""});
  world.post(model::AttemptLost{ref, "runner_gone"});
  world.post(model::AttemptStarted{ref, 1, kStart});
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.attempt(run, "a", 1).exit.exit_code == 0);
}

TEST_CASE("the farewell of an old session does not cut off the new one") {
  World world;
  WorkflowBuilder flow = one_job();
  world.define(flow);
  world.connect();
  world.post(model::AgentDisconnected{"local", 1});
  const std::string run = world.start("one");
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("no more attempts are assigned than the agent has slots") {
  World world;
  world.agent.slots = 3;
  world.connect();
  WorkflowBuilder flow{"wide"};
  for (int i = 0; i < 10; ++i) {
    flow.add("j" + std::to_string(i));
    world.script("j" + std::to_string(i), {exits(0, 1min)});
  }
  world.define(flow);
  const std::string run = world.start("wide");
  CHECK(world.agent.orders.size() == 3);
  world.run_for(1min);
  CHECK(world.agent.orders.size() == 6);
  world.run_for(10min);
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("a job of an agent that nobody has seen waits and says so") {
  World world;
  WorkflowBuilder flow = one_job();
  flow.job("a").agent = "web01";
  world.define(flow);
  const std::string run = world.start("one");
  CHECK(world.job_state(run, "a") == "wait_pool");
  const Json why = world.ask(model::AskWhy{run, "a"});
  CHECK(write_json(why).find("{\"code\":\"why.agent_missing\",\"ok\":null,\"agent\":\"web01\"}") !=
        std::string::npos);
}

}  // namespace
}  // namespace dandori::engine::test
