#include <doctest/doctest.h>
#include <fmt/core.h>

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

model::WorkflowPtr workflow(const std::string& text) {
  const Parsed parsed = parse_definitions("w.yaml", text);
  CHECK(told(parsed) == "");
  REQUIRE(parsed.workflows.size() == 1);
  const auto again = compile_canonical(parsed.workflows[0].canonical);
  REQUIRE(again);
  CHECK(write_canonical(**again) == parsed.workflows[0].canonical);
  return *again;
}

/// The trigger with this body, read, written and read again.
model::Trigger trigger(std::string_view body) {
  return workflow(fmt::format("name: a\ntriggers: {{t: {{{}}}}}\njobs: {{j: {{run: x}}}}\n", body))
      ->triggers.at(0);
}

model::RunsOn runs_on(std::string_view rule) {
  const auto made = workflow(
      fmt::format("name: a\nbusiness_date: batch\njobs: {{j: {{run: x, runs_on: {}}}}}\n", rule));
  return made->jobs.at(0).runs_on.value();
}

using model::DayForm;

TEST_CASE("month close: the last open day at 20:00, shifted, offset and excluded") {
  const model::Trigger close = trigger(R"(
    type: schedule,
    days: {open_day: last},
    time: "20:00",
    calendar: {all_of: [jp_business], none_of: [stocktaking]},
    on_closed_day: previous,
    max_shift: 5d,
    offset: {days: -2, count: open_days, limit: 20d},
    dst: {gap: shift, overlap: first},
    catch_up: {policy: latest, within: 6h},
    exclude: {workflows: [stocktaking_close], dates: ["2026-12-31"]},
    jitter: 2m)");
  REQUIRE(close.days.size() == 1);
  CHECK(close.days[0].form == DayForm::open_day);
  CHECK(close.days[0].numbers == std::vector<std::int16_t>{0});
  CHECK(close.times == std::vector<std::int32_t>{20 * 3600});
  CHECK(close.calendar.all_of.at(0).name == "jp_business");
  CHECK(close.calendar.none_of.at(0).name == "stocktaking");
  CHECK(close.on_closed_day == model::ClosedDay::previous);
  CHECK(close.max_shift_days == 5);
  CHECK(close.offset == model::DateOffset{-2, true, 20});
  CHECK(close.exclude.workflows.at(0) == "stocktaking_close");
  CHECK(close.exclude.dates.at(0).first == make_day(2026, 12, 31));
  CHECK(close.jitter == 2min);
}

TEST_CASE("every form of days is read") {
  const auto rule = [](std::string_view days) {
    return trigger(fmt::format("days: {}, time: \"20:00\", calendar: jp", days)).days.at(0);
  };
  CHECK(rule("open_days").form == DayForm::open_days);
  CHECK(rule("closed_days").form == DayForm::closed_days);
  CHECK(rule("{open_days: true, months: [9, 3]}").months == ((1U << 3U) | (1U << 9U)));
  CHECK(rule("{weekdays: [mon, fri]}").weekdays == 0b0100010);
  CHECK(rule("{day: [last, 15, 1, last-2]}").numbers == std::vector<std::int16_t>{1, 15, -2, 0});
  CHECK(rule("{relative_day: 5}").form == DayForm::relative_day);
  CHECK(rule("{closed_day: 1}").form == DayForm::closed_day);
  CHECK(rule("{weekday: {fri: [last, 1]}}").nth_weekdays ==
        std::vector<model::NthWeekday>{{5, 1}, {5, 0}});
  CHECK(rule("{dates: [\"12-31\", \"2026-05-03..2026-05-05\"]}").dates.at(0).last ==
        make_day(2026, 5, 5));
  const model::DayRule cycle = rule("{cycle: {every: 2, unit: week, from: 2026-04-06}}");
  CHECK(cycle.every == 2);
  CHECK(cycle.unit == model::CycleUnit::week);
  CHECK(cycle.from == make_day(2026, 4, 6));
  CHECK(trigger("days: every_day, time: \"20:00\"").days.empty());
  const model::Trigger several = trigger(
      "days: [open_days, {day: 15}, {day: 15}], times: [\"25:00\", \"09:00\"], calendar: jp");
  CHECK(several.days.size() == 2);
  CHECK(several.times == std::vector<std::int32_t>{9 * 3600, 25 * 3600});
}

