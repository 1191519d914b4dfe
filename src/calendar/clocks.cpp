#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "calendar/arithmetic.h"
#include "calendar/schedule_rule.h"

namespace dandori::calendar {

using model::DstGap;
using model::DstOverlap;

namespace {

struct Times {
  std::uint64_t hours = 0, minutes = 0, seconds = 1;
};

/// The times of one civil day within [from, to) (seconds after its midnight), ascending.
template <class Take>
bool each_time(const Times& times, std::int32_t from, std::int32_t to, const Take& take) {
  for (int hour = next_bit(times.hours, from / 3600); hour < 24;
       hour = next_bit(times.hours, hour + 1)) {
    for (int minute = next_bit(times.minutes, 0); minute < 60;
         minute = next_bit(times.minutes, minute + 1)) {
      const std::int32_t at = hour * 3600 + minute * 60;
      if (at + 59 < from) continue;
      if (at >= to) return true;
      for (int second = next_bit(times.seconds, 0); second < 60;
           second = next_bit(times.seconds, second + 1)) {
        if (at + second < from) continue;
        if (at + second >= to) return true;
        if (!take(at + second)) return false;
      }
    }
  }
  return true;
}

bool names_civil(const CronExpr& cron, Day day) {
  const YearMonthDay date = to_ymd(day);
  if (!cron.months[static_cast<std::size_t>(date.month)]) return false;
  const bool of_month = cron.days_of_month[static_cast<std::size_t>(date.day)];
  const bool of_week = cron.days_of_week[static_cast<std::size_t>(weekday(day))];
  const bool both = cron.any_day_of_month || cron.any_day_of_week;
  return both ? of_month && of_week : of_month || of_week;
}

/// The clock times that the rule gives the anchor, within [from, to), ascending.
template <class Take>
bool each_clock(const ScheduleRule& rule, Day anchor, std::int32_t from, std::int32_t to,
                const Take& take) {
  if (rule.form == ScheduleRule::Form::times) {
    for (auto at = std::ranges::lower_bound(rule.times, from); at != rule.times.end() && *at < to;
         ++at) {
      if (!take(*at)) return false;
    }
    return true;
  }
  const bool is_cron = rule.form == ScheduleRule::Form::cron;
  const auto named = [&](Day day) {
    return is_cron ? names_civil(rule.cron, day) : rule.clock.matches(day);
  };
  const Times times = is_cron ? Times{rule.cron.hours.to_ullong(), rule.cron.minutes.to_ullong()}
                              : Times{rule.clock.hours.to_ullong(), rule.clock.minutes.to_ullong(),
                                      rule.clock.seconds.to_ullong()};
  // A business date has the readings from its begin to the next one's.
  const std::int32_t begin = rule.calendar->day_starts_at_s();
  constexpr auto kDay = static_cast<std::int32_t>(kDaySeconds);
  if (from < kDay && named(anchor)) {
    if (!each_time(times, std::max(from, begin), std::min(to, kDay), take)) return false;
  }
  if (begin == 0 || to <= kDay || !named(anchor + 1)) return true;
  return each_time(times, std::max(from - kDay, 0), std::min(to - kDay, begin),
                   [&](std::int32_t clock) { return take(clock + kDay); });
}

std::int64_t local_of(Day day, std::int32_t clock_s) {
  return std::int64_t{day.days} * kDaySeconds + clock_s;
}

/// The instants of one reading, by the clock-change rules.
template <class Take>
bool place(const ScheduleRule& rule, Day anchor, Day date, std::int32_t clock_s, const Take& take) {
  const LocalLookup found = rule.zone.from_local({local_of(date, clock_s)});
  Reading reading{.clock_s = clock_s,
                  .fire = {.at = found.first, .nominal = {local_of(anchor, clock_s)}}};
  reading.in_gap = found.kind == LocalLookup::Kind::gap;
  reading.skipped = reading.in_gap && rule.dst.gap == DstGap::skip;
  if (found.kind != LocalLookup::Kind::overlap) return take(reading);
  if (rule.dst.overlap != DstOverlap::second && !take(reading)) return false;
  if (rule.dst.overlap == DstOverlap::first) return true;
  reading.fire.at = found.second;
  reading.fire.second = true;
  return take(reading);
}

/// The first or second instant of a reading, as dst.overlap chooses for what can only be one.
Timestamp instant_of(const ScheduleRule& rule, Day day, std::int32_t clock_s) {
  const LocalLookup found = rule.zone.from_local({local_of(day, clock_s)});
  return rule.dst.overlap == DstOverlap::second ? found.second : found.first;
}

/// The instants of an absolute grid from `begin` on, up to `last` (included), within [from, to).
template <class Take>
void each_step(const ScheduleRule& rule, Day anchor, Day date, Timestamp begin, Timestamp last,
               Timestamp from, Timestamp to, const Take& take) {
  Timestamp at = begin;
  if (from > begin) {
    const std::int64_t steps =
        ((from - begin).count() + rule.every.count() - 1) / rule.every.count();
    at = begin + rule.every * steps;
  }
  for (; at <= last && at < to; at += rule.every) {
    const LocalTime local = rule.zone.to_local(at);
    const LocalLookup found = rule.zone.from_local(local);
    const bool second = found.kind == LocalLookup::Kind::overlap && at >= found.second;
    const auto clock = static_cast<std::int32_t>(local.seconds - local_of(date, 0));
    if (!take(Reading{.clock_s = clock,
                      .fire = {.at = at, .nominal = {local_of(anchor, clock)}, .second = second}}))
      return;
  }
}

/// The grid of a rate does not begin anew with each date.
InstantSpan rate_span(const ScheduleRule& rule, Day date) {
  const std::int32_t begin = rule.calendar->day_starts_at_s();
  const Timestamp from = rule.zone.from_local({local_of(date, begin)}).first;
  const Timestamp until = rule.zone.from_local({local_of(date + 1, begin)}).first;
  const std::int64_t past = (from - rule.rate_origin).count() % rule.every.count();
  const Duration wait{past <= 0 ? -past : rule.every.count() - past};
  return {from + wait, until - Duration{1}};
}

}  // namespace

InstantSpan hours_of(const ScheduleRule& rule, Day date) {
  const std::int32_t begin = rule.calendar->day_starts_at_s();
  const Timestamp first = instant_of(rule, date, rule.from_s.value_or(begin));
  if (rule.until_s) return {first, instant_of(rule, date, *rule.until_s)};
  return {first, instant_of(rule, date + 1, begin) - Duration{1}};
}

void each_reading(const ScheduleRule& rule, Day anchor, Day date, Timestamp from, Timestamp to,
                  const std::function<bool(const Reading&)>& take) {
  using Form = ScheduleRule::Form;
  const auto within = [&](const Reading& reading) {
    if (reading.fire.at < from || reading.fire.at >= to) return true;
    return take(reading);
  };
  switch (rule.form) {
    case Form::times:
    case Form::cron:
    case Form::clock: {
      // A zone's offset changes by at most a day, and instants may come that much later.
      const auto clock_of = [&](Timestamp at, std::int32_t slack) {
        const std::int64_t clock = rule.zone.to_local(at).seconds - local_of(date, 0) + slack;
        return static_cast<std::int32_t>(std::clamp<std::int64_t>(clock, 0, kClockEnd_s));
      };
      constexpr std::int32_t kSlack = 86'400;
      each_clock(rule, anchor, clock_of(from, -kSlack), clock_of(to, kSlack),
                 [&](std::int32_t clock) { return place(rule, anchor, date, clock, within); });
      return;
    }
    case Form::grid:
    case Form::rate: {
      const InstantSpan span =
          rule.form == Form::grid ? hours_of(rule, date) : rate_span(rule, date);
      return each_step(rule, anchor, date, span.first, span.last, from, to, within);
    }
    case Form::once: {
      if (rule.calendar->business_date(rule.once.nominal) != anchor) return;
      const auto clock = static_cast<std::int32_t>(rule.once.nominal.seconds - local_of(anchor, 0));
      if (date != anchor) {
        place(rule, anchor, date, clock, within);
        return;
      }
      within({.clock_s = clock, .fire = rule.once});
      return;
    }
    case Form::from_end:
      return;
  }
}

std::optional<Reading> first_reading(const ScheduleRule& rule, Day anchor) {
  constexpr Timestamp kFirst{std::numeric_limits<std::int64_t>::min() / 2};
  std::optional<Reading> first;
  if (rule.form == ScheduleRule::Form::cron || rule.form == ScheduleRule::Form::clock ||
      rule.form == ScheduleRule::Form::times) {
    each_clock(rule, anchor, 0, kClockEnd_s, [&](std::int32_t clock) {
      const LocalLookup found = rule.zone.from_local({local_of(anchor, clock)});
      first = Reading{.clock_s = clock,
                      .fire = {.at = found.first, .nominal = {local_of(anchor, clock)}}};
      return false;
    });
    return first;
  }
  each_reading(rule, anchor, anchor, kFirst, kFarFuture, [&](const Reading& reading) {
    first = reading;
    return false;
  });
  return first;
}

std::string clock_text(std::int32_t clock_s) {
  const std::int32_t hours = clock_s / 3600, minutes = clock_s / 60 % 60, seconds = clock_s % 60;
  if (seconds == 0) return fmt::format("{:02}:{:02}", hours, minutes);
  return fmt::format("{:02}:{:02}:{:02}", hours, minutes, seconds);
}

void trace_reading(const ScheduleRule& rule, Day date, const Reading& reading, Trace& trace) {
  const LocalTime local{local_of(date, reading.clock_s)};
  trace.push_back({"clock", "set",
                   Json::object({{"time", clock_text(reading.clock_s)},
                                 {"date", format_day(date)},
                                 {"local", format_local(local)}})});
  const LocalLookup found = rule.zone.from_local(local);
  std::string_view code = "unique";
  if (reading.in_gap) code = reading.skipped ? "gap_skipped" : "gap_shifted";
  if (found.kind == LocalLookup::Kind::overlap)
    code = reading.fire.second ? "second_of_two" : "first_of_two";
  trace.push_back({"zone", std::string{code},
                   Json::object({{"timezone", rule.zone.name()},
                                 {"at", format_rfc3339(reading.fire.at)},
                                 {"local", format_in_zone(reading.fire.at, rule.zone)}})});
  if (rule.jitter.count() == 0) return;
  trace.push_back({"jitter", "spread",
                   Json::object({{"by", format_duration(rule.jitter)},
                                 {"at", format_rfc3339(reading.fire.at + rule.jitter)}})});
}

}  // namespace dandori::calendar
