#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "api/services.h"
#include "api/topics.h"
#include "http/stream.h"
#include "model/run.h"

namespace dandori::api {

/// One journal line, written once for all who follow.
struct FeedEvent {
  std::uint64_t seq = 0;
  RunId run;
  std::string workflow;  ///< of the run; or the one that was applied
  std::string kind;
  std::uint64_t job_key = 0;  ///< of (run, job); 0: not about a job
  bool passes = false;        ///< a state of a job that a later one replaces
  std::string text;           ///< as it stands in the stream
};
using FeedEventPtr = std::shared_ptr<const FeedEvent>;

/// One follower's way through the events, in the order of the journal: chooses by topic, and lets a
/// job's passing states through at most every kPassingEvery. A state that comes sooner waits, and
/// is left out if a newer one of the job follows meanwhile; ends never wait and are never left out.
/// What is sent is always in order, so the id of the last event says exactly what has been seen.
/// Pure.
class EventCursor {
 public:
  static constexpr Duration kPassingEvery{250'000};

  EventCursor(Topics topics, bool coalesces, std::uint64_t position)
      : topics_{std::move(topics)}, coalesces_{coalesces}, position_{position} {}

  /// Appends what may be sent now, until about `bytes_max`. events: ascending, from position() on.
  /// now: absent for what happened before: nothing of it waits or is left out.
  /// True: stopped at a state that has to wait; look again soon.
  bool take(const std::vector<FeedEventPtr>& events, std::optional<Steady> now, std::string& out,
            std::size_t bytes_max);

  std::uint64_t position() const { return position_; }
  void move_to(std::uint64_t position) { position_ = position; }
  const Topics& topics() const { return topics_; }

 private:
  bool waits(const FeedEvent& event, std::optional<Steady> now) const;
  void note_sent(const FeedEvent& event, std::optional<Steady> now);

  Topics topics_;
  bool coalesces_;
  std::uint64_t position_;
  std::unordered_map<std::uint64_t, Steady> sent_;  ///< job_key → its last passing state
};

/// The journal for many followers: read and written once, in batches, kept in a ring.
///
/// Followers pull from the ring at their own pace, so none can hold up another; one that has fallen
/// out of it is cut and resumes by its last id. While nobody follows, nothing is read. One thread
/// of its own; follow() and the readers may be called from any.
class EventHub {
 public:
  struct Options {
    std::size_t events_max = 32'768;     ///< in the ring
    std::size_t bytes_max = 32U << 20U;  ///< of their text
    std::uint64_t resume_max = 100'000;  ///< further back, a follower is told to start anew
    std::chrono::milliseconds batch{100};
  };

  EventHub(Engine& engine, store::QueryStore& query) : EventHub(engine, query, Options{}) {}
  EventHub(Engine& engine, store::QueryStore& query, Options options)
      : engine_{engine}, query_{query}, options_{options} {}
  ~EventHub() { stop(); }
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  void start();
  void stop();

  /// From now on `wake` is called after every batch, until the handle is destroyed.
  std::shared_ptr<void> follow(http::Wake wake);
  /// Wakes all after the batch time, also without news: somebody holds an event back.
  void look_again();

  struct Slice {
    std::vector<FeedEventPtr> events;
    bool left_ring = false;  ///< what comes next lies in the store only
  };
  Slice after(std::uint64_t seq, std::size_t count_max) const;
  /// The same from the store, of one run if given. Errors: store.*.
  Result<std::vector<FeedEventPtr>> stored(std::uint64_t after, std::uint32_t limit,
                                           std::optional<RunId> run);
  /// A journal line as it stands in events: with the names of its run.
  Json line_json(const model::JournalRow& row);
  /// Highest sequence number that has been committed.
  std::uint64_t last() const;
  std::uint64_t resume_max() const { return options_.resume_max; }

  std::size_t clients() const { return clients_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  void note_dropped() { dropped_.fetch_add(1, std::memory_order_relaxed); }

  /// Reads what is new and wakes the followers: one turn of the thread; for tests.
  void flush();

 private:
  struct RunNames {
    std::string workflow, name;
  };

  void run();
  FeedEventPtr make_event(const model::JournalRow& row);
  RunNames names_of(const model::JournalRow& row);
  static Json named_line(const model::JournalRow& row, const RunNames& names);
  void push(FeedEventPtr event);

  Engine& engine_;
  store::QueryStore& query_;
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool stopping_ = false, looks_again_ = false;
  std::deque<FeedEventPtr> ring_;
  std::size_t ring_bytes_ = 0;
  std::uint64_t begin_ = 0;  ///< the ring holds what follows it …
  std::uint64_t end_ = 0;    ///< … up to here
  std::map<std::uint64_t, http::Wake> followers_;
  std::uint64_t last_follower_ = 0;

  std::mutex names_mutex_;
  std::map<RunId, RunNames> names_;  ///< guarded by names_mutex_; of runs seen lately

  std::atomic<bool> is_dirty_{false};  ///< something was committed since the last flush
  std::atomic<std::size_t> clients_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::shared_ptr<void> subscription_;
  std::jthread thread_;
};

}  // namespace dandori::api
