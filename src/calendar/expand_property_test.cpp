#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "calendar/bank_test.h"
#include "calendar/schedule.h"

namespace dandori::calendar {

namespace {

using model::ClosedDay;
using model::CycleUnit;
using model::DayForm;

constexpr std::array kZones{"Asia/Tokyo",        "UTC",
                            "America/New_York",  "Europe/London",
                            "Australia/Sydney",  "America/Sao_Paulo",
                            "Asia/Kolkata",      "Australia/Lord_Howe",
                            "Africa/Casablanca", "Pacific/Auckland",
                            "America/St_Johns",  "Asia/Tehran",
                            "Europe/Berlin",     "Pacific/Chatham",
                            "America/Santiago"};

std::uint32_t seed() {
  const char* given = std::getenv("DANDORI_SEED");
  return given == nullptr ? 20261128U
                          : static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
}

class Maker {
 public:
  explicit Maker(std::uint32_t seed_in) : random_{seed_in} {}

  int number(int first, int last) { return std::uniform_int_distribution{first, last}(random_); }
  bool one_in(int count) { return number(1, count) == 1; }

  model::DayRule day_rule() {
    model::DayRule rule;
    rule.form = static_cast<DayForm>(number(0, static_cast<int>(DayForm::cycle)));
    rule.numbers = {static_cast<std::int16_t>(number(-3, 12))};
    rule.weekdays = static_cast<std::uint8_t>(number(1, 127));
    rule.nth_weekdays = {
        {static_cast<std::uint8_t>(number(0, 6)), static_cast<std::int8_t>(number(0, 5))}};
    rule.yearly = {
        every(static_cast<std::uint8_t>(number(1, 12)), static_cast<std::uint8_t>(number(1, 28)))};
    rule.every = static_cast<std::uint32_t>(number(1, 5));
    rule.unit = static_cast<CycleUnit>(number(0, static_cast<int>(CycleUnit::open_day)));
    rule.from = day("2024-01-31") + number(0, 400);
    return rule;
  }

  model::Trigger trigger() {
    model::Trigger trigger;
    trigger.id = "t";
    trigger.timezone = kZones[static_cast<std::size_t>(number(0, kZones.size() - 1))];
    form(trigger);
    if (!one_in(4)) {
      trigger.calendar.name = "jpbank";
      trigger.on_closed_day = static_cast<ClosedDay>(number(0, 4));
      trigger.max_shift_days = number(1, 12);
    }
    const bool absolute = !trigger.rate.empty();
    if (absolute) trigger.on_closed_day = ClosedDay::skip;
    if (!absolute && one_in(4)) {
      trigger.offset = model::DateOffset{
          .days = number(-4, 4), .open_days = one_in(2), .limit_days = number(1, 12)};
    }
    if (one_in(4)) trigger.exclude.yearly = {every(static_cast<std::uint8_t>(number(1, 12)), 1)};
    if (one_in(6)) trigger.valid = DayRange{day("2026-02-10"), day("2027-09-20")};
    if (one_in(4)) trigger.jitter = std::chrono::minutes{number(1, 90)};
    trigger.dst.gap = one_in(3) ? model::DstGap::skip : model::DstGap::shift;
    trigger.dst.overlap = static_cast<model::DstOverlap>(number(0, 2));
    return trigger;
  }

 private:
  void form(model::Trigger& trigger) {
    switch (number(0, 4)) {
      case 0:
        trigger.cron = fmt_two(number(0, 59)) + " " + fmt_two(number(0, 23)) +
                       (one_in(2) ? " * * *" : " 1,15 * 5");
        return;
      case 1:
        trigger.rate = std::to_string(number(1, 50)) + "h";
        return;
      case 2:
        trigger.days = {day_rule()};
        trigger.every = std::chrono::minutes{number(20, 500)};
        trigger.from_s = number(0, 30 * 3600);
        trigger.until_s = number(*trigger.from_s, 47 * 3600);
        return;
      default:
        trigger.days = {day_rule()};
        if (one_in(3)) trigger.days.push_back(day_rule());
        trigger.times = {number(0, 20 * 3600)};
        if (one_in(2)) trigger.times.push_back(number(trigger.times[0] + 1, 47 * 3600));
    }
  }
  static std::string fmt_two(int value) { return std::to_string(value); }

