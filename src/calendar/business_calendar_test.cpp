#include "calendar/business_calendar.h"

#include <doctest/doctest.h>

#include "calendar/bank_test.h"

namespace dandori::calendar {

namespace {

/// The n-th open day of the calendar's month that is called so; n < 0 counts from its end.
Day nth_open(const BusinessCalendar& calendar, int year, int month, int nth) {
  const CalendarMonth span = calendar.months().labelled(year, month);
  const std::int32_t index = nth > 0 ? calendar.open_before(span.first) + nth - 1
                                     : calendar.open_before(span.last + 1) + nth;
  return calendar.open_at(index).value();
}

}  // namespace

TEST_CASE("[CAL-01] open days 2026-04-28…05-08") {
  const auto jpbank = table_of(bank());
  // 28 O, 29 C, 30 O, 05-01 O, 02–06 C, 07 O, 08 O
  CHECK(letters(*jpbank, "2026-04-28", "2026-05-08") == "OCOOCCCCCOO");
}

TEST_CASE("[CAL-01] 2026-09-17…25") {
  // 17 O, 18 O, 19–23 C, 24 O, 25 O
  CHECK(letters(*table_of(bank()), "2026-09-17", "2026-09-25") == "OOCCCCCOO");
}

TEST_CASE("[CAL-05] n-th open day of May 2026: 1…5; last three") {
  const auto jpbank = table_of(bank());
  const std::vector<std::string> first{"2026-05-01", "2026-05-07", "2026-05-08", "2026-05-11",
                                       "2026-05-12"};
  for (int n = 1; n <= 5; ++n)
    CHECK(format_day(nth_open(*jpbank, 2026, 5, n)) == first[static_cast<std::size_t>(n) - 1]);
  const std::vector<std::string> last{"2026-05-29", "2026-05-28", "2026-05-27"};
  for (int n = 1; n <= 3; ++n)
    CHECK(format_day(nth_open(*jpbank, 2026, 5, -n)) == last[static_cast<std::size_t>(n) - 1]);
}

TEST_CASE("[CAL-06] month_starts_on 21, month containing 2026-04-21") {
  model::Calendar by_21 = bank();
  by_21.month_starts_on.number = 21;
  const auto calendar = table_of(by_21);
  const CalendarMonth month = calendar->months().of(day("2026-04-21"));
  CHECK(format_day(month.first) == "2026-04-21");
  CHECK(format_day(month.last) == "2026-05-20");
  CHECK(format_day(calendar->open_at(calendar->open_before(month.first) + 2).value()) ==
        "2026-04-23");
}

TEST_CASE("[CAL-06] the label rule names a month after its start or its end") {
  model::Calendar by_21 = bank();
  by_21.month_starts_on.number = 21;
  CHECK(format_day(table_of(by_21)->months().labelled(2026, 5).first) == "2026-05-21");
  by_21.label = model::MonthLabel::end;
  CHECK(format_day(table_of(by_21)->months().labelled(2026, 5).first) == "2026-04-21");
}

TEST_CASE("months follow each other without a gap, whatever they start on") {
  using Form = model::MonthStart::Form;
  const std::vector<model::MonthStart> starts{
      {Form::day, 1, {}},         {Form::day, 28, {}},   {Form::weekday, 0, {1, 1}},
      {Form::weekday, 0, {5, 0}}, {Form::last, -27, {}}, {Form::last, 0, {}},
      {Form::last, 1, {}},        {Form::last, 28, {}}};
  for (const model::MonthStart& start : starts) {
    for (const model::MonthLabel label : {model::MonthLabel::start, model::MonthLabel::end}) {
      const CalendarMonths months{start, label};
      CalendarMonth before = months.of(day("2023-12-31"));
      for (int i = 0; i < 60; ++i) {
        const CalendarMonth next = months.of(before.last + 1);
        CAPTURE(format_day(next.first));
        CHECK(next.first == before.last + 1);
        CHECK(next.year * 12 + next.month == before.year * 12 + before.month + 1);
        CHECK(months.labelled(next.year, next.month) == next);
        before = next;
      }
    }
  }
}

TEST_CASE("[CAL-06] day_starts_at 08:00: business date of 05-02 01:00 / 07:59 / 08:00") {
  model::Calendar late = bank();
  late.day_starts_at_s = 8 * 3600;
  const auto calendar = table_of(late);
  const auto date_at = [&](int hour, int minute) {
    const std::int64_t midnight = std::int64_t{day("2026-05-02").days} * 86'400;
    return format_day(calendar->business_date({midnight + hour * 3600 + minute * 60}));
  };
  CHECK(date_at(1, 0) == "2026-05-01");
  CHECK(date_at(7, 59) == "2026-05-01");
  CHECK(date_at(8, 0) == "2026-05-02");
}

TEST_CASE("the first own rule that matches decides, then extends, then the day is open") {
  model::Calendar sales{.name = "sales",
                        .extends = {.name = "jpbank"},
                        .rules = {opened({.dates = {{day("2026-05-03"), day("2026-05-03")}}}),
                                  closed({.dates = {{day("2026-05-03"), day("2026-05-08")}}})}};
  const Calendars all = calendars_of({bank(), sales});
  const auto calendar = *all.find({.name = "sales"});
  CHECK(letters(*calendar, "2026-05-02", "2026-05-11") == "COCCCCCCCO");
  CHECK(all.reason({.name = "sales"}, day("2026-05-03")).rule == 0);
  CHECK(all.reason({.name = "sales"}, day("2026-05-08")).rule == 1);
  const DayReason inherited = all.reason({.name = "sales"}, day("2026-09-22"));
  CHECK(inherited.calendar == "jpbank");
  CHECK(inherited.title == "国民の休日");
  CHECK_FALSE(inherited.open);
  CHECK(all.reason({.name = "sales"}, day("2026-05-11")).rule == DayReason::kNoRule);
}

TEST_CASE("[CAL-02] calendars combine with all_of, any_of, none_of and minus") {
  model::Calendar shop{.name = "shop", .rules = {closed({.weekdays = 0b000'0100})}};  // Tuesday
  model::Calendar stock{.name = "stock",
                        .rules = {opened({.weekdays = 0b000'0010}), closed({})}};  // Monday only
  const Calendars all = calendars_of({bank(), shop, stock});
  const auto week = [&](const model::CalendarRef& ref) {
    return letters(**all.find(ref), "2026-06-07", "2026-06-13");  // Sunday…Saturday
  };
  CHECK(week({.name = "jpbank"}) == "COOOOOC");
  CHECK(week({.all_of = {{.name = "jpbank"}, {.name = "shop"}}}) == "COCOOOC");
  CHECK(week({.any_of = {{.name = "jpbank"}, {.name = "stock"}}}) == "COOOOOC");
  CHECK(week({.all_of = {{.name = "shop"}}, .none_of = {{.name = "stock"}}}) == "OCCOOOO");
  CHECK(week({.minus = {{.name = "jpbank"}, {.name = "stock"}, {.name = "shop"}}}) == "CCOCCCC");
  CHECK(week({.any_of = {{.name = "stock"}, {.minus = {{.name = "shop"}, {.name = "jpbank"}}}}}) ==
        "OOCCCCO");
}

TEST_CASE("a rule may follow another calendar") {
  model::Calendar head{.name = "head", .rules = {closed({.weekdays = 0b000'1000})}};  // Wednesday
  model::Calendar branch{.name = "branch", .rules = {closed({.calendar = "head"})}};
  const auto calendar = *calendars_of({head, branch}).find({.name = "branch"});
  CHECK(letters(*calendar, "2026-06-07", "2026-06-13") == "OOOCOOO");
}

TEST_CASE("a change takes effect from a date; earlier days stay as they were") {
  model::Calendar before{.name = "shop", .rules = {closed({.weekdays = 0b000'0100})}};
  model::Calendar after{.name = "shop",
                        .effective_from = day("2026-06-10"),
                        .rules = {closed({.weekdays = 0b001'0000})}};
  const auto calendar = *calendars_of({before, after}).find({.name = "shop"});
  CHECK(letters(*calendar, "2026-06-07", "2026-06-13") == "OOCOCOO");
  CHECK(letters(*calendar, "2026-06-14", "2026-06-20") == "OOOOCOO");
}

TEST_CASE("days outside the validity of a calendar are closed and say so") {
  model::Calendar limited{.name = "fair", .valid = DayRange{day("2026-06-08"), day("2026-06-10")}};
  const Calendars all = calendars_of({limited});
  CHECK(letters(**all.find({.name = "fair"}), "2026-06-07", "2026-06-13") == "COOOCCC");
  CHECK(all.reason({.name = "fair"}, day("2026-06-11")).rule == DayReason::kNotValid);
}

TEST_CASE("a calendar that rests on itself is told with its chain, and closes nothing by it") {
  const Calendars all = Calendars::make(
      {{.name = "a", .extends = {.name = "b"}},
       {.name = "b", .extends = {.name = "a"}, .rules = {closed({.weekdays = kWeekend})}}});
  REQUIRE(all.problems().size() == 1);
  CHECK(all.problems()[0].code == "calendar.cycle");
  CHECK(all.problems()[0].message == "calendar 'a' rests on itself: a → b → a");
  CHECK((*all.find({.name = "b"}))->is_open(day("2026-06-08")));
}

TEST_CASE("an unknown calendar or set of holidays is told with the nearest one") {
  const Calendars all = Calendars::make({bank(),
                                         {.name = "x", .extends = {.name = "jpbnak"}},
                                         {.name = "y", .rules = {closed({.holidays = "japn"})}}});
  REQUIRE(all.problems().size() == 2);
  CHECK(all.problems()[0].message ==
        "calendar 'x' rests on 'jpbnak', and there is no such calendar");
  CHECK(all.problems()[0].hint == "did you mean 'jpbank'?");
  CHECK(all.problems()[1].code == "calendar.unknown_holidays");
  CHECK(all.find({.name = "jpbnak"}).error().code == "calendar.unknown");
}

TEST_CASE("tables that did not change are taken over") {
  model::Calendar shop{.name = "shop", .rules = {closed({.calendar = "jpbank"})}};
  model::Calendar other{.name = "other"};
  const Calendars before = calendars_of({bank(), shop, other});
  other.rules = {closed({.weekdays = kWeekend})};
  const Calendars after = Calendars::make({bank(), shop, other}, &before);
  CHECK(after.find({.name = "shop"}) == before.find({.name = "shop"}));
  CHECK(after.find({.name = "other"}) != before.find({.name = "other"}));
}

TEST_CASE("open days are counted over the whole span") {
  const auto jpbank = table_of(bank());
  std::int32_t open = 0;
  for (Day at = kCalendarDays.first; at <= kCalendarDays.last; at = at + 1) {
    if (jpbank->open_before(at) != open) FAIL(format_day(at));
    if (!jpbank->is_open(at)) continue;
    if (jpbank->open_at(open) != at) FAIL(format_day(at));
    ++open;
  }
  CHECK(jpbank->open_before(kCalendarDays.last + 1) == open);
  CHECK_FALSE(jpbank->open_at(open).has_value());
  CHECK_FALSE(jpbank->is_open(kCalendarDays.last + 1));
  CHECK_FALSE(jpbank->previous_open(kCalendarDays.first - 1).has_value());
}

TEST_CASE("Japan's holidays are verified up to a day, and what rests on them as well") {
  const Calendars all =
      calendars_of({bank(), {.name = "shop", .extends = {.name = "jpbank"}}, {.name = "plain"}});
  CHECK(format_day(all.verified_until({.name = "shop"})) == "2027-12-31");
  CHECK(all.verified_until({.name = "plain"}) == kCalendarDays.last);
}

}  // namespace dandori::calendar
