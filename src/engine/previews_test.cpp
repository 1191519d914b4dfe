#include <random>

#include "engine/operations_test.h"

namespace dandori::engine::test {
namespace {

/// States of every run and job, as a preview names them: a job that may start counts as started.
std::map<std::string, std::string> states_of(const World& world) {
  std::map<std::string, std::string> states;
  const auto add = [&](const model::Run& run) {
    const std::string name = run_name(run);
    states[name] = world.run_state(name);
    const auto& row = world.store.revisions.at({run.workflow, run.revision});
    for (const model::Job& job : row.definition->jobs) {
      std::string state = world.job_state(name, job.id);
      if (state == "starting" || state == "running") state = "wait_pool";
      states[name + "/" + job.id] = state;
    }
  };
  for (const auto& [id, row] : world.store.active) add(row.run);
  for (const auto& [id, row] : world.store.ended) add(row.run);
  return states;
}

/// The states that would be, by the preview.
std::map<std::string, std::string> after_preview(std::map<std::string, std::string> states,
                                                 const Json& preview) {
  for (const Json& job : preview["jobs"].items()) {
    const std::string name =
        std::string{job.text_or("run", "")} + "/" + std::string{job.text_or("job", "")};
    states[name] = std::string{job.text_or("state_after", "")};
  }
  for (const Json& run : preview["runs"].items())
    states[std::string{run.text_or("name", "")}] = std::string{run.text_or("state", "")};
  return states;
}

/// Random runs with operators at work; each operation is previewed before it is done.
class Operators {
 public:
  explicit Operators(std::uint64_t seed) : random_{seed} {
    WorkflowBuilder flow{"w"};
    const std::uint32_t jobs = number(2, 8);
    for (std::uint32_t i = 0; i < jobs; ++i) add_job(flow, i);
    flow.workflow().overlap = {static_cast<model::Overlap>(number(0, 3)), 5, 2};
    world.define(flow);
    jobs_ = jobs;
  }

  void step() {
    if (number(0, 2) == 0) return world.run_for(std::chrono::seconds{number(1, 600)});
    if (number(0, 9) == 0) return world.restart();
    compare(request());
  }

  World world;
  std::size_t compared = 0;

 private:
  std::uint32_t number(std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>{low, high}(random_);
  }

  void add_job(WorkflowBuilder& flow, std::uint32_t index) {
    const std::string id = "j" + std::to_string(index);
    model::Job& job = number(0, 3) == 0 ? flow.noop(id) : flow.add(id);
    for (std::uint32_t other = 0; other < index; ++other) {
      if (number(0, 2) != 0) continue;
      const std::uint32_t states =
          number(0, 5) == 0 ? model::state_bit(JobState::failed) : model::kSatisfied;
      job.depends_on.push_back({other, states});
    }
    job.join = static_cast<model::Join>(number(0, 1));
    job.idempotent = number(0, 9) != 0;
    if (number(0, 3) == 0) job.retry = {{2, 5min, 1.0, 24h, model::Jitter::none, {}, {}}};
  }

  std::string some_run() {
    const std::uint64_t runs =
        world.store.workflows.empty() ? 0 : world.store.workflows.at("w").run_number;
    return "w#" + std::to_string(runs == 0 ? 1 : number(1, static_cast<std::uint32_t>(runs)));
  }
  std::string some_job() { return "j" + std::to_string(number(0, jobs_ - 1)); }

  model::Request request() {
    Operate operate;
    operate.action = static_cast<Operation>(number(0, 12));
    operate.state = number(0, 1) == 0 ? JobState::succeeded : JobState::failed;
    operate.leave_running = number(0, 1) == 0;
    switch (number(0, 9)) {
      case 0:
      case 1:
        return model::StartRun{"w", {}, std::nullopt, false};
      case 2: {
        model::RerunRun rerun{some_run(), static_cast<model::RerunScope>(number(0, 4)), some_job()};
        rerun.hold_first = number(0, 3) == 0;
        return rerun;
      }
      case 3:
        return number(0, 3) == 0 ? model::Request{model::CancelRun{some_run()}}
                                 : model::Request{model::KillRun{some_run(), some_job()}};
      case 4:
        if (number(0, 3) == 0) {
          operate.of_server = true;
          operate.action = number(0, 1) == 0 ? Operation::drain : Operation::undrain;
          return operate;
        }
        operate.workflow = "w";
        if (number(0, 1) == 0) operate.job = some_job();
        return operate;
      case 5:
        return model::ConfirmRun{some_run()};
      default:
        operate.run = some_run();
        if (operate.action != Operation::suspend && operate.action != Operation::resume)
          operate.job = some_job();
        return operate;
    }
  }

