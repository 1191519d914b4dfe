#include "spec/diff.h"

#include <doctest/doctest.h>

#include "spec/spec.h"

namespace dandori::spec {
namespace {

Json canonical(std::string_view text) {
  const Parsed parsed = parse_definitions("test.yaml", text);
  for (const Problem& problem : parsed.problems) MESSAGE(format_problem(problem, true));
  REQUIRE(parsed.problems.empty());
  return *parse_json(parsed.workflows.at(0).canonical);
}

/// `op subject path before→after`, one a line.
std::string told(std::string_view before, std::string_view after) {
  std::string out;
  for (const Difference& each : differences(canonical(before), canonical(after))) {
    const Json json = to_json(each);
    out += std::string{json.text_or("op", "")} + " " + std::string{json.text_or("subject", "")} +
           " " + std::string{json.text_or("path", "")} + " " + write_json(each.before) + "→" +
           write_json(each.after) + "\n";
  }
  return out;
}

constexpr std::string_view kBase = R"(
name: close
title: 締め
params: {day: {type: date, default: "2026-11-20"}, shop: {default: tokyo}}
env: {DAY: "${{ params.day }}"}
triggers: {nightly: {cron: "0 20 * * *", timezone: Asia/Tokyo}}
jobs:
  load: {run: ./load.sh, timeout: 5m}
  check: {run: ./check.sh, depends_on: [load]}
  report: {run: ./report.sh, depends_on: [check]}
)";

std::string with(std::string text, std::string_view old, std::string_view now) {
  const std::size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), now);
}

TEST_CASE("two forms of one meaning do not differ [DEV-03]") {
  CHECK(told(kBase, with(std::string{kBase}, "{run: ./load.sh, timeout: 5m}",
                         "\n    # the first\n    timeout: 300s\n    run: ./load.sh")) == "");
}

TEST_CASE("a changed field of a job is told with both values") {
  CHECK(told(kBase, with(std::string{kBase}, "timeout: 5m", "timeout: 10m, retry: 2")) ==
        "changed job /jobs/load/timeout \"5m\"→\"10m\"\n"
        "changed job /jobs/load/retry null→[{\"max\":2}]\n");
}

TEST_CASE("jobs come, go, and wait for others") {
  const std::string after =
      with(with(std::string{kBase}, "  check: {run: ./check.sh, depends_on: [load]}\n",
                "  verify: {run: ./verify.sh, depends_on: [load]}\n"),
           "depends_on: [check]", "depends_on: [load, {job: verify, state: failed}]");
  const std::string text = told(kBase, after);
  CHECK(text.contains("removed job /jobs/check {"));
  CHECK(text.contains("added job /jobs/verify null→{"));
  CHECK(text.contains("removed dependency /jobs/report/depends_on/check null→null\n"));
  CHECK(text.contains("added dependency /jobs/report/depends_on/load null→null\n"));
  CHECK(text.contains("added dependency /jobs/report/depends_on/verify null→[\"failed\"]\n"));
}

TEST_CASE("schedules, parameters, environment and the workflow itself") {
  std::string after = with(std::string{kBase}, "0 20 * * *", "0 21 * * *");
  after = with(after, "shop: {default: tokyo}", "shop: {default: osaka}");
  after = with(after, "title: 締め", "title: 日次締め\nmanual: false");
  after = with(after, "env: {DAY", "env: {DATE");
  CHECK(told(kBase, after) ==
        "changed workflow /title \"締め\"→\"日次締め\"\n"
        "changed param /params/shop/default \"tokyo\"→\"osaka\"\n"
        "removed env /env/DAY \"${{ params.day }}\"→null\n"
        "added env /env/DATE null→\"${{ params.day }}\"\n"
        "changed trigger /triggers/nightly/cron \"0 20 * * *\"→\"0 21 * * *\"\n"
        "changed workflow /manual null→false\n");
}

TEST_CASE("another order of writing is told once, not as changes of jobs") {
  const std::string after = with(
      with(std::string{kBase}, "  load: {run: ./load.sh, timeout: 5m}\n", ""),
      "  report: {run: ./report.sh, depends_on: [check]}\n",
      "  report: {run: ./report.sh, depends_on: [check]}\n  load: {run: ./load.sh, timeout: 5m}\n");
  CHECK(told(kBase, after) == "reordered job /jobs null→null\n");
}

