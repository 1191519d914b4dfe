#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "calendar/clock_expr.h"
#include "calendar/schedule.h"

namespace dandori::calendar {

/// `47:59:59` and the second after it.
inline constexpr std::int32_t kClockEnd_s = 2 * 86'400;

/// Everything that leads from a trigger's rule to its starts. The steps are in the order of the
/// files: anchors.cpp, dates.cpp, clocks.cpp.
struct ScheduleRule {
  enum class Form : std::uint8_t { times, grid, from_end, cron, clock, rate, once };
  Form form = Form::times;
  std::vector<model::DayRule> days;  ///< of times, grid and from_end; empty: every day
  std::vector<std::int32_t> times;
  Duration every{0};                            ///< of grid, from_end and rate
  std::optional<std::int32_t> from_s, until_s;  ///< of grid and from_end
  CronExpr cron;
  ClockExpr clock;
  Fire once;
  Timestamp rate_origin;

  BusinessCalendarPtr calendar;
  model::CalendarRef ref;
  Calendars calendars;  ///< for the reasons of days
  model::ClosedDay on_closed_day = model::ClosedDay::run;
  std::int32_t max_shift_days = 0;
  std::optional<model::DateOffset> offset;
  model::Exclusion exclude;
  Duration jitter{0};
  DayRange valid = kCalendarDays;
  bool has_valid = false;
  TimeZone zone;
  model::DstRule dst;

  /// Days that a date may lie away from its anchor.
  std::int32_t reach() const;
};

/// Notes the steps; absent where nobody asks.
using Trace = std::vector<TraceStep>;

// ---- anchors.cpp

/// Whether a rule of `days` names the day.
bool names(const model::DayRule& rule, const BusinessCalendar& calendar, Day day);
/// Whether the schedule's rules name the day as an unshifted business date.
bool names(const ScheduleRule& rule, Day anchor);
/// `open_day: last`, as it is written.
std::string text_of(const model::DayRule& rule);

// ---- dates.cpp

/// Where an anchor ends up.
struct ResolvedDate {
  Day date;  ///< after shift and offset; of a dropped one: as far as it came
  model::MissReason dropped = model::MissReason::none;
  bool is_valid = true;  ///< false: outside the trigger's validity, which leaves nothing
};
/// Closed-day shift → offset → exclusions → validity.
ResolvedDate resolve_date(const ScheduleRule& rule, Day anchor, const OtherPlans* others, int depth,
                          Trace* trace);

// ---- clocks.cpp

/// A reading of a date: seconds after the midnight of its business date, and the instants.
struct Reading {
  std::int32_t clock_s = 0;
  Fire fire;  ///< nominal on the anchor, jitter left out
  bool in_gap = false;
  bool skipped = false;  ///< in a gap, by dst.gap
};
/// Calls `take` with the readings of `date` (its anchor is `anchor`) whose instants lie in [from,
/// to), by clock; stops when it returns false.
void each_reading(const ScheduleRule& rule, Day anchor, Day date, Timestamp from, Timestamp to,
                  const std::function<bool(const Reading&)>& take);
/// The first and last instant at which a grid, or what follows from ends, may start on a date.
struct InstantSpan {
  Timestamp first, last;
};
InstantSpan hours_of(const ScheduleRule& rule, Day date);
/// The first clock time of the anchor, for a date that was dropped; nullopt: it has none.
std::optional<Reading> first_reading(const ScheduleRule& rule, Day anchor);
/// Steps of one reading: clock → time zone → jitter.
void trace_reading(const ScheduleRule& rule, Day date, const Reading& reading, Trace& trace);
/// `25:00`, with seconds when there are some.
std::string clock_text(std::int32_t clock_s);

}  // namespace dandori::calendar
