#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "calendar/business_calendar.h"

namespace dandori::convert {

struct ExportSettings {
  DayRange window;
  bool open = false;     ///< the open days; else the closed ones
  bool english = false;  ///< holidays in English
  std::string untitled;  ///< name of days that have none
  Timestamp stamp;       ///< when it is written
};

/// The calendar's closed (or open) days in the window, each with the name of what decides it.
std::vector<model::NamedDays> days_of(const calendar::Calendars& calendars, std::string_view name,
                                      const ExportSettings& settings);

/// The same days as iCalendar (RFC 5545). What a rule of weekdays, yearly dates or n-th weekdays
/// decides becomes an event that repeats, with exceptions; other days become events of their own,
/// days with the same name in a row one event. read_ics gives the same days and names back.
std::string write_ics(const calendar::Calendars& calendars, std::string_view name,
                      const ExportSettings& settings);

}  // namespace dandori::convert
