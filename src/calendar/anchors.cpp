#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "calendar/day_match.h"
#include "calendar/schedule_rule.h"

namespace dandori::calendar {

using model::CycleUnit;
using model::DayForm;
using model::DayRule;

namespace {

bool has_bit(std::uint16_t bits, int bit) {
  return ((bits >> static_cast<unsigned>(bit)) & 1U) != 0;
}

/// `position` counts from 1, `count` of them there are.
bool has_number(const DayRule& rule, int position, int count) {
  return std::ranges::any_of(rule.numbers, [&](std::int16_t number) {
    return number > 0 ? number == position : count + number == position;
  });
}

bool names_cycle(const DayRule& rule, const BusinessCalendar& calendar, Day day) {
  if (day < rule.from) return false;
  const auto every = static_cast<std::int32_t>(rule.every);
  switch (rule.unit) {
    case CycleUnit::day:
      return (day - rule.from) % every == 0;
    case CycleUnit::week:
      return (day - rule.from) % (7 * every) == 0;
    case CycleUnit::open_day:
      return calendar.is_open(day) &&
             (calendar.open_before(day) - calendar.open_before(rule.from)) % every == 0;
    case CycleUnit::month:
    case CycleUnit::year: {
      const YearMonthDay begin = to_ymd(rule.from), at = to_ymd(day);
      const int months = (at.year - begin.year) * 12 + at.month - begin.month;
      const int step = every * (rule.unit == CycleUnit::year ? 12 : 1);
      return at.day == begin.day && months % step == 0;
    }
  }
  std::unreachable();
}

/// Forms that count in the calendar's month.
bool names_in_month(const DayRule& rule, const BusinessCalendar& calendar, Day day) {
  const bool open = calendar.is_open(day);
  if (rule.form == DayForm::open_day && !open) return false;
  if (rule.form == DayForm::closed_day && open) return false;
  const CalendarMonth month = calendar.months().of(day);
  if (rule.months != 0 && !has_bit(rule.months, month.month)) return false;
  const int position = day - month.first + 1, length = month.last - month.first + 1;
  if (rule.form == DayForm::relative_day) return has_number(rule, position, length);
  if (rule.form == DayForm::weekday)
    return is_nth_weekday(rule.nth_weekdays, day, month.first, month.last);
  const std::int32_t before = calendar.open_before(month.first);
  const std::int32_t rank = calendar.open_before(day) - before;  // open days of the month before it
  const std::int32_t count = calendar.open_before(month.last + 1) - before;
  if (rule.form == DayForm::open_day) return has_number(rule, rank + 1, count);
  return has_number(rule, position - rank, length - count);
}

}  // namespace

bool names(const DayRule& rule, const BusinessCalendar& calendar, Day day) {
  if (!kCalendarDays.contains(day)) return false;
  const auto in_civil_months = [&] {
    return rule.months == 0 || has_bit(rule.months, to_ymd(day).month);
  };
  switch (rule.form) {
    case DayForm::every_day:
      return in_civil_months();
    case DayForm::open_days:
      return calendar.is_open(day) && in_civil_months();
    case DayForm::closed_days:
      return !calendar.is_open(day) && in_civil_months();
    case DayForm::weekdays:
      return has_bit(rule.weekdays, weekday(day)) && in_civil_months();
    case DayForm::day: {
      const YearMonthDay at = to_ymd(day);
      return has_number(rule, at.day, month_length(at.year, at.month)) && in_civil_months();
    }
    case DayForm::dates: {
      const bool named = find_day(std::span{rule.dates}, day) != nullptr ||
                         find_day(std::span{rule.yearly}, day) != nullptr;
      return named && in_civil_months();
    }
    case DayForm::cycle:
      return names_cycle(rule, calendar, day) && in_civil_months();
    case DayForm::relative_day:
    case DayForm::open_day:
    case DayForm::closed_day:
    case DayForm::weekday:
      return names_in_month(rule, calendar, day);
  }
  std::unreachable();
}

bool names(const ScheduleRule& rule, Day anchor) {
  using Form = ScheduleRule::Form;
  switch (rule.form) {
    case Form::times:
    case Form::grid:
    case Form::from_end:
      return rule.days.empty() ? kCalendarDays.contains(anchor)
                               : std::ranges::any_of(rule.days, [&](const DayRule& each) {
                                   return names(each, *rule.calendar, anchor);
                                 });
    case Form::cron:
    case Form::clock:
    case Form::rate:
    case Form::once:
      return kCalendarDays.contains(anchor) && first_reading(rule, anchor).has_value();
  }
  std::unreachable();
}

namespace {

constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

std::string number_text(std::int16_t number) {
  if (number > 0) return fmt::format("{}", number);
  return number == 0 ? "last" : fmt::format("last{}", number);
}

std::string list_text(const std::vector<std::string>& items) {
  return items.size() == 1 ? items[0] : fmt::format("[{}]", fmt::join(items, ", "));
}

std::string month_day_text(model::MonthDay at) {
  return fmt::format("{:02}-{:02}", at.month, at.day);
}

std::vector<std::string> date_texts(const DayRule& rule) {
  std::vector<std::string> items;
  for (const model::NamedDays& each : rule.dates) {
    items.push_back(each.first == each.last
                        ? format_day(each.first)
                        : fmt::format("{}..{}", format_day(each.first), format_day(each.last)));
  }
  for (const model::YearlyDays& each : rule.yearly) {
    items.push_back(each.first == each.last ? month_day_text(each.first)
                                            : fmt::format("{}..{}", month_day_text(each.first),
                                                          month_day_text(each.last)));
  }
  return items;
}

std::string value_text(const DayRule& rule) {
  std::vector<std::string> items;
  for (const std::int16_t number : rule.numbers) items.push_back(number_text(number));
  for (int i = 0; i < 7; ++i) {
    if (has_bit(rule.weekdays, i)) items.emplace_back(kWeekdays[static_cast<std::size_t>(i)]);
  }
  for (const model::NthWeekday& each : rule.nth_weekdays) {
    items.push_back(fmt::format("{{{}: {}}}", kWeekdays[each.weekday], number_text(each.nth)));
  }
  if (rule.form == DayForm::dates) items = date_texts(rule);
  if (rule.form == DayForm::cycle) {
    items.push_back(fmt::format("{{every: {}, unit: {}, from: {}}}", rule.every,
                                to_string(rule.unit), format_day(rule.from)));
  }
  return items.empty() ? std::string{} : ": " + list_text(items);
}

}  // namespace

std::string text_of(const DayRule& rule) {
  std::string text = fmt::format("{}{}", to_string(rule.form), value_text(rule));
  if (rule.months == 0) return text;
  std::vector<std::string> months;
  for (int month = 1; month <= 12; ++month) {
    if (has_bit(rule.months, month)) months.push_back(fmt::format("{}", month));
  }
  return text + fmt::format(", months: [{}]", fmt::join(months, ", "));
}

}  // namespace dandori::calendar
