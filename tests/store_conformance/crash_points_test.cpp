#include "crash_points.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "sample.h"
#include "store/sqlite/fault_vfs.h"
#include "worlds.h"

namespace dandori::store::test {

bool& every_crash_point() {
  static bool every = false;
  return every;
}

std::uint64_t& crash_points_tried() {
  static std::uint64_t tried = 0;
  return tried;
}

namespace {

constexpr std::uint32_t kBatches = 12;
constexpr std::uint32_t kRunsPerBatch = 12;

/// Batch n: runs with a job and an attempt each, the runs of the batch before ended, counters at n.
model::Batch batch_of(std::uint64_t epoch, std::uint32_t number) {
  model::Batch batch{epoch, {}};
  model::CountersRow counters = sample_counters();
  counters.journal_seq = number;
  for (std::uint64_t i = 0; i < kRunsPerBatch; ++i) {
    const std::uint64_t run = number * 100ULL + i;
    if (number > 1) {
      batch.changes.emplace_back(
          model::RunEndedRow{sample_run(run - 100, model::RunState::succeeded)});
    }
    batch.changes.emplace_back(model::RunRow{sample_run(run)});
    batch.changes.emplace_back(sample_job(run_id(run), "load"));
    batch.changes.emplace_back(sample_attempt(run_id(run), "load", 1));
    batch.changes.emplace_back(model::JournalLine{sample_journal(run, run_id(run))});
  }
  batch.changes.emplace_back(counters);
  return batch;
}

/// Commits the script and writes a byte to `acknowledged` after each success; releases at the end,
/// which copies the log into the file.
void play(const std::string& folder, sqlite::FaultPlan& plan, int acknowledged) {
  constexpr std::uint32_t kLogPages = 40;  // so that the log is copied and starts again on the way
  const sqlite::FaultVfs vfs{plan};
  SqliteStore store{{.folder = folder, .vfs = vfs.name(), .log_pages_max = kLogPages}};
  const auto epoch = store.acquire("crash");
  if (!epoch) return;
  for (std::uint32_t number = 1; number <= kBatches; ++number) {
    if (!store.commit(batch_of(*epoch, number))) return;
    if (::write(acknowledged, "+", 1) != 1) return;
  }
  store.release();
}

struct Played {
  std::uint64_t acknowledged = 0;
  bool was_killed = false;
};

Played play_in_child(const std::string& folder, std::uint64_t kill_at, bool lose_unsynced,
                     std::uint64_t seed) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe_ends[0]);
    sqlite::FaultPlan plan;
    plan.kill_at_step = kill_at;
    plan.lose_unsynced = lose_unsynced;
    plan.seed = seed;
    play(folder, plan, pipe_ends[1]);
    ::_exit(0);
  }
  ::close(pipe_ends[1]);
  Played played;
  char byte = 0;
  while (::read(pipe_ends[0], &byte, 1) == 1) ++played.acknowledged;
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  played.was_killed = WIFSIGNALED(status);
  return played;
}

/// What a load shows after exactly `count` batches.
std::string expected_after(std::uint64_t count) {
  MemoryWorld world;
  for (std::uint32_t number = 1; number <= count; ++number) {
    REQUIRE(world.engine().commit(batch_of(1, number)).has_value());
  }
  const auto ended = world.queries().runs({}, {.limit = 1000, .cursor = {}});
  return lines(texts_of(world.engine().load()->rows)) + lines(texts_of(ended->items));
}

std::string found_in(const std::string& folder) {
  SqliteStore store{{.folder = folder, .vfs = {}}};
  const auto epoch = store.acquire("after");
  REQUIRE_MESSAGE(epoch.has_value(), (epoch ? "" : epoch.error().message));
  const auto rows = store.load();
  REQUIRE_MESSAGE(rows.has_value(), (rows ? "" : rows.error().message));
  const auto runs = store.queries().runs({}, {.limit = 1000, .cursor = {}});
  REQUIRE(runs.has_value());
  // And it goes on: the next batch can be committed.
  REQUIRE(store.commit({*epoch, {sample_agent("next")}}).has_value());
  return lines(texts_of(rows->rows)) + lines(texts_of(runs->items));
}

void check_crash_point(std::uint64_t kill_at, bool lose_unsynced, std::uint64_t seed,
                       const std::vector<std::string>& expected) {
  CAPTURE(kill_at);
  CAPTURE(seed);
  ++crash_points_tried();
  const TemporaryFolder folder;
  const Played played = play_in_child(folder.path(), kill_at, lose_unsynced, seed);
  REQUIRE(played.was_killed);
  const std::string found = found_in(folder.path());
  const bool only_acknowledged = found == expected[played.acknowledged];
  // The batch that was in the middle may be there too, whole.
  const bool with_the_next =
      played.acknowledged < kBatches && found == expected[played.acknowledged + 1];
  CHECK_MESSAGE((only_acknowledged || with_the_next), "acknowledged: ", played.acknowledged);
  CHECK(verify_sqlite(sqlite_path(folder.path())).has_value());
}

std::uint64_t steps_of_the_script() {
  const TemporaryFolder folder;
  sqlite::FaultPlan plan;
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  play(folder.path(), plan, ends[1]);
  ::close(ends[0]);
  ::close(ends[1]);
  return plan.steps;
}

void check_all(bool lose_unsynced) {
  std::vector<std::string> expected;
  for (std::uint64_t count = 0; count <= kBatches; ++count)
    expected.push_back(expected_after(count));
  const std::uint64_t steps = steps_of_the_script();
  constexpr std::uint64_t kSample = 40;
  const std::uint64_t stride =
      every_crash_point() ? 1 : std::max<std::uint64_t>(1, steps / kSample);
  const std::uint64_t seeds = lose_unsynced && every_crash_point() ? 3 : 1;
  for (std::uint64_t step = 1; step <= steps; step += stride) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      check_crash_point(step, lose_unsynced, seed + step * 16, expected);
    }
  }
  MESSAGE("crash points: ", (steps + stride - 1) / stride * seeds, " of ", steps, " steps");
}

}  // namespace

TEST_SUITE("crash points") {
  TEST_CASE("killed at any write, the store holds each acknowledged batch and no half of another") {
    check_all(false);
  }

  TEST_CASE("when the power fails at any write, what was acknowledged is there all the same") {
    check_all(true);
  }
}

}  // namespace dandori::store::test
