#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace dandori::observe {

/// How long things took. Writing costs some nanoseconds; any thread may write and read.
class Histogram {
 public:
  /// Upper bounds in µs; a last bucket takes the rest.
  static constexpr std::array<std::int64_t, 18> kBounds{
      100,       250,       500,       1'000,      2'500,      5'000,
      10'000,    25'000,    50'000,    100'000,    250'000,    500'000,
      1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};

  void note(Duration took);
  /// Number of values at or below each bound, then of all.
  std::array<std::uint64_t, kBounds.size() + 1> cumulated() const;
  double sum_seconds() const {
    return static_cast<double>(sum_us_.load(std::memory_order_relaxed)) / 1e6;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> buckets_{};
  std::atomic<std::int64_t> sum_us_{0};
};

using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// Writes the Prometheus text format. Source: "Exposition formats", version 0.0.4.
class MetricsText {
 public:
  /// Begins a family; its samples follow.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void value(std::string_view name, const Labels& labels, double value);
  void value(std::string_view name, const Labels& labels, std::uint64_t value);
  void histogram(std::string_view name, const Labels& labels, const Histogram& histogram);
  std::string take() { return std::move(text_); }

 private:
  void begin_sample(std::string_view name, const Labels& labels);
  std::string text_;
};

/// Counters that differ by one or two labels. Any thread; a lock and a look-up a count.
class Counters {
 public:
  void add(std::string_view first, std::string_view second = {}, std::uint64_t count = 1);
  std::map<std::pair<std::string, std::string>, std::uint64_t> values() const;

 private:
  /// Finds by views, without making texts.
  struct Before {
    using is_transparent = void;
    using Views = std::pair<std::string_view, std::string_view>;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return Views{a.first, a.second} < Views{b.first, b.second};
    }
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::uint64_t, Before> values_;
};

/// What a server measures about itself. One object, written by everybody, read by /metrics.
struct Metrics {
  Histogram start_delay;  ///< planned instant → first process of the run started
  Histogram loop;         ///< one turn of the engine, with its commit
  Histogram commit;       ///< one commit, with its sync

  Counters runs;         ///< state, trigger
  Counters attempts;     ///< type, state
  Counters not_started;  ///< reason
  std::atomic<std::uint64_t> attempts_unknown{0};
  std::atomic<std::uint64_t> facts_dropped{0};  ///< changes that the observer had no room for
  std::atomic<std::uint64_t> spans_sent{0}, spans_dropped{0};

  /// One answer to a request. route: a pattern of the route table, or empty.
  void note_request(std::string_view route, int status, Duration took, bool timed);

  /// Everything above in text form; `more` is what the caller adds.
  void write(MetricsText& out) const;

 private:
  Counters requests_;  ///< route, code
  mutable std::mutex request_mutex_;
  std::map<std::string, Histogram, std::less<>> request_seconds_;  ///< nodes stay in place
};

}  // namespace dandori::observe
