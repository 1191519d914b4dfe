// One name, one data folder: what becomes of attempts when another agent asks for the name.
#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

const Uuid kOther{77, 77};

/// A world whose job `a` does not end by itself.
struct Hanging {
  World world;
  std::string run;

  explicit Hanging(model::OnLost on_lost = model::OnLost::hold) {
    WorkflowBuilder flow{"one"};
    flow.add("a");
    flow.add("b", {"a"});
    flow.job("a").on_lost = on_lost;
    world.define(flow);
    world.script("a", {hangs(), exits(0)});
    run = world.start("one");
  }
  /// An agent of the same name with another data folder says hello, beside the one that is there.
  void rival_asks() {
    model::AgentHello hello;
    hello.name = "local";
    hello.instance = kOther;
    hello.host = "elsewhere";
    hello.boot_id = {5, 5};
    hello.slots = hello.running_max = 4;
    world.post(model::AgentConnected{hello, ++world.agent.session});
  }
  /// From now on the world's agent is the other one.
  void rival_comes() {
    world.agent.instance = kOther;
    world.agent.boot = {5, 5};
    world.agent.high = 0;
    world.agent.held.clear();
    world.connect();
  }
  std::size_t replacements() const {
    std::size_t count = 0;
    for (const model::JournalRow& row : world.store.journal)
      count += row.kind == "agent.replaced" ? 1U : 0U;
    return count;
  }
  Uuid recorded() const { return world.store.agents.at("local").instance; }
};

TEST_CASE("a second agent of a name is refused while the first is connected") {
  Hanging story;
  story.rival_asks();
  REQUIRE(story.world.refusals.size() == 1);
  CHECK(story.world.refusals[0].code == "agent.name_taken");
  CHECK(story.world.job_state(story.run, "a") == "running");
  CHECK(story.recorded() == story.world.agent.instance);
  CHECK(story.world.error_of(model::ConfirmRun{story.run}) == "run.nothing_to_confirm");
  story.world.ask(model::KillRun{story.run, ""});
  story.world.run_for(1min);
  CHECK(story.world.job_state(story.run, "a") == "killed");  // its orders still reach the first
}

TEST_CASE("it is refused while attempts of the first are not over, across a restart too") {
  Hanging story;
  story.world.restart();
  story.world.disconnect();
  story.rival_asks();
  REQUIRE(story.world.refusals.size() == 1);
  CHECK(story.world.refusals[0].message.find("one#1") != std::string::npos);
  CHECK(story.world.job_state(story.run, "a") == "running");
  story.world.connect();
  CHECK(story.world.refusals.size() == 1);
  CHECK(story.world.attempt(story.run, "a", 1).state == model::AttemptState::running);
}

TEST_CASE("when the first is gone and owes nothing, the newcomer takes the name") {
  Hanging story;
  story.world.ask(model::KillRun{story.run, ""});
  story.world.run_for(1min);
  story.world.disconnect();
  story.rival_comes();
  CHECK(story.world.refusals.empty());
  CHECK(story.recorded() == kOther);
  CHECK(story.replacements() == 1);
  CHECK(story.world.run_state(story.world.start("one")) == "succeeded");
}

TEST_CASE("the same agent under another boot is the same agent") {
  Hanging story;
  story.world.disconnect();
  story.world.agent.boot = {5, 5};
  story.world.agent.held.clear();
  story.world.connect();
  CHECK(story.world.refusals.empty());
  CHECK(story.world.job_state(story.run, "a") == "unknown");
  CHECK(story.replacements() == 0);
}