TEST_CASE("grids, rates and expressions of other systems are read") {
  const model::Trigger grid =
      trigger("every: 30m, from: \"22:00\", until: \"26:00\", calendar: jp");
  CHECK(grid.every == 30min);
  CHECK(grid.from_s == 22 * 3600);
  CHECK(grid.until_s == 26 * 3600);
  CHECK(grid.catch_up.policy == model::CatchUp::latest);
  const model::Trigger after_end = trigger("every: 10m, from_end: true, until: \"26:00\"");
  CHECK(after_end.from_end);
  CHECK(trigger("rate: rate(5 minutes)").rate == "5m");
  CHECK(trigger("rate: 90m").rate == "1h30m");
  CHECK(trigger("cron: cron(0 20 ? * MON-FRI *)").cron == "cron(0 20 ? * MON-FRI *)");
  CHECK(trigger("cron: cron(0 20 ? * MON-FRI *)").catch_up.policy == model::CatchUp::all);
  CHECK(trigger("cron: cron(0/5 20 ? * MON-FRI *)").catch_up.policy == model::CatchUp::latest);
  CHECK(trigger("on_calendar: \"Mon..Fri *-*-* 20:00\"").catch_up.within == 12h);
  CHECK(trigger("on_calendar: hourly").catch_up.policy == model::CatchUp::latest);
  const model::Trigger once = trigger("at: at(2026-12-31T20:00:00)");
  CHECK(once.at == "2026-12-31T20:00:00");
  CHECK(once.type == model::TriggerType::once);
  CHECK(trigger("time: \"20:00\", valid: {until: 2027-03-31}").valid ==
        DayRange{Day{0}, make_day(2027, 3, 31)});
}

TEST_CASE("a stored trigger keeps the spelling that revisions before had") {
  const Parsed parsed = parse_definitions(
      "w",
      "name: a\ntriggers: {t: {cron: \"0 2 * * *\", timezone: Asia/Tokyo}}\njobs: {j: {run: x}}");
  CHECK(parsed.workflows.at(0).canonical ==
        R"({"name":"a","triggers":{"t":{"type":"schedule","cron":"0 2 * * *",)"
        R"("timezone":"Asia/Tokyo","catch_up":{"policy":"all","within":"12h"}}},)"
        R"("overlap":{"policy":"queue","max_queue":10},"jobs":{"j":{"run":"x"}}})");
}

TEST_CASE("a workflow names its business date, and what a mismatch does") {
  const auto use = [](std::string_view text) {
    return workflow(fmt::format("name: a\nbusiness_date: {}\njobs: {{j: {{run: x}}}}\n", text));
  };
  CHECK(use("batch")->business_date == "batch");
  CHECK(use("batch")->on_mismatch == model::OnMismatch::hold);
  CHECK(use("{name: batch, on_mismatch: run_planned}")->on_mismatch ==
        model::OnMismatch::run_planned);
}

TEST_CASE("a job moves a business date on") {
  const auto made = workflow(
      "name: close\ndefaults: {timeout: 1h, retry: 3}\njobs:\n  load: {run: x}\n"
      "  close: {type: business_date, with: {name: batch, unit: day}, depends_on: [load]}\n");
  const model::Job& close = made->jobs.at(1);
  CHECK(close.type == model::JobType::business_date);
  CHECK(close.business_date == "batch");
  CHECK(close.date_unit == model::DateUnit::day);
  CHECK(!close.timeout);
  CHECK(close.retry.empty());
}

TEST_CASE("a job says on which business dates it runs") {
  CHECK(runs_on("open_days").days.at(0).form == DayForm::open_days);
  CHECK(runs_on("{open_day: last}").days.at(0).numbers == std::vector<std::int16_t>{0});
  CHECK(runs_on("[{open_day: last}, {day: 15}]").days.size() == 2);
  const model::RunsOn open_there = runs_on("{calendar: jp_bank}");
  CHECK(open_there.days.empty());
  CHECK(open_there.calendar.name == "jp_bank");
  const model::RunsOn both = runs_on("{days: [{day: 15}, open_days], calendar: {all_of: [a, b]}}");
  CHECK(both.days.size() == 2);
  CHECK(both.calendar.all_of.size() == 2);
  CHECK(runs_on("{open_day: last, calendar: jp}") ==
        runs_on("{days: {open_day: last}, calendar: jp}"));
}

TEST_CASE("a time before the hour at which days begin is refused, also over files") {
  Parsed all = parse_definitions(
      "a.yaml", "name: a\ntriggers: {t: {time: \"01:00\", calendar: jp}}\njobs: {j: {run: x}}\n");
  check_set(all);
  CHECK(told(all) == "");
  append(all, parse_definitions("b.yaml", "kind: Calendar\nname: jp\nday_starts_at: \"05:00\"\n"));
  check_set(all);
  CHECK(
      told(all) ==
      "a.yaml:2:22: triggers.t.time: \"01:00\" comes before \"05:00\", when a day of the calendar "
      "'jp' begins [calendar.bad_time]\n"
      "  write \"25:00\": hours past 24 belong to the date they are written for\n");
}

}  // namespace
}  // namespace dandori::spec
