#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/time.h"
#include "model/run.h"

namespace dandori::runtime {

/// What has just happened: the newest journal lines, for those who follow (SSE, `run --wait`).
///
/// One writer (the engine thread, after each commit), any number of readers on any thread. Bounded:
/// a reader that falls behind the ring is told so and reads the store (or starts anew).
class Feed {
 public:
  explicit Feed(std::size_t lines_max = 4096);

  struct Slice {
    std::vector<model::JournalRow> lines;  ///< ascending
    bool is_too_old = false;               ///< lines after `after` have left the ring already
  };
  /// Lines with seq > after, at most `count_max`.
  Slice after(std::uint64_t after, std::size_t count_max) const;
  /// Waits until there is a line with seq > after, the feed is closed, or `wait` has passed. Newest
  /// seq.
  std::uint64_t wait_past(std::uint64_t after, Duration wait) const;
  std::uint64_t last() const;

  /// Calls `changed` on the engine thread after every publication, until the handle is destroyed.
  /// The destructor of the handle waits for a call in progress. `changed` must be quick and must
  /// not publish.
  std::shared_ptr<void> subscribe(std::function<void()> changed);

  /// Engine thread only.
  void publish(std::vector<model::JournalRow> lines);
  /// The seq that is newest in the store after a load: followers learn that the ring lacks what
  /// came before it, also after a commit of unknown outcome.
  void begin_after(std::uint64_t seq);
  /// Ends every wait, now and later.
  void close();

 private:
  struct Watchers;
  void call_watchers();

  const std::size_t lines_max_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_:
  std::deque<model::JournalRow> lines_;
  std::uint64_t last_ = 0;
  bool closed_ = false;
  // Its own lock, as calls to watchers must not hold up readers:
  const std::shared_ptr<Watchers> watchers_;
};

}  // namespace dandori::runtime
