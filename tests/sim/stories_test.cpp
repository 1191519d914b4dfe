// Named stories in the virtual world: what 30-scheduling and the guarantees promise, one by one.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/world.h"

namespace dandori::sim {

namespace {

using model::JobState;
using model::RunState;

/// No rule was broken, and what was committed rebuilds what is in memory.
void check_sound(World& world) {
  CHECK(world.violation() == "");
  CHECK(world.load() == world.state());
}

std::vector<std::string> outcomes(World& world) {
  std::vector<std::string> told;
  for (const auto& [key, outcome] : world.checker().planned()) {
    std::string text = outcome.nominal.substr(11, 5) + " " + std::string{to_string(outcome.state)};
    if (outcome.reason != model::MissReason::none)
      text += " " + std::string{to_string(outcome.reason)};
    told.push_back(std::move(text));
  }
  return told;
}

std::string started(World& world, const std::string& run) {
  const Timestamp at = world.run(run).started_at;
  return at.us == 0 ? "" : format_rfc3339(at).substr(11, 5);
}

constexpr std::string_view kTwo = R"(
  jobs:
    load:   {run: ./load.sh, retry: {max: 1, interval: 10m}}
    report: {run: ./report.sh, depends_on: [load]}
)";

}  // namespace

TEST_CASE("a failed job runs again after its delay, and what waits for it starts then") {
  World world{Seed{1}};
  world.define("nightly", kTwo);
  world.script("load", {exits(1, 1min), exits(0, 1min)});
  world.script("report", {exits(0, 2min)});
  const RunId run = world.start("nightly");

  world.run_until(5min);
  CHECK(world.job(run, "load").state == JobState::retry_wait);

  world.run_until(24h);
  CHECK(world.job(run, "report").ended_at == world.at(14min));
  CHECK(world.run(run).state == RunState::succeeded);
  check_sound(world);
}

TEST_CASE(
    "a server that dies between decision and commit has decided nothing; after the commit, all of "
    "it") {
  for (const bool written : {false, true}) {
    World world{Seed{2}};
    world.define("nightly", kTwo);
    world.script("load", {exits(0, 1min)});
    const RunId run = world.start("nightly");
    world.run_until(30s);
    world.crash_in_commit(written, [&] { world.clock().after(5s, [&] { world.start_server(); }); });
    world.run_until(5min);
    CHECK(world.job(run, "load").attempts.size() == 1);
    CHECK(world.job(run, "report").state == JobState::succeeded);
    check_sound(world);
  }
}

TEST_CASE("an acknowledgement that got lost is given again and the slot becomes free") {
  WorldConfig config;
  config.hosts = {{"local", 1, 1, 0ms}};
  World world{Seed{3}, config};
  world.define("nightly", kTwo);
  const RunId run = world.start("nightly");
  world.crash_in_commit(
      true, [&] { world.start_server(); });  // the end is kept, its acknowledgement is not sent
  world.run_until(1min);
  CHECK(world.job(run, "report").state == JobState::succeeded);
  CHECK(world.hosts()[0]->slots_taken() == 0);
  check_sound(world);
}

TEST_CASE("a job outlives its agent; what it did meanwhile is reported by the next one") {
  World world{Seed{4}};
  world.define("nightly", kTwo);
  world.script("load", {exits(0, 1min)});
  const RunId run = world.start("nightly");
  world.run_until(10s);
  world.crash_agent(0);
  world.run_until(2min);
  CHECK(world.job(run, "load").state == JobState::running);
  world.hosts()[0]->start_agent();
  world.run_until(3min);
  const JobView load = world.job(run, "load");
  REQUIRE(load.attempts.size() == 1);
  CHECK(load.attempts[0].exit.ended_at == world.at(1min));
  CHECK(world.job(run, "report").state == JobState::succeeded);
  check_sound(world);
}

TEST_CASE("a job that ended in time while its agent was cut off did not time out") {
  World world{Seed{5}};
  world.define("nightly", "jobs: {load: {run: ./load.sh, timeout: 1m}}");
  world.script("load", {exits(0, 30s)});
  const RunId run = world.start("nightly");
  world.run_until(10s);
  world.isolate(0, 2min);
  world.run_until(5min);
  CHECK(world.job(run, "load").state == JobState::succeeded);
  check_sound(world);
}

TEST_CASE("a job past its timeout gets TERM, then KILL, and what follows does not start") {
  World world{Seed{6}};
  world.define("nightly", R"(
    jobs:
      load:   {run: ./load.sh, timeout: 1m, grace: 10s}
      report: {run: ./report.sh, depends_on: [load]}
  )");
  ProcessScript stubborn = exits(0, 24h);
  stubborn.ignores_term = true;
  world.script("load", {stubborn});
  const RunId run = world.start("nightly");
  world.run_until(5min);
  const JobView load = world.job(run, "load");
  REQUIRE(load.attempts.size() == 1);
  CHECK(load.attempts[0].failure == model::FailureKind::timeout);
  CHECK(load.attempts[0].exit.signal == 9);
  CHECK(load.attempts[0].exit.ended_at == world.at(70s));
  CHECK(world.job(run, "report").state == JobState::not_run);
  check_sound(world);
}

