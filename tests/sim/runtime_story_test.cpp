#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/log.h"
#include "calendar/zone.h"
#include "exec/scripted/scripted_executor.h"
#include "runtime/runtime.h"
#include "store/faulty.h"
#include "store/memory/memory_store.h"

namespace dandori::runtime {

namespace {

const Timestamp kStart = *parse_rfc3339("2026-11-20T00:00:00Z");

model::Job shell_job(std::string id, std::vector<std::uint32_t> after = {}) {
  model::Job job;
  job.id = std::move(id);
  job.type = model::JobType::shell;
  job.shell = true;
  job.command = {{"true", false}};
  for (const std::uint32_t other : after) job.depends_on.push_back({other, model::kSatisfied});
  return job;
}

/// load, then report.
model::Workflow nightly() {
  model::Workflow workflow;
  workflow.name = "nightly";
  workflow.jobs = {shell_job("load"), shell_job("report", {0})};
  return workflow;
}

/// A server in virtual time: its store outlives it, so that it can die and come again.
struct World {
  Now now{kStart, Steady{1'000'000}};
  store::MemoryStore memory;
  store::FaultyStore store{memory, 1};
  std::map<std::string, model::WorkflowPtr> texts;  ///< canonical text → definition
  exec::ScriptedExecutor agent{{}, [this](model::Event event) {
                                 if (server) server->happened(std::move(event));
                               }};
  std::unique_ptr<Runtime> server;

  World() { boot(); }
  ~World() { server.reset(); }

  Config config() const {
    Config config;
    config.owner = "test";
    config.settings.zone = calendar::TimeZone::load;
    return config;
  }
  Parts parts() {
    return {store,
            memory,
            agent,
            {.workflow = [this](std::string_view canonical) -> Result<model::WorkflowPtr> {
               const auto at = texts.find(std::string{canonical});
               if (at == texts.end()) return fail("spec.bad", "this text means nothing any more");
               return at->second;
             },
             .calendar = {},
             .business_date = {}},
            [this] { agent.disconnect(); }};
  }
  void boot() {
    server = std::make_unique<Runtime>(config(), parts());
    REQUIRE(server->start(now, now.steady));
    agent.connect();
  }
  /// Dies without a word; another one takes over.
  void crash() {
    agent.disconnect();
    server.reset();
    boot();
  }

  /// Turns until nothing is left to do at this instant.
  void settle() {
    for (int turns = 0; turns < 10'000; ++turns) {
      agent.step(now);
      const Wake wake = server->step(now, now.steady);
      if (!wake.at_once && wake.wall > now.wall && wake.steady > now.steady &&
          wake.host > now.steady)
        return;
    }
    FAIL("the server does not come to rest");
  }
  /// Moves time through every instant that is due.
  void run_for(Duration span) {
    const Steady end = now.steady + span;
    for (;;) {
      settle();
      const Wake wake = server->step(now, now.steady);
      Steady next = std::min({wake.steady, wake.host, agent.next_wake()});
      if (wake.wall != kFarFuture) next = std::min(next, now.steady + (wake.wall - now.wall));
      next = std::min(next, end);
      now.wall += next - now.steady;
      now.steady = next;
      if (next == end) break;
    }
    settle();
  }

