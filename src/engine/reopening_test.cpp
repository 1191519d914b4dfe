#include "engine/operations_test.h"

// An end that changes: what follows from it is looked at again, and nothing else is.

namespace dandori::engine::test {
namespace {

/// A job after `before`, for the states that are named.
model::Job& after(WorkflowBuilder& flow, const std::string& id, const std::string& before,
                  std::uint32_t states) {
  model::Job& job = flow.add(id, {before});
  job.depends_on.back().states = states;
  return job;
}

constexpr std::uint32_t kNotRun = model::state_bit(JobState::not_run);

/// A failed, X is not run because of it, and Y is for that case. Z keeps the run going.
struct AlarmAfterNotRun {
  World world;
  WorkflowBuilder flow{"alarm"};
  std::string run;
  explicit AlarmAfterNotRun(bool held) {
    flow.add("a");
    flow.add("x", {"a"});
    after(flow, "y", "x", kNotRun);
    flow.add("z");
    world.define(flow);
    world.script("a", {exits(1)});
    world.script("z", {exits(0, 4h)});
    if (held) {
      world.ask(on(Operation::hold, "alarm", "y"));
    } else {
      world.script("y", {exits(0, 3h)});
    }
    run = world.start("alarm");
    REQUIRE(world.job_state(run, "x") == "not_run");
    REQUIRE(world.job_state(run, "y") == (held ? "held" : "running"));
  }
};

TEST_CASE("a job that waits only because another was not run follows it when that runs after all") {
  for (const bool confirmed : {false, true}) {
    CAPTURE(confirmed);
    AlarmAfterNotRun alarm{true};
    World& world = alarm.world;
    world.script("x", {exits(0, 1h)});
    world.ask(confirmed ? on(Operation::confirm, alarm.run, "a")
                        : set_to(JobState::succeeded, alarm.run, "a"));
    CHECK(world.job_state(alarm.run, "x") == "running");
    world.ask(on(Operation::release, "alarm", "y"));
    CHECK(world.job_state(alarm.run, "y") == "wait_pred");
    world.run_for(5h);
    CHECK(world.job_state(alarm.run, "y") == "not_run");
    CHECK(world.starts_of("y").empty());
  }
}

TEST_CASE("a job that runs because another was not run runs on when that runs after all") {
  AlarmAfterNotRun alarm{false};
  World& world = alarm.world;
  world.script("x", {exits(0, 1h)});
  world.run_for(10min);
  world.ask(set_to(JobState::succeeded, alarm.run, "a"));
  world.restart();
  CHECK(world.job_state(alarm.run, "y") == "running");
  world.run_for(5h);
  CHECK(world.run_state(alarm.run) == "succeeded");
}

TEST_CASE("what goes on after a changed end is not repeated unseen") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("c").idempotent = false;
  world.define(flow);
  world.script("b", {exits(0), exits(1)});
  const std::string run = world.start("five");
  REQUIRE(world.run_state(run) == "succeeded");
  model::RerunRun rerun{run, RerunScope::from, "b"};
  world.ask(rerun);
  REQUIRE(world.job_state(run, "c") == "not_run");
  const Operate set = set_to(JobState::succeeded, run, "b");
  CHECK(write_json(world.preview(set)["warnings"]) ==
        R"([{"code":"preview.not_idempotent","job":"c"}])");
  world.ask(set);
  CHECK(world.job_state(run, "c") == "held");
  CHECK(world.job(run, "c").attempts == 1);
  world.ask(on(Operation::release, run, "c"));
  CHECK(world.job(run, "c").attempts == 2);
  CHECK(world.run_state(run) == "succeeded");
}

// ---- What a rerun takes.

TEST_CASE_FIXTURE(FailedAtB, "a failure that was accepted is not repeated, unless it is named") {
  world.script("c", {exits(1)});
  world.ask(on(Operation::confirm, run, "b"));
  REQUIRE(world.run_state(run) == "failed");
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  CHECK(attempts_of(world, run) == "11211");
  CHECK(world.run_state(run) == "warning");
  CHECK(world.error_of(model::RerunRun{run, RerunScope::failed, ""}) == "run.nothing_to_rerun");
  world.ask(model::RerunRun{run, RerunScope::from, "b"});
  CHECK(attempts_of(world, run) == "12311");
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("a job that a newer definition brings does not overtake a failed one before it") {
  World world;
  WorkflowBuilder flow{"grows"};
  flow.add("a");
  flow.add("e");
  world.define(flow);
  world.script("a", {exits(1)});
  const std::string run = world.start("grows");
  REQUIRE(world.run_state(run) == "failed");
  flow.add("n", {"a"});
  world.define(flow);
  for (const RerunScope scope : {RerunScope::only, RerunScope::from}) {
    model::RerunRun rerun{run, scope, "e"};
    rerun.newest = true;
    world.ask(rerun);
    CHECK(world.starts_of("n").empty());
    CHECK(world.job_state(run, "n") == "not_run");
    CHECK(world.run_state(run) == "failed");
  }
  CHECK(world.job(run, "e").attempts == 3);
}

TEST_CASE("a job at the place of one that is gone takes none of its attempts' names") {
  World world;
  WorkflowBuilder both{"moves"};
  both.add("a");
  both.add("b");
  world.define(both);
  const std::string run = world.start("moves");
  REQUIRE(world.run_state(run) == "succeeded");
  const auto newest = [&](const std::vector<std::string>& jobs) {
    WorkflowBuilder next{"moves"};
    for (const std::string& job : jobs) next.add(job);
    next.workflow().title = "with " + std::to_string(jobs.size()) + jobs.back();
    model::WorkflowDefinition made = next.done();
    made.canonical = next.workflow().title;
    world.ask(model::ApplyDefinitions{{made}, {}, {}, false});
    model::RerunRun rerun{run, RerunScope::only, "a"};
    rerun.newest = true;
    world.ask(rerun);
  };
  newest({"a"});
  newest({"a", "c"});
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.job(run, "c").attempts > 1);
  std::set<model::AttemptRef> names;
  for (const auto& order : world.agent.orders) CHECK(names.insert(order.attempt).second);
}

TEST_CASE("work that is noted twice outlives a run without harm, also when it gets fewer jobs") {
  World world;
  WorkflowBuilder flow{"shrinks"};
  flow.add("a");
  world.define(flow);
  world.script("a", {exits(0, 1h)});
  const std::string run = world.start("shrinks");
  world.state->settling.push_back({world.run(run).id, 1'000'000});
  world.pump();
  world.run_for(2h);
  CHECK(world.run_state(run) == "succeeded");
}

// ---- What the journal says of it.

std::string last_reopened(const World& world) {
  std::string body;
  for (const model::JournalRow& row : world.store.journal) {
    if (row.kind == "run.reopened") body = write_json(row.body);
  }
  return body;
}

TEST_CASE(
    "the journal says what reopened a run: a rerun, a state that is set, an accepted failure") {
  FailedAtB at;
  at.world.ask(set_to(JobState::succeeded, at.run, "b"));
  CHECK(last_reopened(at.world) == R"({"action":"job.set_state","job":"b"})");
  FailedAtB other;
  other.world.ask(on(Operation::confirm, other.run, "b"));
  CHECK(last_reopened(other.world) == R"({"action":"job.confirm","job":"b"})");
  FailedAtB third;
  third.world.ask(model::RerunRun{third.run, RerunScope::failed, ""});
  CHECK(last_reopened(third.world) == R"({"action":"run.rerun","scope":"failed"})");
  third.world.ask(model::RerunRun{third.run, RerunScope::from, "d"});
  CHECK(last_reopened(third.world) == R"({"action":"run.rerun","scope":"from","job":"d"})");
}

}  // namespace
}  // namespace dandori::engine::test
