#include "calendar/plan_diff.h"

#include <fmt/core.h>

#include "calendar/bank_test.h"

namespace dandori::calendar {

namespace {

using model::ClosedDay;
using model::DayForm;
using Lines = std::vector<std::string>;

/// Workflows on a bank's calendar, before and after a change.
class Side {
 public:
  explicit Side(model::Calendar definition) : calendars_{calendars_of({std::move(definition)})} {}

  Side& add(std::string workflow, model::Trigger trigger) {
    auto made = Schedule::make(trigger, {TimeZone::load, "Asia/Tokyo", &calendars_}, workflow);
    if (!made) FAIL(made.error().message);
    schedules.push_back({std::move(workflow), trigger.id, std::move(*made)});
    return *this;
  }
  std::vector<NamedSchedule> schedules;

 private:
  Calendars calendars_;
};

model::Trigger daily(ClosedDay closed_day) {
  model::Trigger trigger;
  trigger.id = "nightly";
  trigger.times = {20 * 3600};
  trigger.calendar.name = "jpbank";
  trigger.on_closed_day = closed_day;
  return trigger;
}

model::Trigger on_day(std::int16_t number, ClosedDay closed_day) {
  model::Trigger trigger = daily(closed_day);
  trigger.days = {{.form = DayForm::day, .numbers = {number}}};
  return trigger;
}

/// The bank closes on one more day, before everything else.
model::Calendar bank_with(bool open, std::string_view extra) {
  model::Calendar calendar = bank();
  calendar.rules.insert(calendar.rules.begin(),
                        {.open = open, .days = {.dates = {{day(extra), day(extra)}}}});
  return calendar;
}

PlanDiff diff(const Side& before, const Side& after, std::string_view from, std::string_view to) {
  return plan_diff(before.schedules, after.schedules,
                   *parse_rfc3339(fmt::format("{}T00:00:00+09:00", from)),
                   *parse_rfc3339(fmt::format("{}T00:00:00+09:00", to)));
}

/// `moved pay 2026-06-25: 06-25 → 06-24`.
Lines lines(const PlanDiff& changes) {
  Lines out;
  const Json json = to_json(changes, SIZE_MAX);
  for (const Json& item : json["items"].items()) {
    const auto side = [&](std::string_view key) {
      const std::string_view local = item[key].text_or("local", "");
      return local.empty() ? std::string{"–"} : std::string{local.substr(5, 5)};
    };
    std::string line =
        fmt::format("{} {} {}: {} → {}", item.text_or("change", ""), item.text_or("workflow", ""),
                    item.text_or("origin", "").substr(0, 10), side("before"), side("after"));
    if (const auto reason = item.text_or("reason", ""); !reason.empty()) {
      line += fmt::format(" ({})", reason);
    }
    out.push_back(line);
  }
  return out;
}

}  // namespace

TEST_CASE("a day that closes takes away its starts and moves what shifts [CAL-03]") {
  const auto on = [](model::Calendar calendar) {
    return Side{std::move(calendar)}
        .add("close", daily(ClosedDay::skip))
        .add("pay", on_day(25, ClosedDay::previous));
  };
  const PlanDiff changes =
      diff(on(bank()), on(bank_with(false, "2026-06-25")), "2026-06-01", "2027-06-01");
  CHECK(lines(changes) == Lines{"moved pay 2026-06-25: 06-25 → 06-24",
                                "removed close 2026-06-25: 06-25 → – (closed_day)"});
  CHECK(changes.added == 0);
  CHECK(changes.removed == 1);
  CHECK(changes.moved == 1);
}

TEST_CASE("a day that opens adds its starts; what was dropped says why") {
  const auto on = [](model::Calendar calendar) {
    return Side{std::move(calendar)}.add("close", daily(ClosedDay::skip));
  };
  CHECK(lines(diff(on(bank()), on(bank_with(true, "2026-05-04")), "2026-04-01", "2027-04-01")) ==
        Lines{"added close 2026-05-04: – → 05-04 (closed_day)"});
}

TEST_CASE("nothing differs where nothing has changed, and workflows come and go whole") {
  const auto one = [] { return Side{bank()}.add("close", daily(ClosedDay::skip)); };
  CHECK(diff(one(), one(), "2026-01-01", "2027-02-05").changes.empty());
  const Side none{bank()};
  CHECK(diff(none, one(), "2026-05-07", "2026-05-09").added == 2);
  CHECK(diff(one(), none, "2026-05-07", "2026-05-09").removed == 2);
  CHECK(diff(one(), none, "2026-05-07", "2026-05-07").changes.empty());
}

TEST_CASE("a start that moves over the end of the window is a move, not half of one") {
  const auto on = [](model::Calendar calendar) {
    return Side{std::move(calendar)}.add("pay", on_day(30, ClosedDay::next));
  };
  const Side before = on(bank()), after = on(bank_with(false, "2026-06-30"));
  const Lines moved{"moved pay 2026-06-30: 06-30 → 07-01"};
  CHECK(lines(diff(before, after, "2026-06-01", "2026-07-01")) == moved);
  CHECK(lines(diff(before, after, "2026-07-01", "2026-08-01")) == moved);
  CHECK(lines(diff(before, after, "2026-07-02", "2026-08-01")).empty());
}

TEST_CASE("a change takes effect from its date; earlier starts stay") {
  model::Calendar weekdays_only = bank();
  weekdays_only.effective_from = day("2026-07-01");
  weekdays_only.rules = {closed({.weekdays = kWeekend})};
  const Calendars calendars = calendars_of({bank(), weekdays_only});
  const auto made =
      Schedule::make(daily(ClosedDay::skip), {TimeZone::load, "Asia/Tokyo", &calendars}, "close");
  REQUIRE(made.has_value());
  const std::vector<NamedSchedule> after{{"close", "nightly", *made}};
  const Side before = Side{bank()}.add("close", daily(ClosedDay::skip));
  const PlanDiff changes =
      plan_diff(before.schedules, after, *parse_rfc3339("2026-04-01T00:00:00Z"),
                *parse_rfc3339("2026-08-31T00:00:00Z"));
  CHECK(lines(changes) == Lines{"added close 2026-07-20: – → 07-20 (closed_day)",
                                "added close 2026-08-11: – → 08-11 (closed_day)"});
}

TEST_CASE("a workflow that another one excludes is seen on both sides") {
  model::Trigger shy = daily(ClosedDay::skip);
  shy.exclude.workflows = {"month_end"};
  model::Trigger month_end = daily(ClosedDay::previous);
  month_end.days = {{.form = DayForm::day, .numbers = {0}}};
  const auto on = [&](model::Calendar calendar) {
    return Side{std::move(calendar)}.add("close", shy).add("month_end", month_end);
  };
  CHECK(lines(diff(on(bank()), on(bank_with(false, "2026-06-30")), "2026-06-01", "2026-07-15")) ==
        Lines{"removed close 2026-06-29: 06-29 → – (excluded_workflow)",
              "moved month_end 2026-06-30: 06-30 → 06-29"});
}

TEST_CASE("a list that is cut says so, and counts all") {
  const Side none{bank()};
  const Side one = Side{bank()}.add("close", daily(ClosedDay::skip));
  const Json json = to_json(diff(none, one, "2026-05-07", "2026-05-16"), 2);
  CHECK(json["items"].size() == 2);
  CHECK(json.bool_or("truncated", false));
  CHECK(json.integer_or("added", 0) == 7);
  CHECK(write_json(json["items"].items()[0]) ==
        R"({"change":"added","workflow":"close","trigger":"nightly",)"
        R"("origin":"2026-05-07T20:00:00","timezone":"Asia/Tokyo","before":null,)"
        R"("after":{"at":"2026-05-07T11:00:00Z","local":"2026-05-07T20:00:00+09:00",)"
        R"("business_date":"2026-05-07"}})");
}

}  // namespace dandori::calendar
