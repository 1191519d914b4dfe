#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace dandori::cli {

/// One job as the progress of a run shows it.
struct JobProgress {
  std::string job;
  std::string title;
  std::string state = "wait_pred";
  std::int64_t attempt = 0;
  std::optional<Timestamp> started_at;
  std::optional<Duration> took;
  std::optional<std::int64_t> exit_code;
  std::string failure;  ///< word of FailureKind; empty: none
};

/// What one event changed.
enum class Change { none, job, run_state, run_ended, run_reopened };

/// Follows a run: first a snapshot (GET /runs/RUN), then its events in order. Pure.
///
/// Events may come twice and from before the snapshot: those not newer than what is known change
/// nothing.
class Progress {
 public:
  /// since: events before it belong to an earlier execution of the run; nullopt: take all.
  explicit Progress(std::optional<Timestamp> since) : since_{since} {}

  /// Jobs and states as they are now; jobs that differ are told in `changed`.
  void load(const Json& run, std::vector<std::size_t>* changed = nullptr);
  /// event: one journal line. On Change::job, `job` is its index.
  Change take(const Json& event, std::size_t& job);

  const std::vector<JobProgress>& jobs() const { return jobs_; }
  const std::string& state() const { return state_; }
  const std::string& run() const { return run_; }
  bool is_ended() const;
  std::size_t ended_jobs() const;

 private:
  std::optional<std::size_t> index_of(std::string_view job) const;

  std::optional<Timestamp> since_;
  std::int64_t last_seq_ = 0;
  std::string run_, state_;
  std::vector<JobProgress> jobs_;
};

bool is_ended_state(std::string_view state);
bool is_failed_state(std::string_view state);

/// Exit code of a run's end state with --wait.
int exit_code_of_run(std::string_view state);

}  // namespace dandori::cli
