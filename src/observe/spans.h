#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "model/event.h"
#include "model/trace.h"

namespace dandori::observe {

/// One span of a trace: a run, a job run or an attempt.
struct Span {
  Uuid trace;
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  ///< 0: none
  std::string name;
  bool is_entry = false;  ///< the run: where the work comes in
  Timestamp start, end;
  std::vector<std::pair<std::string, Json>> attributes;  ///< text, whole numbers, booleans
  bool is_error = false;
  std::string message;  ///< of an error
};

/// What is known of a run while its batches go by.
struct RunInfo {
  model::Run run;
  bool first_start_seen = false;
  std::set<std::pair<std::uint32_t, std::uint32_t>> attempts_ended;  ///< (job, number)
};

/// Keeps the runs in progress, by what is committed. A run that was active before the server
/// started is asked for once.
class RunBook {
 public:
  using Lookup = std::function<std::optional<model::Run>(RunId)>;
  explicit RunBook(Lookup look_up) : look_up_{std::move(look_up)} {}

  void take(const model::Batch& batch);
  /// nullptr: nobody knows it.
  RunInfo* find(RunId run);
  void forget(RunId run) { runs_.erase(run); }
  std::size_t size() const { return runs_.size(); }

 private:
  void put(const model::Run& run);

  std::set<RunId> begun_here_;  ///< runs created or started in the batch that is being taken
  Lookup look_up_;
  std::map<RunId, RunInfo> runs_;
  RunInfo ended_;  ///< one that was over already when it was asked for
};

/// Spans of what has ended. Attribute names: OpenTelemetry semantic conventions for CI/CD and
/// processes; what they have no name for is `dandori.*`. Pure.
Span span_of(const model::Run& run);
/// at: when it ended. ready_at: 0 where it never became startable.
Span span_of(const model::Run& run, const std::string& job, std::uint32_t index,
             model::JobState state, Timestamp ready_at, Timestamp at, std::uint32_t attempts);
Span span_of(const model::Run& run, const model::Attempt& attempt, const std::string& job);

/// Word for metrics and traces: `shell`, `noop`, …
std::string type_of(const model::Run& run, const model::Attempt& attempt);

}  // namespace dandori::observe
