#include "engine/operations_test.h"

// What operators did by hand reaches the jobs that it names, and no others, for as long as it
// stands.

namespace dandori::engine::test {
namespace {

std::string run_alone(World& world, const std::string& job) {
  model::StartRun start{"five", {}, std::nullopt, false};
  start.only = job;
  return std::string{world.ask(start).text_or("name", "")};
}

TEST_CASE("a hold on a job that is run alone is released, whatever is said of every run") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("b").idempotent = false;
  world.define(flow);
  world.ask(on(Operation::hold, "five", "b"));
  const std::string alone = run_alone(world, "b");
  REQUIRE(world.run_state(alone) == "succeeded");
  model::RerunRun rerun{alone, RerunScope::whole, ""};
  rerun.hold_first = true;
  world.ask(rerun);
  REQUIRE(world.job_state(alone, "b") == "held");
  world.ask(on(Operation::release, alone, "b"));
  CHECK(world.job_state(alone, "b") == "succeeded");
  CHECK(world.job(alone, "b").attempts == 2);
}

TEST_CASE("a hold of one run and a hold of every run: the job goes on when both are released") {
  AtA at;
  World& world = at.world;
  world.ask(on(Operation::hold, at.run, "b"));
  world.ask(on(Operation::hold, "five", "b"));
  world.run_for(1h);
  world.ask(on(Operation::release, at.run, "b"));
  CHECK(world.job_state(at.run, "b") == "held");
  world.ask(on(Operation::release, "five", "b"));
  CHECK(world.run_state(at.run) == "succeeded");
}

// ---- A workflow that gets another name.

WorkflowBuilder renamed_five() {
  WorkflowBuilder flow{"cinque"};
  flow.add("a");
  flow.add("b", {"a"});
  flow.add("c", {"b"});
  flow.add("d", {"a"});
  flow.add("e", {"d"});
  flow.workflow().renamed_from = "five";
  return flow;
}

TEST_CASE("a workflow that gets another name takes along what operators did to it") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.ask(on(Operation::hold, "five", "b"));
  world.ask(on(Operation::hold, "five"));
  Operate disable = on(Operation::disable, "five");
  disable.until = kStart + 1h;
  world.ask(disable);
  WorkflowBuilder renamed = renamed_five();
  world.define(renamed);
  CHECK(differences(world) ==
        "hold cinque, undo: dandori release 'cinque'\n"
        "disable cinque, undo: dandori enable 'cinque'\n"
        "hold cinque/b, undo: dandori release 'cinque/b'\n");
  CHECK(world.error_of(model::StartRun{"cinque", {}, std::nullopt, false}) == "workflow.disabled");
  world.run_for(2h);  // `until` is over under the new name too
  world.restart();
  const std::string run = world.start("cinque");
  CHECK(world.run_state(run) == "queued");
  world.ask(on(Operation::release, "cinque"));
  CHECK(world.job_state(run, "b") == "held");
  world.ask(on(Operation::release, "cinque", "b"));
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("runs under the old name of a workflow keep what holds them") {
  AtA at;
  World& world = at.world;
  world.ask(on(Operation::hold, "five", "b"));
  WorkflowBuilder renamed = renamed_five();
  world.define(renamed);
  world.run_for(1h);
  CHECK(world.job_state(at.run, "b") == "held");
  world.ask(on(Operation::release, "five", "b"));
  CHECK(world.run_state(at.run) == "succeeded");
  CHECK(differences(world) == "hold cinque/b, undo: dandori release 'cinque/b'\n");
}

// ---- The end of a disable.

TEST_CASE(
    "a disable that ends does so after the instants under it, however late they are decided") {
  World world;
  WorkflowBuilder flow{"hourly"};
  flow.add("a");
  flow.cron("t", "0 * * * *").catch_up = {model::CatchUp::all, std::nullopt};
  world.define(flow);
  Operate disable = on(Operation::disable, "hourly");
  disable.until = kStart + 70min;
  world.ask(disable);
  WorkflowBuilder other = five_jobs();
  world.define(other);
  world.run_until(kStart + 50min);
  world.disconnect();
  world.start("five");  // starts when the agent is back: the turn has more to do then
  world.crash();
  // A turn at 01:05 was full before it came to 01:00: outcomes up to then are looked up first.
  world.store.counters->clock_high = kStart + 65min;
  world.move_to(kStart + 90min);
  world.restart();
  CHECK(world.outcomes("hourly") == std::vector<std::string>{"01:00 missed disabled"});
}

TEST_CASE_FIXTURE(AtA, "the end of a disable stands in the journal of the run that it was of") {
  Operate of_run = on(Operation::disable, run, "b");
  of_run.until = kStart + 1h;
  world.ask(of_run);
  Operate of_all = on(Operation::disable, "five", "d");
  of_all.until = kStart + 2h;
  world.ask(of_all);
  world.run_for(3h);
  std::map<std::string, RunId> runs;
  for (const model::JournalRow& row : world.store.journal) {
    if (row.kind == "job.enabled") runs[row.job] = row.run;
  }
  REQUIRE(runs.size() == 2);
  CHECK(runs["b"] == world.run(run).id);
  CHECK(runs["d"].is_nil());
}

}  // namespace
}  // namespace dandori::engine::test
