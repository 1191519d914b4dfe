#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "calendar/schedule.h"

namespace dandori::calendar {

namespace {

using Texts = std::vector<std::string>;

model::Trigger trigger(std::string model::Trigger::* form, std::string_view text) {
  model::Trigger made;
  made.id = "main";
  made.*form = text;
  return made;
}

Schedule schedule(const model::Trigger& trigger) {
  const Surroundings around{.zone = TimeZone::load, .server_zone = "Asia/Tokyo"};
  Result<Schedule> made = Schedule::make(trigger, around, "nightly");
  REQUIRE_MESSAGE(made.has_value(), made.error().message);
  return *made;
}

/// The first `count` starts from midnight of the day in Tokyo, as local readings of the zone.
Texts starts(const model::Trigger& trigger, std::string_view from, std::size_t count) {
  const Schedule planned = schedule(trigger);
  const Timestamp begin = *parse_rfc3339(std::string{from} + "T00:00:00+09:00");
  Texts out;
  for (const PlannedStart& each : planned.expand(begin, begin + 24h * 4000, count)) {
    out.push_back(format_local(planned.zone().to_local(each.fire.at)));
  }
  return out;
}

Texts cron(std::string_view text, std::string_view from, std::size_t count) {
  return starts(trigger(&model::Trigger::cron, text), from, count);
}
Texts on_calendar(std::string_view text, std::string_view from, std::size_t count) {
  return starts(trigger(&model::Trigger::on_calendar, text), from, count);
}

}  // namespace

TEST_CASE("[TRG-24] eight EventBridge forms start when worked out by hand") {
  CHECK(cron("cron(15 20 ? * MON-FRI *)", "2026-05-01", 3) ==
        Texts{"2026-05-01T20:15:00", "2026-05-04T20:15:00", "2026-05-05T20:15:00"});
  CHECK(cron("cron(0 20-2 1 * ? *)", "2026-05-01", 8) ==
        Texts{"2026-05-01T00:00:00", "2026-05-01T01:00:00", "2026-05-01T02:00:00",
              "2026-05-01T20:00:00", "2026-05-01T21:00:00", "2026-05-01T22:00:00",
              "2026-05-01T23:00:00", "2026-06-01T00:00:00"});
  CHECK(cron("cron(0 12 L * ? *)", "2026-01-15", 3) ==
        Texts{"2026-01-31T12:00:00", "2026-02-28T12:00:00", "2026-03-31T12:00:00"});
  CHECK(cron("cron(0 12 L-3 2 ? *)", "2026-01-15", 3) ==
        Texts{"2026-02-25T12:00:00", "2027-02-25T12:00:00", "2028-02-26T12:00:00"});
  CHECK(cron("cron(30 9 15W * ? *)", "2026-02-01", 3) ==
        Texts{"2026-02-16T09:30:00", "2026-03-16T09:30:00", "2026-04-15T09:30:00"});
  CHECK(cron("cron(0/20 8 ? * 6#2 *)", "2026-05-01", 4) ==
        Texts{"2026-05-08T08:00:00", "2026-05-08T08:20:00", "2026-05-08T08:40:00",
              "2026-06-12T08:00:00"});
  CHECK(cron("cron(0 8 ? * 1L *)", "2026-05-01", 3) ==
        Texts{"2026-05-31T08:00:00", "2026-06-28T08:00:00", "2026-07-26T08:00:00"});
  CHECK(cron("cron(0 0 29 2 ? 2026-2040)", "2026-01-01", 9) ==
        Texts{"2028-02-29T00:00:00", "2032-02-29T00:00:00", "2036-02-29T00:00:00"});
}

TEST_CASE("OnCalendar starts by the zone at its end, and by its seconds") {
  CHECK(on_calendar("Mon *-*-* 20:00:15,45", "2026-05-01", 3) ==
        Texts{"2026-05-04T20:00:15", "2026-05-04T20:00:45", "2026-05-11T20:00:15"});
  CHECK(on_calendar("quarterly", "2026-05-01", 2) ==
        Texts{"2026-07-01T00:00:00", "2026-10-01T00:00:00"});
  CHECK(on_calendar("*-*~1 23:00", "2026-02-01", 2) ==
        Texts{"2026-02-28T23:00:00", "2026-03-31T23:00:00"});

  model::Trigger evening = trigger(&model::Trigger::on_calendar, "20:00 America/New_York");
  evening.timezone = "Asia/Tokyo";
  CHECK(schedule(evening).zone().name() == "America/New_York");
  CHECK(starts(evening, "2026-05-01", 1) == Texts{"2026-04-30T20:00:00"});
}

TEST_CASE("a rate keeps its grid, whenever it is asked") {
  const model::Trigger often = trigger(&model::Trigger::rate, "rate(7 hours)");
  const Schedule planned = schedule(often);
  const Texts first = starts(often, "2026-05-01", 4);
  CHECK(first == Texts{"2026-05-01T03:00:00", "2026-05-01T10:00:00", "2026-05-01T17:00:00",
                       "2026-05-02T00:00:00"});
  const Timestamp zero = *parse_rfc3339("2000-01-01T00:00:00+09:00");
  Timestamp after = *parse_rfc3339("2031-03-03T03:03:03Z");
  for (int i = 0; i < 10; ++i) {
    const std::optional<PlannedStart> next = planned.next(after);
    REQUIRE(next.has_value());
    CHECK((next->fire.at - zero) % 7h == 0s);
    CHECK(next->fire.at - after <= 7h);
    after = next->fire.at;
  }
}

}  // namespace dandori::calendar
