#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "calendar/zone.h"
#include "model/calendar.h"
#include "spec/spec.h"

namespace dandori::convert {

inline constexpr std::size_t kImportBytesMax = 16U << 20U;
inline constexpr std::size_t kImportDaysMax = 20'000;  ///< days of one import

struct ImportSettings {
  DayRange window;          ///< days outside it are left out
  calendar::TimeZone zone;  ///< decides the day of instants in UTC
  bool zone_given = false;  ///< false: a zone that the file names for itself comes first
  std::function<Result<calendar::TimeZone>(std::string_view)> load_zone;  ///< zone data by name
};

/// Days that another program's file names. Use them only when `problems` is empty.
struct ImportedDays {
  std::vector<model::NamedDays> days;  ///< single days, ascending, each once
  std::string title;                   ///< the file's own name for itself; may be empty
  std::size_t left_out = 0;            ///< days outside the window
  std::vector<spec::Problem> problems;
};

/// Gathers days and their names. A day that has several names gets them all, joined by ` / ` and
/// cut as clean_title does.
class DayBag {
 public:
  explicit DayBag(DayRange window) : window_{window} {}
  /// Days of [first, last] inside the window. False: there are more than kImportDaysMax.
  bool add(Day first, Day last, std::string_view title);
  std::size_t left_out() const { return left_out_; }
  std::vector<model::NamedDays> take();

 private:
  DayRange window_;
  std::map<Day, std::string> days_;
  std::size_t left_out_ = 0;
};

/// The text on one line, without spaces at its ends, at most 200 characters.
std::string clean_title(std::string_view text);

}  // namespace dandori::convert
