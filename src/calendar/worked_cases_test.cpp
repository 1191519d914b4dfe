// The worked cases of docs/concepts/schedules.md, in its words. JPBANK is bank() of bank_test.h.

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "calendar/bank_test.h"
#include "calendar/schedule.h"

namespace dandori::calendar {

namespace {

using model::ClosedDay;
using model::CycleUnit;
using model::DayForm;
using model::DayRule;
using model::MissReason;
using Texts = std::vector<std::string>;

Timestamp at(std::string_view text) {
  return *parse_rfc3339(text);
}

/// The open days of JPBANK, starts at 20:00 unless a case says otherwise.
model::Trigger on(DayRule rule, ClosedDay closed_day = ClosedDay::skip) {
  model::Trigger trigger;
  trigger.id = "nightly";
  trigger.days = {std::move(rule)};
  trigger.times = {20 * 3600};
  trigger.calendar.name = "jpbank";
  trigger.on_closed_day = closed_day;
  return trigger;
}

model::Trigger cron(std::string text, std::string zone = "Asia/Tokyo") {
  model::Trigger trigger;
  trigger.id = "nightly";
  trigger.cron = std::move(text);
  trigger.timezone = std::move(zone);
  return trigger;
}

struct World {
  Calendars calendars = calendars_of({bank()});

