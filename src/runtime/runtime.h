#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/queue.h"
#include "base/result.h"
#include "engine/engine.h"
#include "exec/executor.h"
#include "runtime/feed.h"
#include "runtime/loader.h"
#include "store/store.h"

namespace dandori::runtime {

inline constexpr std::size_t kCommandsWaitingMax = 4096;  ///< more are refused: server.busy
inline constexpr std::size_t kReportsWaitingMax =
    8192;                                       ///< is_congested(): read no more from agents
inline constexpr Duration kClockJumpMin = 60s;  ///< a larger step of the wall clock is an event
inline constexpr Duration kKeyAge = 24h * 7;    ///< idempotency keys are kept so long

struct Config {
  std::string owner;  ///< for the lease: who holds the store, in words
  engine::Settings settings;
  engine::TurnLimits limits;
};

/// What the runtime works with; borrowed, must outlive it.
struct Parts {
  store::EngineStore& store;
  store::LeaseStore& lease;
  exec::Executor& executor;
  Compile compile;
  /// The memory was dropped (a commit failed) or the engine has stopped: agents must connect anew,
  /// as after a restart. May be empty.
  std::function<void()> memory_dropped = {};
  /// Takes each batch after its commit, on the engine thread: must be quick. May be empty.
  std::function<void(model::Batch)> committed = {};
};

/// When step() is to be called again, whichever comes first; everything at its maximum: only when
/// woken.
struct Wake {
  bool at_once = false;
  Timestamp wall = kFarFuture;  ///< by the engine's wall clock
  Steady steady{INT64_MAX};     ///< by the engine's steady clock
  Steady host{INT64_MAX};       ///< by the host's own steady clock (it never stands still)
};

struct Stats {
  std::uint64_t turns = 0, events = 0, commits = 0, changes = 0, recoveries = 0;
};

/// The loop around the engine, without a thread: drain, decide, commit once, publish, perform
/// effects.
///
/// All of it runs on one thread, the engine thread, but submit(), post(), post_task(), wake(),
/// ready() and feed(), which any thread may call. If a commit fails, the memory is dropped and
/// loaded again: the start-up path is the recovery path.
class Runtime {
 public:
  using Answered = std::function<void(Result<Json>)>;

  Runtime(Config config, Parts parts);
  ~Runtime();

  // ---- Any thread.

  /// Hands a command over; its token is given here. `answered` is called once: on the engine thread
  /// after the commit, or at once on this thread with server.busy or server.stopping. After a
  /// failed commit the answer is server.retry (the outcome is not known: ask again with the same
  /// idempotency key) or store.full (nothing was done).
  void submit(model::Command command, Answered answered);
  /// An event from another thread. False: stopping. Waits while the inbox is full.
  bool post(model::Event event);
  /// Runs `task` on the engine thread, at the beginning of its next step. False: stopping.
  bool post_task(std::function<void()> task);
  /// Ends wait().
  void wake() { inbox_.wake(); }
  /// Errors: server.starting, server.stopping, store.* (the store does not take commits now).
  Result<void> ready() const;
  Feed& feed() { return feed_; }

  // ---- Engine thread.

  /// Takes the store over and loads. host: the host's steady clock, for retries.
  /// Errors: store.owned and what load() says; then the program cannot start.
  Result<void> start(Now now, Steady host);
  /// An event of an executor that lives on the engine thread. Never refused; see is_congested().
  void happened(model::Event event) { reports_.push_back(std::move(event)); }
  bool is_congested() const { return reports_.size() >= kReportsWaitingMax; }
  /// One turn at most.
  Wake step(Now now, Steady host);
  /// Sleeps until something arrives, somebody wakes it, or `wait` has passed.
  void wait(Duration wait);
  /// Answers everybody server.stopping and gives the store back. step() does nothing afterwards.
  void stop();
  /// The store was taken over or given back: nothing will happen here any more.
  bool is_stopped() const { return phase_ == Phase::stopped; }

  const Stats& stats() const { return stats_; }
  /// nullptr while the memory is dropped. For the simulator's checkers.
  const engine::State* state() const { return state_.get(); }

 private:
  enum class Phase : std::uint8_t { starting, running, dropped, stopped };
  using Task = std::function<void()>;
  struct Asked {
    model::Command command;
    Answered answered;
  };
  using Item = std::variant<model::Event, Asked, Task>;

  void sort_in(std::vector<Item> items);
  void notice_clock_jump(Now now);
  bool ensure_memory(Now now, Steady host);
  Result<void> recover(Now now);
  void take_turn(Now now, Steady host);
  std::vector<engine::Envelope> gather();
  void gather_one(std::vector<engine::Envelope>& batch, model::Event event);
  Result<model::Fetched> fetch(const model::Needs& needs);
  void put_back(std::vector<engine::Envelope>& batch, std::size_t taken);
  void publish(const model::Batch& batch);
  void perform(std::vector<model::Effect> effects);
  void reply(model::Reply reply);
  void on_commit_failed(const Error& error, Steady host);
  void drop_memory(const Error& answer);
  void refuse_waiting(const Error& error);
  void become(Phase phase, Error trouble);
  void purge_keys(Now now, Steady host);
  Wake next_wake() const;

  const Config config_;
  Parts parts_;
  Loader loader_;
  Feed feed_;

  BoundedQueue<Item> inbox_;
  std::atomic<std::size_t> commands_waiting_{0};  ///< in inbox_ and commands_

  mutable std::mutex status_mutex_;
  Error status_;  ///< guarded by status_mutex_; code empty: ready

  Phase phase_ = Phase::starting;
  std::uint64_t epoch_ = 0;
  engine::StatePtr state_;
  std::deque<Task> tasks_;
  std::deque<Asked> commands_;
  std::deque<model::Event> reports_;
  std::unordered_map<std::uint64_t, Answered> pending_;  ///< decided, not yet answered
  std::uint64_t last_token_ = 0;
  bool more_ = false;

  Error trouble_;                       ///< why the memory is dropped
  std::optional<Error> fetch_refused_;  ///< what decided instants need could not be fetched
  bool must_probe_ = false;  ///< the disk was full: a commit must work before the memory is loaded
  Steady retry_at_;
  Duration retry_wait_{0};
  Steady purge_at_;
  bool has_last_ = false;
  Now last_;
  Stats stats_;
};

}  // namespace dandori::runtime
