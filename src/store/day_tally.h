#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.h"

namespace dandori::store {

/// What the tally of a day needs of a run.
struct RunBrief {
  Timestamp created_at, started_at, ended_at;
  model::RunState state{};
  std::string business_date;
};

/// Counts runs by day: which day a run belongs to, and which durations are told, for every store
/// alike.
class DayTally {
 public:
  explicit DayTally(const DayWindow& window);

  /// Only runs created within [created_from, created_until) can belong to the window.
  Timestamp created_from() const { return created_from_; }
  Timestamp created_until() const { return created_until_; }
  void add(const RunBrief& run);
  std::vector<DayRuns> take() { return std::move(days_); }

 private:
  DayRuns* day_of(const RunBrief& run);

  Timestamp created_from_, created_until_, end_;
  std::vector<Timestamp> begins_;
  std::unordered_map<std::string, std::size_t> by_date_;
  std::vector<DayRuns> days_;
};

}  // namespace dandori::store