  Schedule schedule(const model::Trigger& trigger) const {
    auto made = Schedule::make(trigger, {TimeZone::load, "Asia/Tokyo", &calendars}, "payroll");
    if (!made) FAIL(made.error().message);
    return *made;
  }
  /// Occurrences of the days from `first` to `last`, by local time.
  std::vector<PlannedStart> plan(const model::Trigger& trigger, std::string_view first,
                                 std::string_view last) const {
    const Schedule made = schedule(trigger);
    const auto midnight = [&](Day each) {
      return made.zone().from_local({each.days * std::int64_t{86'400}}).first;
    };
    return made.expand(midnight(day(first)), midnight(day(last) + 1), SIZE_MAX);
  }
  /// Business dates of the starts, without their year where it is 2026.
  std::string dates(const model::Trigger& trigger, std::string_view first,
                    std::string_view last) const {
    std::string out;
    for (const PlannedStart& each : plan(trigger, first, last)) {
      if (!each.is_start()) continue;
      const std::string date = format_day(each.business_date);
      out += (out.empty() ? "" : " ") + (date.starts_with("2026-") ? date.substr(5) : date);
    }
    return out;
  }
  /// Local times of the starts, as `05-02T01:00:00`.
  Texts locals(const model::Trigger& trigger, std::string_view first, std::string_view last) const {
    Texts out;
    for (const PlannedStart& each : plan(trigger, first, last)) {
      if (each.is_start())
        out.push_back(format_in_zone(each.fire.at, schedule(trigger).zone()).substr(5, 14));
    }
    return out;
  }
};

DayRule numbered(DayForm form, std::int16_t number) {
  return {.form = form, .numbers = {number}};
}
constexpr std::int16_t kLast = 0;

}  // namespace

TEST_CASE("[CAL-05] month_starts_on 21: 3rd open 04-23; relative day 5 = 04-25") {
  model::Calendar by_21 = bank();
  by_21.month_starts_on.number = 21;
  const World world{calendars_of({by_21})};
  CHECK(world.dates(on(numbered(DayForm::open_day, 3)), "2026-04-21", "2026-05-20") == "04-23");
  CHECK(world.dates(on(numbered(DayForm::relative_day, 5), ClosedDay::run), "2026-04-21",
                    "2026-05-20") == "04-25");
}

TEST_CASE("[CAL-05] label start / end: the 2nd Monday of 2026-05, base 21, is 06-01 / 05-04") {
  model::Calendar by_21 = bank();
  by_21.month_starts_on.number = 21;
  DayRule second_monday{.form = DayForm::weekday, .nth_weekdays = {{1, 2}}, .months = 1U << 5U};
  CHECK(World{calendars_of({by_21})}.dates(on(second_monday, ClosedDay::run), "2026-04-01",
                                           "2026-07-31") == "06-01");
  by_21.label = model::MonthLabel::end;
  CHECK(World{calendars_of({by_21})}.dates(on(second_monday, ClosedDay::run), "2026-04-01",
                                           "2026-07-31") == "05-04");
}

TEST_CASE("[CAL-06] \"25:00\" on Fri 2026-05-01 starts 05-02 01:00; decided by 05-01") {
  const World world;
  model::Trigger late = on({});
  late.times = {25 * 3600};
  CHECK(world.locals(late, "2026-05-01", "2026-05-03") ==
        Texts{"05-01T01:00:00", "05-02T01:00:00"});
  CHECK(world.dates(late, "2026-05-02", "2026-05-03") == "05-01");
}

TEST_CASE("[CAL-03] 25th, previous: Jan, Apr, Jul, Oct 2026") {
  DayRule quarter = numbered(DayForm::day, 25);
  quarter.months = 1U << 1U | 1U << 4U | 1U << 7U | 1U << 10U;
  CHECK(World{}.dates(on(quarter, ClosedDay::previous), "2026-01-01", "2026-12-31") ==
        "01-23 04-24 07-24 10-23");
}

TEST_CASE("[CAL-03] 05-03, next, max_shift 1, 2, 3, 4: none, none, none, 05-07") {
  const World world;
  model::Trigger may_3 = on({.form = DayForm::dates, .yearly = {every(5, 3)}}, ClosedDay::next);
  for (const int limit : {1, 2, 3}) {
    may_3.max_shift_days = limit;
    const auto plan = world.plan(may_3, "2026-05-01", "2026-05-31");
    REQUIRE(plan.size() == 1);
    CHECK(plan[0].dropped == MissReason::max_shift);
    CHECK(format_day(plan[0].business_date) == "2026-05-03");
  }
  may_3.max_shift_days = 4;
  CHECK(world.dates(may_3, "2026-05-01", "2026-05-31") == "05-07");
}

TEST_CASE("[CAL-03] month end, next: Jan, Feb, May, Oct, Dec") {
  DayRule end = numbered(DayForm::day, kLast);
  end.months = 1U << 1U | 1U << 2U | 1U << 5U | 1U << 10U | 1U << 12U;
  CHECK(World{}.dates(on(end, ClosedDay::next), "2026-01-31", "2027-01-10") ==
        "02-02 03-02 06-01 11-02 2027-01-04");
}

TEST_CASE("[CAL-04] pay day 15th (previous), job 2 open days before: Feb, Jun, Aug, Nov") {
  DayRule pay_day = numbered(DayForm::day, 15);
  pay_day.months = 1U << 2U | 1U << 6U | 1U << 8U | 1U << 11U;
  model::Trigger job = on(pay_day, ClosedDay::previous);
  job.offset = model::DateOffset{.days = -2, .open_days = true};
  CHECK(World{}.dates(job, "2026-01-01", "2026-12-31") == "02-10 06-11 08-12 11-11");
}

TEST_CASE("[CAL-04] offset −1 open day from 05-07, limit 5 / 6 calendar days: none / 05-01") {
  const World world;
  model::Trigger job = on({.form = DayForm::dates, .yearly = {every(5, 7)}});
  job.offset = model::DateOffset{.days = -1, .open_days = true, .limit_days = 5};
  const auto plan = world.plan(job, "2026-05-01", "2026-05-31");
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].dropped == MissReason::offset_limit);
  job.offset->limit_days = 6;
  CHECK(world.dates(job, "2026-05-01", "2026-05-31") == "05-01");
}

TEST_CASE("every 2 weeks from Mon 04-06, next, max_shift 2: 05-04 dropped") {
  const World world;
  model::Trigger fortnight =
      on({.form = DayForm::cycle, .every = 2, .unit = CycleUnit::week, .from = day("2026-04-06")},
         ClosedDay::next);
  fortnight.max_shift_days = 2;
  CHECK(world.dates(fortnight, "2026-04-01", "2026-06-07") == "04-06 04-20 05-18 06-01");
  const auto plan = world.plan(fortnight, "2026-05-04", "2026-05-04");
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].dropped == MissReason::max_shift);
}

