#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

using model::JobState;
using model::Overlap;

/// Turns of the bound that people get, seen from outside: rows of one decision at most.
constexpr std::size_t kRowsMax = TurnLimits{}.changes_max + 64;

WorkflowBuilder wide(const std::string& name, int jobs) {
  WorkflowBuilder flow{name};
  for (int i = 0; i < jobs; ++i) flow.add("j" + std::to_string(i));
  return flow;
}

/// A crash between any two turns, for as long as the engine has work left.
void crash_between_turns(World& world) {
  while (world.step()) world.crash();
}

TEST_CASE("a full turn leaves the events that follow for the next one, in their order") {
  World world{TurnLimits{256, 20}};
  WorkflowBuilder flow = wide("flow", 1);
  flow.workflow().overlap = {Overlap::parallel, 1000, 1000};
  world.define(flow);
  std::vector<Envelope> starts;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    model::Command command;
    command.token = 1000 + i;
    command.request = model::StartRun{"flow", {}, std::nullopt, false};
    starts.push_back({std::move(command), {}});
  }
  const Decision decision = decide(*world.state, starts, world.now, world.limits);
  CHECK(decision.events_taken > 0);
  CHECK(decision.events_taken < 20);
  std::vector<std::uint64_t> answered;
  for (const model::Effect& effect : decision.effects) {
    if (const auto* reply = std::get_if<model::Reply>(&effect)) answered.push_back(reply->token);
  }
  REQUIRE(answered.size() == decision.events_taken);
  for (std::size_t i = 0; i < answered.size(); ++i) CHECK(answered[i] == 1001 + i);
}

TEST_CASE("a kill of a run with ten thousand jobs goes over several turns") {
  for (const bool kill : {false, true}) {
    CAPTURE(kill);
    World world;
    world.check_rebuild = false;
    world.agent.slots = 3;
    world.connect();
    WorkflowBuilder flow = wide("wide", 10'000);
    world.define(flow);
    for (int i = 0; i < 10'000; ++i) world.script("j" + std::to_string(i), {hangs()});
    const std::string run = world.start("wide");
    REQUIRE(world.agent.held.size() == 3);
    const std::size_t turns = world.turns;
    world.rows_max = 0;
    if (kill) {
      world.ask(model::KillRun{run, ""});
    } else {
      world.ask(model::CancelRun{run});
    }
    CHECK(world.turns > turns + 5);
    CHECK(world.rows_max <= kRowsMax);
    CHECK(world.job_state(run, "j9999") == "not_run");
    CHECK(world.started_jobs().size() == 3);
    CHECK(world.run_state(run) == "stopping");
    if (!kill) continue;
    world.run_for(1min);
    CHECK(world.run_state(run) == "killed");
  }
}

TEST_CASE("a crash between the turns of a stop loses nothing: the run is ended all the same") {
  for (const bool kill : {false, true}) {
    CAPTURE(kill);
    World world{TurnLimits{1, 1}};
    world.agent.slots = 3;
    world.connect();
    WorkflowBuilder flow = wide("wide", 30);
    for (int i = 0; i < 30; i += 2) {
      flow.job("j" + std::to_string(i)).join = model::Join::any;
    }
    for (int i = 0; i < 3; ++i) {
      flow.job("j" + std::to_string(i)).retry = {{5, 1h, 1.0, 24h, model::Jitter::none, {}, {}}};
      world.script("j" + std::to_string(i), {exits(1)});
    }
    for (int i = 3; i < 30; ++i) world.script("j" + std::to_string(i), {hangs()});
    world.define(flow);
    const std::string run = world.start("wide");
    REQUIRE(world.job_state(run, "j0") == "retry_wait");
    REQUIRE(world.agent.held.size() == 3);
    model::Request stop = model::CancelRun{run};
    if (kill) stop = model::KillRun{run, ""};
    world.queue(std::move(stop));
    crash_between_turns(world);
    world.connect();
    CHECK(world.started_jobs().size() == 6);
    CHECK(world.job_state(run, "j0") == (kill ? "killed" : "failed"));
    CHECK(world.job_state(run, "j29") == "not_run");
    world.run_for(1min);
    CHECK(world.run_state(run) == (kill ? "killed" : "stopping"));
    CHECK(world.job_state(run, "j4") == (kill ? "killed" : "running"));
  }
}

TEST_CASE("a new revision waits until the overdue instants of the one before are decided") {
  World world;
  WorkflowBuilder flow{"minutely"};
  flow.noop("a");
  flow.cron("t", "* * * * *").catch_up = {model::CatchUp::latest, std::nullopt};
  world.define(flow);
  world.check_rebuild = false;
  world.move_to(kStart + 24h * 7 + 30s);
  world.rows_max = 0;
  const std::size_t turns = world.turns;
  flow.workflow().triggers[0].cron = "0 0 1 1 *";
  world.define(flow);
  CHECK(world.store.planned.size() == 7 * 24 * 60);
  CHECK(world.turns > turns + 5);
  CHECK(world.rows_max <= kRowsMax);
  CHECK(world.run("minutely#1").revision == 1);
  CHECK(world.run("minutely#1").scheduled_for == kStart + 24h * 7);
}

TEST_CASE("a crash while a new revision waits loses no instant, and the apply can be asked again") {
  World world{TurnLimits{1, 1}};
  WorkflowBuilder flow{"minutely"};
  flow.noop("a");
  flow.cron("t", "* * * * *").catch_up = {model::CatchUp::none, std::nullopt};
  world.define(flow);
  world.move_to(kStart + 20min + 30s);
  flow.workflow().triggers.clear();
  const model::ApplyDefinitions request{{flow.done()}, {}, {}, false};
  world.queue(request);
  CHECK(world.step());
  CHECK(world.step());
  world.crash();
  CHECK(world.store.revisions.size() == 1);
  CHECK(world.store.planned.size() > 1);
  CHECK(world.store.planned.size() < 20);
  world.ask(request);
  CHECK(world.store.planned.size() == 20);
  CHECK(world.store.revisions.size() == 2);
}

}  // namespace
}  // namespace dandori::engine::test
