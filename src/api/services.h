#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/definitions.h"
#include "api/keys_in_use.h"
#include "api/schedules.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "calendar/zone.h"
#include "model/event.h"
#include "model/log_find.h"
#include "store/store.h"

namespace dandori::observe {
class MetricsText;
}

namespace dandori::api {

/// The engine, as handlers see it: commands go in, answers come back on the engine's thread.
class Engine {
 public:
  virtual ~Engine() = default;
  /// Hands a command over; `done` is called once, after its commit, from the engine's thread.
  /// Answers server.busy at once when the inbox is full, server.stopping when the engine has ended.
  virtual void submit(model::Command command, std::function<void(Result<Json>)> done) = 0;
  /// Asks an agent for a piece of a log; `done` is called once, also with an error in the chunk.
  virtual void read_log(const std::string& agent, model::LogRequest request,
                        std::function<void(model::LogChunk)> done) = 0;
  /// Asks an agent for a place in a log or for lines of it; as read_log().
  virtual void find_log(const std::string& agent, model::LogFind find,
                        std::function<void(model::LogFound)> done) = 0;
  /// Calls `changed` after every commit that wrote journal lines, from the engine's thread, until
  /// the returned handle is destroyed. `changed` must be quick.
  virtual std::shared_ptr<void> on_journal(std::function<void()> changed) = 0;
  /// Sequence number of the newest journal line that is committed.
  virtual std::uint64_t journal_seq() = 0;
  /// Ready to take commands; else why not.
  virtual Result<void> ready() = 0;
  /// Wall clock as the engine sees it (the test clock when there is one).
  virtual Timestamp now() = 0;
  /// Moves the test clock; `done` when all timers due by then are committed. Errors:
  /// server.no_test_clock.
  virtual void move_clock(Timestamp to, std::function<void(Result<Timestamp>)> done) = 0;
};

class EventHub;

struct Settings {
  std::string version;
  std::string timezone = "UTC";  ///< the server's zone
  std::string token;             ///< bearer token of `admin`
  std::string data;              ///< data folder, for messages and doctor
  Timestamp started_at;
};

/// All that handlers may use. Outlives the server.
struct Services {
  Engine& engine;
  store::QueryStore& query;
  Definitions& definitions;
  EventHub& events;
  std::function<Result<void>(const std::string& path)> backup;
  std::function<Result<calendar::TimeZone>(std::string_view)> zone;
  /// What the server measures, beyond what is asked of the engine.
  std::function<void(observe::MetricsText&)> write_metrics;
  Settings settings;
  KeysInUse keys_in_use = {};
  ScheduleCache schedules = {};
};

}  // namespace dandori::api
