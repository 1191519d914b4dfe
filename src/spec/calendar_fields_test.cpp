#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "spec/spec.h"

namespace dandori::spec {
namespace {

std::string told(const Parsed& parsed) {
  std::string out;
  for (const Problem& problem : parsed.problems) out += format_problem(problem, false) + "\n";
  return out;
}

model::CalendarDefinition calendar(std::string_view text) {
  const Parsed parsed = parse_definitions("calendar.yaml", text);
  CHECK(told(parsed) == "");
  REQUIRE(parsed.calendars.size() == 1);
  return parsed.calendars[0];
}

/// The first problem of the text, without its file and place.
std::string problem_of(std::string_view text) {
  const Parsed parsed = parse_definitions("c", text);
  REQUIRE(!parsed.problems.empty());
  const Problem& first = parsed.problems[0];
  return first.message + " [" + first.code + "]";
}

std::string rule_problem(std::string_view rule) {
  return problem_of("kind: Calendar\nname: a\nrules:\n  - " + std::string{rule});
}

constexpr std::string_view kBank = R"(kind: Calendar
name: jp_business
title: 営業日
timezone: Asia/Tokyo
day_starts_at: "05:00"
month_starts_on: 1
rules:
  - {open: "2026-11-22"}
  - {closed: {holidays: japan}}
  - {closed: {weekdays: [sat, sun]}}
  - {closed: {dates: ["12-31", "01-02", "01-03"]}}
)";

TEST_CASE("a bank's calendar is read: rules in order, days that begin at five") {
  const model::Calendar bank = calendar(kBank).value;
  CHECK(bank.name == "jp_business");
  CHECK(bank.timezone == "Asia/Tokyo");
  CHECK(bank.day_starts_at_s == 5 * 3600);
  CHECK(bank.month_starts_on == model::MonthStart{});
  REQUIRE(bank.rules.size() == 4);
  CHECK(bank.rules[0].open);
  CHECK(bank.rules[0].days.dates.at(0).first == make_day(2026, 11, 22));
  CHECK(bank.rules[1].days.holidays == "japan");
  CHECK(bank.rules[2].days.weekdays == 0b1000001);
  CHECK(bank.rules[3].days.yearly ==
        std::vector<model::YearlyDays>{{{1, 2}, {1, 2}}, {{1, 3}, {1, 3}}, {{12, 31}, {12, 31}}});
}

TEST_CASE("every form of a rule is read, and written back in one spelling") {
  const model::CalendarDefinition all = calendar(R"(kind: Calendar
apiVersion: dandori/v1
name: all_forms
folder: sales
month_starts_on: last-2
label: end
valid: {from: 2026-01-01, until: 2030-12-31}
effective_from: "2026-04-01"
extends: {all_of: [jp, {any_of: [a, b]}], none_of: [c], minus: [d, e]}
rules:
  - {closed: {dates: {2026-05-03: 憲法記念日, 12-31: 大晦日}}, title: 祝日}
  - {closed: {dates: "2026-06-01", ranges: [2026-08-12..2026-08-16, "12-29..01-03"]}}
  - {open: {weekday: {fri: last, mon: [3, 1, 3]}, months: [9, 3]}}
  - {open: {calendar: other, weekdays: sat}}
  - {closed: 12-29..01-03}
)");
  CHECK(
      all.canonical ==
      R"({"name":"all_forms","folder":"sales","month_starts_on":"last-2","label":"end",)"
      R"("valid":{"from":"2026-01-01","until":"2030-12-31"},"effective_from":"2026-04-01",)"
      R"("extends":{"all_of":["jp",{"any_of":["a","b"]}],"none_of":["c"],"minus":["d","e"]},)"
      R"("rules":[{"closed":{"dates":{"2026-05-03":"憲法記念日","12-31":"大晦日"}},"title":"祝日"},)"
      R"({"closed":{"dates":["2026-06-01"],"ranges":["2026-08-12..2026-08-16","12-29..01-03"]}},)"
      R"({"open":{"weekday":{"mon":[1,3],"fri":"last"},"months":[3,9]}},)"
      R"({"open":{"weekdays":["sat"],"calendar":"other"}},)"
      R"({"closed":{"ranges":["12-29..01-03"]}}]})");
  const auto again = compile_calendar(all.canonical);
  REQUIRE(again);
  CHECK(*again == all.value);
  CHECK(write_canonical(*again) == all.canonical);
}

TEST_CASE("a calendar that says only its name is its name alone") {
  CHECK(calendar("kind: Calendar\nname: plain\nday_starts_at: \"00:00\"\nrules: []\n").canonical ==
        R"({"name":"plain"})");
}

TEST_CASE("months may begin on a day, a weekday, or near the end") {
  const auto start = [](std::string_view text) {
    return calendar("kind: Calendar\nname: a\nmonth_starts_on: " + std::string{text})
        .value.month_starts_on;
  };
  using Form = model::MonthStart::Form;
  CHECK(start("21") == model::MonthStart{Form::day, 21, {}});
  CHECK(start("{mon: 2}") == model::MonthStart{Form::weekday, 1, {1, 2}});
  CHECK(start("{mon: last}") == model::MonthStart{Form::weekday, 1, {1, 0}});
  CHECK(start("last") == model::MonthStart{Form::last, 0, {}});
  CHECK(start("last+5") == model::MonthStart{Form::last, 5, {}});
  const auto problem = [](std::string_view text) {
    return problem_of("kind: Calendar\nname: a\nmonth_starts_on: " + std::string{text});
  };
  CHECK(problem("29") ==
        "month_starts_on: expected a whole number from 1 to 28, found the number 29 "
        "[spec.bad_value]");
  CHECK(problem("last+29") ==
        "month_starts_on: expected last, last-1 to last-27 or last+1 to last+28, found the text "
        "'last+29' [spec.bad_value]");
  CHECK(problem("{mon: 2, tue: 2}") ==
        "month_starts_on: a month starts on one day, found several [spec.bad_value]");
}

TEST_CASE("rules that can never match are told, with what is wrong about them") {
  CHECK(rule_problem("{closed: \"02-30\"}") ==
        "rules.closed: '02-30' is a day of no year [spec.bad_value]");
  CHECK(rule_problem("{closed: {dates: [\"2026-02-29\"]}}") ==
        "rules.closed.dates: '2026-02-29' is no day: the month has no such day [spec.bad_value]");
  CHECK(rule_problem("{closed: {ranges: [\"2026-08-16..2026-08-12\"]}}") ==
        "rules.closed.ranges: '2026-08-16..2026-08-12' ends before it begins [spec.bad_value]");
  CHECK(rule_problem("{closed: {ranges: [\"2026-08-16..08-18\"]}}") ==
        "rules.closed.ranges: '2026-08-16..08-18' mixes a date with a day of every year "
        "[spec.bad_value]");
  CHECK(rule_problem("{closed: {}}") == "rules.closed: the rule names no days [spec.missing_key]");
  CHECK(rule_problem("{title: x}") == "rules: a rule has `open` or `closed` [spec.missing_key]");
  CHECK(rule_problem("{open: \"12-31\", closed: \"12-31\"}") ==
        "rules: a rule has `open` or `closed`, not both [spec.contradiction]");
  CHECK(rule_problem("{closed: {holidays: japon}}") ==
        "rules.closed.holidays: there is no set of holidays 'japon' [calendar.unknown_holidays]");
  CHECK(rule_problem("{closed: {weekday: {fri: 6}}}") ==
        "rules.closed.weekday.fri: expected a whole number from 1 to 5, found the number 6 "
        "[spec.bad_value]");
}

TEST_CASE("a calendar holds so many dates that every day can still be looked at") {
  const auto with_dates = [](std::size_t rules, std::size_t dates) {
    std::string text = "kind: Calendar\nname: a\nrules:\n";
    for (std::size_t rule = 0; rule < rules; ++rule) {
      text += "  - {closed: {dates: [";
      for (std::size_t i = 0; i < dates; ++i)
        text += format_day(Day{static_cast<std::int32_t>(rule * dates + i)}) + ", ";
      text += "]}}\n";
    }
    return text;
  };
  CHECK(calendar(with_dates(2, 5'000)).value.rules.size() == 2);
  CHECK(problem_of(with_dates(1, 10'001)) ==
        "rules.closed.dates: 10001 entries; 10000 are the most [spec.too_many]");
  CHECK(problem_of(with_dates(3, 4'000)) ==
        "rules: 12000 dates and ranges in all; 10000 are the most [spec.too_many]");
}

TEST_CASE("a business date says what moves it on") {
  const auto date = [](std::string_view rest) {
    const Parsed parsed =
        parse_definitions("d", "kind: BusinessDate\nname: batch\n" + std::string{rest});
    CHECK(told(parsed) == "");
    REQUIRE(parsed.business_dates.size() == 1);
    const auto again = compile_business_date(parsed.business_dates[0].canonical);
    REQUIRE(again);
    CHECK(*again == parsed.business_dates[0].value);
    return parsed.business_dates[0];
  };
  CHECK(date("advance: job\n").canonical == R"({"name":"batch"})");
  CHECK(date("advance: {by: job}\n").value.advance.by_job());
  CHECK(date("advance: {at: \"29:00\"}\n").value.advance.at_s == 29 * 3600);
  const auto both = date(
      "title: バッチ\ncalendar: jp_business\ntimezone: Asia/Tokyo\n"
      "advance: {at: \"28:00\", after: nightly_sales}\nunit: day\nstart: 2026-11-20\n");
  CHECK(both.canonical ==
        R"({"name":"batch","title":"バッチ","calendar":"jp_business","timezone":"Asia/Tokyo",)"
        R"("advance":{"at":"28:00","after":["nightly_sales"]},"unit":"day","start":"2026-11-20"})");
  const auto problem = [](std::string_view advance) {
    return problem_of("kind: BusinessDate\nname: a\nadvance: " + std::string{advance});
  };
  CHECK(problem("{by: job, at: \"29:00\"}") ==
        "advance: `by: job` stands alone: a clock time or other workflows would move the date as "
        "well [spec.contradiction]");
  CHECK(problem("{}") == "advance: nothing moves the date on [spec.missing_key]");
  CHECK(problem("{at: \"48:00\"}") ==
        "advance.at: expected a clock time \"00:00\" to \"47:59\", found the text '48:00' "
        "[spec.bad_value]");
}

TEST_CASE("a stored calendar that cannot be read says so; its zone is not looked up again") {
  CHECK(compile_calendar("{\"name\": 1}").error().code == "spec.canonical");
  CHECK(compile_business_date("[]").error().code == "spec.canonical");
  CHECK(compile_calendar(R"({"name":"a","timezone":"Gone/Away"})"));
}

}  // namespace
}  // namespace dandori::spec
