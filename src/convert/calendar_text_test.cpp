#include "convert/calendar_text.h"

#include "convert/import_test.h"

namespace dandori::convert {

TEST_CASE("an import is a definition that reads back with all its dates and names [CAL-10]") {
  const ImportedDays days =
      import_days("syukujitsu.csv", "2026/1/1,元日\n2026/5/6,\"a: \"\"b\"\" #c\"\n2026/5/7,\n",
                  std::nullopt, window("1970-01-01", "2100-12-31"));
  const std::string text = write_draft(
      {.name = "holidays", .title = "祝日: 国", .source = "a/syukujitsu.csv", .days = days.days});
  CHECK(text ==
        "# From a/syukujitsu.csv: 3 days, 2026-01-01 to 2026-05-07.\n"
        "kind: Calendar\n"
        "name: holidays\n"
        "title: \"祝日: 国\"\n"
        "rules:\n"
        "  - closed:\n"
        "      dates:\n"
        "        \"2026-01-01\": 元日\n"
        "        \"2026-05-06\": \"a: \\\"b\\\" #c\"\n"
        "        \"2026-05-07\": \"\"\n");
  const spec::Parsed parsed = spec::parse_definitions("holidays.yaml", text);
  for (const spec::Problem& problem : parsed.problems) {
    FAIL_CHECK(spec::format_problem(problem, false));
  }
  REQUIRE(parsed.calendars.size() == 1);
  const model::Calendar& calendar = parsed.calendars.front().value;
  CHECK(calendar.name == "holidays");
  CHECK(calendar.title == "祝日: 国");
  REQUIRE(calendar.rules.size() == 1);
  CHECK_FALSE(calendar.rules.front().open);
  CHECK(calendar.rules.front().days.dates == days.days);
}

TEST_CASE("days without names, or open ones, are a definition as well") {
  const std::vector<model::NamedDays> days = {{day("2026-01-01"), day("2026-01-01")}};
  const std::string text =
      write_draft({.name = "x", .title = "", .source = "-", .open = true, .days = days});
  const spec::Parsed parsed = spec::parse_definitions("x.yaml", text);
  CHECK(parsed.problems.empty());
  REQUIRE(parsed.calendars.size() == 1);
  CHECK(parsed.calendars.front().value.rules.front().open);
  CHECK(parsed.calendars.front().value.rules.front().days.dates == days);
}

TEST_CASE("a file's name becomes the name of a calendar") {
  CHECK(identifier_of("/a/b.c/Japanese Holidays (2026).ics") == "japanese_holidays_2026");
  CHECK(identifier_of("2026-祝日.csv") == "calendar");
  CHECK(identifier_of("-") == "calendar");
  CHECK(identifier_of("syukujitsu.csv") == "syukujitsu");
  CHECK(identifier_of(std::string(300, 'a')).size() == 100);
}

}  // namespace dandori::convert
