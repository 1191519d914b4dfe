#include "engine/operations_test.h"

namespace dandori::engine::test {
namespace {

// ---- The case table, in its words.

TEST_CASE_FIXTURE(
    FailedAtB, "rerun after failed: B stays failed, flagged accepted; C runs; run ends warning") {
  world.ask(model::RerunRun{run, RerunScope::after_failed, ""});
  CHECK(attempts_of(world, run) == "11111");
  CHECK(world.job_state(run, "b") == "failed");
  CHECK(world.job(run, "b").accepted);
  CHECK(world.job_state(run, "c") == "succeeded");
  CHECK(world.run_state(run) == "warning");
  CHECK(world.run(run).has_failure);
}

TEST_CASE_FIXTURE(FailedAtB, "[OPS-09] set B succeeded: flag on B; C starts at once") {
  world.ask(set_to(JobState::succeeded, run, "b"));
  CHECK(attempts_of(world, run) == "11111");
  CHECK(world.job_state(run, "b") == "succeeded");
  REQUIRE(world.job(run, "b").changed_by);
  CHECK(*world.job(run, "b").changed_by == "admin");
  CHECK(world.run_state(run) == "succeeded");
  CHECK(last_audit(world) == "job.set_state five#1/b by admin: because");
  CHECK(world.store.audit.back().before.text_or("state", "") == "failed");
  CHECK(world.store.audit.back().after.text_or("state", "") == "succeeded");
  CHECK(world.attempt(run, "b", 1).state == model::AttemptState::failed);
}

TEST_CASE(
    "[OPS-09] set running B succeeded: refused: kill B first, or leave it running with a reason") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("b", {exits(1, 10min)});
  const std::string run = world.start("five");
  const auto refused = world.try_ask(set_to(JobState::succeeded, run, "b"));
  REQUIRE(!refused);
  CHECK(refused.error().code == "job.running");
  CHECK(refused.error().message.find("pid 4711") != std::string::npos);
  const auto silent = world.try_send(set_to(JobState::succeeded, run, "b", true), false, {}, "");
  REQUIRE(!silent);
  CHECK(silent.error().code == "operation.reason_needed");

  const Json preview = world.preview(set_to(JobState::succeeded, run, "b", true));
  CHECK(preview["warnings"].items().at(0).text_or("code", "") == "preview.left_running");
  CHECK(preview["warnings"].items().at(0).integer_or("pid", 0) == 4711);