  void compare(const model::Request& request) {
    for (int i = 0; i < 8; ++i) {
      const std::string id = "j" + std::to_string(i);
      // What starts now does not end at the same instant, so that the states can be seen.
      world.script(id, std::vector<Script>(6, exits(number(0, 2) == 0 ? 1 : 0, 3min)));
    }
    const auto before = states_of(world);
    const Result<Json> preview = world.try_send(request, true, {}, "because");
    const std::string plan{preview ? preview->text_or("plan_id", "") : ""};
    const Result<Json> done = world.try_send(request, false, plan, "because");
    CAPTURE((preview ? write_json(*preview) : preview.error().code));
    REQUIRE(preview.has_value() == done.has_value());
    if (!preview) {
      REQUIRE(preview.error().code == done.error().code);
      return;
    }
    ++compared;
    const auto wanted = after_preview(before, *preview);
    const auto found = states_of(world);
    for (const auto& [name, state] : found) {
      CAPTURE(name);
      const auto at = wanted.find(name);
      // What a new run leaves out is no news.
      const std::string said = at == wanted.end() ? "bypassed" : at->second;
      REQUIRE(said == state);
    }
  }

  std::mt19937_64 random_;
  std::uint32_t jobs_ = 0;
};

TEST_CASE("what a preview says is what then happens") {
  std::size_t compared = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Operators operators{seed};
    for (int i = 0; i < 40; ++i) operators.step();
    compared += operators.compared;
  }
  CHECK(compared > 1'000);
}

/// Two workflows on an agent with one slot: a job runs, one of each waits for the slot.
struct OneSlot {
  World world;
  WorkflowBuilder one{"one"}, two{"two"};
  OneSlot() {
    world.agent.slots = 1;
    world.restart();
    one.add("a");
    one.add("b");
    two.add("c");
    world.define(one);
    world.define(two);
    world.script("a", {exits(0, 5min)});
    world.start("one");
    world.start("two");
    REQUIRE(world.job_state("one#1", "a") == "running");
    REQUIRE(world.job_state("one#1", "b") == "wait_pool");
    REQUIRE(world.job_state("two#1", "c") == "wait_pool");
  }
};

/// `one#1/b hold wait_pool held` for each job that would be treated differently.
std::string changes_in(const Json& preview) {
  std::string text;
  for (const Json& job : preview["jobs"].items()) {
    text += std::string{job.text_or("run", "")} + "/" + std::string{job.text_or("job", "")};
    for (const char* field : {"effect", "state", "state_after"})
      text += " " + std::string{job.text_or(field, "")};
    text += "\n";
  }
  return text;
}

TEST_CASE_FIXTURE(OneSlot,
                  "[OPS-12] the preview of a drain of the server names the jobs of every workflow "
                  "that would start no more, and that of an undrain those that would") {
  const Json drain = world.preview(on(Operation::drain, "server"));
  CHECK(changes_in(drain) ==
        "one#1/b hold wait_pool held\n"
        "two#1/c hold wait_pool held\n");
  CHECK(write_json(drain["counts"]) == R"({"hold":2})");
  CHECK(write_json(drain["marks"]) == R"([{"target":"server","kind":"drain","set":true}])");
  CHECK(drain.text_or("action", "") == "server.drain");

  world.ask(on(Operation::drain, "server"));
  CHECK(write_json(world.preview(on(Operation::drain, "server"))["marks"]) == "[]");
  world.start("two");
  REQUIRE(world.run_state("two#2") == "queued");
  world.run_for(10min);
  const Json undrain = world.preview(on(Operation::undrain, "server"));
  CHECK(changes_in(undrain) ==
        "one#1/b start held wait_pool\n"
        "two#1/c start held wait_pool\n");
  CHECK(write_json(undrain["marks"]) == R"([{"target":"server","kind":"drain","set":false}])");
}

TEST_CASE_FIXTURE(OneSlot,
                  "a workflow that is drained already is no news in a drain of the server") {
  world.ask(on(Operation::drain, "one"));
  CHECK(changes_in(world.preview(on(Operation::drain, "server"))) ==
        "two#1/c hold wait_pool held\n");
}

TEST_CASE_FIXTURE(OneSlot, "the plan of a drain of the server outlives the jobs that come and go") {
  const std::string plan{world.preview(on(Operation::drain, "server")).text_or("plan_id", "")};
  world.run_for(1h);
  REQUIRE(world.run_state("two#1") == "succeeded");
  CHECK(world.try_send(on(Operation::drain, "server"), false, plan, "because").has_value());
  const auto stale = world.try_send(on(Operation::drain, "server"), false, plan, "because");
  REQUIRE(!stale);
  CHECK(stale.error().code == "plan.stale");
}

TEST_CASE("a preview names the mark also where no job is concerned yet") {
  World world;
  WorkflowBuilder flow = five_jobs();
  world.define(flow);
  const Json hold = world.preview(on(Operation::hold, "five"));
  CHECK(hold["jobs"].size() == 0);
  CHECK(write_json(hold["marks"]) == R"([{"target":"five","kind":"hold","set":true}])");
  world.ask(on(Operation::hold, "five"));
  CHECK(write_json(world.preview(on(Operation::release, "five"))["marks"]) ==
        R"([{"target":"five","kind":"hold","set":false}])");
}

/// A→B→C where C reads an output of B, and B fails.
struct ReadsAtC {
  World world;
  WorkflowBuilder flow = five_jobs();
  std::string run;
  explicit ReadsAtC(Script at_b = exits(1)) {
    flow.job("c").env = {{"ROWS", {"${{ jobs.b.outputs.rows }}", true}}};
    world.define(flow);
    world.script("b", {std::move(at_b)});
    run = world.start("five");
  }
};

constexpr std::string_view kRowsMissing =
    R"([{"code":"preview.outputs_missing","job":"five#1/b","outputs":[{"name":"rows","readers":["c"]}]}])";

TEST_CASE_FIXTURE(ReadsAtC,
                  "[OPS-09] the preview of a state set by hand names the outputs that will be "
                  "missing, and whoever fails for want of them says why") {
  for (const JobState state : {JobState::succeeded, JobState::warning, JobState::skipped})
    CHECK(write_json(world.preview(set_to(state, run, "b"))["warnings"]) == kRowsMissing);
  CHECK(write_json(world.preview(on(Operation::confirm, run, "b"))["warnings"]) == kRowsMissing);
  CHECK(world.preview(set_to(JobState::failed, run, "d"))["warnings"].size() == 0);
  world.ask(set_to(JobState::succeeded, run, "b"));
  CHECK(world.job_state(run, "c") == "failed");
  CHECK(world.attempt(run, "c", 1).error ==
        "job 'c', env ROWS: column 5: job 'b' has no output 'rows': it was made succeeded by hand "
        "(admin)");
  // As the warning says: run again, held before it, then skipped with the values.
  model::RerunRun rerun{run, RerunScope::from, "b"};
  rerun.hold = {"b"};
  world.ask(rerun);
  Operate skip = on(Operation::skip, run, "b");
  skip.values = Json::object({{"rows", 7}});
  world.ask(skip);
  CHECK(world.job_state(run, "c") == "succeeded");
}

TEST_CASE(
    "no output is missing that the job has handed on before it failed, or that nobody reads") {
  ReadsAtC at{Script{Duration{0}, 1, 0, "rows=7\n", 0, false}};
  REQUIRE(at.world.job_state(at.run, "b") == "failed");
  CHECK(at.world.preview(set_to(JobState::succeeded, at.run, "b"))["warnings"].size() == 0);
  at.world.ask(set_to(JobState::succeeded, at.run, "b"));
  CHECK(at.world.job_state(at.run, "c") == "succeeded");
  CHECK(at.world.preview(set_to(JobState::skipped, at.run, "a"))["warnings"].size() == 0);
}

}  // namespace
}  // namespace dandori::engine::test