TEST_CASE("every 3rd open day from 04-27: 04-27, 05-01, 05-11, 05-14, 05-19") {
  CHECK(World{}.dates(on({.form = DayForm::cycle,
                          .every = 3,
                          .unit = CycleUnit::open_day,
                          .from = day("2026-04-27")}),
                      "2026-04-01", "2026-05-20") == "04-27 05-01 05-11 05-14 05-19");
}

TEST_CASE("daily with next, 05-01…05-08: 05-01, 05-07 (six origins, one run), 05-08") {
  const World world;
  const model::Trigger daily = on({}, ClosedDay::next);
  CHECK(world.dates(daily, "2026-05-01", "2026-05-08") == "05-01 05-07 05-08");
  const Json told = world.schedule(daily).explain(day("2026-05-07"));
  CHECK(told["starts"].size() == 1);
  CHECK(told["starts"].items()[0].text_or("origin", "") == "2026-05-07T20:00:00");
  CHECK(told["merged"].size() == 5);
  CHECK(told["merged"].items()[0].text_or("origin", "") == "2026-05-02T20:00:00");
  CHECK(told["merged"].items()[0].text_or("into", "") == "2026-05-07T20:00:00");
}

TEST_CASE(
    "[TRG-04] New York 02:30 daily on 2026-03-08, gap shift / skip: 03:00 EDT once / missed") {
  const World world;
  model::Trigger nightly = cron("30 2 * * *", "America/New_York");
  CHECK(world.locals(nightly, "2026-03-08", "2026-03-08") == Texts{"03-08T03:00:00"});
  nightly.dst.gap = model::DstGap::skip;
  const auto plan = world.plan(nightly, "2026-03-08", "2026-03-08");
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].dropped == MissReason::nonexistent_time);
  CHECK(origin_text(plan[0]) == "2026-03-08T02:30:00");
}

TEST_CASE("[TRG-04] New York 01:30 on 2026-11-01, overlap first / second / both") {
  const World world;
  for (const bool by_times : {false, true}) {
    model::Trigger nightly = cron("30 1 * * *", "America/New_York");
    if (by_times) {
      nightly.cron.clear();
      nightly.times = {90 * 60};
    }
    const auto instants = [&](model::DstOverlap overlap) {
      nightly.dst.overlap = overlap;
      std::string out;
      for (const PlannedStart& each : world.plan(nightly, "2026-11-01", "2026-11-01"))
        out += format_rfc3339(each.fire.at).substr(11, 5) + "Z ";
      return out;
    };
    CHECK(instants(model::DstOverlap::first) == "05:30Z ");
    CHECK(instants(model::DstOverlap::second) == "06:30Z ");
    CHECK(instants(model::DstOverlap::both) == "05:30Z 06:30Z ");
  }
}

TEST_CASE("`30 4 1,15 * 5`, January 2026: 1, 2, 9, 15, 16, 23, 30 at 04:30") {
  CHECK(World{}.locals(cron("30 4 1,15 * 5"), "2026-01-01", "2026-01-31") ==
        Texts{"01-01T04:30:00", "01-02T04:30:00", "01-09T04:30:00", "01-15T04:30:00",
              "01-16T04:30:00", "01-23T04:30:00", "01-30T04:30:00"});
}

TEST_CASE("[CAL-06] `0 2 * * *`, day_starts_at 05:00, skip: Sat 05-09, Mon 05-11") {
  // runs (belongs to Fri 05-08); skipped (belongs to Sun 05-10)
  model::Calendar early = bank();
  early.day_starts_at_s = 5 * 3600;
  const World world{calendars_of({early})};
  model::Trigger nightly = cron("0 2 * * *");
  nightly.calendar.name = "jpbank";
  CHECK(world.dates(nightly, "2026-05-09", "2026-05-09") == "05-08");
  const auto plan = world.plan(nightly, "2026-05-11", "2026-05-11");
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].dropped == MissReason::closed_day);
  CHECK(format_day(plan[0].business_date) == "2026-05-10");
}