  world.ask(set_to(JobState::succeeded, run, "b", true));
  CHECK(world.job_state(run, "c") == "succeeded");
  CHECK(world.run_state(run) == "running");  // B's process still holds its slot
  world.restart();
  world.run_for(1h);
  CHECK(world.attempt(run, "b", 1).state == model::AttemptState::failed);
  CHECK(world.job_state(run, "b") == "succeeded");  // recorded, not applied
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("[OPS-09] a state set to failed takes back what only waits for a slot because of it") {
  World world;
  world.agent.slots = 1;
  world.connect();
  WorkflowBuilder flow{"five"};
  flow.add("a");
  flow.add("b", {"a"});
  flow.add("c", {"a"});
  flow.add("d", {"b"});
  world.define(flow);
  world.script("b", {exits(0, 10min)});
  const std::string run = world.start("five");
  REQUIRE(world.job_state(run, "b") == "running");
  REQUIRE(world.job_state(run, "c") == "wait_pool");
  world.ask(on(Operation::force, run, "d"));
  world.ask(set_to(JobState::failed, run, "a"));
  CHECK(world.job_state(run, "b") == "running");  // it has started
  CHECK(world.job_state(run, "c") == "not_run");
  CHECK(world.job_state(run, "d") == "wait_pool");  // it does not wait because of A
  world.restart();
  world.run_for(1h);
  CHECK(world.run_state(run) == "failed");
  CHECK(world.job(run, "c").attempts == 0);
  CHECK(world.job_state(run, "d") == "succeeded");
}

TEST_CASE("a job left running can be killed, also with its run") {
  for (const bool whole : {false, true}) {
    World world;
    WorkflowBuilder flow = five_jobs();
    world.define(flow);
    world.script("b", {hangs()});
    const std::string run = world.start("five");
    world.ask(set_to(JobState::succeeded, run, "b", true));
    world.ask(model::KillRun{run, whole ? "" : "b"});
    world.run_for(1min);
    CHECK(world.attempt(run, "b", 1).state == model::AttemptState::killed);
    CHECK(world.job_state(run, "b") == "succeeded");
    CHECK(is_ended(world.run(run).state));
  }
}

TEST_CASE("a job left running whose host is lost keeps the state that was set") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("b", {hangs()});
  const std::string run = world.start("five");
  world.ask(set_to(JobState::warning, run, "b", true));
  world.post(model::AttemptLost{world.agent.orders.at(1).attempt, "runner_gone"});
  CHECK(world.job_state(run, "b") == "warning");
  CHECK(world.run_state(run) == "warning");
}

TEST_CASE_FIXTURE(FailedAtB, "rerun of last month's run: last month's business date") {
  world.run_for(24h * 31);
  const std::string date = world.run(run).business_date;
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  CHECK(world.run(run).business_date == date);
  std::map<std::string, std::string> env;
  for (const auto& order : world.agent.orders) env = {order.env.begin(), order.env.end()};
  CHECK(env["BIZ_YMD"] == "20261120");
}

TEST_CASE_FIXTURE(AtA, "hold on a running job: refused with a reason") {
  const auto refused = world.try_ask(on(Operation::hold, run, "a"));
  REQUIRE(!refused);
  CHECK(refused.error().code == "job.running");
  CHECK(refused.error().hint.find("dandori kill") != std::string::npos);
}

TEST_CASE_FIXTURE(AtA, "[OPS-06] enable a job whose predecessors are done: starts at once") {
  world.ask(on(Operation::disable, run, "b"));
  world.run_for(1h);
  CHECK(world.job_state(run, "b") == "disabled");
  CHECK(world.run_state(run) == "running");  // the run stays open
  const Json why = world.ask(model::AskWhy{run, "b"});
  const Json& reason = why["reasons"].items().at(0);
  CHECK(reason.text_or("code", "") == "why.disabled");
  CHECK(reason.text_or("by", "") == "admin");
  CHECK(reason.text_or("reason", "") == "because");
  world.restart();
  CHECK(world.job_state(run, "b") == "disabled");
  const Timestamp now = world.now.wall;
  world.ask(on(Operation::enable, run, "b"));
  CHECK(world.starts_of("b").back() == now);
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("[OPS-05] disable over three starts, then enable: the next regular start only") {
  World world;
  WorkflowBuilder flow{"tick"};
  flow.add("a");
  flow.cron("t", "0 * * * *");
  world.define(flow);
  world.run_for(30min);
  world.ask(on(Operation::disable, "tick"));
  CHECK(world.error_of(model::StartRun{"tick", {}, std::nullopt, false}) == "workflow.disabled");
  world.run_for(3h);
  CHECK(world.starts_of("a").empty());
  world.restart();
  world.ask(on(Operation::enable, "tick"));
  CHECK(world.starts_of("a").empty());  // no burst
  world.run_for(1h);
  CHECK(world.starts_of("a") == std::vector{at("2026-11-20T04:00:00Z")});
  CHECK(world.outcomes("tick") ==
        std::vector<std::string>{"01:00 missed disabled", "02:00 missed disabled",
                                 "03:00 missed disabled", "04:00 started"});
}

TEST_CASE("[OPS-05] a workflow that is disabled until a time enables itself then, also late") {
  for (const bool is_down : {false, true}) {
    World world;
    WorkflowBuilder flow{"tick"};
    flow.add("a");
    flow.cron("t", "0 * * * *");
    world.define(flow);
    Operate disable = on(Operation::disable, "tick");
    disable.until = at("2026-11-20T02:30:00Z");
    world.ask(disable);
    if (is_down) world.move_to(at("2026-11-20T04:10:00Z"));
    world.run_until(at("2026-11-20T04:20:00Z"));
    CHECK(world.outcomes("tick") == std::vector<std::string>{"01:00 missed disabled",
                                                             "02:00 missed disabled",
                                                             "03:00 started", "04:00 started"});
    CHECK(differences(world).empty());
  }
}

TEST_CASE(
    "rerun with a job of idempotent: false in the set: named in the preview; held before it") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("b").idempotent = false;
  world.define(flow);
  world.script("b", {exits(1)});
  const std::string run = world.start("five");
  const model::RerunRun rerun{run, RerunScope::failed, ""};
  const Json preview = world.preview(rerun);
  CHECK(write_json(preview["warnings"]) == R"([{"code":"preview.not_idempotent","job":"b"}])");
  world.ask(rerun);
  CHECK(world.job_state(run, "b") == "held");
  CHECK(attempts_of(world, run) == "11011");
  CHECK(differences(world) == "hold five#1/b, undo: dandori release 'five#1/b'\n");
  world.ask(on(Operation::release, run, "b"));
  CHECK(attempts_of(world, run) == "12111");
  CHECK(world.run_state(run) == "succeeded");
}

// ---- Hold and release.

TEST_CASE_FIXTURE(AtA, "[OPS-08] held before a job: it waits; who and when is recorded; release") {
  world.ask(on(Operation::hold, run, "b"));
  CHECK(last_audit(world) == "job.hold five#1/b by admin: because");
  CHECK(world.job_state(run, "b") == "held");
  world.run_for(1h);
  CHECK(world.job_state(run, "b") == "held");
  CHECK(world.job_state(run, "e") == "succeeded");
  const Json why = world.ask(model::AskWhy{run, "b"});
  CHECK(why["reasons"].items().at(0).text_or("code", "") == "why.held");
  CHECK(why["reasons"].items().at(0).text_or("since", "") == "2026-11-20T00:00:00Z");
  world.restart();
  CHECK(world.job_state(run, "b") == "held");
  world.ask(on(Operation::release, run, "b"));
  CHECK(last_audit(world) == "job.release five#1/b by admin: because");
  CHECK(world.run_state(run) == "succeeded");
  CHECK(differences(world).empty());
}

TEST_CASE(
    "[OPS-08] held before a workflow: its starts wait in order, and go on when it is released") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.ask(on(Operation::hold, "five"));
  const std::string first = world.start("five");
  const std::string second = world.start("five");
  CHECK(world.run_state(first) == "queued");
  const Json why = world.ask(model::AskWhy{first, ""});
  CHECK(why["reasons"].items().at(0).text_or("code", "") == "why.held");
  world.run_for(1h);
  world.restart();
  CHECK(world.started_jobs().empty());
  world.ask(on(Operation::release, "five"));
  CHECK(world.run_state(first) == "succeeded");
  CHECK(world.run_state(second) == "succeeded");
}