  std::vector<Result<Json>> answers;
  void ask(model::Request request, std::string key = {}) {
    model::Command command;
    command.actor.name = "tester";
    command.idempotency_key = std::move(key);
    command.request_digest = command.idempotency_key.empty() ? "" : "same";
    command.request = std::move(request);
    server->submit(std::move(command),
                   [this](Result<Json> answer) { answers.push_back(std::move(answer)); });
  }
  Result<Json> answer_to(model::Request request, std::string key = {}) {
    ask(std::move(request), std::move(key));
    settle();
    REQUIRE(!answers.empty());
    return answers.back();
  }
  void apply(model::Workflow workflow) {
    const std::string text = workflow.name + std::to_string(texts.size());
    auto made = std::make_shared<model::Workflow>(std::move(workflow));
    model::finish_workflow(*made);
    texts[text] = made;
    model::ApplyDefinitions request;
    request.workflows.push_back({made, "source", text});
    const auto answer = answer_to(std::move(request));
    REQUIRE_MESSAGE(answer, answer.error().message);
  }
  Result<Json> start(const std::string& workflow, std::string key = {}) {
    model::StartRun request;
    request.workflow = workflow;
    return answer_to(std::move(request), std::move(key));
  }
  std::vector<model::Run> runs() { return memory.runs({}, {.limit = 1000, .cursor = {}})->items; }
  model::RunState state_of(const std::string& name) { return memory.run(name)->run.state; }
  int starts_max() const {
    int most = 0;
    for (const auto& [attempt, count] : agent.starts()) most = std::max(most, count);
    return most;
  }
};

}  // namespace

TEST_CASE(
    "a run goes through its jobs in order, and everything is in the store when it is answered") {
  World world;
  world.apply(nightly());
  world.agent.script("load", {{.lasts = 60s}});
  const auto answer = world.start("nightly");
  REQUIRE(answer);
  CHECK(world.state_of("nightly#1") == model::RunState::running);
  CHECK(world.agent.running() == 1);
  world.run_for(61s);
  CHECK(world.state_of("nightly#1") == model::RunState::succeeded);
  CHECK(world.agent.starts().size() == 2);
}

TEST_CASE("a server that dies goes on where it was: nothing is lost and nothing starts twice") {
  World world;
  world.apply(nightly());
  world.agent.script("load", {{.lasts = 60s}});
  REQUIRE(world.start("nightly"));
  world.run_for(10s);
  world.crash();
  world.run_for(10s);
  world.crash();
  world.run_for(60s);
  CHECK(world.state_of("nightly#1") == model::RunState::succeeded);
  CHECK(world.starts_max() == 1);
}

TEST_CASE(
    "a commit of unknown outcome is answered server.retry, and the same key finds what was "
    "stored") {
  for (const store::Fault fault :
       {store::Fault::unknown_applied, store::Fault::unknown_not_applied}) {
    World world;
    world.apply(nightly());
    world.store.next(fault);
    const auto first = world.start("nightly", "key-1");
    REQUIRE_FALSE(first);
    CHECK(first.error().code == "server.retry");
    world.agent.connect();
    const auto second = world.start("nightly", "key-1");
    REQUIRE_MESSAGE(second, second.error().message);
    world.run_for(1s);
    CHECK(world.runs().size() == 1);
    CHECK(world.state_of("nightly#1") == model::RunState::succeeded);
    CHECK(world.starts_max() == 1);
  }
}

TEST_CASE("after a failed commit the memory is what a fresh load gives") {
  World world;
  world.apply(nightly());
  world.store.next(store::Fault::unknown_applied);
  (void)world.start("nightly");
  REQUIRE(world.server->state() != nullptr);
  const std::string recovered = engine::dump(*world.server->state());
  const auto lookup = world.parts().compile;
  Loader loader{lookup};
  const auto fresh = loader.load(*world.memory.load(), world.config().settings, 1, world.now);
  CHECK(recovered == engine::dump(*fresh));
}

TEST_CASE("a full disk refuses commands in words, and work goes on by itself when there is room") {
  World world;
  world.apply(nightly());
  for (int i = 0; i < 5; ++i) world.store.next(store::Fault::full);
  const auto refused = world.start("nightly");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "store.full");
  CHECK(world.server->ready().error().code == "store.full");
  const auto again = world.start("nightly");
  REQUIRE_FALSE(again);
  CHECK(again.error().code == "store.full");
  CHECK(world.runs().empty());
  world.run_for(60s);
  CHECK(world.server->ready());
  world.agent.connect();
  REQUIRE(world.start("nightly"));
  world.run_for(1s);
  CHECK(world.state_of("nightly#1") == model::RunState::succeeded);
}

TEST_CASE("a store that refuses until it is opened again is tried until it works") {
  World world;
  world.apply(nightly());
  world.store.next(store::Fault::failed);
  CHECK(world.start("nightly").error().code == "server.retry");
  world.run_for(20s);
  CHECK_FALSE(world.server->ready());
  world.store.reopen();
  world.run_for(10s);
  CHECK(world.server->ready());
}

TEST_CASE("a server whose store was taken over stops for ever and says so") {
  World world;
  world.apply(nightly());
  world.memory.release();
  REQUIRE(world.memory.acquire("another"));
  const auto answer = world.start("nightly");
  REQUIRE_FALSE(answer);
  CHECK(world.server->is_stopped());
  CHECK(world.server->ready().error().code == "store.fenced");
  CHECK(world.start("nightly").error().code == "server.stopping");
  CHECK(world.runs().empty());
  world.server->stop();
  CHECK_FALSE(world.memory.acquire("third"));
  world.memory.release();
}

