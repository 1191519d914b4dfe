// Runs of a workflow by day: which day a run counts in, and which durations are told.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "sample.h"
#include "worlds.h"

namespace dandori::store::test {

namespace {

using Changes = std::vector<model::Change>;

template <class World>
void must_commit(World& world, Changes changes) {
  const Result<void> done = world.engine().commit({world.epoch(), std::move(changes)});
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
}

constexpr std::int64_t kDay = 86'400;

/// Days from 1 to 3 November, cut where they begin in Tokyo.
DayWindow november(std::string workflow) {
  const std::int64_t first = 1'793'458'800;  // 2026-11-01T00:00:00+09:00
  return {std::move(workflow),
          {{"2026-11-01", Timestamp{first * 1'000'000}},
           {"2026-11-02", Timestamp{(first + kDay) * 1'000'000}},
           {"2026-11-03", Timestamp{(first + 2 * kDay) * 1'000'000}}},
          Timestamp{(first + 3 * kDay) * 1'000'000}};
}

/// A run of "a" created so many seconds after 1 November begins, which took so many seconds.
model::Run day_run(std::uint64_t number, model::RunState state, std::string date,
                   std::int64_t created, std::int64_t took) {
  model::Run run = sample_run(number, state);
  run.workflow = "a";
  run.business_date = std::move(date);
  run.created_at = november("a").days[0].begin + std::chrono::seconds{created};
  run.id = RunId{make_uuid7(run.created_at, 1, number)};
  run.started_at = run.created_at;
  run.ended_at = model::is_ended(state) ? run.started_at + std::chrono::seconds{took} : Timestamp{};
  return run;
}

/// Days one after the other: `succeeded 2 failed 1 (3s 5s)`.
template <class World>
std::string days(World& world, const DayWindow& window) {
  auto told = world.queries().day_runs(window);
  REQUIRE(told.has_value());
  REQUIRE(told->size() == window.days.size());
  std::string text;
  for (DayRuns& day : *told) {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& [state, count] : day.counts) counts[std::string{to_string(state)}] = count;
    for (const auto& [state, count] : counts) text += state + " " + std::to_string(count) + " ";
    std::ranges::sort(day.took);
    text += "(";
    for (const Duration took : day.took) text += " " + format_duration(took);
    text += " ) ";
  }
  return text;
}

}  // namespace

TEST_SUITE("days") {
  TEST_CASE_TEMPLATE("runs are counted by the day of their business date, active and ended", World,
                     MemoryWorld, SqliteWorld) {
    using enum model::RunState;
    World world;
    CHECK(days(world, november("a")) == "( ) ( ) ( ) ");
    model::Run other = day_run(6, succeeded, "2026-11-02", 0, 9);
    other.workflow = "b";
    must_commit(world, {model::RunEndedRow{day_run(1, succeeded, "2026-11-01", 10, 3)},
                        model::RunEndedRow{day_run(2, succeeded, "2026-11-01", 20, 5)},
                        model::RunEndedRow{day_run(3, failed, "2026-11-01", 30, 7)},
                        // of the night before, and named after the day that follows
                        model::RunEndedRow{day_run(4, warning, "2026-11-02", -3600, 4)},
                        model::RunRow{day_run(5, running, "2026-11-02", kDay, 0)},
                        model::RunEndedRow{other}});
    CHECK(days(world, november("a")) ==
          "failed 1 succeeded 2 ( 3s 5s ) running 1 warning 1 ( 4s ) ( ) ");
    CHECK(days(world, november("b")) == "( ) succeeded 1 ( 9s ) ( ) ");
    CHECK(days(world, november("unknown")) == "( ) ( ) ( ) ");
    // The run in progress ends; one that ended is taken up again.
    must_commit(world, {model::RunEndedRow{day_run(5, killed, "2026-11-02", kDay, 6)},
                        model::RunReopenedRow{day_run(3, running, "2026-11-01", 30, 0)}});
    CHECK(days(world, november("a")) ==
          "running 1 succeeded 2 ( 3s 5s ) killed 1 warning 1 ( 4s ) ( ) ");
  }

  TEST_CASE_TEMPLATE(
      "a run without a business date counts in the day it was created in, to the second", World,
      MemoryWorld, SqliteWorld) {
    using enum model::RunState;
    World world;
    must_commit(world, {model::RunEndedRow{day_run(1, failed, "", -1, 1)},
                        model::RunEndedRow{day_run(2, succeeded, "", 0, 1)},
                        model::RunEndedRow{day_run(3, succeeded, "", kDay - 1, 2)},
                        model::RunEndedRow{day_run(4, succeeded, "", kDay, 3)},
                        model::RunEndedRow{day_run(5, succeeded, "", 3 * kDay - 1, 4)},
                        model::RunEndedRow{day_run(6, failed, "", 3 * kDay, 5)}});
    CHECK(days(world, november("a")) ==
          "succeeded 2 ( 1s 2s ) succeeded 1 ( 3s ) succeeded 1 ( 4s ) ");
  }

  TEST_CASE_TEMPLATE(
      "a day leaves out what has another date or was created far from it; what never "
      "started has no duration",
      World, MemoryWorld, SqliteWorld) {
    using enum model::RunState;
    World world;
    model::Run unstarted = day_run(5, succeeded, "2026-11-03", 5, 1);
    unstarted.started_at = {};
    must_commit(world, {model::RunEndedRow{day_run(1, failed, "2026-10-31", 1, 1)},
                        model::RunEndedRow{day_run(2, succeeded, "2026-11-01", -3 * kDay, 2)},
                        model::RunEndedRow{day_run(3, failed, "2026-11-01", -3 * kDay - 1, 2)},
                        model::RunEndedRow{day_run(4, failed, "2026-11-03", 6 * kDay, 2)},
                        model::RunEndedRow{unstarted}});
    CHECK(days(world, november("a")) == "succeeded 1 ( 2s ) ( ) succeeded 1 ( ) ");
  }
}

}  // namespace dandori::store::test
