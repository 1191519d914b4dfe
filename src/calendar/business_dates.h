#pragma once

#include <optional>
#include <string>

#include "calendar/business_calendar.h"
#include "calendar/schedule.h"
#include "model/calendar.h"

namespace dandori::calendar {

// How a business date moves: pure rules, for the engine and for whoever shows what comes next.

/// The calendar that it counts by; without one, or where it is unknown, every day is open.
BusinessCalendarPtr calendar_of(const Calendars& calendars, const model::BusinessDate& date);

/// The date after `from`, counted in `unit`; nullopt: there is none any more.
std::optional<Day> next_date(const BusinessCalendar& calendar, model::DateUnit unit, Day from);
/// The date before it.
std::optional<Day> previous_date(const BusinessCalendar& calendar, model::DateUnit unit, Day from);

/// The zone of its clock: its own, else its calendar's, else the server's.
std::string zone_name(const model::BusinessDate& date, const BusinessCalendar& calendar,
                      const Surroundings& around);
/// The same as a zone; one that is unknown counts as UTC.
TimeZone zone_of(const model::BusinessDate& date, const BusinessCalendar& calendar,
                 const Surroundings& around);
/// When its clock moves it on from `value`; nullopt: not by the clock.
std::optional<Timestamp> advance_at(const model::BusinessDate& date,
                                    const BusinessCalendar& calendar, Day value,
                                    const Surroundings& around);

}  // namespace dandori::calendar
