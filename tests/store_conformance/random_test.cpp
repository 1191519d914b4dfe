#include <doctest/doctest.h>

#include "base/hash.h"
#include "sample.h"
#include "worlds.h"

namespace dandori::store::test {

namespace {

/// A story of one seed: runs start, go on, end, are reopened; two rows of one object may share a
/// batch.
class Story {
 public:
  explicit Story(std::uint64_t seed) : seed_{seed} {}

  model::Batch next_batch(std::uint64_t epoch) {
    model::Batch batch{epoch, {}};
    const std::uint64_t changes = roll(12);
    for (std::uint64_t i = 0; i < changes; ++i) batch.changes.push_back(next_change());
    return batch;
  }

 private:
  std::uint64_t roll(std::uint64_t below) { return mix64(++count_, seed_) % below; }

  model::Change next_change() {
    const std::uint64_t number = 1 + roll(20);
    const std::string path(1, static_cast<char>('a' + roll(3)));
    bool& is_ended = ended_[number];
    switch (roll(6)) {
      case 0:
        return change_run(number, is_ended);
      case 1:
      case 2: {
        model::JobRow row = sample_job(run_id(number), path);
        row.state.attempts = static_cast<std::uint32_t>(roll(100));
        row.state.phase = static_cast<model::JobRun::Phase>(roll(4));
        return row;
      }
      case 3: {
        model::AttemptRow row =
            sample_attempt(run_id(number), path, static_cast<std::uint32_t>(1 + roll(2)));
        row.attempt.state = static_cast<model::AttemptState>(roll(8));
        if (roll(2) == 0) row.attempt.exit = {};
        return row;
      }
      case 4: {
        model::WorkflowRow row = sample_workflow(path, static_cast<std::uint32_t>(1 + roll(3)));
        row.run_number = roll(1000);
        return row;
      }
      default:
        return sample_revision(path, static_cast<std::uint32_t>(1 + roll(3)));
    }
  }

  model::Change change_run(std::uint64_t number, bool& is_ended) {
    const bool was_ended = is_ended;
    is_ended = roll(2) == 0;
    model::Run run =
        sample_run(number, is_ended ? model::RunState::failed : model::RunState::running);
    run.workflow = number % 2 == 0 ? "a" : "b";
    run.version = roll(1000);
    if (is_ended) return model::RunEndedRow{run};
    if (was_ended) return model::RunReopenedRow{run};
    return model::RunRow{run};
  }

  std::uint64_t seed_;
  std::uint64_t count_ = 0;
  std::map<std::uint64_t, bool> ended_;
};

/// Everything that a store says.
template <class World>
std::string all_of(World& world) {
  std::string text = lines(texts_of(world.engine().load().value().rows));
  const auto runs = world.queries().runs({}, {.limit = 1000, .cursor = {}}).value();
  for (const model::Run& run : runs.items) {
    text += text_of(run) + "\n";
    const auto detail = world.queries().run(to_string(run.id)).value();
    text +=
        lines(texts_of(detail.jobs)) + lines(texts_of(detail.attempts)) + detail.canonical + "\n";
    const auto fetched = world.engine().fetch({.ended_run = to_string(run.id), .key = {}}).value();
    text += lines(texts_of(fetched.run_rows));
  }
  return text;
}

}  // namespace

TEST_SUITE("stories") {
  TEST_CASE("memory and SQLite tell the same after any story") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      CAPTURE(seed);
      MemoryWorld memory;
      SqliteWorld sqlite;
      Story story{seed};
      for (int i = 0; i < 30; ++i) {
        const model::Batch batch = story.next_batch(1);
        REQUIRE(memory.engine().commit(batch).has_value());
        REQUIRE(sqlite.engine().commit(batch).has_value());
        if (i % 10 == 9) REQUIRE(all_of(sqlite) == all_of(memory));
      }
    }
  }
}

}  // namespace dandori::store::test
