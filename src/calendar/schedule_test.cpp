#include "calendar/schedule.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "calendar/once.h"

namespace dandori::calendar {

namespace {

using model::DstGap;
using model::DstOverlap;
using Texts = std::vector<std::string>;

TimeZone zone(std::string_view name) {
  return *TimeZone::load(name);
}
Timestamp at(std::string_view text) {
  return *parse_rfc3339(text);
}

model::Trigger cron_trigger(std::string cron, model::DstRule dst = {}) {
  model::Trigger trigger;
  trigger.cron = std::move(cron);
  trigger.dst = dst;
  return trigger;
}

model::Trigger once_trigger(std::string when, model::DstRule dst = {}) {
  model::Trigger trigger;
  trigger.type = model::TriggerType::once;
  trigger.at = std::move(when);
  trigger.dst = dst;
  return trigger;
}

Result<Schedule> make(const model::Trigger& trigger, std::string_view zone_name = "UTC") {
  return Schedule::make(trigger, {TimeZone::load, zone_name}, "nightly");
}

std::vector<PlannedStart> starts(const model::Trigger& trigger, std::string_view zone_name,
                                 Timestamp from, Timestamp to, std::size_t count_max) {
  return expand(trigger, {TimeZone::load, zone_name}, "nightly", from, to, count_max);
}

Texts rows(const std::vector<PlannedStart>& starts) {
  Texts out;
  for (const PlannedStart& start : starts) {
    out.push_back(format_rfc3339(start.fire.at) + " " + origin_text(start) + " " +
                  format_day(start.business_date));
  }
  return out;
}

std::string once(std::string_view text, std::string_view zone_name, model::DstRule dst = {}) {
  const Result<Fire> fire = parse_once(text, zone(zone_name), dst);
  if (!fire) return fire.error().code + ": " + fire.error().message;
  return format_rfc3339(fire->at) + " " + format_local(fire->nominal) + (fire->second ? "*" : "");
}

}  // namespace

TEST_CASE("a planned start carries its nominal reading and the local date of its start") {
  CHECK(rows(starts(cron_trigger("0 2 * * *"), "Asia/Tokyo", at("2026-11-20T00:00:00Z"),
                    at("2026-11-22T00:00:00Z"), 10)) ==
        Texts{"2026-11-20T17:00:00Z 2026-11-21T02:00:00 2026-11-21",
              "2026-11-21T17:00:00Z 2026-11-22T02:00:00 2026-11-22"});
}

TEST_CASE("a window holds its first instant, not its last, and no more than asked for") {
  const model::Trigger hourly = cron_trigger("@hourly");
  const Timestamp from = at("2026-11-20T00:00:00Z");
  CHECK(starts(hourly, "UTC", from, from + 3h, 100).size() == 3);
  CHECK(starts(hourly, "UTC", from, from + 3h, 100)[0].fire.at == from);
  CHECK(starts(hourly, "UTC", from, from + 3h, 2).size() == 2);
  CHECK(starts(hourly, "UTC", from, from, 100).empty());
  CHECK(starts(hourly, "UTC", from, from + 3h, 0).empty());
  CHECK(starts(hourly, "UTC", Timestamp{INT64_MIN}, from, 2).size() == 2);
}

TEST_CASE("the second of a repeated reading has its own identity") {
  CHECK(rows(starts(cron_trigger("30 1 * * *", {.overlap = DstOverlap::both}), "America/New_York",
                    at("2026-11-01T04:00:00Z"), at("2026-11-02T04:00:00Z"), 10)) ==
        Texts{"2026-11-01T05:30:00Z 2026-11-01T01:30:00 2026-11-01",
              "2026-11-01T06:30:00Z 2026-11-01T01:30:00* 2026-11-01"});
}

TEST_CASE("a shifted start keeps the reading it was written for") {
  CHECK(rows(starts(cron_trigger("30 2 * * *"), "America/New_York", at("2026-03-08T00:00:00Z"),
                    at("2026-03-09T00:00:00Z"), 10)) ==
        Texts{"2026-03-08T07:00:00Z 2026-03-08T02:30:00 2026-03-08"});
}

TEST_CASE("a gap that ends at the next midnight gives the date of the start") {
  CHECK(rows(starts(cron_trigger("0 12 30 12 *"), "Pacific/Apia", at("2011-12-01T00:00:00Z"),
                    at("2012-01-15T00:00:00Z"), 10)) ==
        Texts{"2011-12-30T10:00:00Z 2011-12-30T12:00:00 2011-12-31"});
}

TEST_CASE("a reading that two dates name starts once, for the earlier date") {
  model::Trigger twice;  // 25:00 of one day is 01:00 of the next
  twice.times = {3'600, 90'000};
  std::size_t for_the_day_before = 0;
  const Timestamp from = at("2026-01-01T00:00:00Z");
  const auto planned = starts(twice, "UTC", from, from + 24h * 400, 1000);
  for (const PlannedStart& each : planned) {
    if (each.business_date == day_of(each.fire.nominal) - 1) ++for_the_day_before;
  }
  CHECK(planned.size() == 400);
  CHECK(for_the_day_before == 400);
}

TEST_CASE("once takes local time with or without seconds, or an instant with an offset") {
  CHECK(once("2026-12-31T20:00", "Asia/Tokyo") == "2026-12-31T11:00:00Z 2026-12-31T20:00:00");
  CHECK(once("2026-12-31T20:00:30", "Asia/Tokyo") == "2026-12-31T11:00:30Z 2026-12-31T20:00:30");
  CHECK(once("2026-12-31T20:00:00+01:00", "Asia/Tokyo") ==
        "2026-12-31T19:00:00Z 2027-01-01T04:00:00");
  CHECK(once("2026-12-31T20:00:00Z", "Asia/Tokyo") == "2026-12-31T20:00:00Z 2027-01-01T05:00:00");
}

TEST_CASE("once follows the clock-change rule; an instant needs none") {
  const auto new_york = [](std::string_view text, DstGap gap, DstOverlap overlap) {
    return once(text, "America/New_York", {gap, overlap});
  };
  CHECK(new_york("2026-03-08T02:30", DstGap::shift, DstOverlap::first) ==
        "2026-03-08T07:00:00Z 2026-03-08T02:30:00");
  CHECK(new_york("2026-03-08T02:30", DstGap::skip, DstOverlap::first) ==
        "calendar.nonexistent_time: 2026-03-08T02:30:00 does not exist in America/New_York: "
        "clocks go forward over it");
  CHECK(new_york("2026-11-01T01:30", DstGap::shift, DstOverlap::first) ==
        "2026-11-01T05:30:00Z 2026-11-01T01:30:00");
  CHECK(new_york("2026-11-01T01:30", DstGap::shift, DstOverlap::second) ==
        "2026-11-01T06:30:00Z 2026-11-01T01:30:00*");
  CHECK(new_york("2026-11-01T01:30", DstGap::shift, DstOverlap::both) ==
        "2026-11-01T05:30:00Z 2026-11-01T01:30:00");
  CHECK(new_york("2026-11-01T06:30:00Z", DstGap::shift, DstOverlap::first) ==
        "2026-11-01T06:30:00Z 2026-11-01T01:30:00*");
}

TEST_CASE("once refuses what is no time, and says what to write") {
  for (const char* bad :
       {"", "tomorrow", "2026-12-31", "20:00", "2026-12-31T24:00", "2026-12-31T20:60",
        "2026-12-31T20:00:60", "2026-02-30T20:00", "2026-12-31 20:00", "2026-12-31T20:00Z",
        "2026-12-31T2:000", "2026-12-31T20:00:00+99:00"}) {
    CAPTURE(bad);
    const Result<Fire> fire = parse_once(bad, TimeZone{}, {});
    REQUIRE_FALSE(fire);
    CHECK(fire.error().code == "calendar.bad_instant");
    CHECK_FALSE(fire.error().hint.empty());
  }
  CHECK(once("2026-12-31T24:00", "UTC") ==
        "calendar.bad_instant: '2026-12-31T24:00' is no time to start at: hours are 00…23");
}

TEST_CASE("a once trigger starts once") {
  const Schedule schedule = *make(once_trigger("2026-12-31T20:00"), "Asia/Tokyo");
  const Timestamp start = at("2026-12-31T11:00:00Z");
  CHECK(schedule.is_once());
  REQUIRE(schedule.next(start - 1us).has_value());
  CHECK(schedule.next(start - 1us)->fire.at == start);
  CHECK_FALSE(schedule.next(start));
  CHECK(schedule.expand(start, start + 1h, 10).size() == 1);
  CHECK(schedule.expand(start - 1h, start, 10).empty());
}

TEST_CASE("a schedule that cannot be read is an error, and plans nothing") {
  CHECK(make(cron_trigger("0 99 * * *")).error().code == "cron.range");
  CHECK(make(once_trigger("soon")).error().code == "calendar.bad_instant");
  CHECK(starts(cron_trigger("bad"), "UTC", Timestamp{0}, kFarFuture, 10).empty());
}

}  // namespace dandori::calendar
