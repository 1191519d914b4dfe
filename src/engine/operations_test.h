#pragma once

#include "engine/harness_test.h"

// What the stories of operations share: A→B→C and A→D→E, and how operations are asked for.

namespace dandori::engine::test {

using model::JobState;
using model::Operate;
using model::Operation;
using model::RerunScope;

/// A→B→C and A→D→E, as in the case table of the operations.
inline WorkflowBuilder five_jobs() {
  WorkflowBuilder flow{"five"};
  flow.add("a");
  flow.add("b", {"a"});
  flow.add("c", {"b"});
  flow.add("d", {"a"});
  flow.add("e", {"d"});
  return flow;
}

inline Operate on(Operation action, std::string target, std::string job = {}) {
  Operate request;
  request.action = action;
  const bool is_run = target.find('#') != std::string::npos;
  request.of_server = target == "server";
  if (!request.of_server) (is_run ? request.run : request.workflow) = std::move(target);
  request.job = std::move(job);
  return request;
}

inline Operate set_to(JobState state, std::string run, std::string job,
                      bool leave_running = false) {
  Operate request = on(Operation::set_state, std::move(run), std::move(job));
  request.state = state;
  request.leave_running = leave_running;
  return request;
}

inline std::string attempts_of(const World& world, const std::string& run) {
  std::string text;
  for (const char* id : {"a", "b", "c", "d", "e"})
    text += std::to_string(world.job(run, id).attempts);
  return text;
}

/// The last audit line: `action target by reason`.
inline std::string last_audit(const World& world) {
  const model::AuditRow& row = world.store.audit.back();
  return row.action + " " + row.target + " by " + row.actor.name + ": " + row.actor.reason;
}

inline std::string differences(World& world) {
  std::string text;
  const Json answer = world.ask(model::AskDifferences{});
  for (const Json& item : answer["items"].items()) {
    text += std::string{item.text_or("kind", "")} + " " + std::string{item.text_or("target", "")} +
            ", undo: " + std::string{item["undo"].text_or("command", "")} + "\n";
  }
  return text;
}

/// A has started and hangs; nothing else has.
struct AtA {
  World world;
  WorkflowBuilder flow = five_jobs();
  std::string run;
  AtA() {
    world.define(flow);
    world.script("a", {exits(0, 5min)});
    run = world.start("five");
    REQUIRE(world.job_state(run, "a") == "running");
  }
};

struct FailedAtB {
  World world;
  WorkflowBuilder flow = five_jobs();
  std::string run;
  FailedAtB() {
    world.define(flow);
    world.script("b", {exits(1)});
    run = world.start("five");
    REQUIRE(world.run_state(run) == "failed");
    REQUIRE(attempts_of(world, run) == "11011");
    world.run_for(1h);
  }
};

}  // namespace dandori::engine::test
