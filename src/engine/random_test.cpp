#include <random>

#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

using model::JobState;
using model::OnLost;

/// Random workflows under random trouble; what must hold is checked after every turn by the
/// harness.
class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_{seed}, world{limits()} {
    world.agent.slots = number(1, 6);
    world.connect();
    for (const char* name : {"one", "two"}) {
      flows_.emplace_back(name);
      shape(flows_.back());
      world.define(flows_.back());
    }
  }

  void step() {
    switch (number(0, 14)) {
      case 0:
      case 1:
        return start();
      case 2:
        return world.restart();
      case 3:
        return world.disconnect();
      case 4:
        return world.connect();
      case 5:
        return reboot();
      case 6:
      case 11:
      case 12:
        return operate();
      case 7:
        return jump();
      case 8:
        return repeat_reports();
      case 9:
        return lose_order();
      case 10:
        return reshape();
      default:
        return world.run_for(std::chrono::seconds{number(1, 900)});
    }
  }

  /// The trouble is over: everything must come to an end.
  void heal() {
    world.agent.slots = 6;
    world.connect();
    for (int i = 0; i < 400 && !settled(); ++i) {
      world.run_for(1h);
      decide_unknown();
    }
    CHECK(settled());
    CHECK(world.agent.held.empty());
  }

 private:
  TurnLimits limits() {
    switch (number(0, 2)) {
      case 0:
        return {1, 1};
      case 1:
        return {3, 7};
      default:
        return {};
    }
  }
  std::uint32_t number(std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>{low, high}(random_);
  }
  bool chance(std::uint32_t percent) { return number(1, 100) <= percent; }

  void shape(WorkflowBuilder& flow) {
    model::Workflow& workflow = flow.workflow();
    workflow.jobs.clear();
    workflow.triggers.clear();
    workflow.overlap = {static_cast<model::Overlap>(number(0, 4)), number(0, 4), number(1, 3)};
    workflow.on_previous_failure = static_cast<model::OnPreviousFailure>(number(0, 2));
    const std::uint32_t jobs = number(1, 9);
    for (std::uint32_t i = 0; i < jobs; ++i) add_job(flow, i);
    if (chance(60)) {
      model::Trigger& trigger = flow.cron("t", chance(50) ? "*/10 * * * *" : "7 * * * *");
      trigger.catch_up.policy = static_cast<model::CatchUp>(number(0, 2));
      if (chance(30)) trigger.catch_up.within = 25min;
    }
  }

  void add_job(WorkflowBuilder& flow, std::uint32_t index) {
    const std::string id = "j" + std::to_string(index);
    model::Job& job = chance(25) ? flow.noop(id) : flow.add(id);
    for (std::uint32_t other = 0; other < index; ++other) {
      if (!chance(30)) continue;
      std::uint32_t states = model::kSatisfied;
      if (chance(20))
        states = model::state_bit(JobState::failed) | model::state_bit(JobState::killed);
      if (chance(10)) states = model::state_bit(JobState::succeeded);
      job.depends_on.push_back({other, states});
    }
    job.join = static_cast<model::Join>(number(0, 2));
    job.join_count = number(1, 2);
    job.priority = static_cast<std::int32_t>(number(0, 100));
    job.enabled = !chance(10);
    job.idempotent = !chance(10);
    job.on_lost = static_cast<OnLost>(number(0, 2));
    job.lost_limit = number(0, 2);
    if (chance(30)) job.timeout = std::chrono::seconds{number(1, 600)};
    if (chance(20)) job.start_within = std::chrono::seconds{number(1, 600)};
    if (chance(40)) {
      job.retry.push_back({number(1, 3),
                           std::chrono::seconds{number(0, 90)},
                           2.0,
                           5min,
                           chance(50) ? model::Jitter::full : model::Jitter::none,
                           {},
                           {}});
    }
  }

  void script_jobs() {
    for (int i = 0; i < 9; ++i) {
      std::vector<Script> ends;
      for (std::uint32_t n = number(0, 3); n > 0; --n) {
        ends.push_back(exits(chance(60) ? 0 : 1, std::chrono::seconds{number(0, 1200)}));
      }
      world.script("j" + std::to_string(i), ends);
    }
  }

  std::string some_run() {
    std::vector<std::string> names;
    for (const auto& [id, row] : world.store.active) names.push_back(run_name(row.run));
    if (names.empty() || chance(40)) {
      for (const auto& [id, row] : world.store.ended) names.push_back(run_name(row.run));
    }
    return names.empty() ? "one#1" : names[number(0, static_cast<std::uint32_t>(names.size()) - 1)];
  }

  void start() {
    script_jobs();
    (void)world.try_ask(model::StartRun{chance(50) ? "one" : "two", {}, std::nullopt, chance(20)});
  }
  void operate() {
    const std::string run = some_run();
    const std::string job = chance(50) ? "" : "j" + std::to_string(number(0, 8));
    switch (number(0, 4)) {
      case 0:
        (void)world.try_ask(model::CancelRun{run});
        return;
      case 1:
        (void)world.try_ask(model::KillRun{run, job});
        return;
      case 2:
        (void)world.try_ask(model::ConfirmRun{run});
        return;
      case 3:
        (void)world.try_ask(model::AskWhy{run, job});
        return;
      default:
        (void)world.try_ask(
            model::RerunRun{run, static_cast<model::RerunScope>(number(0, 3)), job});
    }
  }
  void reboot() {
    world.agent.held.clear();
    world.agent.boot.low += 1;
    world.agent.high = 0;
    world.connect();
  }
  void jump() {
    world.now.wall += chance(50) ? Duration{-std::chrono::minutes{number(1, 90)}}
                                 : std::chrono::minutes{number(2, 300)};
    world.post(model::ClockJumped{world.now.wall});
  }
  void repeat_reports() {
    if (world.agent.orders.empty()) return;
    const model::StartOrder order =
        world.agent.orders[number(0, static_cast<std::uint32_t>(world.agent.orders.size()) - 1)];
    if (world.agent.held.count(order.attempt) != 0) return;  // only what the host has done with
    world.post(model::AttemptStarted{order.attempt, 1, world.now.wall});
    world.post(model::AttemptNeverStarted{order.attempt, order.boot_id, order.sequence + 1000,
                                          "stale_sequence"});
  }
  void lose_order() {
    world.agent.connected = false;  // the engine does not know
    start();
  }
  void reshape() {
    WorkflowBuilder& flow = flows_[number(0, 1)];
    shape(flow);
    world.define(flow);
  }

  bool settled() const {
    for (const auto& [id, row] : world.store.active) {
      const WorkflowState& workflow = world.state->workflows.at(row.run.workflow);
      const bool held_back = row.run.state == model::RunState::queued && workflow.row.last_failed;
      if (!held_back && row.run.state != model::RunState::queued) return false;
    }
    return true;
  }
  void decide_unknown() {
    std::vector<std::string> runs;
    for (const auto& [id, row] : world.store.active) {
      if (row.run.needs_decision) runs.push_back(run_name(row.run));
    }
    for (const std::string& run : runs) (void)world.try_ask(model::ConfirmRun{run});
    // Jobs that must not be repeated are held in a rerun.
    for (const auto& [key, mark] : std::map{world.store.marks}) {
      model::Operate release;
      release.action = model::Operation::release;
      release.run = key.workflow + "#" + std::to_string(key.number);
      release.job = key.job;
      (void)world.try_ask(release);
    }
    // Triggers stop: no further runs come while the rest ends.
    for (WorkflowBuilder& flow : flows_) {
      if (flow.workflow().triggers.empty()) continue;
      flow.workflow().triggers.clear();
      world.define(flow);
    }
  }

  std::mt19937_64 random_;

 public:
  World world;

 private:
  std::deque<WorkflowBuilder> flows_;
};

TEST_CASE(
    "random workflows under random trouble keep every rule, and end when the trouble is over") {
  std::map<std::string, int> kinds;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Chaos chaos{seed};
    for (int i = 0; i < 60; ++i) chaos.step();
    chaos.heal();
    for (const model::JournalRow& row : chaos.world.store.journal) ++kinds[row.kind];
  }
  // The trouble is real: each of these happened.
  for (const char* kind :
       {"job.lost", "job.retry", "job.started", "job.ended", "job.kill_requested", "job.confirmed",
        "run.reopened", "run.kill_requested", "run.cancel_requested", "run.confirmed",
        "planned.missed"}) {
    INFO(std::string{kind});
    CHECK(kinds[kind] > 5);
  }
}

}  // namespace
}  // namespace dandori::engine::test
