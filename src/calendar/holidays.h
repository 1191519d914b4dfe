#pragma once

#include <optional>
#include <string_view>

#include "base/day.h"

namespace dandori::calendar {

/// A set of holidays that ships with the program, as a dated table: rules alone are wrong where a
/// law moved single days.
struct HolidaySet {
  std::string_view name;  ///< `japan`
  Day first, last;        ///< the days that the table covers
  /// Last day that has been announced officially; later ones follow from the law as it stands.
  Day verified_until;
};

/// nullptr: there is no such set.
const HolidaySet* find_holidays(std::string_view set);
/// Every name, separated by `, `: for messages.
std::string_view holiday_set_names();

/// A holiday's names; both empty: the day is none, or outside the table.
struct HolidayName {
  std::string_view japanese, english;
};
HolidayName holiday_on(const HolidaySet& set, Day day);

}  // namespace dandori::calendar
