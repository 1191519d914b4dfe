#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/remote.h"
#include "cli/top_screen.h"

namespace dandori::cli {

/// Keeps `dandori top` up to date and does what the operator asks, on a thread of its own: a server
/// that is slow or away never stops the keyboard.
///
/// Asks twice a second for the newest journal number, and for the rest only when it has moved.
class TopFeed {
 public:
  /// wake_fd: an eventfd that becomes readable when there is something new.
  TopFeed(Console& console, Remote remote, int wake_fd);
  ~TopFeed();
  TopFeed(const TopFeed&) = delete;
  TopFeed& operator=(const TopFeed&) = delete;

  TopSnapshot snapshot();
  /// What happened to the last order; empty: nothing new.
  std::string take_message();
  void look_at(const TopFocus& focus);
  void order(const TopOrder& order);

 private:
  void run(const std::stop_token& stop);
  void step();
  bool read_counts(TopSnapshot& next);
  void read_runs(TopSnapshot& next);
  void read_usual(TopRun& run, const std::string& workflow);
  void read_details(TopRun& run);
  void read_focus(TopSnapshot& next, const TopFocus& focus);
  void read_text(TopSnapshot& next, const Json& run);
  std::string perform(const TopOrder& order);
  void wake();

  struct Usual {
    std::optional<Duration> took;
    std::chrono::steady_clock::time_point read_at;
  };

  Console& console_;
  Remote remote_;
  const int wake_fd_;
  // Of the thread alone.
  TopSnapshot work_;
  std::int64_t seq_ = -1;
  bool again_ = true;
  std::map<std::string, Usual> usual_;
  // Guarded.
  std::mutex mutex_;
  std::condition_variable_any changed_;
  TopSnapshot shown_;
  TopFocus focus_;
  std::vector<TopOrder> orders_;
  std::string message_;
  bool hurry_ = false;
  std::jthread thread_;
};

}  // namespace dandori::cli
