#include "calendar/day_list.h"

#include <fmt/format.h>

namespace dandori::calendar {

Json day_list(const Calendars& calendars, std::string_view name, DayRange days) {
  const model::CalendarRef ref{.name = std::string{name}};
  Json::Array items;
  std::int64_t open_days = 0;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    const DayReason reason = calendars.reason(ref, day);
    open_days += reason.open ? 1 : 0;
    const Json why = to_json(reason);
    Json item = Json::object({{"date", format_day(day)}});
    for (const auto& [key, value] : why.members()) item.set(key, value);
    items.push_back(std::move(item));
  }
  const auto count = static_cast<std::int64_t>(items.size());
  const Day verified = calendars.verified_until(ref);
  Json out = Json::object({{"calendar", name},
                           {"from", format_day(days.first)},
                           {"until", format_day(days.last)},
                           {"open_days", open_days},
                           {"closed_days", count - open_days},
                           {"verified_until", Json{}}});
  if (verified < kCalendarDays.last) out.set("verified_until", format_day(verified));
  out.set("items", Json::array(std::move(items)));
  return out;
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
