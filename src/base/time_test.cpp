#include "base/time.h"

#include <array>

#include <doctest/doctest.h>

namespace dandori {

namespace {

std::string instant(std::string_view text) {
  const Result<Timestamp> at = parse_rfc3339(text);
  return at ? format_rfc3339(*at) : at.error().code;
}

std::string span(std::string_view text) {
  const Result<Duration> read = parse_duration(text);
  return read ? format_duration(*read) : read.error().code;
}

}  // namespace

TEST_CASE("an instant is written in UTC with only the decimals it needs") {
  CHECK(format_rfc3339(Timestamp{0}) == "1970-01-01T00:00:00Z");
  CHECK(format_rfc3339(Timestamp{1'500'000}) == "1970-01-01T00:00:01.5Z");
  CHECK(format_rfc3339(Timestamp{1}) == "1970-01-01T00:00:00.000001Z");
  CHECK(format_rfc3339(Timestamp{-1}) == "1969-12-31T23:59:59.999999Z");
  CHECK(format_rfc3339(Timestamp{1'795'212'000'000'000}) == "2026-11-20T22:00:00Z");
}

TEST_CASE("the ends of the range are written without overflow") {
  CHECK(format_rfc3339(kFarFuture) == "294247-01-10T04:00:54.775807Z");
  CHECK(format_rfc3339(Timestamp{INT64_MIN}) == "-290308-12-21T19:59:05.224192Z");
}

TEST_CASE("an instant is read with Z or an offset") {
  CHECK(instant("2026-11-20T22:00:00Z") == "2026-11-20T22:00:00Z");
  CHECK(instant("2026-11-21T07:00:00+09:00") == "2026-11-20T22:00:00Z");
  CHECK(instant("2026-11-20t17:00:00.25-05:00") == "2026-11-20T22:00:00.25Z");
  CHECK(instant("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00Z");
  CHECK(instant("2000-02-29T00:00:00Z") == "2000-02-29T00:00:00Z");
  CHECK(instant("0000-01-01T00:00:00Z") == "0000-01-01T00:00:00Z");
  CHECK(instant("9999-12-31T23:59:59.999999Z") == "9999-12-31T23:59:59.999999Z");
  CHECK(instant("2026-01-01T00:00:00.1234567899Z") == "2026-01-01T00:00:00.123456Z");
}

TEST_CASE("a text that is no instant is refused with the reason") {
  for (const std::string_view text : {"",
                                      "2026",
                                      "2026-11-20",
                                      "2026-11-20T22:00:00",
                                      "2026-13-01T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-00T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T23:60:00Z",
                                      "2026-01-01T23:59:60Z",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00+9:00",
                                      "2026-01-01T00:00:00+09",
                                      "2026-01-01T00:00:00Zx",
                                      "2026-01-01 00:00:00Z",
                                      "+026-01-01T00:00:00Z",
                                      "2026-1-01T00:00:00Z",
                                      "2026-01-01T00:00:00+24:00"}) {
    CHECK_MESSAGE(instant(text) == "time.bad_instant", text);
  }
  CHECK(parse_rfc3339("2026-11-20T22:00:00").error().message ==
        "'2026-11-20T22:00:00': 'Z' or an offset is missing");
}

TEST_CASE("every day of four hundred years is written and read back") {
  for (std::int64_t day = -60'000; day < 86'000; ++day) {
    const Timestamp at{day * 86'400'000'000};
    REQUIRE(parse_rfc3339(format_rfc3339(at)) == at);
  }
}

TEST_CASE("a duration is read in units from large to small, or as ISO 8601") {
  CHECK(span("90s") == "1m30s");
  CHECK(span("5m") == "5m");
  CHECK(span("1h30m") == "1h30m");
  CHECK(span("2d") == "2d");
  CHECK(span("500ms") == "500ms");
  CHECK(span("1.5s") == "1s500ms");
  CHECK(span("250us") == "250us");
  CHECK(span("0s") == "0s");
  CHECK(span("PT1H30M") == "1h30m");
  CHECK(span("P2D") == "2d");
  CHECK(span("P1W") == "7d");
  CHECK(span("P1DT0.5S") == "1d500ms");
  CHECK(span("3650d") == "3650d");
}

TEST_CASE("a text that is no duration is refused") {
  for (const std::string_view text : {"",        "5",
                                      "1h30",    "-5m",
                                      "m",       "5x",
                                      "30m1h",   "1h1h",
                                      "1.5h",    "1.s",
                                      ".5s",     "5 m",
                                      "5m ",     "P",
                                      "PT",      "P1",
                                      "P1H",     "PT1D",
                                      "P1M",     "P1Y",
                                      "P-1D",    "P1DT",
                                      "PT5M1H",  "4000d",
                                      "pt1h",    "99999999999999999999s",
                                      "100000h", "PT1HT1M",
                                      "+5m"}) {
    CHECK_MESSAGE(span(text) == "time.bad_duration", text);
  }
  CHECK(parse_duration("15").error().message == "'15': the unit is missing");
}

TEST_CASE("what format_duration writes is read back as the same span") {
  constexpr std::array<std::int64_t, 8> kSpans{
      0, 1, 999, 1'000, 61'000'001, 86'400'000'000, 90'061'001'001, 315'360'000'000'000};
  for (const std::int64_t us : kSpans) {
    CHECK(parse_duration(format_duration(Duration{us})) == Duration{us});
  }
  CHECK(format_duration(-5min) == "-5m");
  CHECK(format_duration(Duration::min()) == "-106751991d4h54s775ms808us");
}

}  // namespace dandori