TEST_CASE("a job that had ended before its kill arrived shows its true exit") {
  World world{Seed{11}};
  world.define("nightly", "jobs: {load: {run: ./load.sh}}");
  world.script("load", {exits(0, 30s)});
  const RunId run = world.start("nightly");
  world.run_until(10s);
  world.isolate(0, 2min);
  world.run_until(1min);
  CHECK(world.ask(model::KillRun{to_string(run), "load"}).has_value());
  world.run_until(5min);
  CHECK(world.job(run, "load").state == JobState::succeeded);
  check_sound(world);
}

TEST_CASE("two agents of one name: the second waits, and nothing is lost or run twice") {
  WorldConfig config;
  config.hosts = {{.name = "local", .folder = 0}, {.name = "local", .folder = 1}};
  World world{Seed{12}, config};
  world.define("nightly", "jobs: {load: {run: ./load.sh, on_lost: rerun}}");
  world.script("load", {exits(0, 10min), exits(0, 1min)});
  const RunId run = world.start("nightly");
  world.run_until(1min);
  CHECK(world.is_connected(0));
  CHECK_FALSE(world.is_connected(1));
  world.crash_server();
  world.isolate(0, 2min);  // the other one is the first to come
  world.start_server();
  world.run_until(2min);
  CHECK_FALSE(world.is_connected(1));
  world.run_until(15min);
  CHECK(world.job(run, "load").state == JobState::succeeded);
  CHECK(world.job(run, "load").attempts.size() == 1);

  world.crash_host(0);  // it owes nothing now
  world.run_until(16min);
  CHECK(world.is_connected(1));
  const RunId next = world.start("nightly");
  world.run_until(20min);
  CHECK(world.job(next, "load").state == JobState::succeeded);
  check_sound(world);
}

TEST_CASE("a host gone for good: its attempts are given up by confirm, then another takes over") {
  WorldConfig config;
  config.hosts = {{.name = "local", .folder = 0}, {.name = "local", .folder = 1}};
  World world{Seed{13}, config};
  world.define("nightly", "jobs: {load: {run: ./load.sh}}");
  world.script("load", {exits(0, 24h), exits(0, 1min)});
  const RunId run = world.start("nightly");
  world.run_until(1min);
  world.crash_host(0);
  world.run_until(2min);
  CHECK_FALSE(world.is_connected(1));
  CHECK(world.job(run, "load").state == JobState::running);
  CHECK(world.ask(model::ConfirmRun{to_string(run)}).has_value());
  world.run_until(3min);
  CHECK(world.run(run).state == RunState::failed);
  CHECK(world.is_connected(1));
  const RunId next = world.start("nightly");
  world.run_until(6min);
  CHECK(world.job(next, "load").state == JobState::succeeded);
  check_sound(world);
}

TEST_CASE("a lost host: hold waits for a person, fail fails, rerun tries again") {
  for (const std::string policy : {"hold", "fail", "rerun"}) {
    CAPTURE(policy);
    World world{Seed{7}};
    world.define("nightly", "jobs:\n  load: {run: ./load.sh, on_lost: " + policy +
                                "}\n  report: {run: ./report.sh, depends_on: [load]}\n");
    world.script("load", {exits(0, 10min), exits(0, 1min)});
    const RunId run = world.start("nightly");
    world.run_until(1min);
    world.crash_host(0);
    world.run_until(2min);
    world.hosts()[0]->boot();
    world.hosts()[0]->start_agent();
    world.run_until(30min);
    const model::Run ended = world.run(run);
    const std::size_t attempts = world.job(run, "load").attempts.size();
    if (policy == "hold") {
      CHECK(world.job(run, "load").state == JobState::unknown);
      CHECK(ended.needs_decision);
      CHECK(world.job(run, "report").state == JobState::wait_pred);
    } else if (policy == "fail") {
      CHECK(ended.state == RunState::failed);
      CHECK(attempts == 1);
    } else {
      CHECK(ended.state == RunState::succeeded);
      CHECK(attempts == 2);
    }
    check_sound(world);
  }
}

TEST_CASE("a killed runner makes its one job unknown; a restart of agent or server never does") {
  World world{Seed{8}};
  world.define("nightly", "jobs: {a: {run: ./a.sh}, b: {run: ./b.sh}}");
  world.script("a", {exits(0, 10min)});
  world.script("b", {exits(0, 10min)});
  const RunId run = world.start("nightly");
  world.run_until(1min);
  world.crash_server();
  world.crash_agent(0);
  world.run_until(2min);
  world.start_server();
  world.hosts()[0]->start_agent();
  world.run_until(3min);
  CHECK(world.hosts()[0]->kill_runner());
  world.run_until(20min);
  const bool a_lost = world.job(run, "a").state == JobState::unknown;
  CHECK(world.job(run, a_lost ? "b" : "a").state == JobState::succeeded);
  CHECK(world.job(run, a_lost ? "a" : "b").state == JobState::unknown);
  check_sound(world);
}

