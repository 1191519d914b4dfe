#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

using model::JobState;
using model::Operate;
using model::Operation;
using model::RerunScope;

/// A→B→C and A→D→E, as in the case table of the operations.
WorkflowBuilder five_jobs() {
  WorkflowBuilder flow{"five"};
  flow.add("a");
  flow.add("b", {"a"});
  flow.add("c", {"b"});
  flow.add("d", {"a"});
  flow.add("e", {"d"});
  return flow;
}

Operate on(Operation action, std::string target, std::string job = {}) {
  Operate request;
  request.action = action;
  const bool is_run = target.find('#') != std::string::npos;
  (is_run ? request.run : request.workflow) = std::move(target);
  request.job = std::move(job);
  return request;
}

Operate set_to(JobState state, std::string run, std::string job, bool leave_running = false) {
  Operate request = on(Operation::set_state, std::move(run), std::move(job));
  request.state = state;
  request.leave_running = leave_running;
  return request;
}

std::string attempts_of(const World& world, const std::string& run) {
  std::string text;
  for (const char* id : {"a", "b", "c", "d", "e"})
    text += std::to_string(world.job(run, id).attempts);
  return text;
}

/// The last audit line: `action target by reason`.
std::string last_audit(const World& world) {
  const model::AuditRow& row = world.store.audit.back();
  return row.action + " " + row.target + " by " + row.actor.name + ": " + row.actor.reason;
}

std::string differences(World& world) {
  std::string text;
  const Json answer = world.ask(model::AskDifferences{});
  for (const Json& item : answer["items"].items()) {
    text += std::string{item.text_or("kind", "")} + " " + std::string{item.text_or("target", "")} +
            ", undo: " + std::string{item["undo"].text_or("command", "")} + "\n";
  }
  return text;
}

/// A has started and hangs; nothing else has.
struct AtA {
  World world;
  WorkflowBuilder flow = five_jobs();
  std::string run;
  AtA() {
    world.define(flow);
    world.script("a", {exits(0, 5min)});
    run = world.start("five");
    REQUIRE(world.job_state(run, "a") == "running");
  }
};

struct FailedAtB {
  World world;
  WorkflowBuilder flow = five_jobs();
  std::string run;
  FailedAtB() {
    world.define(flow);
    world.script("b", {exits(1)});
    run = world.start("five");
    REQUIRE(world.run_state(run) == "failed");
    REQUIRE(attempts_of(world, run) == "11011");
    world.run_for(1h);
  }
};

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
    world.ask(on(Operation::drain, server ? "" : "five"));
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
    world.ask(on(Operation::undrain, server ? "" : "five"));
    CHECK(world.run_state(at.run) == "succeeded");
    CHECK(world.run_state(second) == "succeeded");
  }
}

// ---- One job alone.

TEST_CASE("[OPS-03] one job runs outside the flow, whatever state it has, marked") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("c").env = {{"ROWS", {"${{ jobs.b.outputs.rows }}", true}}};
  world.define(flow);
  world.script("b", {writes("rows=7\n")});
  const std::string run = world.start("five");
  REQUIRE(world.run_state(run) == "succeeded");
  world.script("a", {hangs()});
  const std::string running = world.start("five");
  for (const std::string& like : {run, running, std::string{}}) {
    const std::string job = like == running ? "a" : "c";
    model::StartRun start{"five", {}, std::nullopt, false};
    start.only = job;
    start.like = like;
    if (job == "a") world.script("a", {exits(0)});
    const std::string alone{world.ask(start).text_or("name", "")};
    CHECK(world.run(alone).only_job == job);
    CHECK(world.job_state(alone, "d") == "bypassed");
    // Without a run to take them from, the outputs that it reads are missing.
    CHECK(world.run_state(alone) == (like.empty() ? "failed" : "succeeded"));
    CHECK(world.job(alone, "e").attempts == 0);
  }
  CHECK(world.run_state(running) == "running");
  world.restart();
  world.ask(model::RerunRun{"five#5", RerunScope::whole, ""});
  CHECK(world.job(std::string{"five#5"}, "c").attempts == 2);
  CHECK(world.job(std::string{"five#5"}, "a").attempts == 0);
}

