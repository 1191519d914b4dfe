#include "engine/operations_test.h"

namespace dandori::engine::test {
namespace {

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
    const Json why = world.ask(model::AskWhy{alone, "d"});
    CHECK(write_json(why["reasons"]) ==
          R"([{"code":"why.bypassed","ok":true,"because":"alone","only":")" + job + R"("}])");
    // Without a run to take them from, the outputs that it reads are missing.
    CHECK(world.run_state(alone) == (like.empty() ? "failed" : "succeeded"));
    CHECK(world.job(alone, "e").attempts == 0);
  }
  CHECK(world.run_state(running) == "running");
  model::StartRun nothing{"five", {}, std::nullopt, false};
  nothing.only = "x";
  CHECK(world.error_of(nothing) == "workflow.unknown_job");
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

TEST_CASE("a job run alone like another run takes that run's parameters, but for those given") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.workflow().params = {{"x", model::ParamType::string, false, "none", {}, ""},
                            {"y", model::ParamType::string, false, "none", {}, ""}};
  WorkflowBuilder other{"other"};
  other.add("b");
  world.define(flow);
  world.define(other);
  const std::string run = world.start("five", Json::object({{"x", "1"}, {"y", "2"}}));
  model::StartRun start{"five", Json::object({{"x", "9"}}), std::nullopt, false};
  start.only = "b";
  start.like = run;
  const std::string alone{world.ask(start).text_or("name", "")};
  CHECK(write_json(world.run(alone).params) == R"({"x":"9","y":"2"})");
  start.workflow = "other";
  CHECK(world.error_of(start) == "request.bad_field");
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

TEST_CASE_FIXTURE(FailedAtB, "the preview of what leaves a run over says how the run is then") {
  CHECK(world.preview(set_to(JobState::succeeded, run, "b")).text_or("run_state", "") == "running");
  CHECK(world.preview(on(Operation::confirm, run, "b")).text_or("run_state", "") == "running");
  CHECK(world.preview(model::ConfirmRun{run}).text_or("run_state", "") == "failed");
  CHECK(world.preview(set_to(JobState::warning, run, "e")).text_or("run_state", "") == "failed");
}

TEST_CASE("the command that a preview names is the same request, for a shell") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.workflow().params = {{"x", model::ParamType::string, true, {}, {}, ""}};
  world.define(flow);
  const model::StartRun start{"five", Json::object({{"x", "it's 1"}}), "2026-11-19", false};
  CHECK(world.preview(start).text_or("command", "") ==
        R"(dandori run 'five' --business-date '2026-11-19' -p 'x=it'\''s 1')");
  Operate skip = on(Operation::skip, "five", "c");
  skip.values = Json::object({{"rows", 7}});
  CHECK(world.preview(skip).text_or("command", "") == "dandori skip 'five/c' --value 'rows=7'");
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
  CHECK(world.error_of(on(Operation::hold, "server")) == "operation.not_here");
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