TEST_CASE("a stored revision that cannot be read quarantines its workflow and nothing else") {
  World world;
  world.apply(nightly());
  model::Workflow other = nightly();
  other.name = "other";
  world.apply(other);
  world.agent.script("load", {{.lasts = 60s}});
  REQUIRE(world.start("nightly"));
  world.texts.erase("nightly0");
  world.crash();
  const auto refused = world.start("nightly");
  CHECK_FALSE(refused);
  REQUIRE(world.start("other"));
  world.run_for(120s);
  CHECK(world.state_of("other#1") == model::RunState::succeeded);
  world.apply(nightly());  // a good revision ends the quarantine
  CHECK(world.memory.revisions("nightly", {})->items.size() == 2);
}

TEST_CASE("an end reported while the server was away is taken when it is back") {
  World world;
  world.apply(nightly());
  world.agent.script("load", {{.lasts = 60s}});
  REQUIRE(world.start("nightly"));
  world.agent.disconnect();
  world.server.reset();
  world.now.wall += 120s;
  world.now.steady = world.now.steady + 120s;
  world.agent.step(world.now);
  CHECK(world.agent.running() == 0);
  world.boot();
  world.run_for(1s);
  CHECK(world.state_of("nightly#1") == model::RunState::succeeded);
  CHECK(world.starts_max() == 1);
}

TEST_CASE("[TRG-16] starts missed while the server was down follow catch_up: all, latest, none") {
  World world;
  const auto hourly = [](std::string name, model::CatchUp policy) {
    model::Workflow workflow = nightly();
    workflow.name = std::move(name);
    model::Trigger trigger;
    trigger.id = "hourly";
    trigger.cron = "0 * * * *";
    trigger.timezone = "UTC";
    trigger.catch_up.policy = policy;
    workflow.triggers.push_back(trigger);
    return workflow;
  };
  world.apply(hourly("every", model::CatchUp::all));
  world.apply(hourly("newest", model::CatchUp::latest));
  world.apply(hourly("never", model::CatchUp::none));
  world.run_for(10min);
  world.agent.disconnect();
  world.server.reset();
  world.now.wall += 3h;
  world.now.steady = world.now.steady + 3h;
  world.boot();
  world.run_for(1min);
  std::map<std::string, int> started;
  for (const model::Run& run : world.runs()) ++started[run.workflow];
  CHECK(started["every"] == 3);
  CHECK(started["newest"] == 1);
  CHECK(started["never"] == 0);
  std::map<std::string, int> missed;
  for (const auto& outcome : *world.memory.outcomes(kStart, world.now.wall)) {
    if (outcome.state != model::PlannedState::missed) continue;
    CHECK(outcome.reason != model::MissReason::none);
    ++missed[outcome.workflow];
  }
  CHECK(missed["every"] == 0);
  CHECK(missed["newest"] == 2);
  CHECK(missed["never"] == 3);
}

TEST_CASE("many commands at once are answered each, in turns of bounded size") {
  World world;
  model::Workflow workflow = nightly();
  workflow.overlap.policy = model::Overlap::parallel;
  workflow.overlap.parallel_max = 1000;
  world.apply(workflow);
  world.answers.clear();
  for (int i = 0; i < 600; ++i) world.ask(model::StartRun{"nightly", {}, {}, false});
  world.run_for(10s);
  CHECK(world.answers.size() == 600);
  CHECK(std::ranges::all_of(world.answers, [](const auto& answer) { return answer.has_value(); }));
  CHECK(world.runs().size() == 600);
  CHECK(std::ranges::all_of(
      world.runs(), [](const auto& run) { return run.state == model::RunState::succeeded; }));
  CHECK(world.starts_max() == 1);
}

TEST_CASE("more commands than may wait are refused at once") {
  World world;
  world.apply(nightly());
  world.answers.clear();
  for (std::size_t i = 0; i < kCommandsWaitingMax + 5; ++i) world.ask(model::AskSummary{});
  REQUIRE(world.answers.size() == 5);
  CHECK(world.answers[0].error().code == "server.busy");
  world.settle();
  CHECK(world.answers.size() == kCommandsWaitingMax + 5);
}

