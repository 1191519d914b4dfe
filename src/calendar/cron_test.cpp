#include "calendar/cron.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace dandori::calendar {

namespace {

using model::DstGap;
using model::DstOverlap;
using model::DstRule;
using Texts = std::vector<std::string>;

/// The fires in (after, until], each as its instant in UTC; `*` marks a second reading.
Texts fires(std::string_view expression, std::string_view zone_name, std::string_view after,
            std::string_view until, DstRule dst = {}) {
  const Result<CronExpr> cron = parse_cron(expression);
  REQUIRE(cron.has_value());
  const Result<TimeZone> zone = TimeZone::load(zone_name);
  REQUIRE(zone.has_value());
  const Timestamp end = *parse_rfc3339(until);
  Texts out;
  std::optional<Fire> fire = next_fire(*cron, *zone, dst, *parse_rfc3339(after));
  for (; fire && fire->at <= end && out.size() < 100;
       fire = next_fire(*cron, *zone, dst, fire->at)) {
    out.push_back(format_rfc3339(fire->at) + (fire->second ? "*" : ""));
  }
  return out;
}

Fire first_fire(std::string_view expression, std::string_view zone_name, std::string_view after,
                DstRule dst = {}) {
  const std::optional<Fire> fire =
      next_fire(*parse_cron(expression), *TimeZone::load(zone_name), dst, *parse_rfc3339(after));
  REQUIRE(fire.has_value());
  return *fire;
}

constexpr DstRule kSkip{.gap = DstGap::skip};
constexpr DstRule kSecond{.overlap = DstOverlap::second};
constexpr DstRule kBoth{.overlap = DstOverlap::both};

}  // namespace

