#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "calendar/cron.h"
#include "calendar/schedule.h"
#include "spec/lint_rules.h"

namespace dandori::spec {

namespace {

constexpr int kEveryMonthDays = 28;  // that every month has
constexpr std::size_t kStartsMax = 5000;

/// Most days that a month ever has.
int days_of(int month) {
  constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1];
}

/// What a rule names that some of its months lack, in words; nullopt: nothing.
///
/// months: bits 1…12; 0: every month. 29 February alone is meant so.
std::optional<std::string> lacking(int day, std::uint16_t months) {
  if (day <= kEveryMonthDays) return std::nullopt;
  const auto has = [&](int month) { return months == 0 || (months >> month & 1U) != 0; };
  for (int month = 1; month <= 12; ++month) {
    if (has(month) && days_of(month) < day)
      return fmt::format("day {}, which month {} does not have", day, month);
  }
  constexpr std::uint16_t kFebruary = 1U << 2U;
  if (day != 29 || !has(2) || months == kFebruary) return std::nullopt;
  return "day 29, which month 2 has in leap years only";
}

std::uint16_t months_of(const calendar::CronExpr& cron) {
  std::uint16_t bits = 0;
  for (unsigned month = 1; month <= 12; ++month) {
    if (cron.months.test(month)) bits = static_cast<std::uint16_t>(bits | 1U << month);
  }
  return bits;
}

std::optional<std::string> lacking(const calendar::CronExpr& cron) {
  if (cron.any_day_of_month) return std::nullopt;
  int day = 0;
  for (int each = 1; each <= 31; ++each) {
    if (cron.days_of_month.test(static_cast<std::size_t>(each))) day = each;
  }
  return lacking(day, months_of(cron));
}

/// The month needs so many days for every number to mean one.
int days_needed(const std::vector<std::int16_t>& numbers) {
  int needed = 0;
  for (const int number : numbers) needed = std::max(needed, number > 0 ? number : 1 - number);
  return needed;
}

std::optional<std::string> lacking(const model::DayRule& rule) {
  using model::DayForm;
  switch (rule.form) {
    case DayForm::day:
      return lacking(days_needed(rule.numbers), rule.months);
    case DayForm::relative_day:
      if (days_needed(rule.numbers) <= kEveryMonthDays) return std::nullopt;
      return fmt::format("relative_day {}, which not every month has", days_needed(rule.numbers));
    case DayForm::weekday:
      if (std::ranges::find(rule.nth_weekdays, 5, &model::NthWeekday::nth) ==
          rule.nth_weekdays.end())
        return std::nullopt;
      return "a fifth weekday, which not every month has";
    case DayForm::dates:
      for (const model::YearlyDays& days : rule.yearly) {
        if (days.first == model::MonthDay{2, 29} && days.last == days.first)
          return "02-29, which only leap years have";
      }
      return std::nullopt;
    case DayForm::cycle: {
      const int day = to_ymd(rule.from).day;
      if (rule.unit == model::CycleUnit::month) return lacking(day, rule.months);
      const bool is_leap_day = day == 29 && to_ymd(rule.from).month == 2;
      if (rule.unit == model::CycleUnit::year && is_leap_day)
        return "02-29, which only leap years have";
      return std::nullopt;
    }
    case DayForm::every_day:
    case DayForm::open_days:
    case DayForm::closed_days:
    case DayForm::weekdays:
    case DayForm::open_day:
    case DayForm::closed_day:
      return std::nullopt;
  }
  std::unreachable();
}

std::optional<std::string> lacking(const std::vector<model::DayRule>& rules) {
  for (const model::DayRule& rule : rules) {
    if (auto what = lacking(rule)) return what;
  }
  return std::nullopt;
}

void tell_lacking(Findings& findings, const LintedWorkflow& of, Place place, std::string_view who,
                  const std::string& what, bool is_rule) {
  findings.add(of, "missing_day", place, fmt::format("{} names {}", who, what),
               is_rule ? "it has no start then: `{day: last}` is the last day of every month"
                       : "months without that day have no start then: name a day up to 28");
}

// ---- shifts, by the schedule itself

/// The trigger with one start a date, at the begin of the date.
model::Trigger one_a_day(const model::Trigger& trigger, std::int32_t day_starts_at_s) {
  model::Trigger copy = trigger;
  copy.jitter = Duration{0};
  if (!copy.times.empty()) copy.times = {day_starts_at_s};
  if (copy.every) {
    copy.every.reset();
    copy.from_s.reset();
    copy.until_s.reset();
    copy.times = {day_starts_at_s};
  }
  return copy;
}

struct Dates {
  const LintSettings& settings;
  calendar::Surroundings around;
  Timestamp until;