TEST_CASE("[CAL-06] `0 1 * * *`, day_starts_at 05:00, skip, 05-01…05-09") {
  model::Calendar early = bank();
  early.day_starts_at_s = 5 * 3600;
  model::Trigger nightly = cron("0 1 * * *");
  nightly.calendar.name = "jpbank";
  CHECK(World{calendars_of({early})}.locals(nightly, "2026-05-01", "2026-05-09") ==
        Texts{"05-01T01:00:00", "05-02T01:00:00", "05-08T01:00:00", "05-09T01:00:00"});
}

TEST_CASE("[CAL-03] nearest: 05-03, 05-04, 05-05 → 05-01, 05-01 (tie: previous), 05-07") {
  const World world;
  const auto nearest_of = [&](std::uint8_t may) {
    return world.dates(on({.form = DayForm::dates, .yearly = {every(5, may)}}, ClosedDay::nearest),
                       "2026-05-01", "2026-05-31");
  };
  CHECK(nearest_of(3) == "05-01");
  CHECK(nearest_of(4) == "05-01");
  CHECK(nearest_of(5) == "05-07");
}

TEST_CASE("monthly cycle from 2026-01-31; yearly from 2024-02-29") {
  const World world;
  const auto cycle = [](CycleUnit unit, std::string_view from) {
    return on({.form = DayForm::cycle, .unit = unit, .from = day(from)}, ClosedDay::run);
  };
  CHECK(world.dates(cycle(CycleUnit::month, "2026-01-31"), "2026-01-01", "2026-06-30") ==
        "01-31 03-31 05-31");
  CHECK(world.dates(cycle(CycleUnit::year, "2024-02-29"), "2025-01-01", "2028-12-31") ==
        "2028-02-29");
}

TEST_CASE("[TRG-23] every 30m from 22:00 until 26:00: 9 starts a business date") {
  const World world;
  model::Trigger cycle = on({});
  cycle.times.clear();
  cycle.every = 30min;
  cycle.from_s = 22 * 3600;
  cycle.until_s = 26 * 3600;
  const auto plan = world.plan(cycle, "2026-05-01", "2026-05-02");
  std::map<std::string, int> starts;
  for (const PlannedStart& each : plan) {
    if (each.is_start()) ++starts[format_day(each.business_date)];
  }
  CHECK(starts["2026-05-01"] == 9);
  CHECK(starts.count("2026-05-02") == 0);
  CHECK(world.locals(cycle, "2026-05-02", "2026-05-02") == Texts{"05-02T00:00:00", "05-02T00:30:00",
                                                                 "05-02T01:00:00", "05-02T01:30:00",
                                                                 "05-02T02:00:00"});
}

TEST_CASE(
    "exclude 07-02 of a daily schedule, then a new revision effective 07-01: still excluded") {
  const World world;
  const PlanEdit edit{.workflow = "payroll",
                      .trigger = "nightly",
                      .origin = "2026-07-02T20:00:00",
                      .excluded = true};
  const auto july_2 = [&](const model::Trigger& trigger) {
    const std::vector<NamedSchedule> schedules{{"payroll", "nightly", world.schedule(trigger)}};
    return expand(schedules, at("2026-07-01T15:00:00Z"), at("2026-07-02T15:00:00Z"),
                  std::span{&edit, 1});
  };
  model::Trigger daily = on({});
  REQUIRE(july_2(daily).size() == 1);
  CHECK(july_2(daily)[0].edit == &edit);
  daily.valid = DayRange{day("2026-07-01"), day("2027-06-30")};  // the new revision
  REQUIRE(july_2(daily).size() == 1);
  CHECK(july_2(daily)[0].edit == &edit);
}

}  // namespace dandori::calendar
