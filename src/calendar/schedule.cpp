#include "calendar/schedule.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/hash.h"
#include "calendar/arithmetic.h"
#include "calendar/early_time.h"
#include "calendar/once.h"
#include "calendar/schedule_rule.h"

namespace dandori::calendar {

using model::MissReason;

namespace {

constexpr Duration kDayLength = std::chrono::hours{24};
/// Where schedules look at all: beyond, adding days must not overflow.
constexpr Timestamp kEarliest{-62'135'596'800 * kMicrosPerSecond};
constexpr Timestamp kLatest{253'402'300'799 * kMicrosPerSecond};

/// An occurrence on its way, and how far it was moved: of several at one instant the least moved
/// one stays.
struct Candidate {
  PlannedStart start;
  std::int32_t moved = 0;
};

constexpr std::int32_t kMovedByGap = 1'000'000;

/// Occurrences a date may have, about: how far one look reaches.
std::int64_t density(const ScheduleRule& rule) {
  using Form = ScheduleRule::Form;
  switch (rule.form) {
    case Form::times:
      return static_cast<std::int64_t>(rule.times.size());
    case Form::cron:
      return static_cast<std::int64_t>(rule.cron.hours.count() * rule.cron.minutes.count());
    case Form::clock:
      return static_cast<std::int64_t>(rule.clock.hours.count() * rule.clock.minutes.count() *
                                       rule.clock.seconds.count());
    case Form::grid:
    case Form::rate:
      return kDayLength / rule.every + 1;
    case Form::from_end:
    case Form::once:
      return 1;
  }
  std::unreachable();
}

void add_dropped(const ScheduleRule& rule, Day anchor, MissReason reason, Timestamp from,
                 Timestamp to, std::vector<Candidate>& out) {
  const std::optional<Reading> first = first_reading(rule, anchor);
  if (!first || first->fire.at < from || first->fire.at >= to) return;
  out.push_back({{.fire = first->fire, .business_date = anchor, .dropped = reason}});
}

void add_starts(const ScheduleRule& rule, Day anchor, Day date, Timestamp from, Timestamp to,
                std::vector<Candidate>& out) {
  each_reading(rule, anchor, date, from, to, [&](const Reading& reading) {
    Candidate one{{.fire = reading.fire, .business_date = date}, std::abs(date - anchor)};
    if (reading.in_gap) {
      one.moved += kMovedByGap;
      // The date of a cron is that of its instant: a gap may have swallowed the whole day.
      if (rule.form == ScheduleRule::Form::cron || rule.form == ScheduleRule::Form::clock) {
        one.start.business_date = rule.calendar->business_date(rule.zone.to_local(reading.fire.at));
      }
    }
    if (reading.skipped) one.start.dropped = MissReason::nonexistent_time;
    out.push_back(one);
    return true;
  });
}

/// By instant; of the starts at one instant the least moved, then the earliest origin, then the
/// earliest date (25:00 of one day is 01:00 of the next) stays.
void settle(std::vector<Candidate>& found) {
  const auto order = [](const Candidate& each) {
    const PlannedStart& start = each.start;
    return std::tuple{start.fire.at, start.is_start(), each.moved, start.fire.nominal,
                      start.business_date};
  };
  std::ranges::sort(found, {}, order);
  const auto rest = std::ranges::unique(found, [](const Candidate& a, const Candidate& b) {
    return a.start.is_start() && b.start.is_start() && a.start.fire.at == b.start.fire.at;
  });
  found.erase(rest.begin(), rest.end());
}

/// Every occurrence in [from, to).
std::vector<Candidate> look(const ScheduleRule& rule, Timestamp from, Timestamp to,
                            const OtherPlans* others, int depth) {
  from = from - rule.jitter;
  to = to - rule.jitter;
  std::vector<Candidate> found;
  // Clock times reach to 48 hours, and a zone may jump by a day.
  const Day first = day_of(rule.zone.to_local(from)) - 3;
  const Day last = day_of(rule.zone.to_local(to)) + 2;
  const std::int32_t reach = rule.reach();
  const Day end = std::min(last + reach, kCalendarDays.last);
  for (Day anchor = std::max(first - reach, kCalendarDays.first); anchor <= end;
       anchor = anchor + 1) {
    if (!names(rule, anchor)) continue;
    const ResolvedDate date = resolve_date(rule, anchor, others, depth, nullptr);
    if (!date.is_valid) continue;
    if (date.dropped != MissReason::none) {
      add_dropped(rule, anchor, date.dropped, from, to, found);
    } else if (first <= date.date && date.date <= last) {
      add_starts(rule, anchor, date.date, from, to, found);
    }
  }
  settle(found);
  for (Candidate& each : found) each.start.fire.at += rule.jitter;
  return found;
}

/// Between these instants lies all that the rule can ever give: nothing else need be looked at.
InstantSpan bounds_of(const ScheduleRule& rule) {
  DayRange days = kCalendarDays;
  if (rule.form == ScheduleRule::Form::once) {
    const Day day = rule.calendar->business_date(rule.once.nominal);
    days = {std::max(days.first, day), std::min(days.last, day)};
  }
  if (rule.has_valid) {
    days = {std::max(days.first, rule.valid.first), std::min(days.last, rule.valid.last)};
  }
  // Clock times reach to 48 hours; zones differ by a day, and may jump by one.
  const std::int32_t margin = rule.reach() + 5;
  return {Timestamp{kDayLength * (days.first - margin).days},
          Timestamp{kDayLength * (days.last + margin).days} + rule.jitter};
}

/// A start of the same in every process: its place within the spread.
Duration jitter_of(const model::Trigger& trigger, std::string_view workflow) {
  if (trigger.jitter.count() <= 0) return {};
  const std::uint64_t mixed = mix64(fmt::format("{}/{}", workflow, trigger.id));
  const auto seconds = static_cast<std::uint64_t>(trigger.jitter.count() / kMicrosPerSecond);
  return std::chrono::seconds{static_cast<std::int64_t>(mixed % (seconds + 1))};
}

bool is_plain(const model::Trigger& trigger) {
  return !trigger.cron.empty() && !trigger.cron.starts_with("cron(") && trigger.calendar.empty() &&
         !trigger.offset && trigger.exclude.empty() && trigger.jitter.count() == 0 &&
         !trigger.valid && trigger.dst.gap == model::DstGap::shift;
}

/// Days that are about closed days run on them unless told otherwise.
model::ClosedDay closed_day_rule(const model::Trigger& trigger) {
  if (trigger.on_closed_day) return *trigger.on_closed_day;
  if (trigger.calendar.empty()) return model::ClosedDay::run;
  const bool wants_closed = std::ranges::any_of(trigger.days, [](const model::DayRule& each) {
    return each.form == model::DayForm::closed_days || each.form == model::DayForm::closed_day;
  });
  return wants_closed ? model::ClosedDay::run : model::ClosedDay::skip;
}

/// Fills what the form of the trigger says.
Result<void> read_form(const model::Trigger& trigger, ScheduleRule& rule) {
  using Form = ScheduleRule::Form;
  rule.days = trigger.days;
  if (!trigger.cron.empty()) {
    if (trigger.cron.starts_with("cron(")) {
      auto clock = parse_event_cron(trigger.cron);
      if (!clock) return std::unexpected(std::move(clock.error()));
      rule.form = Form::clock;
      rule.clock = *std::move(clock);
      return {};
    }
    auto cron = parse_cron(trigger.cron);
    if (!cron) return std::unexpected(std::move(cron.error()));
    rule.form = Form::cron;
    rule.cron = *std::move(cron);
    return {};
  }
  if (!trigger.rate.empty()) {
    const auto every = parse_rate(trigger.rate);
    if (!every) return std::unexpected(every.error());
    rule.form = Form::rate;
    rule.every = *every;
    rule.rate_origin =
        rule.zone.from_local({std::int64_t{make_day(2000, 1, 1).days} * kDaySeconds}).first;
    return {};
  }
  if (trigger.every) {
    rule.form = trigger.from_end ? Form::from_end : Form::grid;
    rule.every = *trigger.every;
    rule.from_s = trigger.from_s;
    rule.until_s = trigger.until_s;
    return {};
  }
  rule.form = Form::times;
  rule.times = trigger.times;
  return {};
}

Result<Fire> read_once(const model::Trigger& trigger, const TimeZone& zone) {
  std::string_view at = trigger.at;
  if (at.starts_with("at(") && at.ends_with(")")) at = at.substr(3, at.size() - 4);
  return parse_once(at, zone, trigger.dst);
}

}  // namespace

static_assert(sizeof(Schedule) <= 128, "a big server keeps one for each of 100,000 triggers");

std::string origin_text(const PlannedStart& start) {
  std::string text = format_local(start.fire.nominal);
  if (start.fire.second) text.push_back('*');
  return text;
}

Schedule::Schedule(TimeZone zone, model::DstRule dst, Form form)
    : zone_{std::move(zone)}, form_{std::move(form)}, dst_{dst} {}

Result<Schedule> Schedule::make(const model::Trigger& trigger, const Surroundings& around,
                                std::string_view workflow) {
  ScheduleRule rule;
  rule.ref = trigger.calendar;
  if (around.calendars != nullptr) rule.calendars = *around.calendars;
  auto calendar = rule.calendars.find(trigger.calendar);
  if (!calendar) return std::unexpected(std::move(calendar.error()));
  rule.calendar = *std::move(calendar);
  rule.dst = trigger.dst;
  if (!trigger.on_calendar.empty()) {
    auto clock = parse_on_calendar(trigger.on_calendar);
    if (!clock) return std::unexpected(std::move(clock.error()));
    rule.form = ScheduleRule::Form::clock;
    rule.clock = *std::move(clock);
  }
  std::string_view zone_name = around.server_zone;
  if (!rule.calendar->timezone().empty()) zone_name = rule.calendar->timezone();
  if (!trigger.timezone.empty()) zone_name = trigger.timezone;
  if (!rule.clock.timezone.empty()) zone_name = rule.clock.timezone;
  auto zone = around.zone(zone_name);
  if (!zone) return std::unexpected(std::move(zone.error()));
  rule.zone = *std::move(zone);
  if (!trigger.at.empty()) {
    const auto fire = read_once(trigger, rule.zone);
    if (!fire) return std::unexpected(fire.error());
    rule.form = ScheduleRule::Form::once;
    rule.once = *fire;
  } else if (trigger.on_calendar.empty()) {
    if (const auto read = read_form(trigger, rule); !read) return std::unexpected(read.error());
  }
  if (is_plain(trigger)) return Schedule{rule.zone, trigger.dst, Form{std::move(rule.cron)}};
  if (const auto early = earliest_time(trigger)) {
    const auto fits = check_time(*early, rule.calendar->day_starts_at_s(), rule.calendar->name());
    if (!fits) return std::unexpected(fits.error());
  }
  rule.on_closed_day = closed_day_rule(trigger);
  rule.max_shift_days = trigger.max_shift_days;
  rule.offset = trigger.offset;
  rule.exclude = trigger.exclude;
  rule.jitter = jitter_of(trigger, workflow);
  rule.has_valid = trigger.valid.has_value();
  if (trigger.valid) rule.valid = *trigger.valid;
  TimeZone kept = rule.zone;
  return Schedule{std::move(kept), trigger.dst,
                  std::make_shared<const ScheduleRule>(std::move(rule))};
}

std::shared_ptr<const ScheduleRule> Schedule::rule() const {
  if (const auto* rule = std::get_if<std::shared_ptr<const ScheduleRule>>(&form_)) return *rule;
  ScheduleRule rule;
  rule.form = ScheduleRule::Form::cron;
  rule.cron = std::get<CronExpr>(form_);
  rule.calendar = BusinessCalendar::plain();
  rule.zone = zone_;
  rule.dst = dst_;
  return std::make_shared<const ScheduleRule>(std::move(rule));
}

std::optional<PlannedStart> Schedule::next(Timestamp after, const OtherPlans* others) const {
  if (const CronExpr* cron = std::get_if<CronExpr>(&form_)) {
    const std::optional<Fire> fire = next_fire(*cron, zone_, dst_, after);
    if (!fire) return std::nullopt;
    return PlannedStart{.fire = *fire, .business_date = day_of(zone_.to_local(fire->at))};
  }
  const ScheduleRule& rule = *std::get<std::shared_ptr<const ScheduleRule>>(form_);
  if (rule.form == ScheduleRule::Form::from_end) return std::nullopt;
  const InstantSpan bounds = bounds_of(rule);
  Timestamp from = std::clamp(after, kEarliest, kLatest) + Duration{1};
  const Timestamp limit =
      std::min(from + kDayLength * (std::int64_t{kSearchYears} * 366), bounds.last);
  from = std::max(from, bounds.first);
  Duration step = density(rule) >= 24 ? Duration{std::chrono::hours{2}} : 2 * kDayLength;
  while (from < limit) {
    const Timestamp to = std::min(from + step, limit);
    const std::vector<Candidate> found = look(rule, from, to, others, 0);
    if (!found.empty()) return found.front().start;
    from = to;
    step = std::min<Duration>(step * 8, kDayLength * 1464);
  }
  return std::nullopt;
}

std::vector<PlannedStart> Schedule::expand(Timestamp from, Timestamp to, std::size_t count_max,
                                           const OtherPlans* others) const {
  from = std::max(from, kEarliest);
  to = std::min(to, kLatest);
  std::vector<PlannedStart> starts;
  if (std::holds_alternative<CronExpr>(form_)) {
    Timestamp after = from - Duration{1};
    while (starts.size() < count_max) {
      const std::optional<PlannedStart> start = next(after);
      if (!start || start->fire.at >= to) break;
      after = start->fire.at;
      starts.push_back(*start);
    }
    return starts;
  }
  const ScheduleRule& rule = *std::get<std::shared_ptr<const ScheduleRule>>(form_);
  const InstantSpan bounds = bounds_of(rule);
  from = std::max(from, bounds.first);
  to = std::min(to, bounds.last);
  const Duration step = kDayLength * std::clamp<std::int64_t>(
                                         20'000 / std::max<std::int64_t>(density(rule), 1), 1, 800);
  while (from < to && starts.size() < count_max) {
    const Timestamp until = std::min(from + step, to);
    for (const Candidate& each : look(rule, from, until, others, 0)) {
      if (starts.size() == count_max) break;
      starts.push_back(each.start);
    }
    from = until;
  }
  return starts;
}

bool Schedule::plans_on(Day date, const OtherPlans* others, int depth) const {
  const std::shared_ptr<const ScheduleRule> rule = this->rule();
  if (!rule->valid.contains(date)) return false;
  const std::int32_t reach = rule->reach();
  for (Day anchor = date - reach; anchor <= date + reach; anchor = anchor + 1) {
    if (!names(*rule, anchor)) continue;
    const ResolvedDate found = resolve_date(*rule, anchor, others, depth, nullptr);
    if (found.date == date && found.dropped == MissReason::none) return true;
  }
  return false;
}

std::optional<PlannedStart> Schedule::next_from_end(Timestamp ended_at,
                                                    const OtherPlans* others) const {
  const std::shared_ptr<const ScheduleRule> rule = this->rule();
  const Timestamp at = ended_at + rule->every;
  const Day today = day_of(rule->zone.to_local(at));
  for (Day anchor = std::max(today - 2 - rule->reach(), kCalendarDays.first);
       anchor <= kCalendarDays.last; anchor = anchor + 1) {
    if (!names(*rule, anchor)) continue;
    const ResolvedDate date = resolve_date(*rule, anchor, others, 0, nullptr);
    if (!date.is_valid || date.dropped != MissReason::none) continue;
    const InstantSpan hours = hours_of(*rule, date.date);
    if (at > hours.last) continue;
    const Timestamp begin = std::max(at, hours.first);
    PlannedStart start{.fire = {.at = begin, .nominal = rule->zone.to_local(begin)},
                       .business_date = date.date};
    const LocalTime local = rule->zone.to_local(start.fire.at);
    start.fire.nominal.seconds -= (date.date - anchor) * kDaySeconds;
    start.fire.second = rule->zone.from_local(local).second == start.fire.at &&
                        rule->zone.from_local(local).first != start.fire.at;
    return start;
  }
  return std::nullopt;
}

bool Schedule::is_from_end() const {
  const auto* rule = std::get_if<std::shared_ptr<const ScheduleRule>>(&form_);
  return rule != nullptr && (*rule)->form == ScheduleRule::Form::from_end;
}

bool Schedule::is_once() const {
  const auto* rule = std::get_if<std::shared_ptr<const ScheduleRule>>(&form_);
  return rule != nullptr && (*rule)->form == ScheduleRule::Form::once;
}

std::span<const std::string> Schedule::excluded_workflows() const {
  const auto* rule = std::get_if<std::shared_ptr<const ScheduleRule>>(&form_);
  if (rule == nullptr) return {};
  return (*rule)->exclude.workflows;
}

std::vector<PlannedStart> expand(const model::Trigger& trigger, const Surroundings& around,
                                 std::string_view workflow, Timestamp from, Timestamp to,
                                 std::size_t count_max) {
  const Result<Schedule> schedule = Schedule::make(trigger, around, workflow);
  if (!schedule) return {};
  return schedule->expand(from, to, count_max);
}

bool runs_on(const model::RunsOn& rule, const BusinessCalendar& calendar, Day date) {
  if (rule.days.empty()) return calendar.is_open(date);
  return std::ranges::any_of(
      rule.days, [&](const model::DayRule& each) { return names(each, calendar, date); });
}

}  // namespace dandori::calendar
