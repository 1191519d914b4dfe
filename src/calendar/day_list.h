#pragma once

#include "base/json.h"
#include "calendar/business_calendar.h"

namespace dandori::calendar {

inline constexpr std::int32_t kDayListMax = 3660;  ///< days of one answer

/// What API and command line show of a calendar's days, each with what decides it:
/// `{calendar, from, until, open_days, closed_days, verified_until, items: [{date, open, rule,
/// …}]}`. verified_until: null where the calendar rests on no table of holidays. name must be
/// known.
Json day_list(const Calendars& calendars, std::string_view name, DayRange days);

/// Errors: calendar.bad_range: the days are not in order, more than kDayListMax, or outside
/// kCalendarDays.
Result<DayRange> check_day_range(DayRange days);

}  // namespace dandori::calendar
