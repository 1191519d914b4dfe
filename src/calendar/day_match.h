#pragma once

#include <functional>
#include <string_view>

#include "base/day.h"
#include "calendar/business_calendar.h"
#include "model/calendar.h"

namespace dandori::calendar {

/// Whether another calendar has the day open.
using OpenThere = std::function<bool(std::string_view calendar, Day day)>;

/// Whether the rule is about the day: every form that it gives matches.
bool matches(const model::CalendarRule& rule, Day day, const CalendarMonths& months,
             const OpenThere& is_open);

/// Puts into `reason` which forms of the rule matched the day, and its title there.
void describe(const model::CalendarRule& rule, Day day, DayReason& reason);

/// The entry that holds the day, or nullptr.
const model::NamedDays* find_day(std::span<const model::NamedDays> dates, Day day);
const model::YearlyDays* find_day(std::span<const model::YearlyDays> dates, Day day);

/// Whether the day is the n-th of its weekday in the span of days.
bool is_nth_weekday(std::span<const model::NthWeekday> wanted, Day day, Day first, Day last);

}  // namespace dandori::calendar
