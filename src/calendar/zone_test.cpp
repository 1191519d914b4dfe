#include "calendar/zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "calendar/zone_names.h"

namespace dandori::calendar {

namespace {

TimeZone zone(std::string_view name) {
  Result<TimeZone> loaded = TimeZone::load(name);
  REQUIRE_MESSAGE(loaded.has_value(), name);
  return *loaded;
}

LocalTime local(std::string_view text) {
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  return LocalTime{std::int64_t{parse_day(text.substr(0, 10))->days} * 86'400 + number(11) * 3600 +
                   number(14) * 60};
}

std::string show(const LocalLookup& found) {
  switch (found.kind) {
    case LocalLookup::Kind::unique:
      return format_rfc3339(found.first);
    case LocalLookup::Kind::gap:
      return "gap " + format_rfc3339(found.first);
    case LocalLookup::Kind::overlap:
      return format_rfc3339(found.first) + " " + format_rfc3339(found.second);
  }
  return "?";
}

std::string look_up(std::string_view name, std::string_view reading) {
  return show(zone(name).from_local(local(reading)));
}

}  // namespace

TEST_CASE("a day reads back from its text, and only real days do") {
  CHECK(format_day(Day{0}) == "1970-01-01");
  CHECK(format_day(*parse_day("2024-02-29")) == "2024-02-29");
  CHECK(format_day(make_day(1999, 12, 31)) == "1999-12-31");
  CHECK(parse_day("0001-01-01").has_value());
  CHECK(parse_day("9999-12-31").has_value());
  for (const char* bad : {"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-1-1",
                          "2026/01/01", "0000-01-01", "2026-01-01 ", "2026-0a-01"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(parse_day(bad));
    CHECK(parse_day(bad).error().code == "calendar.bad_day");
  }
  CHECK(parse_day("2026-02-29").error().message ==
        "'2026-02-29' is no day: the month has no such day");
}

TEST_CASE("weekdays count from Sunday, before 1970 too") {
  CHECK(weekday(make_day(1970, 1, 1)) == 4);
  CHECK(weekday(make_day(2026, 11, 24)) == 2);
  CHECK(weekday(make_day(1969, 12, 28)) == 0);
  CHECK(weekday(make_day(1969, 12, 27)) == 6);
}

TEST_CASE("an unknown zone is an error that names the nearest known one") {
  const auto error = [](std::string_view name) {
    Result<TimeZone> loaded = TimeZone::load(name);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == "calendar.unknown_zone");
    return loaded.error();
  };
  CHECK(error("Asia/Tokio").message == "time zone 'Asia/Tokio' is not known");
  CHECK(error("Asia/Tokio").hint == "did you mean 'Asia/Tokyo'?");
  CHECK(error("asia/tokyo").hint == "did you mean 'Asia/Tokyo'?");
  CHECK(error("tokyo").hint == "did you mean 'Asia/Tokyo'?");
  CHECK(error("").hint == "names look like Asia/Tokyo or UTC");
  CHECK(error("Mars/Olympus_Mons_Caldera").hint == "names look like Asia/Tokyo or UTC");
}

TEST_CASE("a zone name reaches no other file and no environment") {
  for (const char* name : {"/etc/passwd", "../../../etc/passwd", "file:/etc/localtime", "localtime",
                           "Asia/../Asia/Tokyo", "Fixed/UTC+09:00:00", "Asia/Tokyo\n", "Asia"}) {
    CAPTURE(name);
    CHECK_FALSE(TimeZone::load(name));
  }
}

TEST_CASE("the system's list of zones is sorted and can be loaded") {
  const std::span<const std::string> names = zone_names();
  REQUIRE(names.size() > 300);
  CHECK(std::ranges::is_sorted(names));
  for (const std::string& name : names) CHECK_MESSAGE(TimeZone::load(name).has_value(), name);
}

TEST_CASE("the default zone is UTC") {
  CHECK(TimeZone{}.name() == "UTC");
  CHECK(TimeZone{} == zone("UTC"));
  CHECK_FALSE(TimeZone{} == zone("Asia/Tokyo"));
  CHECK(TimeZone{}.to_local(Timestamp{-1}).seconds == -1);
  CHECK(look_up("UTC", "2026-11-20T22:00") == "2026-11-20T22:00:00Z");
}

TEST_CASE("Tokyo has no clock changes, and had some") {
  CHECK(zone("Asia/Tokyo").offset_seconds(*parse_rfc3339("2026-07-01T00:00:00Z")) == 9 * 3600);
  CHECK(look_up("Asia/Tokyo", "2026-03-08T02:30") == "2026-03-07T17:30:00Z");
  CHECK(look_up("Asia/Tokyo", "1948-05-02T00:30") == "gap 1948-05-01T15:00:00Z");
}

TEST_CASE("a reading in the spring gap gives the first instant after the gap") {
  CHECK(look_up("America/New_York", "2026-03-08T01:59") == "2026-03-08T06:59:00Z");
  CHECK(look_up("America/New_York", "2026-03-08T02:00") == "gap 2026-03-08T07:00:00Z");
  CHECK(look_up("America/New_York", "2026-03-08T02:59") == "gap 2026-03-08T07:00:00Z");
  CHECK(look_up("America/New_York", "2026-03-08T03:00") == "2026-03-08T07:00:00Z");
  CHECK(look_up("America/Sao_Paulo", "2018-11-04T00:30") == "gap 2018-11-04T03:00:00Z");
  CHECK(look_up("Asia/Beirut", "2026-03-29T00:00") == "gap 2026-03-28T22:00:00Z");
  CHECK(look_up("Australia/Lord_Howe", "2026-10-04T02:15") == "gap 2026-10-03T15:30:00Z");
  CHECK(look_up("Australia/Lord_Howe", "2026-10-04T02:30") == "2026-10-03T15:30:00Z");
  CHECK(look_up("Pacific/Apia", "2011-12-30T12:00") == "gap 2011-12-30T10:00:00Z");
}

TEST_CASE("a repeated reading gives both instants") {
  CHECK(look_up("America/New_York", "2026-11-01T01:30") ==
        "2026-11-01T05:30:00Z 2026-11-01T06:30:00Z");
  CHECK(look_up("America/New_York", "2026-11-01T02:00") == "2026-11-01T07:00:00Z");
  CHECK(look_up("America/New_York", "2026-11-01T00:59") == "2026-11-01T04:59:00Z");
  CHECK(look_up("Australia/Lord_Howe", "2026-04-05T01:45") ==
        "2026-04-04T14:45:00Z 2026-04-04T15:15:00Z");
  CHECK(look_up("America/Sao_Paulo", "2018-02-17T23:30") ==
        "2018-02-18T01:30:00Z 2018-02-18T02:30:00Z");
}

TEST_CASE("rules go on where the table of the database ends") {
  CHECK(look_up("America/New_York", "2099-07-01T12:00") == "2099-07-01T16:00:00Z");
  CHECK(look_up("America/New_York", "2301-07-01T12:00") == "2301-07-01T16:00:00Z");
  CHECK(zone("Europe/Berlin").to_local(kFarFuture).seconds > 0);
}

TEST_CASE("spans follow each other without a hole") {
  const TimeZone berlin = zone("Europe/Berlin");
  const ZoneSpan winter = berlin.span_at(parse_rfc3339("2026-01-15T00:00:00Z")->us / 1'000'000);
  CHECK(winter.offset == 3600);
  CHECK(winter.offset_before == 7200);
  CHECK(winter.offset_after == 7200);
  const ZoneSpan summer = berlin.span_at(winter.end);
  CHECK(summer.begin == winter.end);
  CHECK(summer.offset == 7200);
}

TEST_CASE("an instant is written with the zone's offset and reads back") {
  const TimeZone tokyo = zone("Asia/Tokyo");
  CHECK(format_in_zone(*parse_rfc3339("2026-11-20T13:00:00Z"), tokyo) ==
        "2026-11-20T22:00:00+09:00");
  CHECK(format_in_zone(*parse_rfc3339("2026-11-20T13:00:00.25Z"), TimeZone{}) ==
        "2026-11-20T13:00:00.25+00:00");
  CHECK(format_in_zone(*parse_rfc3339("2026-07-01T12:00:00Z"), zone("America/St_Johns")) ==
        "2026-07-01T09:30:00-02:30");
  const Timestamp old = *parse_rfc3339("1850-01-01T00:00:00Z");
  CHECK(parse_rfc3339(format_in_zone(old, tokyo)) == old);
}

TEST_CASE("lookups agree with Abseil on every quarter of an hour around every change of 16 zones") {
  for (const char* name :
       {"America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Beirut", "Asia/Tokyo",
        "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "Asia/Tehran",
        "Antarctica/Troll", "Asia/Kolkata", "Europe/Dublin", "America/Caracas", "Asia/Gaza",
        "Pacific/Chatham"}) {
    absl::TimeZone reference;
    REQUIRE(absl::LoadTimeZone(name, &reference));
    const TimeZone ours = zone(name);
    std::vector<std::string> wrong;
    absl::TimeZone::CivilTransition change;
    absl::Time at = absl::FromCivil(absl::CivilSecond{1975}, reference);
    while (reference.NextTransition(at, &change) && change.from.year() < 2060) {
      at = reference.At(change.from).trans;
      const absl::CivilMinute begin = absl::CivilMinute{change.from} - 180;
      for (absl::CivilMinute minute = begin; minute < begin + 360; minute += 15) {
        const absl::TimeZone::TimeInfo expected = reference.At(absl::CivilSecond{minute});
        const LocalLookup got =
            ours.from_local(LocalTime{absl::CivilSecond{minute} - absl::CivilSecond{1970}});
        const auto us = [](absl::Time time) { return absl::ToUnixMicros(time); };
        bool same = false;
        if (expected.kind == absl::TimeZone::TimeInfo::UNIQUE) {
          same = got.kind == LocalLookup::Kind::unique && got.first.us == us(expected.pre);
        } else if (expected.kind == absl::TimeZone::TimeInfo::SKIPPED) {
          same = got.kind == LocalLookup::Kind::gap && got.first.us == us(expected.trans);
        } else {
          same = got.kind == LocalLookup::Kind::overlap && got.first.us == us(expected.pre) &&
                 got.second.us == us(expected.post);
        }
        if (!same) wrong.push_back(absl::FormatCivilTime(minute) + " " + show(got));
      }
    }
    CAPTURE(name);
    CHECK(wrong == std::vector<std::string>{});
  }
}

}  // namespace dandori::calendar
