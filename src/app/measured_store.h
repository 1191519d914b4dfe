#pragma once

#include <chrono>

#include "observe/metrics.h"
#include "store/store.h"

namespace dandori::app {

/// A store whose commits are timed.
class MeasuredStore final : public store::EngineStore {
 public:
  /// Both borrowed.
  MeasuredStore(store::EngineStore& inner, observe::Histogram& commits)
      : inner_{inner}, commits_{commits} {}

  Result<store::Snapshot> load() override { return inner_.load(); }
  Result<model::Fetched> fetch(const model::Needs& needs) override { return inner_.fetch(needs); }
  Result<void> commit(const model::Batch& batch) override {
    const auto begin = std::chrono::steady_clock::now();
    auto done = inner_.commit(batch);
    commits_.note(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin));
    return done;
  }
  Result<std::uint64_t> purge(Timestamp before) override { return inner_.purge(before); }

 private:
  store::EngineStore& inner_;
  observe::Histogram& commits_;
};

}  // namespace dandori::app
