#include "engine/audit.h"
#include "engine/harness_test.h"

namespace dandori::engine::test {
namespace {

using model::RerunScope;

/// A→B→C and A→D→E, as in the case table of the operations.
WorkflowBuilder five_jobs() {
  WorkflowBuilder flow{"five"};
  flow.add("a");
  flow.add("b", {"a"});
  flow.add("c", {"b"});
  flow.add("d", {"a"});
  flow.add("e", {"d"});
  return flow;
}

std::string attempts_of(const World& world, const std::string& run) {
  std::string text;
  for (const char* id : {"a", "b", "c", "d", "e"})
    text += std::to_string(world.job(run, id).attempts);
  return text;
}

struct FailedAtB {
  World world;
  std::string run;
  FailedAtB() {
    WorkflowBuilder flow = five_jobs();
    world.define(flow);
    world.script("b", {exits(1)});
    run = world.start("five");
    REQUIRE(world.run_state(run) == "failed");
    REQUIRE(attempts_of(world, run) == "11011");
    world.run_for(1h);
  }
};

TEST_CASE_FIXTURE(
    FailedAtB,
    "[OPS-02] [SYS-09] rerun failed: only what failed and what it held back runs again") {
  const model::Run before = world.run(run);
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  CHECK(attempts_of(world, run) == "12111");
  CHECK(world.run_state(run) == "succeeded");
  const model::Run after = world.run(run);
  CHECK(after.business_date == before.business_date);
  CHECK(after.id == before.id);
  CHECK(after.reruns == 1);
  CHECK(world.attempt(run, "b", 1).state == model::AttemptState::failed);
}

TEST_CASE_FIXTURE(FailedAtB,
                  "[OPS-01] rerun whole: every job gets a new attempt with the same inputs") {
  world.ask(model::RerunRun{run, RerunScope::whole, ""});
  CHECK(attempts_of(world, run) == "22122");
  CHECK(world.run_state(run) == "succeeded");
  std::map<std::string, std::string> first(world.agent.orders.front().env.begin(),
                                           world.agent.orders.front().env.end());
  std::map<std::string, std::string> last;
  for (const auto& order : world.agent.orders) {
    if (order.path == "a") last = {order.env.begin(), order.env.end()};
  }
  CHECK(last["DANDORI_ATTEMPT"] == "2");
  for (const char* name : {"BIZ_YMD", "DANDORI_RUN_ID", "DANDORI_TRANSACTION_ID",
                           "DANDORI_SCHEDULED_FOR", "DANDORI_IDEMPOTENCY_KEY"}) {
    CHECK(first[name] == last[name]);
  }
}

TEST_CASE_FIXTURE(FailedAtB, "[OPS-02] rerun only E: C stays not_run and the run is still failed") {
  world.ask(model::RerunRun{run, RerunScope::only, "e"});
  CHECK(attempts_of(world, run) == "11012");
  CHECK(world.job_state(run, "c") == "not_run");
  CHECK(world.run_state(run) == "failed");
}

TEST_CASE_FIXTURE(FailedAtB, "[OPS-02] rerun from D takes D and what follows it") {
  world.ask(model::RerunRun{run, RerunScope::from, "d"});
  CHECK(attempts_of(world, run) == "11022");
  CHECK(world.run_state(run) == "failed");
}

TEST_CASE_FIXTURE(FailedAtB, "rerun from C starts C though B failed: the operator named it") {
  world.ask(model::RerunRun{run, RerunScope::from, "c"});
  CHECK(attempts_of(world, run) == "11111");
  CHECK(world.job_state(run, "c") == "succeeded");
  CHECK(world.run_state(run) == "failed");
}

TEST_CASE_FIXTURE(FailedAtB, "kill while B reruns: B killed, C not_run, run killed") {
  world.script("b", {hangs()});
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  CHECK(world.job_state(run, "b") == "running");
  world.ask(model::KillRun{run, ""});
  CHECK(world.job_state(run, "b") == "stopping");
  world.run_for(1min);
  CHECK(world.job_state(run, "b") == "killed");
  CHECK(world.job_state(run, "c") == "not_run");
  CHECK(world.run_state(run) == "killed");
}

TEST_CASE_FIXTURE(FailedAtB, "a rerun goes on over a restart in the middle of it") {
  world.script("b", {exits(0, 10min)});
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  world.run_for(5min);
  world.restart();
  world.run_for(1h);
  CHECK(attempts_of(world, run) == "12111");
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE_FIXTURE(
    FailedAtB,
    "a rerun of a run in progress, of nothing, or of an unknown run is refused with a reason") {
  world.script("b", {hangs()});
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  CHECK(world.error_of(model::RerunRun{run, RerunScope::failed, ""}) == "run.active");
  CHECK(world.error_of(model::RerunRun{"five#9", RerunScope::failed, ""}) == "run.unknown");
  CHECK(world.error_of(model::RerunRun{"nonsense", RerunScope::failed, ""}) == "run.unknown");
  world.ask(model::KillRun{run, ""});
  world.run_for(1min);
  CHECK(world.error_of(model::RerunRun{run, RerunScope::only, "x"}) == "job.unknown");
  world.script("b", {exits(0)});
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  CHECK(world.error_of(model::RerunRun{run, RerunScope::failed, ""}) == "run.nothing_to_rerun");
}

TEST_CASE(
    "a renamed workflow waits for the failed run before, and goes on once that is confirmed") {
  for (const bool confirmed : {true, false}) {
    World world;
    WorkflowBuilder old{"old"};
    old.add("a");
    world.define(old);
    world.script("a", {exits(1)});
    const std::string failed = world.start("old");
    WorkflowBuilder renamed{"new"};
    renamed.add("a");
    renamed.workflow().renamed_from = "old";
    renamed.workflow().on_previous_failure = model::OnPreviousFailure::hold;
    world.define(renamed);
    CHECK(world.error_of(model::StartRun{"new", {}, std::nullopt, false}) == "run.previous_failed");
    if (confirmed) {
      world.ask(model::ConfirmRun{failed});
    } else {
      world.ask(model::RerunRun{failed, RerunScope::failed, {}});
    }
    CHECK(world.run_state(world.start("new")) == "succeeded");
  }
}

TEST_CASE("a job of unknown fate that must not be repeated is held when it is rerun unnamed") {
  World world;
  WorkflowBuilder builder{"w"};
  builder.add("pay").idempotent = false;
  world.define(builder);
  world.script("pay", {hangs()});
  const std::string run = world.start("w");
  world.post(model::AttemptLost{world.agent.orders.at(0).attempt, "runner_gone"});
  CHECK(world.job_state(run, "pay") == "unknown");
  world.ask(model::RerunRun{run, RerunScope::failed, {}});
  CHECK(world.job_state(run, "pay") == "held");
  world.restart();
  CHECK(world.starts_of("pay").size() == 1);
  model::Operate release;
  release.action = model::Operation::release;
  release.run = run;
  release.job = "pay";
  world.ask(release);
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE(
    "[G5] what ends of a run that is set aside stays with its agent, and counts when it is back") {
  World world;
  WorkflowBuilder builder{"w"};
  builder.add("a");
  world.define(builder);
  world.script("a", {exits(0, 1min)});
  const std::string run = world.start("w");
  const model::AttemptRef attempt = world.agent.orders.at(0).attempt;
  world.check_rebuild = false;

  world.state = make_state(World::settings(), 1);
  for (const model::Change& row : world.store.load()) {
    const bool of_run = std::holds_alternative<model::RunRow>(row) ||
                        std::holds_alternative<model::JobRow>(row) ||
                        std::holds_alternative<model::AttemptRow>(row);
    if (!of_run) apply_change(*world.state, row);
  }
  set_aside(*world.state, attempt.run);
  finish_load(*world.state, world.now);
  world.connect();
  world.run_for(2min);
  world.post(model::AttemptLost{attempt, "runner_gone"});
  CHECK(world.agent.held.count(attempt) == 1);
  world.connect();
  CHECK(world.agent.held.count(attempt) == 1);

  world.restart();
  CHECK(world.run_state(run) == "succeeded");
  CHECK(world.agent.held.empty());
}

TEST_CASE("a rerun uses the revision of its run, also when a newer one was applied") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("b", {exits(1)});
  const std::string run = world.start("five");
  flow.job("b").command = {{"false", false}};
  world.define(flow);
  world.ask(model::RerunRun{run, RerunScope::failed, ""});
  std::string text;
  for (const auto& order : world.agent.orders) {
    if (order.path == "b") text = order.argv[2];
  }
  CHECK(text == "true");
  CHECK(world.run(run).revision == 1);
}

TEST_CASE("a job marked idempotent: false that is named in a rerun runs at once") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("b").idempotent = false;
  world.define(flow);
  world.script("b", {exits(1)});
  const std::string run = world.start("five");
  world.ask(model::RerunRun{run, RerunScope::from, "b"});
  CHECK(world.run_state(run) == "succeeded");
}

TEST_CASE("cancel: no new jobs, what runs finishes, the run ends interrupted") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("a", {exits(0, 5min)});
  const std::string run = world.start("five");
  world.ask(model::CancelRun{run});
  CHECK(world.run_state(run) == "stopping");
  CHECK(world.job_state(run, "a") == "running");
  CHECK(world.job_state(run, "b") == "not_run");
  world.run_for(1h);
  CHECK(world.job_state(run, "a") == "succeeded");
  CHECK(world.run_state(run) == "interrupted");
  CHECK(world.error_of(model::CancelRun{run}) == "run.ended");
}

TEST_CASE("kill of one job: its successors do not run, the rest goes on") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("b", {hangs()});
  world.script("d", {exits(0, 5min)});
  const std::string run = world.start("five");
  CHECK(world.error_of(model::KillRun{run, "c"}) == "job.not_running");
  world.ask(model::KillRun{run, "b"});
  world.run_for(1h);
  CHECK(world.job_state(run, "b") == "killed");
  CHECK(world.job_state(run, "c") == "not_run");
  CHECK(world.job_state(run, "e") == "succeeded");
  CHECK(world.run_state(run) == "killed");
}

