#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "api/services.h"
#include "app/agent_listener.h"
#include "app/local_agent.h"
#include "runtime/link_executor.h"
#include "runtime/runtime.h"

namespace dandori::app {

/// The clock that the engine goes by: the host's, or one that stands still until it is moved.
class EngineClock {
 public:
  explicit EngineClock(std::optional<Timestamp> standing) : stands_{standing.has_value()} {
    if (standing) wall_ = standing->us;
  }
  bool stands() const { return stands_; }
  /// host: just read.
  Now now(Now host) const {
    return stands_ ? Now{Timestamp{wall_.load()}, Steady{wall_.load()}} : host;
  }
  /// Any thread.
  Timestamp wall() const;
  /// Only a standing clock, only forward, only by the engine thread.
  void move_to(Timestamp wall) { wall_ = wall.us; }

 private:
  const bool stands_;
  std::atomic<std::int64_t> wall_{0};  ///< of a standing clock; its steady clock shows the same
};

/// The engine's thread: reads clocks, steps the runtime, moves bytes to and from agents, sees to
/// the local agent, and sleeps until something is due. What the API knows as the engine.
class EngineThread final : public api::Engine {
 public:
  struct Config {
    runtime::Config runtime;
    std::optional<Timestamp> test_clock;
    LocalAgent::Config agent;  ///< its `data` is also the folder of agent.sock
    /// As runtime::Parts::committed.
    std::function<void(model::Batch)> committed = {};
    /// Takes how long each turn of the loop took that had something to do. May be empty.
    std::function<void(Duration)> turned = {};
  };

  EngineThread(Config config, store::EngineStore& store, store::LeaseStore& lease,
               runtime::Compile compile);
  ~EngineThread() override { stop(); }

  /// Takes the store, loads, listens for agents, then starts the thread.
  /// Errors: store.owned, store.*, server.agent_socket.
  Result<void> start();
  /// Ends the thread, answers those who wait, gives the store back.
  void stop();

  // ---- api::Engine, any thread.
  void submit(model::Command command, std::function<void(Result<Json>)> done) override;
  void read_log(const std::string& agent, model::LogRequest request,
                std::function<void(model::LogChunk)> done) override;
  void find_log(const std::string& agent, model::LogFind find,
                std::function<void(model::LogFound)> done) override;
  std::shared_ptr<void> on_journal(std::function<void()> changed) override;
  std::uint64_t journal_seq() override { return runtime_.feed().last(); }
  Result<void> ready() override { return runtime_.ready(); }
  Timestamp now() override { return clock_.wall(); }
  void move_clock(Timestamp to, std::function<void(Result<Timestamp>)> done) override;

  /// True once the engine can do nothing any more (the store is owned by another server): end the
  /// process.
  bool has_stopped() const { return ended_; }
  /// Called on the engine thread when that becomes so. Set before start().
  void on_stopped(std::function<void()> call) { on_stopped_ = std::move(call); }

 private:
  struct Move {
    Timestamp to;
    std::function<void(Result<Timestamp>)> done;
  };

  void run(const std::stop_token& stop);
  /// A standing clock goes on to the next instant that is due, or to where it was asked to go.
  /// True: it moved, so the engine must look again.
  bool move_on(const runtime::Wake& wake, Now now);
  Duration sleep_for(const runtime::Wake& wake, Now now, Steady host) const;

  const std::string agent_name_;
  const std::string data_;
  EngineClock clock_;
  runtime::LinkExecutor links_;
  runtime::Runtime runtime_;
  AgentListener listener_;
  LocalAgent local_agent_;
  const std::function<void(Duration)> turned_;
  std::deque<Move> moves_;  ///< engine thread
  std::atomic<bool> ended_{false};
  std::function<void()> on_stopped_;
  std::jthread thread_;
};

}  // namespace dandori::app
