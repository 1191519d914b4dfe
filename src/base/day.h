#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dandori {

inline constexpr std::int64_t kDaySeconds = 86'400;

/// A calendar day of the proleptic Gregorian calendar, as days since 1970-01-01.
struct Day {
  std::int32_t days = 0;
  constexpr auto operator<=>(const Day&) const = default;
  constexpr Day operator+(std::int32_t more) const { return Day{days + more}; }
  constexpr Day operator-(std::int32_t less) const { return Day{days - less}; }
  constexpr std::int32_t operator-(Day other) const { return days - other.days; }
};

/// `2026-11-20`.
std::string format_day(Day day);
/// The same at the end of a text, and a number with at least `width` digits. Faster than a format
/// call; plans print millions.
void append_day(std::string& out, Day day);
void append_digits(std::string& out, int value, std::size_t width);
/// Errors: calendar.bad_day.
Result<Day> parse_day(std::string_view text);
Day make_day(int year, int month, int day_of_month);
struct YearMonthDay {
  int year, month, day;
};
YearMonthDay to_ymd(Day day);
/// 0 = Sunday … 6 = Saturday.
int weekday(Day day);
/// 28…31.
int month_length(int year, int month);

/// Days from `first` to `last`, both included.
struct DayRange {
  Day first, last;
  constexpr bool contains(Day day) const { return first <= day && day <= last; }
  bool operator==(const DayRange&) const = default;
};

}  // namespace dandori
