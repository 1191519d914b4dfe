#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "base/time.h"

namespace dandori::sim {

/// Virtual time and what is to happen in it. The wall clock may be stepped; the steady one never
/// is.
class Clock {
 public:
  explicit Clock(Timestamp start) : wall_start_{start} {}

  Now now() const { return {wall_start_ + Duration{steady_.us} + stepped_, steady_}; }
  Steady steady() const { return steady_; }
  Timestamp wall() const { return now().wall; }
  /// The steady instant at which the wall clock will show `at`, unless it is stepped before.
  Steady steady_at(Timestamp at) const { return steady_ + (at - wall()); }

  void step_wall(Duration by) { stepped_ += by; }
  void move_to(Steady at) { steady_ = std::max(steady_, at); }

  void after(Duration span, std::function<void()> what) { at(steady_ + span, std::move(what)); }
  void at(Steady at, std::function<void()> what) {
    due_.emplace(std::pair{std::max(at, steady_), ++count_}, std::move(what));
  }
  Steady next() const { return due_.empty() ? Steady{INT64_MAX} : due_.begin()->first.first; }
  /// Does the earliest thing that is due. False: nothing is.
  bool run_one() {
    if (next() > steady_) return false;
    const auto first = due_.extract(due_.begin());
    first.mapped()();
    return true;
  }

 private:
  Timestamp wall_start_;
  Steady steady_{0};
  Duration stepped_{0};
  std::uint64_t count_ = 0;
  std::map<std::pair<Steady, std::uint64_t>, std::function<void()>> due_;
};

}  // namespace dandori::sim
