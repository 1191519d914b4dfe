#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "cli/console.h"
#include "cli/progress.h"

namespace dandori::cli {

/// `✓ load  売上の取込  succeeded  2.1s`. now: for the time a running job has taken so far.
std::string job_line(const Console& console, const JobProgress& job, std::optional<Timestamp> now);

/// The block a terminal shows: the run, then its jobs, at most `rows` lines; live and failed jobs
/// come first when there are more.
std::string progress_block(const Console& console, const Progress& progress, std::size_t rows,
                           Timestamp begin, Timestamp now);

/// Shows a run's progress on stderr: on a terminal one block that is drawn again at every change
/// and once a second, elsewhere one line per change. Nothing under --quiet.
class ProgressView {
 public:
  explicit ProgressView(const Console& console);
  ~ProgressView();
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  void show(const Progress& progress);
  void job_changed(const Progress& progress, std::size_t job, Timestamp at);
  /// A line that stays.
  void note(const std::string& line);

 private:
  void draw();
  void erase();
  void tick(const std::stop_token& stop);

  const Console& console_;
  const bool live_;
  const Timestamp begin_;
  std::mutex mutex_;  // guards all below
  const Progress* progress_ = nullptr;
  Progress copy_{std::nullopt};
  std::size_t drawn_lines_ = 0;
  std::jthread ticker_;
};

}  // namespace dandori::cli
