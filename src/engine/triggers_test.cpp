#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

using model::CatchUp;
using model::OnPreviousFailure;
using model::Overlap;
using Lines = std::vector<std::string>;

WorkflowBuilder every_ten(Overlap overlap) {
  WorkflowBuilder flow{"cycle"};
  flow.add("a");
  flow.cron("t", "*/10 * * * *");
  flow.workflow().overlap.policy = overlap;
  flow.workflow().overlap.queue_max = 1;
  return flow;
}

TEST_CASE(
    "[TRG-01] a daily cron starts exactly one run at its local time, with the local business "
    "date") {
  World world;
  WorkflowBuilder flow{"nightly"};
  flow.add("a");
  flow.cron("t", "0 20 * * *", "Asia/Tokyo");
  world.define(flow);
  world.run_until(at("2026-11-20T10:59:59Z"));
  CHECK(world.store.planned.empty());
  world.run_until(at("2026-11-20T11:00:00Z"));
  CHECK(world.outcomes("nightly") == Lines{"11:00 started"});
  const model::Run run = world.run("nightly#1");
  CHECK(run.business_date == "2026-11-20");
  CHECK(run.nominal == "2026-11-20T20:00:00");
  CHECK(run.started_at == at("2026-11-20T11:00:00Z"));
  world.run_until(at("2026-11-21T10:00:00Z"));
  CHECK(world.store.planned.size() == 1);
}

TEST_CASE("overlap skip: instants while a run is not over are missed") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::skip);
  world.define(flow);
  world.script("a", {exits(0, 25min)});
  world.run_until(at("2026-11-20T00:40:30Z"));
  CHECK(world.outcomes("cycle") ==
        Lines{"00:10 started", "00:20 missed overlap", "00:30 missed overlap", "00:40 started"});
}

TEST_CASE("overlap queue with max_queue 1: one waits and starts later, the next is missed") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::queue);
  world.define(flow);
  world.script("a", {exits(0, 25min)});
  world.run_until(at("2026-11-20T00:35:00Z"));
  CHECK(world.outcomes("cycle") == Lines{"00:10 started", "00:20 started", "00:30 missed overlap"});
  CHECK(world.starts_of("a") ==
        std::vector{at("2026-11-20T00:10:00Z"), at("2026-11-20T00:35:00Z")});
}

TEST_CASE("queued runs start in planned order, across a restart too") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::queue);
  flow.workflow().overlap.queue_max = 10;
  world.define(flow);
  world.script("a", {exits(0, 45min)});
  world.run_until(at("2026-11-20T00:50:00Z"));
  world.restart();
  CHECK(world.run_state("cycle#3") == "queued");
  const Json why = world.ask(model::AskWhy{"cycle#3", ""});
  CHECK(write_json(why).find("\"code\":\"why.queue\",\"ok\":null,\"ahead\":1") !=
        std::string::npos);
  world.run_until(at("2026-11-20T00:56:00Z"));
  CHECK(world.store.planned.size() == 5);
  for (int i = 2; i < 5; ++i) {
    const std::string run = "cycle#" + std::to_string(i);
    const std::string after = "cycle#" + std::to_string(i + 1);
    CHECK(world.run(run).ended_at <= world.run(after).started_at);
  }
}

TEST_CASE("overlap parallel: n runs at once, the next waits") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::parallel);
  flow.workflow().overlap.parallel_max = 2;
  world.define(flow);
  world.script("a", {exits(0, 35min), exits(0, 35min), exits(0, 5min)});
  world.run_until(at("2026-11-20T00:50:00Z"));
  CHECK(world.starts_of("a")[1] == at("2026-11-20T00:20:00Z"));
  CHECK(world.starts_of("a")[2] == at("2026-11-20T00:45:00Z"));
}

TEST_CASE("overlap replace: the running one is killed and the new one starts when it is gone") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::replace);
  world.define(flow);
  world.script("a", {hangs(), exits(0, 1min)});
  world.run_until(at("2026-11-20T00:25:00Z"));
  CHECK(world.run_state("cycle#1") == "killed");
  CHECK(world.run_state("cycle#2") == "succeeded");
  CHECK(world.starts_of("a")[1] == at("2026-11-20T00:20:01Z"));
}

TEST_CASE("overlap block: after a failure nothing starts until the run is confirmed or ends well") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::block);
  world.define(flow);
  world.script("a", {exits(1)});
  world.run_until(at("2026-11-20T00:25:00Z"));
  CHECK(world.run_state("cycle#2") == "queued");
  CHECK(world.error_of(model::StartRun{"cycle", {}, std::nullopt, false}) == "run.overlap");
  world.ask(model::ConfirmRun{"cycle#1"});
  CHECK(world.run_state("cycle#2") == "succeeded");
}

