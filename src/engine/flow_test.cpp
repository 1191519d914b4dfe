#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

using model::JobState;

TEST_CASE("[FLW-01] a job starts only after the job it waits for has ended") {
  World world;
  WorkflowBuilder flow{"flow"};
  flow.add("a");
  flow.add("b", {"a"});
  world.define(flow);
  world.script("a", {exits(0, 5min)});
  const std::string run = world.start("flow");
  CHECK(world.job_state(run, "b") == "wait_pred");
  CHECK(world.started_jobs() == std::vector<std::string>{"a"});
  world.run_for(1h);
  CHECK(world.starts_of("b") == std::vector{kStart + 5min});
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("[FLW-02] what waits for a failed job ends not_run, with the reason") {
  World world;
  WorkflowBuilder flow{"flow"};
  flow.add("a");
  flow.add("b", {"a"});
  flow.add("c", {"b"});
  world.define(flow);
  world.script("a", {exits(1)});
  const std::string run = world.start("flow");
  CHECK(world.job_state(run, "a") == "failed");
  CHECK(world.job_state(run, "b") == "not_run");
  CHECK(world.job_state(run, "c") == "not_run");
  CHECK(world.run_state(run) == "failed");
  CHECK(world.started_jobs() == std::vector<std::string>{"a"});
  const Json why = world.ask(model::AskWhy{run, "c"});
  const Json& reason = why["reasons"].items().at(0);
  CHECK(reason.text_or("code", "") == "why.not_run");
  CHECK(write_json(reason["causes"]) == "[\"a\"]");
}

TEST_CASE("[FLW-03] jobs of parallel branches overlap in time") {
  World world;
  WorkflowBuilder flow{"flow"};
  flow.add("a");
  flow.add("b", {"a"});
  flow.add("c", {"a"});
  world.define(flow);
  world.script("b", {exits(0, 5min)});
  world.script("c", {exits(0, 5min)});
  const std::string run = world.start("flow");
  CHECK(world.job_state(run, "b") == "running");
  CHECK(world.job_state(run, "c") == "running");
  world.run_for(5min);
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("a join starts on all, on the first, or on n of its predecessors") {
  World world;
  WorkflowBuilder flow{"flow"};
  for (const char* id : {"a", "b", "c"}) flow.add(id);
  flow.add("all", {"a", "b", "c"});
  flow.add("any", {"a", "b", "c"}).join = model::Join::any;
  model::Job& two = flow.add("two", {"a", "b", "c"});
  two.join = model::Join::at_least;
  two.join_count = 2;
  world.define(flow);
  world.script("a", {exits(0, 1min)});
  world.script("b", {exits(0, 2min)});
  world.script("c", {exits(0, 3min)});
  const std::string run = world.start("flow");
  world.run_for(1h);
  CHECK(world.starts_of("any") == std::vector{kStart + 1min});
  CHECK(world.starts_of("two") == std::vector{kStart + 2min});
  CHECK(world.starts_of("all") == std::vector{kStart + 3min});
}

TEST_CASE("a join that cannot come true any more ends not_run at once") {
  World world;
  WorkflowBuilder flow{"flow"};
  for (const char* id : {"a", "b", "c"}) flow.add(id);
  flow.add("all", {"a", "b", "c"});
  model::Job& two = flow.add("two", {"a", "b", "c"});
  two.join = model::Join::at_least;
  two.join_count = 2;
  flow.add("any", {"a", "b", "c"}).join = model::Join::any;
  world.define(flow);
  world.script("a", {exits(1, 1min)});
  world.script("b", {exits(1, 2min)});
  world.script("c", {exits(1, 3min)});
  const std::string run = world.start("flow");
  world.run_for(1min);
  CHECK(world.job_state(run, "all") == "not_run");
  CHECK(world.job_state(run, "two") == "wait_pred");
  world.run_for(1min);
  CHECK(world.job_state(run, "two") == "not_run");
  CHECK(world.job_state(run, "any") == "wait_pred");
  world.run_for(1min);
  CHECK(world.job_state(run, "any") == "not_run");
  CHECK(world.run_state(run) == "failed");
}

TEST_CASE("a job that names failed in its states runs after a failure, and the run still fails") {
  World world;
  WorkflowBuilder flow{"flow"};
  flow.add("a");
  flow.add("undo", {"a"}).depends_on[0].states = model::state_bit(JobState::failed);
  world.define(flow);
  world.script("a", {exits(1)});
  const std::string run = world.start("flow");
  CHECK(world.job_state(run, "undo") == "succeeded");
  CHECK(world.run_state(run) == "failed");
}

TEST_CASE("a job switched off is bypassed, and so is what only it leads to") {
  World world;
  WorkflowBuilder flow{"flow"};
  flow.add("a");
  flow.add("off", {"a"}).enabled = false;
  flow.add("after_off", {"off"});
  flow.add("both", {"after_off", "a"});
  flow.add("names_it", {"off"}).depends_on[0].states =
      model::state_bit(JobState::bypassed) | model::state_bit(JobState::succeeded);
  world.define(flow);
  world.script("a", {exits(0, 1min)});
  const std::string run = world.start("flow");
  CHECK(world.job_state(run, "off") == "bypassed");
  CHECK(world.job_state(run, "after_off") == "bypassed");
  CHECK(world.job_state(run, "names_it") == "succeeded");
  world.run_for(1min);
  CHECK(world.job_state(run, "both") == "succeeded");
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("a bypassed chain and a not_run chain of 50,000 jobs end without recursion") {
  for (const bool bypass : {true, false}) {
    World world;
    world.check_rebuild = false;
    WorkflowBuilder flow{"chain"};
    flow.workflow().jobs.reserve(50'000);
    for (std::uint32_t i = 0; i < 50'000; ++i) {
      model::Job& job = flow.add("j" + std::to_string(i));
      if (i > 0) job.depends_on.push_back({i - 1, model::kSatisfied});
    }
    flow.workflow().jobs.front().enabled = !bypass;
    world.define(flow);
    world.script("j0", {exits(1)});
    const std::string run = world.start("chain");
    CHECK(world.run_state(run) == (bypass ? "succeeded" : "failed"));
    CHECK(dump(*world.state) == dump(*world.rebuilt()));
  }
}

TEST_CASE("one job, 50,000 in the middle, and one at the end take linear time") {
  World world;
  world.check_rebuild = false;
  WorkflowBuilder flow{"fan"};
  flow.workflow().jobs.reserve(50'002);
  flow.noop("first");
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    flow.noop("m" + std::to_string(i)).depends_on.push_back({0, model::kSatisfied});
  }
  model::Job& last = flow.noop("last");
  for (std::uint32_t i = 1; i <= 50'000; ++i) last.depends_on.push_back({i, model::kSatisfied});
  world.define(flow);
  const std::string run = world.start("fan");
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.turns > 25);  // bounded turns
}

TEST_CASE("exit codes in the warning band end in warning, and successors go on") {
  World world;
  WorkflowBuilder flow{"flow"};
  flow.add("a").exit_warning = {{1, 7}};
  flow.add("b", {"a"}).exit_success = {{3, 3}};
  world.define(flow);
  world.script("a", {exits(4)});
  world.script("b", {exits(3)});
  const std::string run = world.start("flow");
  CHECK(world.job_state(run, "a") == "warning");
  CHECK(world.job_state(run, "b") == "succeeded");
  CHECK(world.run_state(run) == "warning");
}

TEST_CASE("higher priority starts first, then the longer wait, when slots are few") {
  World world;
  world.agent.slots = 1;
  world.connect();
  WorkflowBuilder flow{"flow"};
  flow.add("low").priority = 10;
  flow.add("middle");
  flow.add("high").priority = 90;
  world.define(flow);
  for (const char* id : {"low", "middle", "high"}) world.script(id, {exits(0, 1min)});
  const std::string run = world.start("flow");
  CHECK(world.job_state(run, "low") == "wait_pool");
  const Json why = world.ask(model::AskWhy{run, "low"});
  CHECK(write_json(why).find("why.slots") != std::string::npos);
  world.run_for(1h);
  CHECK(world.started_jobs() == std::vector<std::string>{"high", "middle", "low"});
}

TEST_CASE("turns of one event and one change reach the same end") {
  std::vector<std::string> ends;
  for (const TurnLimits limits : {TurnLimits{}, TurnLimits{1, 1}}) {
    World world{limits};
    WorkflowBuilder flow{"flow"};
    flow.add("a");
    flow.noop("b", {"a"});
    flow.add("c", {"b"});
    flow.add("d", {"b"}).retry = {{2, 1min, 2.0, 24h, model::Jitter::none, {}, {}}};
    flow.add("e", {"c", "d"});
    world.define(flow);
    world.script("d", {exits(1, 10s), exits(1, 10s), exits(0, 10s)});
    const std::string run = world.start("flow");
    world.run_for(1h);
    std::string end = world.run_state(run);
    for (const char* id : {"a", "b", "c", "d", "e"}) {
      end += " " + world.job_state(run, id) + std::to_string(world.job(run, id).attempts);
      end += "@" + std::to_string((world.job(run, id).ended_at - kStart).count());
    }
    ends.push_back(end);
  }
  CHECK(ends[0] == ends[1]);
  CHECK(ends[0].find("d") != std::string::npos);
}

TEST_CASE("a no-op job costs at most 4 rows, a process job at most 6") {
  for (const bool process : {false, true}) {
    World world;
    world.check_rebuild = false;
    WorkflowBuilder flow{"flow"};
    constexpr int kJobs = 1'000;
    for (int i = 0; i < kJobs; ++i) {
      if (process) {
        flow.add("j" + std::to_string(i));
      } else {
        flow.noop("j" + std::to_string(i));
      }
    }
    world.agent.slots = 256;
    world.connect();
    world.define(flow);
    const std::size_t before = world.store.writes;
    const std::string run = world.start("flow");
    REQUIRE(world.run_state(run) == "succeeded");
    const double rows = static_cast<double>(world.store.writes - before) / kJobs;
    CHECK(rows <= (process ? 6.1 : 4.0));
  }
}

}  // namespace
}  // namespace dandori::engine::test