TEST_CASE("on WORKFLOW/JOB a hold acts for every run until it is cleared") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.workflow().overlap = {model::Overlap::parallel, 10, 5};
  world.define(flow);
  world.script("a", {exits(0, 5min)});
  const std::string before = world.start("five");
  world.ask(on(Operation::hold, "five", "b"));
  const std::string after = world.start("five");
  world.run_for(1h);
  CHECK(world.job_state(before, "b") == "held");
  CHECK(world.job_state(after, "b") == "held");
  const auto refused = world.try_ask(on(Operation::release, before, "b"));
  REQUIRE(!refused);
  CHECK(refused.error().code == "mark.not_set");
  CHECK(refused.error().hint.find("dandori release five/b") != std::string::npos);
  world.ask(on(Operation::release, "five", "b"));
  CHECK(world.run_state(before) == "succeeded");
  CHECK(world.run_state(after) == "succeeded");
}

TEST_CASE("what held a job does not count against its start_within") {
  World world;
  WorkflowBuilder flow{"w"};
  flow.add("a").start_within = 10min;
  world.define(flow);
  world.ask(on(Operation::hold, "w", "a"));
  const std::string run = world.start("w");
  world.run_for(2h);
  CHECK(world.job_state(run, "a") == "held");
  world.ask(on(Operation::release, "w", "a"));
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("a held job of a run that is killed ends not_run, and its hold with it") {
  AtA at;
  at.world.ask(on(Operation::hold, at.run, "b"));
  at.world.ask(model::KillRun{at.run, ""});
  at.world.run_for(1min);
  CHECK(at.world.job_state(at.run, "b") == "not_run");
  CHECK(at.world.run_state(at.run) == "killed");
  CHECK(differences(at.world).empty());
}

// ---- Skip.

TEST_CASE_FIXTURE(AtA, "[OPS-07] a skipped job counts as satisfied in its turn, and is shown so") {
  world.ask(on(Operation::skip, run, "b"));
  CHECK(world.job_state(run, "b") == "wait_pred");
  world.run_for(1h);
  CHECK(world.job_state(run, "b") == "skipped");
  CHECK(attempts_of(world, run) == "10111");
  CHECK(world.starts_of("c").at(0) == kStart + 5min);  // not before A was over
  CHECK(world.run_state(run) == "succeeded");
  CHECK(*world.job(run, "b").changed_by == "admin");
}

TEST_CASE_FIXTURE(AtA, "[OPS-07] unskip before its turn: the job runs") {
  world.ask(on(Operation::skip, run, "b"));
  world.ask(on(Operation::unskip, run, "b"));
  world.run_for(1h);
  CHECK(attempts_of(world, run) == "11111");
  CHECK(world.error_of(on(Operation::skip, run, "b")) == "run.ended");
}

TEST_CASE("[OPS-07] a skip of a job whose outputs are read asks for values, and hands them on") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("c").env = {{"ROWS", {"${{ jobs.b.outputs.rows }}", true}}};
  world.define(flow);
  world.script("a", {exits(0, 5min)});
  const std::string run = world.start("five");
  const Json preview = world.preview(on(Operation::skip, run, "b"));
  CHECK(
      write_json(preview["warnings"]) ==
      R"([{"code":"preview.outputs_needed","job":"five#1/b","outputs":[{"name":"rows","readers":["c"]}]}])");
  CHECK(world.error_of(on(Operation::skip, run, "b")) == "job.outputs_needed");
  Operate skip = on(Operation::skip, run, "b");
  skip.values = Json::object({{"rows", 42}});
  world.ask(skip);
  world.run_for(1h);
  CHECK(world.job_state(run, "b") == "skipped");
  std::map<std::string, std::string> env;
  for (const auto& order : world.agent.orders) {
    if (order.path == "c") env = {order.env.begin(), order.env.end()};
  }
  CHECK(env["ROWS"] == "42");
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("a skip ends what is held or waits for its next try: nothing is started") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("b").retry = {{5, 1h, 1.0, 24h, model::Jitter::none, {}, {}}};
  world.define(flow);
  world.script("b", {exits(1)});
  world.ask(on(Operation::hold, "five", "d"));
  const std::string run = world.start("five");
  CHECK(world.job_state(run, "b") == "retry_wait");
  CHECK(world.job_state(run, "d") == "held");
  world.ask(on(Operation::skip, run, "b"));
  world.ask(on(Operation::skip, run, "d"));
  CHECK(world.job_state(run, "b") == "skipped");
  CHECK(world.job_state(run, "d") == "skipped");
  CHECK(world.run_state(run) == "succeeded");
}

// ---- Force.

TEST_CASE_FIXTURE(AtA, "force: the job starts past what it waits for, the rest as before") {
  world.ask(on(Operation::force, run, "c"));
  CHECK(world.job_state(run, "c") == "succeeded");
  CHECK(last_audit(world) == "job.force five#1/c by admin: because");
  CHECK(world.error_of(on(Operation::force, run, "a")) == "job.nothing_to_force");
  world.ask(on(Operation::hold, run, "b"));
  CHECK(world.error_of(on(Operation::force, run, "b")) == "job.held");
  world.ask(on(Operation::release, run, "b"));
  world.run_for(1h);
  CHECK(attempts_of(world, run) == "11111");
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("force: a job that waits for its next try starts at once") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("a").retry = {{5, 1h, 1.0, 24h, model::Jitter::none, {}, {}}};
  world.define(flow);
  world.script("a", {exits(1), exits(0)});
  const std::string run = world.start("five");
  world.ask(on(Operation::force, run, "a"));
  CHECK(world.run_state(run) == "succeeded");
}

// ---- Suspend, drain.

TEST_CASE("an operation that names nothing is refused: it is never one on the server") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  for (const Operation action : {Operation::drain, Operation::hold, Operation::disable}) {
    CHECK(world.error_of(on(action, "")) == "workflow.unknown");
    CHECK(world.error_of(on(action, "", "a")) == "workflow.unknown");
  }
  CHECK(differences(world).empty());
}

