// The engine alone: what one job costs it, and what live runs cost in memory.

#include <malloc.h>

#include <benchmark/benchmark.h>

#include "engine/engine.h"

namespace {

using namespace dandori;

engine::Settings settings() {
  engine::Settings made;
  made.zone = [](std::string_view name) { return calendar::TimeZone::load(name); };
  return made;
}

std::shared_ptr<model::Workflow> workflow_of(std::size_t jobs, model::JobType type, bool chain) {
  auto workflow = std::make_shared<model::Workflow>();
  workflow->name = "bench";
  workflow->overlap.policy = model::Overlap::parallel;
  workflow->overlap.parallel_max = 1'000'000;
  for (std::uint32_t i = 0; i < jobs; ++i) {
    model::Job job;
    job.id = "job" + std::to_string(i);
    job.type = type;
    job.command = {{"/bin/true", false}};
    if (chain && i > 0) job.depends_on.push_back({i - 1, model::kSatisfied});
    workflow->jobs.push_back(std::move(job));
  }
  finish_workflow(*workflow);
  return workflow;
}

/// The engine with an agent whose jobs end at once; rows go nowhere.
struct Bench {
  engine::StatePtr state = engine::make_state(settings(), 1);
  Now now{Timestamp{1'800'000'000'000'000}, Steady{1}};
  std::vector<engine::Envelope> inbox;
  std::size_t rows = 0, ended = 0;

  void turn() {
    now.wall += Duration{50};
    now.steady = now.steady + Duration{50};
    engine::Decision decision = engine::decide(*state, inbox, now);
    inbox.erase(inbox.begin(), inbox.begin() + static_cast<std::ptrdiff_t>(decision.events_taken));
    more = decision.more;
    rows += decision.batch.changes.size();
    for (const model::Effect& effect : decision.effects) {
      const auto* start = std::get_if<model::SendStart>(&effect);
      if (start == nullptr) continue;
      const model::AttemptRef ref = start->order.attempt;
      inbox.push_back({model::AttemptStarted{ref, 1, now.wall}, {}});
      model::ExitRecord exit;
      exit.exit_code = 0;
      exit.started_at = exit.ended_at = now.wall;
      inbox.push_back({model::AttemptEnded{ref, exit, {}}, {}});
      ++ended;
    }
  }
  void drain() {
    do {
      turn();
    } while (more || !inbox.empty());
  }
  void command(model::Request request) {
    model::Command made;
    made.actor.name = "bench";
    made.request = std::move(request);
    inbox.push_back({std::move(made), {}});
  }
  void connect(std::uint32_t slots) {
    model::AgentHello hello;
    hello.name = "local";
    hello.boot_id = {1, 1};
    hello.slots = slots;
    inbox.push_back({model::AgentConnected{hello, 1}, {}});
  }
  void define(const std::shared_ptr<model::Workflow>& workflow) {
    command(model::ApplyDefinitions{{{workflow, "", "x"}}, {}, {}, false});
    drain();
  }
  bool more = false;
};

void run_jobs(benchmark::State& bench, model::JobType type, bool chain, std::uint32_t slots) {
  const auto jobs = static_cast<std::size_t>(bench.range(0));
  double rows = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    Bench world;
    world.connect(slots);
    world.define(workflow_of(jobs, type, chain));
    world.rows = 0;
    bench.ResumeTiming();
    world.command(model::StartRun{"bench", {}, std::nullopt, false});
    world.drain();
    rows = static_cast<double>(world.rows) / static_cast<double>(jobs);
  }
  bench.counters["jobs/s"] =
      benchmark::Counter(static_cast<double>(jobs), benchmark::Counter::kIsIterationInvariantRate);
  bench.counters["rows/job"] = rows;
}

void noop_jobs(benchmark::State& bench) {
  run_jobs(bench, model::JobType::noop, false, 32);
}
void noop_chain(benchmark::State& bench) {
  run_jobs(bench, model::JobType::noop, true, 32);
}
void process_jobs(benchmark::State& bench) {
  run_jobs(bench, model::JobType::shell, false, 32);
}
/// One job at a time: every turn pays for itself, as in a hop.
void process_chain(benchmark::State& bench) {
  run_jobs(bench, model::JobType::shell, true, 32);
}

void one_job_runs(benchmark::State& bench) {
  Bench world;
  world.connect(32);
  world.define(workflow_of(1, model::JobType::noop, false));
  for (auto _ : bench) {
    world.command(model::StartRun{"bench", {}, std::nullopt, false});
    if (world.inbox.size() >= 64) world.drain();
  }
  world.drain();
  bench.SetItemsProcessed(bench.iterations());
}

/// 100,000 live runs × 10 jobs: bytes a run (G6b).
void live_runs(benchmark::State& bench) {
  for (auto _ : bench) {
    Bench world;
    world.define(workflow_of(10, model::JobType::shell, true));
    const std::size_t before = mallinfo2().uordblks;
    constexpr int kRuns = 100'000;
    for (int i = 0; i < kRuns; ++i) {
      world.command(model::StartRun{"bench", {}, std::nullopt, false});
      if (world.inbox.size() >= 256) world.drain();
    }
    world.drain();
    bench.counters["MB"] = static_cast<double>(mallinfo2().uordblks - before) / 1e6;
  }
}

BENCHMARK(noop_jobs)->Arg(10'000)->Arg(50'000)->Unit(benchmark::kMillisecond);
BENCHMARK(noop_chain)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(process_jobs)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(process_chain)->Arg(1'000)->Unit(benchmark::kMillisecond);
BENCHMARK(one_job_runs);
BENCHMARK(live_runs)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