TEST_CASE("[TRG-01] daily, weekly and monthly expressions fire at their local time") {
  CHECK(fires("0 20 * * *", "Asia/Tokyo", "2026-11-20T00:00:00Z", "2026-11-22T12:00:00Z") ==
        Texts{"2026-11-20T11:00:00Z", "2026-11-21T11:00:00Z", "2026-11-22T11:00:00Z"});
  CHECK(fires("30 6 * * mon", "Asia/Tokyo", "2026-11-20T00:00:00Z", "2026-12-01T00:00:00Z") ==
        Texts{"2026-11-22T21:30:00Z", "2026-11-29T21:30:00Z"});
  CHECK(fires("0 9 31 * *", "Asia/Tokyo", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z") ==
        Texts{"2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"});
}

TEST_CASE("every ten minutes means six fires an hour on the grid") {
  CHECK(fires("*/10 * * * *", "UTC", "2026-11-20T08:59:59Z", "2026-11-20T09:59:59Z") ==
        Texts{"2026-11-20T09:00:00Z", "2026-11-20T09:10:00Z", "2026-11-20T09:20:00Z",
              "2026-11-20T09:30:00Z", "2026-11-20T09:40:00Z", "2026-11-20T09:50:00Z"});
}

TEST_CASE("the next fire lies strictly after the instant, down to a microsecond") {
  const Timestamp noon = *parse_rfc3339("2026-11-20T12:00:00Z");
  const CronExpr cron = *parse_cron("* * * * *");
  CHECK(next_fire(cron, TimeZone{}, {}, noon)->at == noon + 1min);
  CHECK(next_fire(cron, TimeZone{}, {}, noon - 1us)->at == noon);
  CHECK(next_fire(cron, TimeZone{}, {}, noon + 1us)->at == noon + 1min);
  CHECK(next_fire(cron, TimeZone{}, {}, Timestamp{-1})->at == Timestamp{0});
}

TEST_CASE("with both day fields restricted either matches, else both must") {
  CHECK(fires("30 4 1,15 * 5", "UTC", "2025-12-31T23:59:59Z", "2026-01-31T23:59:59Z") ==
        Texts{"2026-01-01T04:30:00Z", "2026-01-02T04:30:00Z", "2026-01-09T04:30:00Z",
              "2026-01-15T04:30:00Z", "2026-01-16T04:30:00Z", "2026-01-23T04:30:00Z",
              "2026-01-30T04:30:00Z"});
  // Mondays on odd days, and Sundays among the first seven days: the star makes it "and".
  CHECK(fires("0 0 */2 * 1", "UTC", "2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z") ==
        Texts{"2026-01-05T00:00:00Z", "2026-01-19T00:00:00Z"});
  CHECK(fires("0 0 1-7 * */7", "UTC", "2026-01-01T00:00:00Z", "2026-03-31T00:00:00Z") ==
        Texts{"2026-01-04T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"});
}

TEST_CASE("rare dates are found, over 2100 too") {
  CHECK(fires("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2033-01-01T00:00:00Z") ==
        Texts{"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"});
  CHECK(first_fire("0 0 29 2 *", "UTC", "2096-02-29T00:00:00Z").at ==
        *parse_rfc3339("2104-02-29T00:00:00Z"));
  CHECK(first_fire("0 0 29 2 */7", "UTC", "2072-01-01T00:00:00Z").nominal ==
        TimeZone{}.to_local(*parse_rfc3339("2088-02-29T00:00:00Z")));
  CHECK(first_fire("0 0 29 2 */7", "UTC", "2088-02-29T00:00:00Z").at ==
        *parse_rfc3339("2128-02-29T00:00:00Z"));
}

TEST_CASE("there is an end of time, and no hang before it") {
  const CronExpr cron = *parse_cron("0 0 29 2 *");
  CHECK_FALSE(next_fire(cron, TimeZone{}, {}, kFarFuture));
  CHECK_FALSE(next_fire(cron, *TimeZone::load("Europe/Berlin"), {}, kFarFuture));
  CHECK_FALSE(next_fire(cron, TimeZone{}, {}, *parse_rfc3339("9999-01-01T00:00:00Z")));
  CHECK(next_fire(cron, TimeZone{}, {}, Timestamp{INT64_MIN}).has_value());
}

TEST_CASE("New York 02:30 on the day of the spring gap: shift fires once at 03:00, skip drops it") {
  const Texts shifted{"2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"};
  CHECK(fires("30 2 * * *", "America/New_York", "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z") ==
        shifted);
  CHECK(fires("30 2 * * *", "America/New_York", "2026-03-07T00:00:00Z", "2026-03-10T00:00:00Z",
              kSkip) == Texts{"2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"});
  const Fire fire = first_fire("30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z");
  CHECK(format_local(fire.nominal) == "2026-03-08T02:30:00");
  CHECK_FALSE(fire.second);
}

TEST_CASE("New York 01:30 on the day of the repeated hour: first, second, both") {
  const auto on_that_day = [](DstRule dst) {
    return fires("30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T04:00:00Z",
                 dst);
  };
  CHECK(on_that_day({}) == Texts{"2026-11-01T05:30:00Z"});
  CHECK(on_that_day(kSecond) == Texts{"2026-11-01T06:30:00Z*"});
  CHECK(on_that_day(kBoth) == Texts{"2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z*"});
}

TEST_CASE("several readings in one gap make one fire, also with one at its very end") {
  CHECK(fires("*/20 * * * *", "America/New_York", "2026-03-08T06:30:00Z", "2026-03-08T07:20:00Z") ==
        Texts{"2026-03-08T06:40:00Z", "2026-03-08T07:00:00Z", "2026-03-08T07:20:00Z"});
  CHECK(
      fires("10,50 * * * *", "America/New_York", "2026-03-08T06:30:00Z", "2026-03-08T07:20:00Z") ==
      Texts{"2026-03-08T06:50:00Z", "2026-03-08T07:00:00Z", "2026-03-08T07:10:00Z"});
  CHECK(fires("10,50 * * * *", "America/New_York", "2026-03-08T06:30:00Z", "2026-03-08T07:20:00Z",
              kSkip) == Texts{"2026-03-08T06:50:00Z", "2026-03-08T07:10:00Z"});
  const Fire shared = first_fire("*/20 * * * *", "America/New_York", "2026-03-08T06:40:00Z");
  CHECK(format_local(shared.nominal) == "2026-03-08T03:00:00");
  const Fire shifted = first_fire("10,50 * * * *", "America/New_York", "2026-03-08T06:50:00Z");
  CHECK(format_local(shifted.nominal) == "2026-03-08T02:10:00");
}

TEST_CASE("every half hour over a repeated hour: once per reading, or each pass with both") {
  const auto around = [](DstRule dst) {
    return fires("*/30 * * * *", "America/New_York", "2026-11-01T04:30:00Z", "2026-11-01T07:00:00Z",
                 dst);
  };
  CHECK(around({}) ==
        Texts{"2026-11-01T05:00:00Z", "2026-11-01T05:30:00Z", "2026-11-01T07:00:00Z"});
  CHECK(around(kSecond) ==
        Texts{"2026-11-01T06:00:00Z*", "2026-11-01T06:30:00Z*", "2026-11-01T07:00:00Z"});
  CHECK(around(kBoth) == Texts{"2026-11-01T05:00:00Z", "2026-11-01T05:30:00Z",
                               "2026-11-01T06:00:00Z*", "2026-11-01T06:30:00Z*",
                               "2026-11-01T07:00:00Z"});
}

TEST_CASE("Lord Howe moves its clock by half an hour") {
  CHECK(fires("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
              "2026-10-05T00:00:00Z") == Texts{"2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"});
  CHECK(fires("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-05T12:00:00Z",
              kBoth) == Texts{"2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z*"});
}

TEST_CASE("a gap at midnight moves the daily fire to 01:00 of the same day") {
  const Fire brazil = first_fire("0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00Z");
  CHECK(format_rfc3339(brazil.at) == "2018-11-04T03:00:00Z");
  CHECK(format_local(brazil.nominal) == "2018-11-04T00:00:00");
  CHECK(fires("0 0 * * *", "Asia/Beirut", "2026-03-27T12:00:00Z", "2026-03-30T12:00:00Z") ==
        Texts{"2026-03-27T22:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"});
  CHECK(fires("0 0 * * *", "Asia/Beirut", "2026-03-27T12:00:00Z", "2026-03-30T12:00:00Z", kSkip) ==
        Texts{"2026-03-27T22:00:00Z", "2026-03-29T21:00:00Z"});
}

TEST_CASE("a day that a zone left out fires once, at the start of the next") {
  CHECK(fires("0 */6 * * *", "Pacific/Apia", "2011-12-30T09:00:00Z", "2011-12-30T16:00:00Z") ==
        Texts{"2011-12-30T10:00:00Z", "2011-12-30T16:00:00Z"});
}

TEST_CASE("Tokyo never shifts and never repeats") {
  const Texts plain =
      fires("30 2 * * *", "Asia/Tokyo", "2026-03-06T00:00:00Z", "2026-03-09T00:00:00Z");
  CHECK(plain == Texts{"2026-03-06T17:30:00Z", "2026-03-07T17:30:00Z", "2026-03-08T17:30:00Z"});
  CHECK(fires("30 2 * * *", "Asia/Tokyo", "2026-03-06T00:00:00Z", "2026-03-09T00:00:00Z",
              {DstGap::skip, DstOverlap::both}) == plain);
}

}  // namespace dandori::calendar