TEST_CASE_FIXTURE(
    AtA, "[OPS-12] suspend: no new jobs start, running ones end; resume: it goes on where it was") {
  world.ask(on(Operation::suspend, run));
  CHECK(world.run_state(run) == "suspended");
  world.run_for(1h);
  CHECK(world.job_state(run, "a") == "succeeded");
  CHECK(world.job_state(run, "b") == "held");
  CHECK(world.job_state(run, "c") == "wait_pred");
  CHECK(world.started_jobs() == std::vector<std::string>{"a"});
  const Json why = world.ask(model::AskWhy{run, ""});
  CHECK(why["reasons"].items().at(0).text_or("code", "") == "why.suspended");
  world.restart();
  CHECK(world.run_state(run) == "suspended");
  world.ask(on(Operation::resume, run));
  CHECK(world.run_state(run) == "succeeded");
  CHECK(differences(world).empty());
}

TEST_CASE("[OPS-12] drain before maintenance: no new jobs, running ones end; undrain goes on") {
  for (const bool server : {true, false}) {
    AtA at;
    World& world = at.world;
    world.ask(on(Operation::drain, server ? "server" : "five"));
    const std::string second = world.start("five");
    world.run_for(1h);
    CHECK(world.job_state(at.run, "a") == "succeeded");
    CHECK(world.job_state(at.run, "b") == "held");
    CHECK(world.run_state(second) == "queued");
    CHECK(world.started_jobs() == std::vector<std::string>{"a"});
    CHECK(differences(world) == (server ? "drain server, undo: dandori undrain 'server'\n"
                                        : "drain five, undo: dandori undrain 'five'\n"));
    world.restart();
    CHECK(world.started_jobs() == std::vector<std::string>{"a"});
    world.ask(on(Operation::undrain, server ? "server" : "five"));
    CHECK(world.run_state(at.run) == "succeeded");
    CHECK(world.run_state(second) == "succeeded");
  }
}

}  // namespace
}  // namespace dandori::engine::test