TEST_CASE("a job that waits for its next try can be killed; killing does not retry") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.job("a").retry = {{5, 1min, 1.0, 24h, model::Jitter::none, {}, {}}};
  world.define(flow);
  world.script("a", {exits(1)});
  const std::string run = world.start("five");
  CHECK(world.job_state(run, "a") == "retry_wait");
  world.ask(model::KillRun{run, "a"});
  CHECK(world.run_state(run) == "killed");
  world.run_for(1h);
  CHECK(world.starts_of("a").size() == 1);
}

TEST_CASE(
    "[TRG-17] five starts under one key give one run, also over a restart; another request is "
    "refused") {
  World world;
  WorkflowBuilder flow = five_jobs();
  flow.workflow().overlap.policy = model::Overlap::parallel;
  flow.workflow().overlap.parallel_max = 100;
  world.define(flow);
  const model::StartRun request{"five", {}, std::nullopt, false};
  std::set<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.insert(std::string{world.ask(request, "k1").text_or("id", "")});
    if (i == 2) world.restart();
  }
  CHECK(ids.size() == 1);
  CHECK(world.run(*ids.begin()).number == 1);
  const auto other = world.try_ask(request, "k1", "another digest");
  REQUIRE(!other);
  CHECK(other.error().code == "request.key_reused");
  CHECK(world.ask(request, "k2").integer_or("number", 0) == 2);
}

