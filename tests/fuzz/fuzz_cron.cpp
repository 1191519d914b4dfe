// Any text as a cron expression, as EventBridge's `cron(…)`, as OnCalendar, as a rate, and as the
// time of a `once` trigger: errors have their codes, and what is accepted fires at readings that it
// names, in zones with all kinds of clock changes.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "calendar/clock_expr.h"
#include "calendar/cron.h"
#include "calendar/once.h"
#include "calendar/schedule.h"

namespace {

using namespace dandori;
using namespace dandori::calendar;

const std::array<TimeZone, 4>& zones() {
  static const std::array<TimeZone, 4> loaded{
      TimeZone{}, TimeZone::load("America/New_York").value_or(TimeZone{}),
      TimeZone::load("Australia/Lord_Howe").value_or(TimeZone{}),
      TimeZone::load("America/Sao_Paulo").value_or(TimeZone{})};
  return loaded;
}

bool names_time(const CronExpr& cron, LocalTime reading) {
  const std::int64_t minute = reading.seconds / 60 - std::int64_t{day_of(reading).days} * 1440;
  return cron.minutes[static_cast<std::size_t>(minute % 60)] &&
         cron.hours[static_cast<std::size_t>(minute / 60)] &&
         cron.months[static_cast<std::size_t>(to_ymd(day_of(reading)).month)];
}

void check_fires(const CronExpr& cron, const TimeZone& zone, model::DstRule dst) {
  Timestamp after{1'520'000'000'000'000};  // March 2018: all zones still change their clocks
  for (int i = 0; i < 20; ++i) {
    const std::optional<Fire> fire = next_fire(cron, zone, dst, after);
    DANDORI_ASSERT(fire.has_value(), "what parse_cron accepts fires some day");
    DANDORI_ASSERT(fire->at > after, "the next fire lies after");
    DANDORI_ASSERT(names_time(cron, fire->nominal), "a fire stands at a reading of the expression");
    const LocalLookup found = zone.from_local(fire->nominal);
    DANDORI_ASSERT(fire->at == (fire->second ? found.second : found.first),
                   "the instant is that of the reading");
    after = fire->at;
  }
}

/// Its own codes, and something to read.
void check_error(const Error& error, std::string_view family) {
  DANDORI_ASSERT(error.code.starts_with(family), "an expression has its own codes");
  DANDORI_ASSERT(!error.message.empty(), "an error says something");
}

void check_days(const ClockExpr& expr) {
  DANDORI_ASSERT(expr.hours.any() && expr.minutes.any() && expr.seconds.any(), "a day has a time");
  DANDORI_ASSERT(expr.ever_matches(), "what is accepted has a day");
  DANDORI_ASSERT(std::ranges::is_sorted(expr.days.years), "years ascend");
  const Day begin = make_day(2024, 2, 1);
  for (Day day = begin; day < begin + 60; day = day + 1) {
    if (!expr.matches(day)) continue;
    const YearMonthDay date = to_ymd(day);
    const auto& years = expr.days.years;
    DANDORI_ASSERT(expr.days.months[static_cast<std::size_t>(date.month)], "its months");
    DANDORI_ASSERT(years.empty() || std::ranges::find(years, date.year) != years.end(),
                   "its years");
  }
}

/// What the schedule of the text plans stands at readings that the expression names.
void check_starts(const ClockExpr& expr, std::string model::Trigger::* form, std::string_view text,
                  const TimeZone& zone, model::DstRule dst) {
  model::Trigger trigger;
  trigger.*form = text;
  trigger.dst = dst;
  const Surroundings around{.zone = TimeZone::load, .server_zone = zone.name()};
  const Result<Schedule> schedule = Schedule::make(trigger, around, "nightly");
  DANDORI_ASSERT(schedule.has_value(), "what is read makes a schedule");
  Timestamp after{1'520'000'000'000'000};
  for (int i = 0; i < 5; ++i) {
    const std::optional<PlannedStart> start = schedule->next(after);
    if (!start) return;  // its years are over
    DANDORI_ASSERT(start->fire.at > after, "the next start lies after");
    const LocalTime origin = start->fire.nominal;
    const auto second = static_cast<std::size_t>(origin.seconds - day_of(origin).days * 86'400LL);
    DANDORI_ASSERT(expr.matches(day_of(origin)), "a day of the expression");
    DANDORI_ASSERT(
        expr.hours[second / 3600] && expr.minutes[second / 60 % 60] && expr.seconds[second % 60],
        "a time of the expression");
    after = start->fire.at;
  }
}

void check_clock_exprs(std::string_view text, const TimeZone& zone, model::DstRule dst) {
  if (const Result<ClockExpr> expr = parse_event_cron(text)) {
    check_days(*expr);
    if (text.starts_with("cron(")) check_starts(*expr, &model::Trigger::cron, text, zone, dst);
    DANDORI_ASSERT(expr->timezone.empty(), "EventBridge names no zone");
  } else {
    check_error(expr.error(), "cron.");
  }
  if (const Result<ClockExpr> expr = parse_on_calendar(text)) {
    check_days(*expr);
    check_starts(*expr, &model::Trigger::on_calendar, text, zone, dst);
    DANDORI_ASSERT(expr->timezone.empty() || TimeZone::load(expr->timezone), "a zone that exists");
  } else if (expr.error().code != "calendar.unknown_zone") {
    check_error(expr.error(), "on_calendar.");
  }
  if (const Result<Duration> rate = parse_rate(text)) {
    DANDORI_ASSERT(*rate >= Duration{1'000'000} && *rate <= Duration{366 * 86'400'000'000},
                   "a rate within its bounds");
  } else {
    check_error(rate.error(), "rate.");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto bits = static_cast<unsigned>(size);
  const model::DstRule dst{.gap = model::DstGap::shift,
                           .overlap = static_cast<model::DstOverlap>(bits % 3)};
  const Result<Fire> once = parse_once(text, zones()[bits % 4], dst);
  if (!once) DANDORI_ASSERT(once.error().code.starts_with("calendar."), "once has its own codes");

  check_clock_exprs(text, zones()[bits % 4], dst);
  const Result<CronExpr> cron = parse_cron(text);
  if (!cron) {
    check_error(cron.error(), "cron.");
    return 0;
  }
  DANDORI_ASSERT(parse_cron(cron->text) == *cron, "the kept text reads back the same");
  for (const TimeZone& zone : zones()) check_fires(*cron, zone, dst);
  return 0;
}
