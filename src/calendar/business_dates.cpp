#include "calendar/business_dates.h"

#include "calendar/schedule_rule.h"

namespace dandori::calendar {

BusinessCalendarPtr calendar_of(const Calendars& calendars, const model::BusinessDate& date) {
  if (date.calendar.empty()) return BusinessCalendar::plain();
  Result<BusinessCalendarPtr> found = calendars.find(model::ref_to(date.calendar));
  return found ? *std::move(found) : BusinessCalendar::plain();
}

std::optional<Day> next_date(const BusinessCalendar& calendar, model::DateUnit unit, Day from) {
  if (from >= kCalendarDays.last) return std::nullopt;
  return unit == model::DateUnit::day ? from + 1 : calendar.next_open(from + 1);
}

std::optional<Day> previous_date(const BusinessCalendar& calendar, model::DateUnit unit, Day from) {
  if (from <= kCalendarDays.first) return std::nullopt;
  return unit == model::DateUnit::day ? from - 1 : calendar.previous_open(from - 1);
}

std::string zone_name(const model::BusinessDate& date, const BusinessCalendar& calendar,
                      const Surroundings& around) {
  if (!date.timezone.empty()) return date.timezone;
  return calendar.timezone().empty() ? std::string{around.server_zone} : calendar.timezone();
}

TimeZone zone_of(const model::BusinessDate& date, const BusinessCalendar& calendar,
                 const Surroundings& around) {
  Result<TimeZone> zone = around.zone(zone_name(date, calendar, around));
  return zone ? *std::move(zone) : TimeZone{};
}

std::optional<Timestamp> advance_at(const model::BusinessDate& date,
                                    const BusinessCalendar& calendar, Day value,
                                    const Surroundings& around) {
  if (!date.advance.at_s) return std::nullopt;
  const LocalTime local{value.days * kDaySeconds + *date.advance.at_s};
  return zone_of(date, calendar, around).from_local(local).first;
}

}  // namespace dandori::calendar
