#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "calendar/day_match.h"
#include "calendar/holidays.h"
#include "spec/lint_rules.h"

namespace dandori::spec {

namespace {

using calendar::kCalendarDays;

/// Days of kCalendarDays, one flag each.
using Days = std::vector<bool>;

Place rule_place(const LintedCalendar& of, std::size_t rule) {
  const Node* rules = of.root->find("rules");
  if (rules == nullptr || rule >= rules->items.size()) return of.root->place;
  return rules->items[rule].place;
}

/// The days that the rule is about; nullopt: it asks a calendar that nobody here knows.
std::optional<Days> days_of(const model::CalendarRule& rule, const calendar::CalendarMonths& months,
                            const calendar::Calendars& calendars) {
  calendar::BusinessCalendarPtr other;
  if (!rule.days.calendar.empty()) {
    const auto found = calendars.find({.name = rule.days.calendar});
    if (!found) return std::nullopt;
    other = *found;
  }
  const calendar::OpenThere is_open = [&](std::string_view, Day day) {
    return other->is_open(day);
  };
  Days days(static_cast<std::size_t>(kCalendarDays.last - kCalendarDays.first) + 1);
  for (Day day = kCalendarDays.first; day <= kCalendarDays.last; day = day + 1) {
    days[static_cast<std::size_t>(day - kCalendarDays.first)] =
        calendar::matches(rule, day, months, is_open);
  }
  return days;
}

/// Rules that match no day, and rules whose every day an earlier rule decides.
void check_rules(Findings& findings, const LintedCalendar& of,
                 const calendar::Calendars& calendars) {
  const model::Calendar& calendar = *of.calendar;
  const calendar::CalendarMonths months{calendar.month_starts_on, calendar.label};
  Days decided(static_cast<std::size_t>(kCalendarDays.last - kCalendarDays.first) + 1);
  for (std::size_t i = 0; i < calendar.rules.size(); ++i) {
    const std::optional<Days> days = days_of(calendar.rules[i], months, calendars);
    if (!days) continue;
    bool matches = false;
    bool decides = false;
    for (std::size_t day = 0; day < days->size(); ++day) {
      if (!(*days)[day]) continue;
      matches = true;
      decides = decides || !decided[day];
      decided[day] = true;
    }
    if (!matches) {
      findings.add(of, "impossible_rule", rule_place(of, i),
                   fmt::format("rule {} of the calendar '{}' matches no day", i + 1, calendar.name),
                   "every key of a rule must match: make two rules of them, or remove it");
    } else if (!decides) {
      findings.add(of, "hidden_rule", rule_place(of, i),
                   fmt::format("rule {} of the calendar '{}' decides no day: rules before it match "
                               "all of its days",
                               i + 1, calendar.name),
                   "the first rule that matches counts: move it up, or remove it");
    }
  }
}

void check_emptiness(Findings& findings, const LintedCalendar& of) {
  const model::Calendar& calendar = *of.calendar;
  const bool closes =
      !calendar.extends.empty() || calendar.valid ||
      std::ranges::any_of(calendar.rules, [](const auto& rule) { return !rule.open; });
  if (closes) return;
  findings.add(of, "empty_calendar", place_of(*of.root, {"name"}),
               fmt::format("the calendar '{}' closes no day", calendar.name),
               "add rules, such as {closed: {weekdays: [sat, sun]}}, or `extends`");
}

void check_holidays(Findings& findings, const LintedCalendar& of, Day until) {
  const model::Calendar& calendar = *of.calendar;
  for (std::size_t i = 0; i < calendar.rules.size(); ++i) {
    const calendar::HolidaySet* set = calendar::find_holidays(calendar.rules[i].days.holidays);
    if (set == nullptr || set->verified_until >= until) continue;
    findings.add(of, "unverified_holidays", rule_place(of, i),
                 fmt::format("the holidays '{}' are announced up to {}: later days follow from the "
                             "law as it stands",
                             set->name, format_day(set->verified_until)),
                 "plans beyond that day may change: look at them when the year is announced");
  }
}

}  // namespace

void check_calendar(Findings& findings, const LintedCalendar& of,
                    const calendar::Calendars& calendars, Day planned_until) {
  check_emptiness(findings, of);
  check_rules(findings, of, calendars);
  check_holidays(findings, of, planned_until);
}

}  // namespace dandori::spec