TEST_CASE("a key belongs to what changes something: questions and previews use none up") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.ask(model::AskSummary{}, "k");
  world.ask(model::AskWhy{world.start("five"), {}}, "k");
  world.ask(model::ApplyDefinitions{{flow.done()}, {}, {}, true}, "k");
  model::Command look;
  look.actor = {"admin", model::Channel::cli, "", "req", ""};
  look.idempotency_key = "k";
  look.request = model::StartRun{"five", {}, std::nullopt, false};
  CHECK_FALSE(key_of(look).empty());
  look.preview = true;
  CHECK(key_of(look).empty());
  CHECK(world.store.keys.empty());
  world.ask(model::StartRun{"five", {}, std::nullopt, false}, "k");
  CHECK(world.store.keys.size() == 1);
  CHECK(world.ask(model::AskSummary{}, "k").find("workflows") != nullptr);
}

TEST_CASE("[G11] what is kept under a key stays the first, until the same request replaces it") {
  World world;
  const auto keep = [](std::string_view text, bool replaces) {
    return model::KeepAnswer{Json::object({{"is", text}}), replaces};
  };
  CHECK(world.ask(keep("first", false), "k")["is"] == Json{"first"});
  CHECK(world.ask(keep("second", false), "k")["is"] == Json{"first"});
  CHECK(world.ask(keep("end", true), "k")["is"] == Json{"end"});
  world.restart();
  CHECK(world.ask(keep("third", false), "k")["is"] == Json{"end"});
  CHECK(world.try_ask(keep("other", true), "k", "another").error().code == "request.key_reused");
}

