#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/business_calendar.h"

namespace dandori::calendar {

inline Day day(std::string_view text) {
  const Result<Day> parsed = parse_day(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

inline model::YearlyDays every(std::uint8_t month, std::uint8_t day_of_month) {
  return {{month, day_of_month}, {month, day_of_month}};
}

inline constexpr std::uint8_t kWeekend = 0b100'0001;

inline model::CalendarRule closed(model::DayMatch days) {
  return {.open = false, .days = std::move(days)};
}
inline model::CalendarRule opened(model::DayMatch days) {
  return {.open = true, .days = std::move(days)};
}

/// JPBANK: weekends, national holidays, 12-31, 01-02, 01-03.
inline model::Calendar bank() {
  return {.name = "jpbank",
          .timezone = "Asia/Tokyo",
          .rules = {closed({.holidays = "japan"}), closed({.weekdays = kWeekend}),
                    closed({.yearly = {every(12, 31), every(1, 2), every(1, 3)}})}};
}

inline Calendars calendars_of(std::vector<model::Calendar> definitions) {
  Calendars made = Calendars::make(std::move(definitions));
  for (const Error& problem : made.problems()) FAIL_CHECK(problem.message);
  return made;
}

inline BusinessCalendarPtr table_of(model::Calendar definition) {
  const std::string name = definition.name;
  return *calendars_of({std::move(definition)}).find({.name = name});
}

/// `04-28 O, 29 C`: a letter for each day.
inline std::string letters(const BusinessCalendar& calendar, std::string_view first,
                           std::string_view last) {
  std::string out;
  for (Day at = day(first); at <= day(last); at = at + 1) out += calendar.is_open(at) ? 'O' : 'C';
  return out;
}

}  // namespace dandori::calendar
