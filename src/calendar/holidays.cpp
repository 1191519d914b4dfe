#include "calendar/holidays.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace dandori::calendar {

namespace {

struct DatedHoliday {
  std::int32_t date;  ///< 20261123
  std::uint8_t name;  ///< index
};

#include "calendar/holidays_japan.inc"

const HolidaySet kJapan{
    .name = "japan",
    .first = make_day(1970, 1, 1),
    .last = make_day(2050, 12, 31),
    .verified_until = make_day(2027, 12, 31),  // the Cabinet Office announces each February
};

}  // namespace

const HolidaySet* find_holidays(std::string_view set) {
  return set == kJapan.name ? &kJapan : nullptr;
}

std::string_view holiday_set_names() {
  return kJapan.name;
}

HolidayName holiday_on(const HolidaySet& set, Day day) {
  if (day < set.first || day > set.last) return {};
  const YearMonthDay ymd = to_ymd(day);
  const std::int32_t date = ymd.year * 10'000 + ymd.month * 100 + ymd.day;
  const auto* row = std::ranges::lower_bound(kJapanDays, date, {}, &DatedHoliday::date);
  if (row == std::end(kJapanDays) || row->date != date) return {};
  return kJapanNames[row->name];
}

}  // namespace dandori::calendar