TEST_CASE(
    "[TRG-12] on_previous_failure run goes on, hold waits, rerun finishes the failed one first") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::queue);
  flow.workflow().overlap.queue_max = 10;
  SUBCASE("run") {
    world.define(flow);
    world.script("a", {exits(1)});
    world.run_until(at("2026-11-20T00:21:00Z"));
    CHECK(world.run_state("cycle#1") == "failed");
    CHECK(world.run_state("cycle#2") == "succeeded");
  }
  SUBCASE("hold, mended by a rerun") {
    flow.workflow().on_previous_failure = OnPreviousFailure::hold;
    world.define(flow);
    world.script("a", {exits(1)});
    world.run_until(at("2026-11-20T00:31:00Z"));
    CHECK(world.run_state("cycle#2") == "queued");
    CHECK(world.run_state("cycle#3") == "queued");
    CHECK(world.error_of(model::StartRun{"cycle", {}, std::nullopt, false}) ==
          "run.previous_failed");
    const Json why = world.ask(model::AskWhy{"cycle#2", ""});
    CHECK(write_json(why).find("why.previous_failed") != std::string::npos);
    world.ask(model::RerunRun{"cycle#1", model::RerunScope::failed, ""});
    CHECK(world.run_state("cycle#1") == "succeeded");
    CHECK(world.run_state("cycle#2") == "succeeded");
    CHECK(world.run_state("cycle#3") == "succeeded");
  }
  SUBCASE("rerun") {
    flow.workflow().on_previous_failure = OnPreviousFailure::rerun;
    world.define(flow);
    world.script("a", {exits(1)});
    world.run_until(at("2026-11-20T00:19:00Z"));
    world.restart();
    world.run_until(at("2026-11-20T00:21:00Z"));
    CHECK(world.run_state("cycle#1") == "succeeded");
    CHECK(world.job("cycle#1", "a").attempts == 2);
    CHECK(world.run_state("cycle#2") == "succeeded");
  }
  SUBCASE("rerun that fails again holds until the next start tries once more") {
    flow.workflow().on_previous_failure = OnPreviousFailure::rerun;
    world.define(flow);
    world.script("a", {exits(1), exits(1)});
    world.run_until(at("2026-11-20T00:29:00Z"));
    CHECK(world.job("cycle#1", "a").attempts == 2);
    CHECK(world.run_state("cycle#2") == "queued");
    world.run_until(at("2026-11-20T00:31:00Z"));
    CHECK(world.job("cycle#1", "a").attempts == 3);
    CHECK(world.run_state("cycle#2") == "succeeded");
    CHECK(world.run_state("cycle#3") == "succeeded");
  }
}

TEST_CASE("a start by hand waits in the queue; full, or under skip, it is refused unless forced") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::queue);
  flow.workflow().triggers.clear();
  world.define(flow);
  world.script("a", {hangs(), exits(0)});
  world.start("cycle");
  CHECK(world.ask(model::StartRun{"cycle", {}, std::nullopt, false}).text_or("state", "") ==
        "queued");
  CHECK(world.error_of(model::StartRun{"cycle", {}, std::nullopt, false}) == "run.overlap");
  const Json forced = world.ask(model::StartRun{"cycle", {}, std::nullopt, true});
  CHECK(forced.text_or("state", "") == "running");
  CHECK(write_json(world.store.audit.back().after).find("\"force\":true") != std::string::npos);
  world.ask(model::CancelRun{"cycle#2"});
  CHECK(world.run_state("cycle#2") == "interrupted");
}

struct DownFor {
  World world;
  DownFor(CatchUp policy, std::optional<Duration> within) {
    WorkflowBuilder flow{"hourly"};
    flow.add("a");
    flow.cron("t", "0 * * * *").catch_up = {policy, within};
    flow.workflow().overlap.queue_max = 1;
    world.define(flow);
    world.run_until(at("2026-11-20T02:30:00Z"));
    world.move_to(at("2026-11-20T05:15:00Z"));
    world.restart();
    world.run_until(at("2026-11-20T05:20:00Z"));
  }
  Lines late() const {
    Lines lines = world.outcomes("hourly");
    return Lines(lines.begin() + 2, lines.end());
  }
};

