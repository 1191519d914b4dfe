#include "calendar/day_match.h"

#include <algorithm>
#include <string>

#include "calendar/holidays.h"

namespace dandori::calendar {

using model::DayMatch;
using model::MonthDay;
using model::NamedDays;
using model::YearlyDays;

namespace {

bool holds(const YearlyDays& span, MonthDay at) {
  if (span.first <= span.last) return span.first <= at && at <= span.last;
  return span.first <= at || at <= span.last;  // over the new year
}

bool is_holiday(const std::string& set, Day day) {
  const HolidaySet* known = find_holidays(set);
  return known != nullptr && !holiday_on(*known, day).japanese.empty();
}

bool has_weekday(std::uint8_t weekdays, Day day) {
  return ((weekdays >> static_cast<unsigned>(weekday(day))) & 1U) != 0;
}

}  // namespace

const NamedDays* find_day(std::span<const NamedDays> dates, Day day) {
  const auto found = std::ranges::find_if(
      dates, [&](const NamedDays& each) { return each.first <= day && day <= each.last; });
  return found == dates.end() ? nullptr : &*found;
}

const YearlyDays* find_day(std::span<const YearlyDays> dates, Day day) {
  if (dates.empty()) return nullptr;
  const YearMonthDay date = to_ymd(day);
  const MonthDay at{static_cast<std::uint8_t>(date.month), static_cast<std::uint8_t>(date.day)};
  const auto found =
      std::ranges::find_if(dates, [&](const YearlyDays& each) { return holds(each, at); });
  return found == dates.end() ? nullptr : &*found;
}

bool is_nth_weekday(std::span<const model::NthWeekday> wanted, Day day, Day first, Day last) {
  const int nth = (day - first) / 7 + 1;
  const bool is_last = last - day < 7;
  return std::ranges::any_of(wanted, [&](const model::NthWeekday& each) {
    return each.weekday == weekday(day) && (each.nth == 0 ? is_last : each.nth == nth);
  });
}

bool matches(const model::CalendarRule& rule, Day day, const CalendarMonths& months,
             const OpenThere& is_open) {
  const DayMatch& days = rule.days;
  if (days.weekdays != 0 && !has_weekday(days.weekdays, day)) return false;
  if (days.months != 0 && ((days.months >> static_cast<unsigned>(to_ymd(day).month)) & 1U) == 0) {
    return false;
  }
  const bool names_dates = !days.dates.empty() || !days.yearly.empty();
  if (names_dates && find_day(std::span{days.dates}, day) == nullptr &&
      find_day(std::span{days.yearly}, day) == nullptr) {
    return false;
  }
  if (!days.nth_weekdays.empty()) {
    const CalendarMonth month = months.of(day);
    if (!is_nth_weekday(days.nth_weekdays, day, month.first, month.last)) return false;
  }
  if (!days.holidays.empty() && !is_holiday(days.holidays, day)) return false;
  return days.calendar.empty() || is_open(days.calendar, day) == rule.open;
}

void describe(const model::CalendarRule& rule, Day day, DayReason& reason) {
  const DayMatch& days = rule.days;
  const auto add = [&](std::string_view form) {
    if (!reason.form.empty()) reason.form += ' ';
    reason.form += form;
  };
  reason.title = rule.title;
  const auto call = [&](std::string_view title) {
    if (reason.title.empty()) reason.title = title;
  };
  if (!days.holidays.empty()) {
    add("holidays");
    if (const HolidaySet* set = find_holidays(days.holidays)) {
      const HolidayName name = holiday_on(*set, day);
      call(name.japanese);
      if (reason.title == name.japanese) reason.title_en = name.english;
    }
  }
  if (const NamedDays* found = find_day(std::span{days.dates}, day)) {
    add(found->first == found->last ? "dates" : "ranges");
    call(found->title);
  } else if (const YearlyDays* yearly = find_day(std::span{days.yearly}, day)) {
    add(yearly->first == yearly->last ? "dates" : "ranges");
    call(yearly->title);
  }
  if (days.weekdays != 0) add("weekdays");
  if (!days.nth_weekdays.empty()) add("weekday");
  if (days.months != 0) add("months");
  if (!days.calendar.empty()) {
    add("calendar");
    call(days.calendar);
  }
}

}  // namespace dandori::calendar
