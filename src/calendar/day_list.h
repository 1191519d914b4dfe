#pragma once

#include "base/json.h"
#include "calendar/business_calendar.h"

namespace dandori::calendar {

inline constexpr std::int32_t kDayListMax = 800;  ///< days of one answer

/// `sun` … `sat`.
std::string_view weekday_word(Day day);

/// What API and command line show of a calendar's days, each with what decides it and its month:
/// `{calendar, from, until, items: [{date, weekday, open, reason, month: {year, month, first,
/// last}}], verified_until}`. verified_until: null where the calendar rests on no table of
/// holidays. Errors: calendar.unknown.
Result<Json> day_list(const Calendars& calendars, std::string_view name, DayRange days);

/// Errors: calendar.bad_range: the days are not in order, more than kDayListMax, or outside
/// kCalendarDays.
Result<DayRange> check_day_range(DayRange days);

}  // namespace dandori::calendar