TEST_CASE("[TRG-16] hourly, down 02:30-05:15: catch_up all, latest, within 20m and none") {
  CHECK(DownFor{CatchUp::all, std::nullopt}.late() ==
        Lines{"03:00 started", "04:00 started", "05:00 started"});
  CHECK(DownFor{CatchUp::latest, std::nullopt}.late() ==
        Lines{"03:00 missed catch_up", "04:00 missed catch_up", "05:00 started"});
  CHECK(DownFor{CatchUp::all, 20min}.late() ==
        Lines{"03:00 missed catch_up", "04:00 missed catch_up", "05:00 started"});
  CHECK(DownFor{CatchUp::none, std::nullopt}.late() ==
        Lines{"03:00 missed catch_up", "04:00 missed catch_up", "05:00 missed catch_up"});
}

TEST_CASE(
    "caught-up runs start in order, each for its own instant, and do not count against max_queue") {
  DownFor down{CatchUp::all, std::nullopt};
  CHECK(down.world.run("hourly#3").scheduled_for == at("2026-11-20T03:00:00Z"));
  CHECK(down.world.run("hourly#5").scheduled_for == at("2026-11-20T05:00:00Z"));
  CHECK(down.world.run("hourly#3").ended_at <= down.world.run("hourly#4").started_at);
  CHECK(down.world.run("hourly#4").ended_at <= down.world.run("hourly#5").started_at);
}

TEST_CASE("the wall clock going back decides no instant twice, and going forward catches up") {
  World world;
  WorkflowBuilder flow = every_ten(Overlap::queue);
  flow.workflow().overlap.queue_max = 10;
  world.define(flow);
  world.run_until(at("2026-11-20T00:30:00Z"));
  CHECK(world.store.planned.size() == 3);
  world.now.wall = at("2026-11-20T00:05:00Z");
  world.run_until(at("2026-11-20T00:35:00Z"));
  CHECK(world.store.planned.size() == 3);
  world.now.wall = at("2026-11-20T01:00:30Z");
  world.post(model::ClockJumped{at("2026-11-20T00:35:00Z")});
  CHECK(world.store.planned.size() == 6);
}

TEST_CASE(
    "a new workflow starts from its apply, a new revision goes on, and neither invents instants") {
  World world;
  WorkflowBuilder flow{"late"};
  flow.add("a");
  flow.cron("t", "0 20 * * *");
  world.run_until(at("2026-11-20T12:05:00Z"));
  world.define(flow);
  world.run_until(at("2026-11-20T12:30:00Z"));
  flow.workflow().triggers[0].cron = "*/10 * * * *";
  world.define(flow);
  CHECK(world.store.planned.empty());
  world.run_until(at("2026-11-20T12:40:00Z"));
  CHECK(world.outcomes("late") == Lines{"12:40 started"});
  CHECK(world.run("late#1").revision == 2);
}

TEST_CASE("two triggers at one instant make one run when their parameters are equal, else two") {
  World world;
  WorkflowBuilder flow{"pair"};
  flow.add("a");
  flow.workflow().overlap.policy = Overlap::parallel;
  flow.workflow().overlap.parallel_max = 9;
  flow.workflow().params = {{"x", model::ParamType::integer, false, 0, {}, ""}};
  flow.cron("a1", "0 1 * * *");
  flow.cron("b1", "0 1 * * *");
  flow.cron("c1", "0 1 * * *").params = Json::object({{"x", 7}});
  world.define(flow);
  world.run_until(at("2026-11-20T01:00:00Z"));
  CHECK(world.outcomes("pair") ==
        Lines{"01:00 started", "01:00 missed superseded", "01:00 started"});
  CHECK(world.run("pair#1").trigger == "a1");
  CHECK(write_json(world.run("pair#2").params) == "{\"x\":7}");
}

TEST_CASE("a trigger of type once fires once") {
  World world;
  WorkflowBuilder flow{"once"};
  flow.add("a");
  model::Trigger& trigger = flow.cron("t", "", "Asia/Tokyo");
  trigger.type = model::TriggerType::once;
  trigger.at = "2026-11-20T20:00";
  world.define(flow);
  world.run_until(at("2026-11-22T00:00:00Z"));
  CHECK(world.outcomes("once") == Lines{"11:00 started"});
}

TEST_CASE("thousands of past instants are decided over many turns, every one with its row") {
  World world;
  WorkflowBuilder flow{"minutely"};
  flow.noop("a");
  flow.cron("t", "* * * * *").catch_up = {CatchUp::latest, std::nullopt};
  world.define(flow);
  world.check_rebuild = false;
  const std::size_t turns = world.turns;
  world.move_to(kStart + 24h * 7 + 30s);
  world.pump();
  CHECK(world.store.planned.size() == 7 * 24 * 60);
  CHECK(world.turns > turns + 5);
  CHECK(std::count_if(world.store.planned.begin(), world.store.planned.end(), [](const auto& row) {
          return row.state == model::PlannedState::started;
        }) == 1);
}

}  // namespace
}  // namespace dandori::engine::test