  std::mt19937 random_;
};

struct World {
  Calendars calendars = calendars_of({bank()});
  Surroundings around{TimeZone::load, "UTC", &calendars};
};

Timestamp at(std::string_view text) {
  return *parse_rfc3339(text);
}

}  // namespace

TEST_CASE("expanding a window in parts equals expanding it whole, and stepping through it") {
  const World world;
  Maker maker{seed()};
  std::size_t occurrences = 0;
  for (int i = 0; i < 300; ++i) {
    const auto made = Schedule::make(maker.trigger(), world.around, "w");
    REQUIRE_MESSAGE(made.has_value(), made.error().message);
    const Timestamp from = at("2026-01-01T00:00:00Z"), to = at("2027-03-01T00:00:00Z");
    const auto whole = made->expand(from, to, SIZE_MAX);
    occurrences += whole.size();
    std::vector<PlannedStart> parts;
    for (Timestamp begin = from; begin < to;) {
      const Timestamp end = std::min(begin + std::chrono::minutes{maker.number(1, 100'000)}, to);
      for (const PlannedStart& each : made->expand(begin, end, SIZE_MAX)) parts.push_back(each);
      begin = end;
    }
    std::vector<PlannedStart> steps;
    Timestamp after = from - Duration{1};
    while (const auto next = made->next(after)) {
      if (next->fire.at >= to) break;
      after = next->fire.at;
      for (const auto& each : made->expand(after, after + Duration{1}, SIZE_MAX))
        steps.push_back(each);
    }
    CAPTURE(i);
    REQUIRE(parts == whole);
    REQUIRE(steps == whole);
  }
  MESSAGE("DANDORI_SEED=", seed(), ": ", occurrences, " occurrences compared");
}

TEST_CASE("[TRG-04] no start comes twice over two years of clock changes, in 15 zones") {
  const World world;
  Maker maker{seed() + 1};
  for (int i = 0; i < 300; ++i) {
    const auto made = Schedule::make(maker.trigger(), world.around, "w");
    REQUIRE(made.has_value());
    std::set<std::string> origins;
    Timestamp before{};
    for (const PlannedStart& each :
         made->expand(at("2025-12-01T00:00:00Z"), at("2027-12-31T00:00:00Z"), SIZE_MAX)) {
      CAPTURE(origin_text(each));
      REQUIRE(origins.insert(origin_text(each)).second);
      if (!each.is_start()) continue;
      REQUIRE(before < each.fire.at);
      before = each.fire.at;
    }
  }
}

TEST_CASE("every start has a trace that leads to it, and its date plans it") {
  const World world;
  Maker maker{seed() + 2};
  for (int i = 0; i < 200; ++i) {
    const auto made = Schedule::make(maker.trigger(), world.around, "w");
    REQUIRE(made.has_value());
    for (const PlannedStart& each :
         made->expand(at("2026-02-20T00:00:00Z"), at("2026-06-10T00:00:00Z"), 60)) {
      CAPTURE(origin_text(each));
      const auto trace = made->trace(each);
      REQUIRE(trace.size() >= 1);
      CHECK(trace.front().step == "anchor");
      if (each.is_start()) CHECK(made->plans_on(each.business_date));
      const Json told = made->explain(each.business_date);
      if (each.is_start()) CHECK(told.integer_or("starts_count", 0) >= 1);
    }
  }
}

TEST_CASE("nothing is looked for where a schedule is over or has not begun") {
  const World world;
  model::Trigger once;
  once.id = "t";
  once.type = model::TriggerType::once;
  once.at = "2026-12-31T20:00";
  once.jitter = 90min;
  once.calendar.name = "jpbank";
  once.on_closed_day = ClosedDay::previous;
  const Schedule closed = *Schedule::make(once, world.around, "w");
  const auto start = closed.next(at("2026-01-01T00:00:00Z"));
  REQUIRE(start.has_value());
  CHECK(format_day(start->business_date) == "2026-12-30");
  CHECK_FALSE(closed.next(start->fire.at).has_value());

  model::Trigger limited;
  limited.id = "t";
  limited.times = {47 * 3600};
  limited.timezone = "Pacific/Kiritimati";
  limited.valid = DayRange{day("2060-02-28"), day("2060-02-29")};
  const Schedule later = *Schedule::make(limited, world.around, "w");
  const auto first = later.next(at("2026-01-01T00:00:00Z"));
  REQUIRE(first.has_value());
  CHECK(format_in_zone(first->fire.at, later.zone()) == "2060-02-29T23:00:00+14:00");
  const auto second = later.next(first->fire.at);
  REQUIRE(second.has_value());
  CHECK_FALSE(later.next(second->fire.at).has_value());
  CHECK(later.expand(at("2026-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z"), SIZE_MAX).size() == 2);
}

TEST_CASE("[TRG-18] 100 workflows at 02:00 with jitter 5m: starts are spread, stable per name") {
  const World world;
  model::Trigger trigger;
  trigger.id = "nightly";
  trigger.times = {2 * 3600};
  trigger.jitter = 5min;
  std::set<std::int64_t> offsets;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "batch_" + std::to_string(i);
    const auto first = Schedule::make(trigger, world.around, name)
                           ->expand(at("2026-06-01T00:00:00Z"), at("2026-06-03T00:00:00Z"), 2);
    const auto again = Schedule::make(trigger, world.around, name)
                           ->expand(at("2026-06-02T00:00:00Z"), at("2026-06-03T00:00:00Z"), 2);
    REQUIRE(first.size() == 2);
    REQUIRE(again.size() == 1);
    CHECK(first[1] == again[0]);
    CHECK(origin_text(first[0]) == "2026-06-01T02:00:00");
    const std::int64_t offset = (first[0].fire.at - at("2026-06-01T02:00:00Z")).count() / 1'000'000;
    CHECK(offset >= 0);
    CHECK(offset <= 300);
    CHECK(first[1].fire.at - first[0].fire.at == 24h);
    offsets.insert(offset);
  }
  CHECK(offsets.size() > 50);
}

TEST_CASE("[CAL-13] a daily schedule keeps a row, and no start, where the month end is planned") {
  const World world;
  model::Trigger daily;
  daily.id = "daily";
  daily.times = {20 * 3600};
  daily.calendar.name = "jpbank";
  daily.exclude.workflows = {"month_end"};
  model::Trigger end = daily;
  end.exclude = {};
  end.days = {{.form = DayForm::open_day, .numbers = {0}}};
  const std::vector<NamedSchedule> schedules{
      {"daily", "daily", *Schedule::make(daily, world.around, "daily")},
      {"month_end", "daily", *Schedule::make(end, world.around, "month_end")}};
  std::vector<std::string> rows;
  for (const PlannedRun& each :
       expand(schedules, at("2026-06-29T00:00:00Z"), at("2026-07-02T00:00:00Z"))) {
    rows.push_back(schedules[each.schedule].workflow + " " + format_day(each.start.business_date) +
                   " " + std::string{to_string(each.start.dropped)});
  }
  CHECK(rows == std::vector<std::string>{"daily 2026-06-29 none",
                                         "daily 2026-06-30 excluded_workflow",
                                         "month_end 2026-06-30 none", "daily 2026-07-01 none"});
}

TEST_CASE("schedules that exclude each other in a circle still end") {
  const World world;
  std::vector<NamedSchedule> schedules;
  for (const auto& [name, other] : {std::pair{"a", "b"}, std::pair{"b", "a"}}) {
    model::Trigger trigger;
    trigger.id = "t";
    trigger.times = {3600};
    trigger.exclude.workflows = {other};
    schedules.push_back({name, "t", *Schedule::make(trigger, world.around, name)});
  }
  CHECK(expand(schedules, at("2026-06-29T00:00:00Z"), at("2026-06-30T00:00:00Z")).size() == 2);
}

TEST_CASE("[TRG-23] from_end: the next start is 10 minutes after the end, within its hours") {
  const World world;
  model::Trigger trigger;
  trigger.id = "t";
  trigger.timezone = "Asia/Tokyo";
  trigger.every = 10min;
  trigger.from_end = true;
  trigger.from_s = 22 * 3600;
  trigger.until_s = 26 * 3600;
  trigger.calendar.name = "jpbank";
  const Schedule schedule = *Schedule::make(trigger, world.around, "w");
  CHECK_FALSE(schedule.next(at("2026-05-01T00:00:00Z")).has_value());
  const auto after = [&](std::string_view ended) {
    const auto next = schedule.next_from_end(at(ended));
    REQUIRE(next.has_value());
    return format_in_zone(next->fire.at, schedule.zone()) + " " + format_day(next->business_date);
  };
  CHECK(after("2026-05-01T13:07:30Z") == "2026-05-01T22:17:30+09:00 2026-05-01");
  CHECK(after("2026-05-01T16:49:00Z") == "2026-05-02T01:59:00+09:00 2026-05-01");
  CHECK(after("2026-05-01T16:51:00Z") == "2026-05-07T22:00:00+09:00 2026-05-07");
}

TEST_CASE("[TRG-14] a rate stays on its grid") {
  const World world;
  model::Trigger trigger;
  trigger.id = "t";
  trigger.rate = "10m";
  trigger.timezone = "Asia/Tokyo";
  const auto starts = Schedule::make(trigger, world.around, "w")
                          ->expand(at("2026-05-01T00:04:00Z"), at("2026-05-01T01:04:00Z"), 100);
  REQUIRE(starts.size() == 6);
  CHECK(format_rfc3339(starts[0].fire.at) == "2026-05-01T00:10:00Z");
  CHECK(format_rfc3339(starts[5].fire.at) == "2026-05-01T01:00:00Z");
}

}  // namespace dandori::calendar
