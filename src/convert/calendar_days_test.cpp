#include "convert/calendar_days.h"

#include <random>

#include "convert/holiday_csv.h"
#include "convert/import_test.h"

namespace dandori::convert {

namespace {

constexpr std::uint8_t kWeekend = 0b100'0001;

model::CalendarRule closed(std::string title, model::DayMatch days) {
  return {.open = false, .days = std::move(days), .title = std::move(title)};
}

/// Weekends, holidays, the turn of the year; one Sunday is open.
model::Calendar bank() {
  model::Calendar calendar{.name = "jpbank", .title = "銀行, 窓口"};
  calendar.rules = {
      {.open = true, .days = {.dates = {{day("2026-11-22"), day("2026-11-22"), "棚卸"}}}},
      closed("", {.holidays = "japan"}),
      closed("週末", {.weekdays = kWeekend}),
      closed("年末年始", {.yearly = {{{12, 31}, {1, 3}}}}),
  };
  return calendar;
}

ExportSettings two_years() {
  return {.window = {day("2026-01-01"), day("2027-12-31")},
          .untitled = "休業日",
          .stamp = Timestamp{1'795'000'000'000'000}};
}

calendar::Calendars calendars_of(model::Calendar definition) {
  auto made = calendar::Calendars::make({std::move(definition)});
  for (const Error& problem : made.problems()) FAIL_CHECK(problem.message);
  return made;
}

Lines named(const std::vector<model::NamedDays>& days) {
  ImportedDays all;
  all.days = days;
  return lines(all);
}

/// The days as they read back from the file that was written.
Lines read_back(const std::string& ics, DayRange days) {
  ImportSettings settings = window("1970-01-01", "1970-01-01");
  settings.window = days;
  return lines(import_days("out.ics", ics, std::nullopt, settings));
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; ++at) ++found;
  return found;
}

}  // namespace

TEST_CASE("a calendar's closed days go out as iCalendar and read back the same") {
  const calendar::Calendars calendars = calendars_of(bank());
  const ExportSettings settings = two_years();
  const std::string ics = write_ics(calendars, "jpbank", settings);
  CHECK(read_back(ics, settings.window) == named(days_of(calendars, "jpbank", settings)));
  CHECK(ics.contains("X-WR-CALNAME:銀行\\, 窓口\r\n"));
  CHECK(ics.contains("RRULE:FREQ=WEEKLY;BYDAY=SU,SA;UNTIL=2027"));
  CHECK(ics.contains("RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31;UNTIL=20271231\r\n"));
  CHECK(count(ics, "SUMMARY:週末") == 1);
  CHECK(count(ics, "BEGIN:VEVENT") < 50);  // 104 weekends are one event
  CHECK_FALSE(read_back(ics, {day("2026-11-22"), day("2026-11-21") + 3}).empty());
  for (std::string_view rest = ics; !rest.empty();) {
    const std::size_t end = rest.find("\r\n");
    CHECK(end <= 75);
    rest.remove_prefix(end + 2);
  }
}

TEST_CASE("the open days go out as well; holidays in the language that is asked for") {
  const calendar::Calendars calendars = calendars_of(bank());
  ExportSettings settings = two_years();
  settings.open = true;
  settings.untitled = "";
  const Lines open = named(days_of(calendars, "jpbank", settings));
  CHECK(open.at(0) == "2026-01-05");
  CHECK(read_back(write_ics(calendars, "jpbank", settings), settings.window) == open);
  settings.open = false;
  settings.english = true;
  CHECK(named(days_of(calendars, "jpbank", settings)).at(0) == "2026-01-01 New Year's Day");
}

TEST_CASE("a list of days reads back from CSV as well") {
  const calendar::Calendars calendars = calendars_of(bank());
  const std::vector<model::NamedDays> days = days_of(calendars, "jpbank", two_years());
  ImportSettings settings = window("2026-01-01", "2027-12-31");
  CHECK(lines(read_holiday_csv("x.csv", write_holiday_csv(days), settings)) == named(days));
}

TEST_CASE("calendars of any rules read back the same [seeded]") {
  std::mt19937 random{20261128};
  const auto pick = [&](int from, int to) {
    return std::uniform_int_distribution<int>{from, to}(random);
  };
  for (int round = 0; round < 60; ++round) {
    model::Calendar calendar{.name = "any"};
    if (pick(0, 3) == 0) calendar.month_starts_on.number = 21;
    for (int i = pick(0, 5); i > 0; --i) {
      model::DayMatch match;
      const int form = pick(0, 4);
      if (form == 0) match.weekdays = static_cast<std::uint8_t>(pick(1, 127));
      if (form == 1) {
        match.nth_weekdays = {{.weekday = static_cast<std::uint8_t>(pick(0, 6)),
                               .nth = static_cast<std::int8_t>(pick(0, 5))}};
      }
      if (form == 2) {
        match.yearly = {{{static_cast<std::uint8_t>(pick(1, 12)), 28},
                         {static_cast<std::uint8_t>(pick(1, 12)), 29},
                         pick(0, 1) == 0 ? "a" : ""}};
      }
      if (form == 3) match.holidays = "japan";
      if (form == 4) {
        const Day first = day("2026-01-01") + pick(0, 700);
        match.dates = {{first, first + pick(0, 9), "x; y, z\\"}};
      }
      if (pick(0, 3) == 0) match.months = static_cast<std::uint16_t>(pick(1, 4095) << 1);
      calendar.rules.push_back({.open = pick(0, 3) == 0,
                                .days = match,
                                .title = pick(0, 1) == 0 ? "" : fmt::format("規則 {}", i)});
    }
    const calendar::Calendars calendars = calendars_of(calendar);
    ExportSettings settings = two_years();
    settings.open = pick(0, 1) == 0;
    const Lines expected = named(days_of(calendars, "any", settings));
    if (expected.empty()) continue;
    CAPTURE(round);
    CHECK(read_back(write_ics(calendars, "any", settings), settings.window) == expected);
  }
}

}  // namespace dandori::convert