TEST_CASE("a step of the wall clock over 60 s is an event, a small one is not") {
  World world;
  world.apply(nightly());
  world.settle();
  const auto jump = [&](Duration by) {
    world.now.wall += by;
    world.server->step(world.now, world.now.steady);
  };
  std::vector<std::string> logged;
  set_log_sink([&](LogLevel, std::string_view event, const std::vector<LogField>&) {
    logged.emplace_back(event);
  });
  jump(59s);
  CHECK(logged.empty());
  jump(3600s);
  CHECK(logged == std::vector<std::string>{"clock.jumped"});
  jump(-60s);
  CHECK(logged.size() == 1);
  jump(-3600s);
  CHECK(logged.size() == 2);
  set_log_sink({});
}

TEST_CASE("schedules go on after the clock was days ahead, put right in use or while down") {
  for (const bool restarts : {false, true}) {
    CAPTURE(restarts);
    World world;
    model::Workflow workflow = nightly();
    model::Trigger trigger;
    trigger.id = "hourly";
    trigger.cron = "0 * * * *";
    trigger.timezone = "UTC";
    trigger.catch_up.policy = model::CatchUp::latest;
    workflow.triggers.push_back(trigger);
    world.apply(workflow);
    world.now.wall += 72h + 30min;
    world.run_for(1min);
    const std::size_t before = world.runs().size();
    world.now.wall += -72h;
    if (restarts) world.crash();
    world.run_for(2h);
    CHECK(world.runs().size() == before + 2);
    CHECK(world.starts_max() == 1);
  }
}

TEST_CASE("a turn that is full answers the rest of the commands later, in their order") {
  World world;
  world.agent.disconnect();
  world.server.reset();
  Config config = world.config();
  config.limits = {.events_max = 256, .changes_max = 10};
  world.server = std::make_unique<Runtime>(config, world.parts());
  REQUIRE(world.server->start(world.now, world.now.steady));
  world.agent.connect();
  model::Workflow workflow = nightly();
  workflow.overlap.policy = model::Overlap::parallel;
  workflow.overlap.parallel_max = 1000;
  world.apply(workflow);
  world.answers.clear();
  for (int i = 0; i < 100; ++i) world.ask(model::StartRun{"nightly", {}, {}, false});
  world.server->step(world.now, world.now.steady);
  const std::size_t first = world.answers.size();
  CHECK(first > 0);
  CHECK(first < 10);
  CHECK(world.runs().size() == first);
  world.settle();
  REQUIRE(world.answers.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) {
    REQUIRE(world.answers[i]);
    CHECK(world.answers[i]->integer_or("number", 0) == static_cast<std::int64_t>(i + 1));
  }
  world.run_for(10s);
  CHECK(world.runs().size() == 100);
  CHECK(std::ranges::all_of(
      world.runs(), [](const auto& run) { return run.state == model::RunState::succeeded; }));
}

TEST_CASE("with turns of one event and one change the same things happen") {
  World world;
  world.agent.disconnect();
  world.server.reset();
  Config config = world.config();
  config.limits = {.events_max = 1, .changes_max = 1};
  world.server = std::make_unique<Runtime>(config, world.parts());
  REQUIRE(world.server->start(world.now, world.now.steady));
  world.agent.connect();
  world.apply(nightly());
  world.agent.script("load", {{.lasts = 60s}});
  REQUIRE(world.start("nightly"));
  world.run_for(61s);
  CHECK(world.state_of("nightly#1") == model::RunState::succeeded);
}

TEST_CASE("the feed has every journal line in order, and a watcher hears of each commit") {
  World world;
  int heard = 0;
  const auto handle = world.server->feed().subscribe([&] { ++heard; });
  world.apply(nightly());
  REQUIRE(world.start("nightly"));
  world.run_for(1s);
  CHECK(heard > 0);
  const auto slice = world.server->feed().after(0, 1000);
  REQUIRE(!slice.lines.empty());
  const auto stored = world.memory.journal(0, 1000, {});
  REQUIRE(stored->size() == slice.lines.size());
  for (std::size_t i = 0; i < slice.lines.size(); ++i) {
    CHECK(slice.lines[i].seq == i + 1);
    CHECK((*stored)[i].kind == slice.lines[i].kind);
  }
}

}  // namespace dandori::runtime