TEST_CASE("a person may give up a lost agent's attempts while another asks for its name") {
  Hanging story;
  story.world.disconnect();
  CHECK(story.world.error_of(model::ConfirmRun{story.run}) == "run.nothing_to_confirm");
  story.rival_asks();
  story.world.ask(model::ConfirmRun{story.run});
  CHECK(story.world.attempt(story.run, "a", 1).state == model::AttemptState::lost);
  CHECK(story.world.job_state(story.run, "a") == "unknown");
  CHECK(story.world.job_state(story.run, "b") == "not_run");
  CHECK(story.world.run_state(story.run) == "failed");
  CHECK(write_json(story.world.store.audit.back().after).find("given_up") != std::string::npos);
  story.rival_comes();
  CHECK(story.recorded() == kOther);
}

TEST_CASE("given up attempts follow on_lost: rerun starts them on the newcomer") {
  Hanging story{model::OnLost::rerun};
  story.world.disconnect();
  story.rival_asks();
  story.world.ask(model::ConfirmRun{story.run});
  CHECK(story.world.job_state(story.run, "a") == "wait_pool");
  story.rival_comes();
  CHECK(story.world.run_state(story.run) == "succeeded");
  CHECK(story.world.job(story.run, "a").attempts == 2);
}

TEST_CASE("nothing is given up when nobody asks for the name any more") {
  Hanging story;
  story.world.disconnect();
  story.rival_asks();
  story.world.run_for(1min);
  CHECK(story.world.error_of(model::ConfirmRun{story.run}) == "run.nothing_to_confirm");
  CHECK(story.world.job_state(story.run, "a") == "running");
}

TEST_CASE("a hello that comes late, from a session before the latest, loses no attempt") {
  Hanging story;
  World& world = story.world;
  model::AgentHello early;  // said before the job's order came, and held up on the way
  early.name = world.agent.name;
  early.instance = world.agent.instance;
  early.boot_id = world.agent.boot;
  early.slots = early.running_max = 4;
  const std::uint64_t before = world.agent.session++;
  world.post(model::AgentDisconnected{world.agent.name, before});
  world.connect();
  world.disconnect();
  world.post(model::AgentConnected{early, before});
  REQUIRE(world.refusals.size() == 1);
  CHECK(world.refusals[0].code == "protocol.superseded");
  CHECK(world.job_state(story.run, "a") == "running");
}

TEST_CASE("an older session of the same agent is told that a newer one is there") {
  World world;
  model::AgentHello hello;
  hello.name = "local";
  hello.instance = world.agent.instance;
  hello.boot_id = world.agent.boot;
  world.post(model::AgentConnected{hello, 0});
  REQUIRE(world.refusals.size() == 1);
  CHECK(world.refusals[0].code == "protocol.superseded");
}

// ---- A stop that came too late.

TEST_CASE("a job that had ended when it was killed shows its true exit") {
  for (const std::int32_t code : {0, 3}) {
    World world;
    WorkflowBuilder flow{"one"};
    flow.add("a");
    flow.job("a").retry = {{3, 1s, 1.0, 1min, model::Jitter::none, {}, {}}};
    world.define(flow);
    world.script("a", {exits(code, 10s), exits(0)});
    const std::string run = world.start("one");
    world.disconnect();
    world.run_for(1min);
    world.ask(model::KillRun{run, "a"});
    world.connect();
    world.run_for(1h);
    CHECK(world.job_state(run, "a") == (code == 0 ? "succeeded" : "failed"));
    CHECK(world.attempt(run, "a", 1).exit.exit_code == code);
    CHECK(world.job(run, "a").attempts == 1);  // whoever kills wants no further try
  }
}

TEST_CASE("a job that made an orderly end of its TERM was killed") {
  World world;
  WorkflowBuilder flow{"one"};
  flow.add("a");
  world.define(flow);
  world.script("a", {hangs()});
  const std::string run = world.start("one");
  world.ask(model::KillRun{run, "a"});
  model::ExitRecord exit;
  exit.exit_code = 0;
  world.post(model::AttemptEnded{world.agent.orders.back().attempt, exit, "", true});
  CHECK(world.job_state(run, "a") == "killed");
}

}  // namespace
}  // namespace dandori::engine::test