TEST_CASE("nothing follows a job that ran alone, whatever state is set") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("b", {exits(1)});
  model::StartRun start{"five", {}, std::nullopt, false};
  start.only = "b";
  const std::string alone{world.ask(start).text_or("name", "")};
  world.ask(set_to(JobState::succeeded, alone, "b"));
  CHECK(world.run_state(alone) == "succeeded");
  CHECK(world.starts_of("c").empty());
}

// ---- Rerun forms.

TEST_CASE_FIXTURE(FailedAtB, "rerun with hold: stops before the job that is named, or the first") {
  model::RerunRun rerun{run, RerunScope::failed, ""};
  rerun.hold = {"c"};
  world.ask(rerun);
  CHECK(attempts_of(world, run) == "12011");
  CHECK(world.job_state(run, "c") == "held");
  world.ask(model::KillRun{run, ""});
  rerun.hold.clear();
  rerun.hold_first = true;
  world.ask(rerun);
  CHECK(world.job_state(run, "c") == "held");
  world.ask(on(Operation::release, run, "c"));
  CHECK(world.run_state(run) == "succeeded");
  rerun = {run, RerunScope::only, "e"};
  rerun.hold = {"a"};
  CHECK(world.error_of(rerun) == "job.not_in_rerun");
}

TEST_CASE_FIXTURE(FailedAtB, "[OPS-10] rerun by the old or the newest definition, as chosen") {
  flow.job("b").command = {{"mended", false}};
  world.define(flow);
  const auto text_of_b = [&] {
    std::string text;
    for (const auto& order : world.agent.orders) {
      if (order.path == "b") text = order.argv[2];
    }
    return text;
  };
  world.script("b", {exits(1), exits(0)});
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  CHECK(text_of_b() == "true");
  CHECK(world.run(run).revision == 1);
  model::RerunRun newest{run, RerunScope::failed, ""};
  newest.newest = true;
  world.ask(newest);
  CHECK(text_of_b() == "mended");
  CHECK(world.run(run).revision == 2);
  CHECK(world.run_state(run) == "succeeded");
  CHECK(attempts_of(world, run) == "13111");
}

TEST_CASE_FIXTURE(
    FailedAtB,
    "[OPS-10] a newer definition with other jobs: kept jobs keep their end, new ones run, and no "
    "attempt gets the name of an earlier one") {
  WorkflowBuilder other{"five"};
  other.add("first");
  other.add("a", {"first"});
  other.add("b", {"a"});
  other.add("c", {"b"});
  other.add("e", {"a"});
  other.workflow().title = "changed";
  (void)other.done();
  world.define(other);
  std::set<model::AttemptRef> before;
  for (const auto& order : world.agent.orders) before.insert(order.attempt);
  model::RerunRun newest{run, RerunScope::failed, ""};
  newest.newest = true;
  world.ask(newest);
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.job_state(run, "first") == "succeeded");
  CHECK(world.job(run, "a").attempts == 1);
  for (std::size_t i = before.size(); i < world.agent.orders.size(); ++i) {
    CHECK(before.count(world.agent.orders[i].attempt) == 0);
    CHECK(world.agent.orders[i].attempt.number > 1);
  }
  world.restart();
}

TEST_CASE_FIXTURE(FailedAtB, "confirm of one job: it stays failed, and what it held back goes on") {
  world.ask(on(Operation::confirm, run, "b"));
  CHECK(attempts_of(world, run) == "11111");
  CHECK(world.job_state(run, "b") == "failed");
  CHECK(world.run_state(run) == "warning");
  CHECK(world.error_of(on(Operation::confirm, run, "a")) == "job.nothing_to_confirm");
}

