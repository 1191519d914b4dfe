#include "calendar/clock_expr.h"

#include <algorithm>
#include <cstddef>

namespace dandori::calendar {

namespace {

std::size_t index(int value) {
  return static_cast<std::size_t>(value);
}

/// The Mon–Fri nearest to day `wanted` of the month, never in another month: a Saturday gives way
/// to the day before it (the 1st: to the 3rd), a Sunday to the day after it (the last: to the
/// Friday).
int nearest_weekday(int wanted, int weekday_of_wanted, int length) {
  if (weekday_of_wanted == 6) return wanted == 1 ? 3 : wanted - 1;
  if (weekday_of_wanted == 0) return wanted == length ? wanted - 2 : wanted + 1;
  return wanted;
}

/// The weekday of another day of the month of `date`, which is a `weekday_of_date`.
int weekday_in_month(const YearMonthDay& date, int weekday_of_date, int day) {
  return (weekday_of_date + (day - date.day) % 7 + 7) % 7;
}

bool matches_in_month(const ClockExpr::Days& days, const YearMonthDay& date, int weekday,
                      int length) {
  if (days.days_of_month[index(date.day)]) return true;
  if (days.days_from_end[index(length - date.day)]) return true;
  if (weekday == 0 || weekday == 6) return false;
  if (days.last_weekday) {
    const int of_last = weekday_in_month(date, weekday, length);
    if (nearest_weekday(length, of_last, length) == date.day) return true;
  }
  // What lies nearest to another day is at most two days away from it.
  for (int wanted = std::max(date.day - 2, 1); wanted <= std::min(date.day + 2, length); ++wanted) {
    if (!days.nearest_weekdays[index(wanted)]) continue;
    const int of_wanted = weekday_in_month(date, weekday, wanted);
    if (nearest_weekday(wanted, of_wanted, length) == date.day) return true;
  }
  return false;
}

bool matches_in_week(const ClockExpr::Days& days, const YearMonthDay& date, int weekday,
                     int length) {
  if (days.days_of_week[index(weekday)]) return true;
  if (days.nth_days_of_week[index(weekday * 5 + (date.day - 1) / 7)]) return true;
  return days.last_days_of_week[index(weekday)] && date.day + 7 > length;
}

}  // namespace

bool ClockExpr::matches(Day day) const {
  const YearMonthDay date = to_ymd(day);
  if (!days.months[index(date.month)]) return false;
  if (!days.years.empty() && !std::ranges::binary_search(days.years, date.year)) return false;
  const int weekday = dandori::weekday(day);
  const int length = month_length(date.year, date.month);
  if (!days.any_day_of_month && !matches_in_month(days, date, weekday, length)) return false;
  return days.any_day_of_week || matches_in_week(days, date, weekday, length);
}

bool ClockExpr::ever_matches() const {
  std::bitset<14> seen;  // two years of the same length that begin on the same weekday are alike
  for (int year = kYearMin; year <= kYearMax; ++year) {
    if (!days.years.empty() && !std::ranges::binary_search(days.years, year)) continue;
    const Day begin = make_day(year, 1, 1);
    const Day end = make_day(year + 1, 1, 1);
    const std::size_t kind = index(weekday(begin) * 2 + (end - begin - 365));
    if (seen[kind]) continue;
    seen.set(kind);
    for (Day day = begin; day < end; day = day + 1) {
      if (matches(day)) return true;
    }
  }
  return false;
}

}  // namespace dandori::calendar