TEST_CASE(
    "an agent that was busy once does not keep the engine turning while all its slots are taken") {
  WorldConfig config;
  config.hosts = {{"local", 2, 1, 0ms}};
  World world{Seed{15}, config};
  world.define("w",
               "overlap: {policy: parallel, max: 9}\njobs: {a: {run: ./a.sh}, b: {run: ./b.sh}, c: "
               "{run: ./c.sh}}");
  world.script_all([](const model::StartOrder&) { return exits(0, 1min); });
  world.hosts()[0]->refuse_next();
  const RunId run = world.start("w");
  world.run_until(10min);
  CHECK(world.run(run).state == RunState::succeeded);
  check_sound(world);
}

TEST_CASE("two servers: the one that was superseded finds itself fenced and starts nothing") {
  World world{Seed{9}};
  world.define("nightly", kTwo);
  world.script("load", {exits(0, 5min)});
  const RunId run = world.start("nightly");
  world.run_until(1min);
  world.supersede_server(2min);
  world.run_until(20min);
  CHECK(world.job(run, "load").attempts.size() == 1);
  CHECK(world.run(run).state == RunState::succeeded);
  check_sound(world);
}

TEST_CASE("overlap skip: every ten minutes, the first run takes 25") {
  World world{Seed{10}};
  world.define("w",
               "triggers: {t: {cron: \"*/10 9 * * *\"}}\noverlap: skip\njobs: {a: {run: ./a.sh}}");
  world.script("a", {exits(0, 25min), exits(0, 1min)});
  world.run_until(9h + 35min);
  CHECK(outcomes(world) == std::vector<std::string>{"09:00 started", "09:10 missed overlap",
                                                    "09:20 missed overlap", "09:30 started"});
  check_sound(world);
}

TEST_CASE("overlap queue with max_queue 1: 09:10 starts at 09:25, 09:20 finds the queue full") {
  World world{Seed{11}};
  world.define("w", R"(
    triggers: {t: {cron: "*/10 9 * * *"}}
    overlap: {policy: queue, max_queue: 1}
    jobs: {a: {run: ./a.sh}}
  )");
  world.script("a", {exits(0, 25min), exits(0, 1min)});
  world.run_until(9h + 28min);
  CHECK(outcomes(world) ==
        std::vector<std::string>{"09:00 started", "09:10 started", "09:20 missed overlap"});
  CHECK(started(world, "w#2") == "09:25");
  check_sound(world);
}

TEST_CASE(
    "hourly, no server from 02:30 to 05:15: catch_up decides which of 03, 04, 05 start then") {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"all", {"03:00 started", "04:00 started", "05:00 started"}},
      {"latest", {"03:00 missed catch_up", "04:00 missed catch_up", "05:00 started"}},
      {"{within: 20m}", {"03:00 missed catch_up", "04:00 missed catch_up", "05:00 started"}},
      {"none", {"03:00 missed catch_up", "04:00 missed catch_up", "05:00 missed catch_up"}},
  };
  for (const auto& [policy, expected] : cases) {
    CAPTURE(policy);
    World world{Seed{12}};
    world.define("w", "triggers: {t: {cron: \"0 3-5 * * *\", catch_up: " + policy +
                          "}}\njobs: {a: {run: ./a.sh}}");
    world.run_until(2h + 30min);
    world.crash_server();
    world.run_until(5h + 15min);
    world.start_server();
    world.run_until(5h + 30min);
    CHECK(outcomes(world) == expected);
    if (policy == "all") {
      CHECK(started(world, "w#1") == "05:15");
      CHECK(world.run("w#1").scheduled_for == world.at(3h));
      CHECK(world.run("w#2").started_at > world.run("w#1").started_at);
    }
    check_sound(world);
  }
}

TEST_CASE("a clock that goes back fires nothing twice") {
  World world{Seed{13}};
  world.define("w", "triggers: {t: {cron: \"*/10 * * * *\"}}\njobs: {a: {run: ./a.sh}}");
  world.run_until(35min);
  world.jump_wall(-25min);
  world.run_until(60min);
  CHECK(outcomes(world) ==
        std::vector<std::string>{"00:10 started", "00:20 started", "00:30 started"});
  check_sound(world);
}

TEST_CASE(
    "a command sent again under its key after a lost answer has one effect and the same answer") {
  World world{Seed{14}};
  world.define("w", "jobs: {a: {run: ./a.sh}}");
  std::vector<std::string> answers;
  model::StartRun request;
  request.workflow = "w";
  const auto send = [&] {
    world.send(request, "start-1", [&](const Result<Json>& answer) {
      answers.push_back(answer ? write_json(*answer) : answer.error().code);
    });
  };
  world.crash_in_commit(true, [&] { world.start_server(); });
  send();
  world.run_until(10s);
  send();
  world.run_until(20s);
  send();
  world.run_until(30s);
  REQUIRE(answers.size() == 3);
  CHECK(answers[0] == "server.retry");
  CHECK(answers[1] == answers[2]);
  CHECK(world.checker().runs().size() == 1);
  check_sound(world);
}

}  // namespace dandori::sim