  std::vector<calendar::PlannedStart> of(const model::Trigger& trigger,
                                         std::string_view workflow) const {
    return calendar::expand(trigger, around, workflow, settings.from, until, kStartsMax);
  }
};

void check_dropped(Findings& findings, const LintedWorkflow& of, const model::Trigger& trigger,
                   const std::vector<calendar::PlannedStart>& starts,
                   const calendar::BusinessCalendar& calendar) {
  using model::MissReason;
  const auto is_dropped = [](const calendar::PlannedStart& start) {
    return start.dropped == MissReason::max_shift || start.dropped == MissReason::offset_limit;
  };
  const auto first = std::ranges::find_if(starts, is_dropped);
  if (first == starts.end()) return;
  const bool by_shift = first->dropped == MissReason::max_shift;
  const auto count = std::ranges::count_if(starts, is_dropped);
  findings.add(
      of, "dropped_date",
      place_of(*of.root,
               {"triggers", trigger.id, by_shift ? std::string_view{"max_shift"} : "offset"}),
      fmt::format(
          "the trigger '{}' starts nothing for {} ({} within {}){}", trigger.id,
          format_day(calendar.business_date(first->fire.nominal)),
          by_shift ? "closed, and no open day" : "the offset finds no day",
          fmt::format("{}d", by_shift ? trigger.max_shift_days : trigger.offset->limit_days),
          count == 1 ? "" : fmt::format(", nor for {} other dates in 400 days", count - 1)),
      by_shift ? "raise `max_shift`, or say `on_closed_day: skip` if this is meant"
               : "raise the `limit` of the offset");
}

void check_months(Findings& findings, const LintedWorkflow& of, const model::Trigger& trigger,
                  const std::vector<calendar::PlannedStart>& starts,
                  const calendar::BusinessCalendar& calendar) {
  for (const calendar::PlannedStart& start : starts) {
    const Day origin = calendar.business_date(start.fire.nominal);
    if (!start.is_start() ||
        calendar.months().of(origin).first == calendar.months().of(start.business_date).first)
      continue;
    findings.add(of, "leaves_month", place_of(*of.root, {"triggers", trigger.id, "on_closed_day"}),
                 fmt::format("the trigger '{}' is shifted from {} to {}, into another month",
                             trigger.id, format_day(origin), format_day(start.business_date)),
                 "where the month must stay: `on_closed_day: previous` at its end, `next` at its "
                 "begin, or {open_day: last}");
    return;
  }
}

bool shifts(const model::Trigger& trigger) {
  const auto rule = trigger.on_closed_day;
  return rule && *rule != model::ClosedDay::skip && *rule != model::ClosedDay::run;
}

}  // namespace

void check_days(Findings& findings, const LintedWorkflow& of) {
  for (const model::Trigger& trigger : of.workflow->triggers) {
    const std::string who = fmt::format("the trigger '{}'", trigger.id);
    if (const auto what = lacking(trigger.days)) {
      tell_lacking(findings, of, place_of(*of.root, {"triggers", trigger.id, "days"}), who, *what,
                   true);
    }
    if (trigger.cron.empty()) continue;
    const auto cron = calendar::parse_cron(trigger.cron);
    if (!cron) continue;
    if (const auto what = lacking(*cron)) {
      tell_lacking(findings, of, place_of(*of.root, {"triggers", trigger.id, "cron"}), who, *what,
                   false);
    }
  }
  for (const model::Job& job : of.workflow->jobs) {
    if (!job.runs_on) continue;
    if (const auto what = lacking(job.runs_on->days)) {
      tell_lacking(findings, of, place_of(*of.root, {"jobs", job.id, "runs_on"}),
                   fmt::format("the job '{}'", job.id), *what, true);
    }
  }
}

void check_shifts(Findings& findings, const LintedWorkflow& of, const LintSettings& settings,
                  const calendar::Calendars& calendars) {
  const Dates dates{.settings = settings,
                    .around = {settings.zone, settings.timezone, &calendars},
                    .until = settings.from + kPlannedDays * Duration{std::chrono::hours{24}}};
  for (const model::Trigger& trigger : of.workflow->triggers) {
    if (trigger.calendar.empty() || (!shifts(trigger) && !trigger.offset)) continue;
    const auto calendar = calendars.find(trigger.calendar);
    if (!calendar) continue;
    model::Trigger daily = one_a_day(trigger, (*calendar)->day_starts_at_s());
    daily.exclude = {};
    check_dropped(findings, of, trigger, dates.of(daily, of.workflow->name), **calendar);
    if (!shifts(trigger)) continue;
    daily.offset.reset();
    check_months(findings, of, trigger, dates.of(daily, of.workflow->name), **calendar);
  }
}

}  // namespace dandori::spec
