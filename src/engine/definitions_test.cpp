#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

model::WorkflowDefinition one(const std::string& name) {
  WorkflowBuilder flow{name};
  flow.add("a");
  return flow.done();
}

model::ApplyDefinitions of(std::vector<model::WorkflowDefinition> workflows) {
  model::ApplyDefinitions request;
  request.workflows = std::move(workflows);
  return request;
}

model::ApplyDefinitions pruning(std::vector<model::WorkflowDefinition> workflows) {
  model::ApplyDefinitions request = of(std::move(workflows));
  request.prune = true;
  return request;
}

/// `name action`, one a line.
std::string told(const Json& answer) {
  std::string out;
  for (const Json& item : answer["items"].items()) {
    out += std::string{item.text_or("name", "")} + " " + std::string{item.text_or("action", "")} +
           "\n";
  }
  return out;
}

struct Four {
  World world;
  model::WorkflowDefinition a = one("a"), b = one("b"), c = one("c"), d = one("d");
  Four() { world.ask(of({a, b, c, d})); }
};

TEST_CASE_FIXTURE(
    Four,
    "a prune removes what the set defines no more; it starts no more, its history stays [DEV-03]") {
  const std::string run = world.start("d");
  world.run_for(1h);
  model::ApplyDefinitions request = pruning({a, b, c});
  request.dry_run = true;
  CHECK(told(world.ask(request)) == "a unchanged\nb unchanged\nc unchanged\nd removed\n");
  CHECK(world.error_of(model::StartRun{"d", {}, {}, false}) == "");
  world.run_for(1h);
  request.dry_run = false;
  CHECK(told(world.ask(request)).ends_with("d removed\n"));
  CHECK(world.error_of(model::StartRun{"d", {}, {}, false}) == "workflow.unknown");
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.store.workflows.at("d").deleted);
  CHECK(told(world.ask(request)) == "a unchanged\nb unchanged\nc unchanged\n");
  CHECK(world.store.audit.back().action == "workflow.prune");
  CHECK(world.store.audit.back().actor.reason == "because");
}

TEST_CASE_FIXTURE(Four,
                  "an apply brings a removed workflow back, with new numbers after the old ones") {
  world.ask(pruning({a, b, c}));
  const Json answer = world.ask(of({d}));
  CHECK(told(answer) == "d created\n");
  CHECK(answer["items"].items()[0].integer_or("revision", 0) == 2);
  CHECK(world.start("d") == "d#1");
}

TEST_CASE_FIXTURE(Four,
                  "a prune of more than half of the set is refused unless the number is said") {
  model::ApplyDefinitions request = pruning({a});
  CHECK(world.error_of(request) == "workflow.prune_too_many");
  CHECK_FALSE(world.store.workflows.at("b").deleted);
  request.dry_run = true;
  const Json preview = world.ask(request);
  CHECK(preview["refused"].text_or("code", "") == "workflow.prune_too_many");
  CHECK(told(preview) == "a unchanged\nb removed\nc removed\nd removed\n");
  request.dry_run = false;
  request.prune_max = 2;
  CHECK(world.error_of(request) == "workflow.prune_too_many");
  request.prune_max = 3;
  world.ask(request);
  CHECK(world.store.workflows.at("b").deleted);
}

TEST_CASE_FIXTURE(Four, "a workflow with a run that is not over is not removed") {
  world.script("a", {hangs()});
  const std::string run = world.start("d");
  CHECK(world.error_of(pruning({a, b, c})) == "workflow.prune_active");
  world.ask(model::KillRun{run, ""});
  world.run_for(1h);
  CHECK(world.error_of(pruning({a, b, c})) == "");
}

TEST_CASE_FIXTURE(Four,
                  "sets do not touch each other, and a workflow goes where it is applied from") {
  model::ApplyDefinitions sales = of({one("x"), one("y"), one("z")});
  sales.source_set = "sales";
  world.ask(sales);
  CHECK(told(world.ask(pruning({a, b, c, d}))) ==
        "a unchanged\nb unchanged\nc unchanged\nd unchanged\n");
  sales.workflows = {one("x"), one("y")};
  sales.prune = true;
  CHECK(told(world.ask(sales)) == "x unchanged\ny unchanged\nz removed\n");
  // d moves into the set without a new revision
  sales.workflows.push_back(d);
  CHECK(told(world.ask(sales)).ends_with("d unchanged\n"));
  CHECK(world.store.workflows.at("d").source_set == "sales");
  CHECK(world.store.workflows.at("d").revision == 1);
  CHECK(told(world.ask(pruning({a, b, c}))) == "a unchanged\nb unchanged\nc unchanged\n");
}

TEST_CASE_FIXTURE(Four, "a workflow that gets a new name is not pruned under the old one") {
  WorkflowBuilder flow{"e"};
  flow.add("a");
  flow.workflow().renamed_from = "d";
  CHECK(told(world.ask(pruning({a, b, c, flow.done()}))) ==
        "a unchanged\nb unchanged\nc unchanged\ne created\n");
}

TEST_CASE_FIXTURE(Four, "a preview's plan holds as long as nothing else was applied") {
  WorkflowBuilder flow{"a"};
  flow.add("a");
  flow.add("b");
  flow.done();  // another text than the one in force
  model::ApplyDefinitions request = of({flow.done()});
  request.dry_run = true;
  const std::string plan{world.ask(request).text_or("plan_id", "")};
  REQUIRE_FALSE(plan.empty());
  request.dry_run = false;
  request.plan = plan;
  flow.add("c");
  world.ask(of({flow.done()}));
  CHECK(world.error_of(request) == "plan.stale");
  request.dry_run = true;
  request.plan.clear();
  request.plan = world.ask(request).text_or("plan_id", "");
  request.dry_run = false;
  CHECK(told(world.ask(request)) == "a changed\n");
}

TEST_CASE_FIXTURE(Four,
                  "a rollback is a new revision that equals the old one, and says so [DEV-05]") {
  WorkflowBuilder flow{"a"};
  flow.add("a");
  flow.add("b");
  flow.done();
  world.ask(of({flow.done()}));
  model::ApplyDefinitions back = of({a});
  back.rollback_of = 1;
  CHECK(told(world.ask(back)) == "a changed\n");
  const model::RevisionRow& row = world.store.revisions.at({"a", 3});
  CHECK(row.rollback_of == 1);
  CHECK(row.canonical == world.store.revisions.at({"a", 1}).canonical);
  CHECK(row.reason == "because");
  CHECK(world.store.audit.back().action == "workflow.rollback");
  CHECK(told(world.ask(back)) == "a unchanged\n");
}

TEST_CASE_FIXTURE(Four, "an apply for another base revision is refused") {
  model::ApplyDefinitions request = of({a});
  request.base = 2;
  CHECK(world.error_of(request) == "workflow.changed");
  request.base = 1;
  CHECK(world.error_of(request) == "");
}

TEST_CASE("an apply during a run does not touch it: it ends by its own revision [DEV-06]") {
  World world;
  WorkflowBuilder flow{"close"};
  flow.add("a");
  flow.add("b", {"a"});
  world.define(flow);
  world.script("a", {exits(0, 1min)});
  const std::string run = world.start("close");
  flow.add("c", {"b"});
  world.define(flow);
  world.run_for(1h);
  CHECK(world.run(run).revision == 1);
  CHECK(world.run(run).jobs.size() == 2);
  CHECK(world.run_state(run) == "succeeded");
  const std::string next = world.start("close");
  CHECK(world.run(next).revision == 2);
}

}  // namespace
}  // namespace dandori::engine::test
