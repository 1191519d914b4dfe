#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>

#include "spec/lint.h"

namespace dandori::spec {
namespace {

/// `level code line:column: message`, one a line, as of 2026-01-01.
std::string told(std::string_view text) {
  const LintFile file{"test.yaml", text};
  const LintSettings settings{
      .from = *parse_rfc3339("2026-01-01T00:00:00Z"),
      .timezone = "Asia/Tokyo",
      .zone = [](std::string_view name) { return calendar::TimeZone::load(name); }};
  std::string out;
  for (const Finding& finding : lint({&file, 1}, settings)) {
    out += fmt::format("{} {} {}:{}: {}\n", to_string(finding.level), finding.problem.code,
                       finding.problem.line, finding.problem.column, finding.problem.message);
  }
  return out;
}

constexpr std::string_view kBank =
    "kind: Calendar\nname: bank\ntimezone: Asia/Tokyo\nrules:\n"
    "  - {closed: {holidays: japan}}\n"
    "  - {closed: {weekdays: [sat, sun]}}\n"
    "  - {closed: {dates: [\"12-31\", \"01-02\", \"01-03\"]}}\n---\n";

std::string with_trigger(std::string_view trigger) {
  return told(fmt::format("{}name: close\ntriggers:\n  t: {{{}}}\njobs: {{a: {{run: x}}}}\n", kBank,
                          trigger));
}

std::string with_rules(std::string_view rules) {
  return told(fmt::format("kind: Calendar\nname: a\nrules:\n{}", rules));
}

TEST_CASE("a day that some months do not have is found in rules of days, too") {
  const auto missing = [](std::string_view days) {
    const std::string found = with_trigger(fmt::format("days: {}, time: \"20:00\"", days));
    const std::string head = "warning lint.missing_day 11:7: the trigger 't' names ";
    return found.starts_with(head) ? found.substr(head.size(), found.size() - head.size() - 1)
                                   : found;
  };
  CHECK(missing("{day: 31}") == "day 31, which month 2 does not have");
  CHECK(missing("{day: 31, months: [1, 4]}") == "day 31, which month 4 does not have");
  CHECK(missing("{day: 31, months: [1, 3]}") == "");
  CHECK(missing("{day: 29}") == "day 29, which month 2 has in leap years only");
  CHECK(missing("{day: [1, 28, last]}") == "");
  CHECK(missing("{day: last-28}") == "day 29, which month 2 has in leap years only");
  CHECK(missing("{weekday: {fri: 5}}") == "a fifth weekday, which not every month has");
  CHECK(missing("{weekday: {fri: [4, last]}}") == "");
  CHECK(missing("{dates: [\"02-29\"]}") == "02-29, which only leap years have");
  CHECK(missing("{cycle: {unit: month, from: 2026-01-31}}") ==
        "day 31, which month 2 does not have");
  CHECK(missing("{cycle: {unit: year, from: 2024-02-29}}") == "02-29, which only leap years have");
  CHECK(missing("{cycle: {unit: year, from: 2024-02-28}}") == "");
  CHECK(told("name: close\njobs:\n  a: {run: x, runs_on: {day: 31}}\n") ==
        "warning lint.missing_day 3:15: the job 'a' names day 31, which month 2 does not have\n");
}

TEST_CASE("a shifted day that leaves the month is noted") {
  const std::string_view month_end =
      "days: {day: last}, time: \"20:00\", calendar: bank, on_closed_day: ";
  CHECK(with_trigger(fmt::format("{}next", month_end)) ==
        "note lint.leaves_month 11:57: the trigger 't' is shifted from 2025-12-31 to 2026-01-05, "
        "into another month\n");
  CHECK(with_trigger(fmt::format("{}previous", month_end)) == "");
  CHECK(with_trigger(fmt::format("{}previous, offset: {{days: 3}}", month_end)) == "");
}

TEST_CASE("a date that a short shift or offset drops is found") {
  CHECK(with_trigger("days: {dates: [\"05-03\"]}, time: \"20:00\", calendar: bank, "
                     "on_closed_day: next, max_shift: 3d") ==
        "warning lint.dropped_date 11:85: the trigger 't' starts nothing for 2026-05-03 (closed, "
        "and no open day within 3d)\n");
  CHECK(with_trigger("days: {dates: [\"05-03\"]}, time: \"20:00\", calendar: bank, "
                     "on_closed_day: next, max_shift: 4d") == "");
  CHECK(
      with_trigger("days: {dates: [\"2026-05-07\"]}, time: \"20:00\", calendar: bank, "
                   "offset: {days: -1, count: open_days, limit: 5d}") ==
      "warning lint.dropped_date 11:69: the trigger 't' starts nothing for 2026-05-07 (the offset "
      "finds no day within 5d)\n");
}

TEST_CASE("a calendar that closes nothing is found") {
  CHECK(told("kind: Calendar\nname: a\n") ==
        "warning lint.empty_calendar 2:1: the calendar 'a' closes no day\n");
  CHECK(with_rules("  - {open: \"2026-11-22\"}\n") ==
        "warning lint.empty_calendar 2:1: the calendar 'a' closes no day\n");
  CHECK(told("kind: Calendar\nname: a\nextends: b\n") == "");
}

TEST_CASE("a rule that an earlier one hides, or that no day matches, is found") {
  CHECK(with_rules("  - {closed: {weekdays: [sat, sun]}}\n  - {open: \"2026-11-22\"}\n") ==
        "warning lint.hidden_rule 5:5: rule 2 of the calendar 'a' decides no day: rules before it "
        "match all of its days\n");
  CHECK(with_rules("  - {open: \"2026-11-22\"}\n  - {closed: {weekdays: [sat, sun]}}\n") == "");
  CHECK(with_rules("  - {closed: {dates: [\"2026-05-03\"], weekdays: [mon]}}\n") ==
        "warning lint.impossible_rule 4:5: rule 1 of the calendar 'a' matches no day\n");
  CHECK(with_rules("  - {closed: {calendar: elsewhere}}\n  - {closed: {weekdays: [sun]}}\n") == "");
}

TEST_CASE("holidays that are not announced yet are noted") {
  const LintFile file{"test.yaml", kBank};
  const LintSettings settings{
      .from = *parse_rfc3339("2027-06-01T00:00:00Z"),
      .zone = [](std::string_view name) { return calendar::TimeZone::load(name); }};
  const auto found = lint({&file, 1}, settings);
  REQUIRE(found.size() == 1);
  CHECK(found[0].problem.code == "lint.unverified_holidays");
  CHECK(found[0].level == Level::note);
  CHECK(found[0].problem.line == 5);
  CHECK(found[0].problem.message ==
        "the holidays 'japan' are announced up to 2027-12-31: later days follow from the law as it "
        "stands");
}

TEST_CASE("calendars of the server count where the files do not define them") {
  const LintFile file{
      "w.yaml",
      "name: close\ntriggers:\n  t: {days: {dates: [\"05-03\"]}, time: \"20:00\", calendar: shop, "
      "on_closed_day: next, max_shift: 1d}\njobs: {a: {run: x}}\n"};
  LintSettings settings{
      .from = *parse_rfc3339("2026-01-01T00:00:00Z"),
      .zone = [](std::string_view name) { return calendar::TimeZone::load(name); }};
  CHECK(lint({&file, 1}, settings).empty());
  model::Calendar shop{.name = "shop"};
  shop.rules.push_back({.open = false, .days = {.months = 1U << 5U}});
  settings.calendars = {shop};
  const auto found = lint({&file, 1}, settings);
  REQUIRE(found.size() == 1);
  CHECK(found[0].problem.code == "lint.dropped_date");
}

}  // namespace
}  // namespace dandori::spec