TEST_CASE("remembered answers are bounded by their bytes, newest last") {
  RecentMap<int> map{3, 100};
  map.put("a", 1, 60);
  map.put("b", 2, 50);
  CHECK(map.find("a") == nullptr);
  map.put("b", 3, 40);
  map.put("c", 4, 60);
  CHECK(*map.find("b") == 3);
  map.put("d", 5, 500);
  CHECK(map.find("c") == nullptr);
  CHECK(*map.find("d") == 5);
}

TEST_CASE(
    "[PRM-01] start parameters are typed, required, checked against enum; a wrong one makes no "
    "run") {
  World world;
  WorkflowBuilder flow = five_jobs();
  using model::ParamType;
  flow.workflow().params = {{"day", ParamType::date, false, "${{ run.business_date }}", {}, ""},
                            {"count", ParamType::integer, true, {}, {}, ""},
                            {"mode", ParamType::string, false, "fast", {"fast", "safe"}, ""},
                            {"dry", ParamType::boolean, false, false, {}, ""},
                            {"branches", ParamType::list, false, Json::array({"tokyo"}), {}, ""}};
  world.define(flow);
  const auto refused = [&](std::vector<Json::Member> params) {
    const auto answer = world.try_ask(
        model::StartRun{"five", Json::object(std::move(params)), std::nullopt, false});
    return answer ? std::string{} : answer.error().code + " " + answer.error().path;
  };
  CHECK(refused({}) == "param.missing /params/count");
  CHECK(refused({{"count", "many"}}) == "param.bad_type /params/count");
  CHECK(refused({{"count", 1.5}}) == "param.bad_type /params/count");
  CHECK(refused({{"count", 1}, {"mode", "slow"}}) == "param.not_allowed /params/mode");
  CHECK(refused({{"count", 1}, {"day", "2026-02-30"}}) == "param.bad_type /params/day");
  CHECK(refused({{"count", 1}, {"dry", "perhaps"}}) == "param.bad_type /params/dry");
  CHECK(refused({{"count", 1}, {"branches", "tokyo"}}) == "param.bad_type /params/branches");
  CHECK(refused({{"count", 1}, {"counts", 1}}) == "param.unknown /params/counts");
  CHECK(world.store.active.empty());
  CHECK(world.store.ended.empty());
  const Json params = Json::object({{"count", "12"}, {"dry", "true"}});
  const Json answer = world.ask(model::StartRun{"five", params, "2026-03-31", false});
  CHECK(write_json(world.run(std::string{answer.text_or("name", "")}).params) ==
        R"({"day":"2026-03-31","count":12,"mode":"fast","dry":true,"branches":["tokyo"]})");
}

TEST_CASE(
    "a start by hand pins the local date, names its run by number, and refuses what it cannot "
    "start") {
  World world;
  world.move_to(at("2026-11-20T16:00:00Z"));
  WorkflowBuilder flow = five_jobs();
  flow.cron("t", "0 20 1 1 *", "Asia/Tokyo");
  world.define(flow);
  const Json answer = world.ask(model::StartRun{"five", {}, std::nullopt, false});
  CHECK(answer.text_or("name", "") == "five#1");
  CHECK(world.run("five#1").business_date == "2026-11-21");
  CHECK(world.error_of(model::StartRun{"fife", {}, std::nullopt, false}) == "workflow.unknown");
  CHECK(world.error_of(model::StartRun{"five", {}, "31.3.2026", false}) ==
        "param.bad_business_date");
  flow.workflow().manual = false;
  world.define(flow);
  CHECK(world.error_of(model::StartRun{"five", {}, std::nullopt, false}) ==
        "run.manual_not_allowed");
}