TEST_CASE("a workflow that comes or goes is one difference with its size") {
  const Json whole = canonical(kBase);
  const auto made = differences({}, whole);
  REQUIRE(made.size() == 1);
  CHECK(made[0].op == "added");
  CHECK(made[0].after.integer_or("jobs", 0) == 3);
  const auto gone = differences(whole, {});
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].op == "removed");
  CHECK(differences({}, {}).empty());
}

TEST_CASE("whenever canonical texts differ there is a difference, and only then") {
  const std::string_view changes[][2] = {
      {"timeout: 5m", "timeout: 6m"},
      {"timeout: 5m", "grace: 0s"},
      {"timeout: 5m", "on_lost: rerun"},
      {"[load]", "[{job: load, state: [succeeded, warning, skipped, bypassed]}]"},
      {"title: 締め", "owner: ops"},
      {"title: 締め", "overlap: skip"},
      {"./load.sh", "[./load.sh]"},
      {"Asia/Tokyo", "UTC"},
      {"day: {type: date", "day: {title: 日, type: date"},
      {"title: 締め", "labels: {b: '1', a: '2'}"}};
  const Json base = canonical(kBase);
  for (const auto& [old, now] : changes) {
    CAPTURE(now);
    const Json other = canonical(with(std::string{kBase}, old, now));
    CHECK(differences(base, other).empty() == (write_json(base) == write_json(other)));
    CHECK(differences(other, other).empty());
  }
}

TEST_CASE("calendars are compared rule by rule, in the order that decides") {
  const auto calendar = [](std::string_view rest) {
    const Parsed parsed = parse_definitions("c", "kind: Calendar\nname: a\n" + std::string{rest});
    REQUIRE(parsed.problems.empty());
    return *parse_json(parsed.calendars.at(0).canonical);
  };
  const auto changes = [&](std::string_view before, std::string_view after) {
    std::string out;
    for (const Difference& each : calendar_differences(calendar(before), calendar(after))) {
      const Json json = to_json(each);
      out += std::string{json.text_or("op", "")} + " " + std::string{json.text_or("subject", "")} +
             " " + std::string{json.text_or("path", "")} + " " + write_json(each.before) + "→" +
             write_json(each.after) + "\n";
    }
    return out;
  };
  const std::string_view base =
      "rules:\n  - {closed: {holidays: japan}}\n  - {closed: {weekdays: [sat, sun]}}\n";
  CHECK(changes(base,
                "day_starts_at: \"05:00\"\nrules:\n  - {open: \"2026-11-22\"}\n"
                "  - {closed: {holidays: japan}}\n  - {closed: {weekdays: [sun]}}\n") ==
        "changed calendar /day_starts_at null→\"05:00\"\n"
        "added rule /rules/1 null→{\"open\":{\"dates\":[\"2026-11-22\"]}}\n"
        "changed rule /rules/3 {\"closed\":{\"weekdays\":[\"sun\",\"sat\"]}}→"
        "{\"closed\":{\"weekdays\":[\"sun\"]}}\n");
  CHECK(changes(base,
                "rules:\n  - {closed: {weekdays: [sat, sun]}}\n  - {closed: {holidays: "
                "japan}}\n") ==
        "removed rule /rules/1 {\"closed\":{\"holidays\":\"japan\"}}→null\n"
        "added rule /rules/2 null→{\"closed\":{\"holidays\":\"japan\"}}\n");
  CHECK(changes(base, "rules:\n  - {closed: {weekdays: [sun, sat]}}\n") ==
        "removed rule /rules/1 {\"closed\":{\"holidays\":\"japan\"}}→null\n");
  CHECK(changes(base, base) == "");
  CHECK(calendar_differences({}, calendar(base)).at(0).op == "added");
  CHECK(business_date_differences(*parse_json(R"({"name":"batch"})"), {}).at(0).op == "removed");
  CHECK(business_date_differences(*parse_json(R"({"name":"b","unit":"day"})"),
                                  *parse_json(R"({"name":"b"})"))
            .at(0)
            .field == "unit");
}

}  // namespace
}  // namespace dandori::spec
