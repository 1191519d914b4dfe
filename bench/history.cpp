// bench_history DATA RUNS: fills the store of a server that is down with runs that have ended,
// 10,000 a day up to now, in equal shares of the workflows that are there, through
// EngineStore::commit.
#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "store/sqlite/sqlite_store.h"

namespace {

using namespace dandori;

constexpr std::int64_t kRunsADay = 10'000;
constexpr std::int64_t kDay_us = 86'400'000'000;
constexpr std::int64_t kBatch = 5000;

/// One in a hundred failed, one in fifty with a warning.
model::RunState state_of(std::int64_t number) {
  if (number % 100 == 7) return model::RunState::failed;
  return number % 50 == 3 ? model::RunState::warning : model::RunState::succeeded;
}

std::string day_of(std::int64_t at_us) {
  const std::chrono::sys_days day{std::chrono::days{at_us / kDay_us}};
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

model::Run ended_run(model::WorkflowRow& workflow, std::int64_t index, std::int64_t at_us) {
  model::Run run;
  run.id = RunId{make_uuid7(Timestamp{at_us}, 1, static_cast<std::uint64_t>(index))};
  run.number = ++workflow.run_number;
  run.workflow = workflow.name;
  run.revision = workflow.revision;
  run.state = state_of(index);
  run.has_failure = run.state == model::RunState::failed;
  run.origin = model::Origin::schedule;
  run.trigger = "t";
  run.actor = "schedule";
  run.scheduled_for = run.created_at = run.started_at = Timestamp{at_us};
  run.ended_at = Timestamp{at_us + 60'000'000};
  run.business_date = day_of(at_us);
  run.params = Json::object();
  return run;
}

std::vector<model::WorkflowRow> workflows_of(store::SqliteStore& store) {
  std::vector<model::WorkflowRow> rows;
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    auto listed = store.queries().workflows(page);
    if (!listed) return {};
    for (model::WorkflowRow& row : listed->items) rows.push_back(std::move(row));
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return rows;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    fmt::print(stderr, "usage: bench_history DATA RUNS\n");
    return 2;
  }
  const std::int64_t runs = std::strtoll(arguments[2], nullptr, 10);
  store::SqliteStore store{{.folder = arguments[1], .vfs = {}, .sync_delay = {}}};
  const auto epoch = store.acquire("bench_history");
  if (!epoch) {
    fmt::print(stderr, "{}\n", epoch.error().message);
    return 1;
  }
  std::vector<model::WorkflowRow> workflows = workflows_of(store);
  if (workflows.empty()) return 1;
  const std::int64_t now_us = std::chrono::duration_cast<std::chrono::microseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count();
  const std::int64_t step_us = kDay_us / kRunsADay;
  for (std::int64_t done = 0; done < runs;) {
    model::Batch batch{*epoch, {}};
    for (std::int64_t i = 0; i < kBatch && done < runs; ++i, ++done) {
      model::WorkflowRow& workflow = workflows[static_cast<std::size_t>(done) % workflows.size()];
      batch.changes.emplace_back(
          model::RunEndedRow{ended_run(workflow, done, now_us - (runs - done) * step_us)});
    }
    for (const model::WorkflowRow& workflow : workflows) batch.changes.emplace_back(workflow);
    if (const auto kept = store.commit(batch); !kept) {
      fmt::print(stderr, "{}\n", kept.error().message);
      return 1;
    }
  }
  return 0;
}