TEST_CASE(
    "every command leaves an audit line, chained by hash from the first; a refused one leaves "
    "none") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  const std::string run = world.start("five");
  const std::size_t before = world.store.audit.size();
  world.error_of(model::CancelRun{run});
  CHECK(world.store.audit.size() == before);
  REQUIRE(before == 2);
  std::string previous;
  std::uint64_t seq = 0;
  for (const model::AuditRow& row : world.store.audit) {
    CHECK(row.seq == ++seq);
    CHECK(row.hash == audit_hash(previous, row));
    previous = row.hash;
    CHECK(row.actor.reason == "because");
    CHECK(row.actor.request_id == "req");
  }
  CHECK(world.store.audit[1].action == "run.start");
  CHECK(world.store.audit[1].target == "five#1");
  model::AuditRow forged = world.store.audit[0];
  forged.actor.name = "nobody";
  CHECK(audit_hash("", forged) != forged.hash);
}

TEST_CASE("an apply makes a revision only of what changed; a dry run changes nothing") {
  World world;
  WorkflowBuilder flow = five_jobs();
  const model::WorkflowDefinition definition = flow.done();
  Json answer = world.ask(model::ApplyDefinitions{{definition}, {}, {}, true});
  CHECK(answer["items"].items()[0].text_or("action", "") == "created");
  CHECK(world.store.workflows.empty());
  answer = world.ask(
      model::ApplyDefinitions{{definition}, {{"v", "", 1}}, {{"sales", "Sales", {}}}, false});
  CHECK(write_json(answer["items"].items()[2]) ==
        R"({"kind":"Workflow","name":"five","action":"created","revision":1})");
  answer = world.ask(
      model::ApplyDefinitions{{definition}, {{"v", "", 1}}, {{"sales", "Sales", {}}}, false});
  for (const Json& each : answer["items"].items()) CHECK(each.text_or("action", "") == "unchanged");
  CHECK(world.store.revisions.size() == 1);
}

TEST_CASE("confirming a run that ended well is refused; a failed one is marked once") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("a", {exits(1), exits(0)});
  const std::string failed = world.start("five");
  const std::string well = world.start("five");
  CHECK(world.error_of(model::ConfirmRun{well}) == "run.nothing_to_confirm");
  world.ask(model::ConfirmRun{failed});
  CHECK(world.run(failed).confirmed);
  CHECK(world.run(failed).confirmed_by == "admin");
  CHECK(world.run_state(failed) == "failed");
  world.ask(model::ConfirmRun{failed});
}

TEST_CASE("why names the failed job, its exit code, its agent, and what to type") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("b", {exits(3)});
  const std::string run = world.start("five");
  const Json why = world.ask(model::AskWhy{run, ""});
  CHECK(why.text_or("state", "") == "failed");
  REQUIRE(why["jobs"].size() == 1);
  const Json& reason = why["jobs"].items()[0]["reasons"].items()[0];
  CHECK(reason.text_or("code", "") == "why.failed");
  CHECK(reason.integer_or("exit_code", 0) == 3);
  CHECK(reason.text_or("agent", "") == "local");
  CHECK(why["not_run"].items()[0].text_or("job", "") == "c");
  CHECK(
      write_json(why["hint_commands"]) ==
      R"(["dandori logs 'five#1' b","dandori rerun 'five#1' --from failed","dandori confirm 'five#1'"])");
  CHECK(world.error_of(model::AskWhy{"five#7", ""}) == "run.unknown");
  CHECK(world.error_of(model::AskWhy{run, "nope"}) == "job.unknown");
}

TEST_CASE("the summary and the list of agents count what is there") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  world.script("a", {hangs()});
  world.start("five");
  const Json summary = world.ask(model::AskSummary{});
  CHECK(summary["runs"].integer_or("running", 0) == 1);
  CHECK(summary["attempts"].integer_or("live", 0) == 1);
  const Json agents = world.ask(model::AskAgents{});
  CHECK(agents["items"].items()[0].text_or("name", "") == "local");
  CHECK(agents["items"].items()[0].bool_or("connected", false));
}

}  // namespace
}  // namespace dandori::engine::test
