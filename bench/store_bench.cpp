// Speed of the SQLite store: commits of one row beside a bare SQLite loop, rows a second at group
// commit, a load, and lists over a long history. DANDORI_BENCH_SYNC_US=2000 adds 2 ms to each sync.
#include <benchmark/benchmark.h>
#include <sqlite3.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "store/sqlite/sqlite_store.h"

namespace {

using namespace dandori;

Duration sync_delay() {
  const char* text = ::getenv("DANDORI_BENCH_SYNC_US");
  return Duration{text == nullptr ? 0 : ::atol(text)};
}

class Folder {
 public:
  Folder() {
    std::string form = (std::filesystem::temp_directory_path() / "dandori-bench-XXXXXX").string();
    path_ = ::mkdtemp(form.data()) == nullptr ? "." : form;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct OpenStore {
  Folder folder;
  store::SqliteStore store{{.folder = folder.path(), .vfs = {}, .sync_delay = sync_delay()}};
  std::uint64_t epoch = store.acquire("bench").value();
  std::uint64_t counter = 0;

  void commit(std::vector<model::Change> changes) {
    if (!store.commit({epoch, std::move(changes)})) ::abort();
  }
  model::Run new_run(model::RunState state) {
    ++counter;
    model::Run run;
    run.id = RunId{make_uuid7(
        Timestamp{1'700'000'000'000'000 + static_cast<std::int64_t>(counter) * 1000}, 1, counter)};
    run.number = counter;
    run.workflow = fmt::format("workflow_{}", counter % 100);
    run.revision = 1;
    run.state = state;
    run.actor = "schedule";
    run.created_at = Timestamp{1'700'000'000'000'000 + static_cast<std::int64_t>(counter) * 1000};
    run.business_date =
        fmt::format("2026-{:02}-{:02}", counter / 2800 % 12 + 1, counter / 100 % 28 + 1);
    run.params = Json::object();
    return run;
  }
};

/// What one job of a wide run writes when it ends: its attempt, its own row and a journal line.
void add_job_end(std::vector<model::Change>& changes, RunId run, std::uint64_t number) {
  const std::string path = fmt::format("item.{}", number);
  model::AttemptRow attempt;
  attempt.path = path;
  attempt.attempt.ref = {run, static_cast<std::uint32_t>(number), 1};
  attempt.attempt.state = model::AttemptState::succeeded;
  attempt.attempt.agent = "local";
  attempt.attempt.boot_id = Uuid{1, 2};
  attempt.attempt.sequence = number;
  attempt.attempt.pid = 4711;
  attempt.attempt.started_at = attempt.attempt.ended_at = Timestamp{1'700'000'000'000'000};
  attempt.attempt.exit.exit_code = 0;
  attempt.attempt.exit.cpu = Duration{1500};
  changes.emplace_back(std::move(attempt));
  model::JobRow job;
  job.run = run;
  job.path = path;
  job.state.phase = model::JobRun::Phase::ended;
  job.state.ended = model::JobState::succeeded;
  job.state.attempts = job.state.tries = 1;
  changes.emplace_back(std::move(job));
  model::JournalLine line;
  line.row.seq = number;
  line.row.at = Timestamp{1'700'000'000'000'000};
  line.row.run = run;
  line.row.kind = "job.ended";
  line.row.job = path;
  line.row.attempt = 1;
  line.row.body = Json::object({{"state", Json{"succeeded"}}});
  changes.emplace_back(std::move(line));
}

/// The anchor: a bare loop of one-row commits with the same pragmas.
void bare_sqlite(benchmark::State& state) {
  const Folder folder;
  sqlite3* connection = nullptr;
  sqlite3_open((folder.path() + "/bare.db").c_str(), &connection);
  sqlite3_exec(connection,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (k INTEGER "
               "PRIMARY KEY, v TEXT)",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(connection,
                     "INSERT INTO t (v) VALUES ('0123456789012345678901234567890123456789')", -1,
                     &insert, nullptr);
  for (auto _ : state) {
    sqlite3_step(insert);
    sqlite3_reset(insert);
  }
  state.SetItemsProcessed(state.iterations());
  sqlite3_finalize(insert);
  sqlite3_close(connection);
}

void commit_one_row(benchmark::State& state) {
  OpenStore open;
  std::uint64_t seq = 0;
  for (auto _ : state) {
    model::JournalLine line;
    line.row.seq = ++seq;
    line.row.kind = "job.ended";
    open.commit({line});
  }
  state.SetItemsProcessed(state.iterations());
}

/// Ends of jobs of one run, three rows each, in batches of the given number of rows.
void commit_job_ends(benchmark::State& state) {
  OpenStore open;
  const model::Run run = open.new_run(model::RunState::running);
  open.commit({model::RunRow{run}});
  std::uint64_t number = 0;
  std::int64_t rows = 0;
  for (auto _ : state) {
    state.PauseTiming();
    model::Batch batch{open.epoch, {}};
    while (static_cast<std::int64_t>(batch.changes.size()) < state.range(0)) {
      add_job_end(batch.changes, run.id, ++number);
    }
    rows += static_cast<std::int64_t>(batch.changes.size());
    state.ResumeTiming();
    if (!open.store.commit(batch)) ::abort();
  }
  state.SetItemsProcessed(rows);
}

/// Runs that start and end: the move to the history with its indexes. Items are runs.
void commit_runs(benchmark::State& state) {
  OpenStore open;
  std::int64_t runs = 0;
  std::vector<model::Run> started;
  for (auto _ : state) {
    std::vector<model::Change> changes;
    for (model::Run& run : started) {
      run.state = model::RunState::succeeded;
      changes.emplace_back(model::RunEndedRow{run});
    }
    started.clear();
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      started.push_back(open.new_run(model::RunState::running));
      changes.emplace_back(model::RunRow{started.back()});
    }
    open.commit(std::move(changes));
    runs += state.range(0);
  }
  state.SetItemsProcessed(runs);
}

void fill_history(OpenStore& open, std::int64_t runs) {
  for (std::int64_t done = 0; done < runs; done += 5000) {
    std::vector<model::Change> changes;
    for (int i = 0; i < 5000; ++i) {
      const bool failed = open.counter % 1000 == 0;
      changes.emplace_back(model::RunEndedRow{
          open.new_run(failed ? model::RunState::failed : model::RunState::succeeded)});
    }
    open.commit(std::move(changes));
  }
}

void list_runs(benchmark::State& state) {
  OpenStore open;
  fill_history(open, state.range(0));
  store::RunFilter by_workflow, by_state, by_date, created;
  by_workflow.workflow = "workflow_7";
  by_state.states = {model::RunState::failed};
  by_date.business_date = "2026-03-05";
  created.created_until = Timestamp{1'700'000'000'000'000 + state.range(0) * 500};
  const store::RunFilter filters[] = {{}, by_workflow, by_state, by_date, created};
  const char* names[] = {"all", "workflow", "state", "business date", "created"};
  const auto which = static_cast<std::size_t>(state.range(1));
  state.SetLabel(names[which]);
  for (auto _ : state) {
    const auto page = open.store.queries().runs(filters[which], {.limit = 50, .cursor = {}});
    benchmark::DoNotOptimize(page->items.size());
  }
}

/// Items are rows of active runs, each with a job and an attempt.
void load(benchmark::State& state) {
  OpenStore open;
  std::vector<model::Change> changes;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const model::Run run = open.new_run(model::RunState::running);
    changes.emplace_back(model::RunRow{run});
    add_job_end(changes, run.id, open.counter);
  }
  open.commit(std::move(changes));
  std::size_t rows = 0;
  for (auto _ : state) rows += open.store.load()->rows.size();
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

BENCHMARK(bare_sqlite)->UseRealTime();
BENCHMARK(commit_one_row)->UseRealTime();
BENCHMARK(commit_job_ends)->Arg(3)->Arg(30)->Arg(99)->Arg(300)->Arg(999)->UseRealTime();
BENCHMARK(commit_runs)->Arg(1)->Arg(50)->UseRealTime();
BENCHMARK(list_runs)->ArgsProduct({{100'000}, {0, 1, 2, 3, 4}})->UseRealTime();
BENCHMARK(load)->Arg(10'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
