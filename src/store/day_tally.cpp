#include "store/day_tally.h"

#include <algorithm>

namespace dandori::store {

DayTally::DayTally(const DayWindow& window) : end_{window.end}, days_(window.days.size()) {
  for (const DaySpan& day : window.days) {
    by_date_.try_emplace(day.date, begins_.size());
    begins_.push_back(day.begin);
  }
  const Timestamp begin = begins_.empty() ? end_ : begins_.front();
  created_from_ = begin - kBusinessDateSlack;
  created_until_ = end_ + kBusinessDateSlack;
}

DayRuns* DayTally::day_of(const RunBrief& run) {
  if (!run.business_date.empty()) {
    const auto named = by_date_.find(run.business_date);
    return named == by_date_.end() ? nullptr : &days_[named->second];
  }
  if (run.created_at >= end_) return nullptr;
  const auto after = std::ranges::upper_bound(begins_, run.created_at);
  if (after == begins_.begin()) return nullptr;
  return &days_[static_cast<std::size_t>(after - begins_.begin()) - 1];
}

void DayTally::add(const RunBrief& run) {
  if (run.created_at < created_from_ || run.created_at >= created_until_) return;
  DayRuns* day = day_of(run);
  if (day == nullptr) return;
  ++day->counts[run.state];
  const bool well =
      run.state == model::RunState::succeeded || run.state == model::RunState::warning;
  if (well && run.started_at.us != 0) day->took.push_back(run.ended_at - run.started_at);
}

}  // namespace dandori::store