TEST_CASE("hold of a queued run: it waits, and those behind it, until it is released") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("a", {exits(0, 5min)});
  const std::string first = world.start("five");
  const std::string second = world.start("five");
  CHECK(world.error_of(on(Operation::hold, first)) == "run.started");
  world.ask(on(Operation::hold, second));
  world.run_for(1h);
  world.restart();
  CHECK(world.run_state(first) == "succeeded");
  CHECK(world.run_state(second) == "queued");
  const Json why = world.ask(model::AskWhy{second, ""});
  CHECK(why["reasons"].items().at(0).text_or("code", "") == "why.held");
  world.ask(on(Operation::release, second));
  CHECK(world.run_state(second) == "succeeded");
}

// ---- Previews.

TEST_CASE_FIXTURE(FailedAtB, "a plan that is quoted is refused once the world has moved") {
  const model::RerunRun rerun{run, RerunScope::failed, ""};
  const Json preview = world.preview(rerun);
  CHECK(write_json(preview["counts"]) == R"({"keep":3,"start":1,"wait":1})");
  CHECK(preview.text_or("run_state", "") == "running");
  CHECK(preview.text_or("command", "") == "dandori rerun 'five#1' --from failed");
  CHECK(write_json(preview["jobs"].items().at(0)) ==
        R"({"run":"five#1","job":"b","title":"","effect":"start","state":"failed",)"
        R"("state_after":"wait_pool","attempt":2})");
  CHECK(preview["jobs"].items().at(1).text_or("state_after", "") == "wait_pred");
  const std::string plan{preview.text_or("plan_id", "")};
  world.ask(model::ConfirmRun{run});
  const auto stale = world.try_send(rerun, false, plan, "because");
  REQUIRE(!stale);
  CHECK(stale.error().code == "plan.stale");
  const std::string fresh{world.preview(rerun).text_or("plan_id", "")};
  CHECK(world.try_send(rerun, false, fresh, "because").has_value());
}

TEST_CASE_FIXTURE(AtA, "a preview changes nothing and is refused as the request would be") {
  const std::string before = dump(*world.state);
  const std::size_t writes = world.store.writes;
  const Json preview = world.preview(model::KillRun{run, ""});
  const Json& stop = preview["warnings"].items().at(0);
  CHECK(stop.text_or("code", "") == "preview.stops");
  CHECK(stop.text_or("job", "") == "five#1/a");
  CHECK(stop.integer_or("pid", 0) == 4711);
  CHECK(write_json(preview["counts"]) == R"({"not_run":4,"stop":1})");
  CHECK(dump(*world.state) == before);
  CHECK(world.store.writes == writes);
  const auto refused = world.try_send(on(Operation::hold, run, "a"), true, {}, "because");
  REQUIRE(!refused);
  CHECK(refused.error().code == "job.running");
}

TEST_CASE_FIXTURE(AtA, "operations that make no sense somewhere are refused, and name the remedy") {
  CHECK(world.error_of(on(Operation::suspend, "five")) == "operation.not_here");
  CHECK(world.error_of(on(Operation::hold, "")) == "operation.not_here");
  CHECK(world.error_of(on(Operation::drain, run)) == "operation.not_here");
  CHECK(world.error_of(on(Operation::hold, "fivee")) == "workflow.unknown");
  CHECK(world.error_of(on(Operation::hold, "five", "x")) == "workflow.unknown_job");
  CHECK(world.error_of(on(Operation::hold, run, "x")) == "job.unknown");
  CHECK(world.error_of(on(Operation::resume, run)) == "mark.not_set");
  CHECK(world.error_of(on(Operation::release, "five#9", "a")) == "run.unknown");
  CHECK(world.error_of(set_to(JobState::running, run, "b")) == "job.bad_state");
  Operate past = on(Operation::disable, "five");
  past.until = kStart - 1h;
  CHECK(world.error_of(past) == "operation.until_past");
  world.run_for(1h);
  CHECK(world.error_of(on(Operation::hold, run, "a")) == "run.ended");
}

TEST_CASE_FIXTURE(AtA, "an operation that is done twice changes nothing the second time") {
  world.ask(on(Operation::hold, run, "b"));
  const std::size_t lines = world.store.audit.size();
  world.ask(on(Operation::hold, run, "b"));
  CHECK(world.store.audit.size() == lines);
}

}  // namespace
}  // namespace dandori::engine::test
