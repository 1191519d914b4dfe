#include "calendar/day_list.h"

#include <fmt/core.h>

namespace dandori::calendar {

namespace {

Json month_json(const CalendarMonth& month) {
  return Json::object({{"year", month.year},
                       {"month", month.month},
                       {"first", format_day(month.first)},
                       {"last", format_day(month.last)}});
}

}  // namespace

std::string_view weekday_word(Day day) {
  constexpr std::string_view kWords[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  return kWords[weekday(day)];
}

Result<Json> day_list(const Calendars& calendars, std::string_view name, DayRange days) {
  const model::CalendarRef ref = model::ref_to(std::string{name});
  const Result<BusinessCalendarPtr> table = calendars.find(ref);
  if (!table) return std::unexpected(table.error());
  Json::Array items;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const DayReason reason = calendars.reason(ref, day);
    items.push_back(Json::object({{"date", format_day(day)},
                                  {"weekday", weekday_word(day)},
                                  {"open", reason.open},
                                  {"reason", to_json(reason)},
                                  {"month", month_json((*table)->months().of(day))}}));
  }
  const Day verified = calendars.verified_until(ref);
  return Json::object(
      {{"calendar", name},
       {"from", format_day(days.first)},
       {"until", format_day(days.last)},
       {"items", Json::array(std::move(items))},
       {"verified_until", verified < kCalendarDays.last ? Json{format_day(verified)} : Json{}}});
}

Result<DayRange> check_day_range(DayRange days) {
  const std::string span = fmt::format("{} to {}", format_day(days.first), format_day(days.last));
  if (days.last < days.first) {
    return fail("calendar.bad_range", fmt::format("{}: the end lies before the begin", span),
                "name the first and the last day, both included");
  }
  if (!kCalendarDays.contains(days.first) || !kCalendarDays.contains(days.last)) {
    return fail("calendar.bad_range",
                fmt::format("{}: calendars know the days {} to {}", span,
                            format_day(kCalendarDays.first), format_day(kCalendarDays.last)),
                "choose days between them");
  }
  if (days.last - days.first >= kDayListMax) {
    return fail("calendar.bad_range", fmt::format("{}: more than {} days", span, kDayListMax),
                "ask for fewer days at a time");
  }
  return days;
}

}  // namespace dandori::calendar
