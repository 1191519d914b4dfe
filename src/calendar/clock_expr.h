#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/day.h"
#include "base/result.h"
#include "base/time.h"

namespace dandori::calendar {

/// Days and times as EventBridge's `cron(…)` and systemd's OnCalendar name them: on each day that
/// matches, every combination of the hours, minutes and seconds.
struct ClockExpr {
  /// One alternative of days; all of its parts must hold.
  struct Days {
    std::vector<std::int16_t> years;   ///< ascending; empty: every year
    std::bitset<13> months;            ///< 1…12
    std::bitset<32> days_of_month;     ///< 1…31
    std::bitset<32> days_from_end;     ///< 0: the last day, 1 the one before it
    std::bitset<32> nearest_weekdays;  ///< `15W`: Mon–Fri nearest to it within the month
    bool last_weekday = false;         ///< `LW`: the last Mon–Fri of the month
    std::bitset<7> days_of_week;       ///< 0 = Sunday
    std::bitset<35> nth_days_of_week;  ///< `6#2`: bit weekday × 5 + nth − 1
    std::bitset<7> last_days_of_week;  ///< `5L`: the last of the month
    bool any_day_of_month = true, any_day_of_week = true;  ///< the parts above do not count
    bool operator==(const Days&) const = default;
  };
  Days days;
  std::bitset<24> hours;
  std::bitset<60> minutes, seconds;
  std::string timezone;  ///< the zone that an OnCalendar text ends with; empty: none

  /// The years that an expression may name.
  static constexpr int kYearMin = 1970, kYearMax = 2199;

  bool matches(Day day) const;
  /// Whether any day of the years above matches.
  bool ever_matches() const;
  bool operator==(const ClockExpr&) const = default;
};

/// EventBridge: `cron(0 20 ? * MON-FRI *)`: minutes hours day-of-month month day-of-week year; one
/// day field must be `?`; 1 = Sunday. Wrapping ranges are read (not of years). A day that a month
/// does not have matches nothing there, also as `31W`. Errors: cron.syntax, cron.range,
/// cron.never; the message names the field and the column within the text.
Result<ClockExpr> parse_event_cron(std::string_view text);

/// systemd.time(7) OnCalendar: `Mon..Fri *-*-* 20:00`, `*-*~1`, `quarterly`, `… Asia/Tokyo`.
/// Fractions of seconds are refused. Errors: on_calendar.syntax, on_calendar.range,
/// on_calendar.never, calendar.unknown_zone.
Result<ClockExpr> parse_on_calendar(std::string_view text);

/// `5m` or EventBridge's `rate(5 minutes)`: whole seconds, at least one, at most 366 days.
/// Errors: rate.syntax, rate.range.
Result<Duration> parse_rate(std::string_view text);

}  // namespace dandori::calendar
