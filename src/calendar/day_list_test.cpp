#include "calendar/day_list.h"

#include "calendar/bank_test.h"

namespace dandori::calendar {

TEST_CASE("a list of days names each day's state and the rule behind it [CAL-10]") {
  const Json list =
      day_list(calendars_of({bank()}), "jpbank", {day("2026-05-01"), day("2026-05-06")}).value();
  CHECK(list.text_or("calendar", "") == "jpbank");
  CHECK(list.text_or("verified_until", "") == "2027-12-31");
  CHECK(write_json(list["items"].items()[0]) ==
        R"({"date":"2026-05-01","weekday":"fri","open":true,)"
        R"("reason":{"open":true,"rule":"none","calendar":"jpbank"},)"
        R"("month":{"year":2026,"month":5,"first":"2026-05-01","last":"2026-05-31"}})");
  CHECK(write_json(list["items"].items()[5]["reason"]) ==
        R"j({"open":false,"rule":1,"calendar":"jpbank","form":"holidays",)j"
        R"j("title":"振替休日 (憲法記念日)",)j"
        R"j("title_en":"Holiday in lieu of Constitution Memorial Day"})j");
}

TEST_CASE("a calendar without a table of holidays is announced for all days") {
  const DayRange one{day("2026-05-01"), day("2026-05-01")};
  const Calendars calendars = calendars_of({{.name = "all"}});
  CHECK(day_list(calendars, "all", one).value()["verified_until"].is_null());
  CHECK(day_list(calendars, "none", one).error().code == "calendar.unknown");
}

TEST_CASE("days that are asked for are in order, known and not too many") {
  const auto code = [](std::string_view first, std::string_view last) {
    const auto checked = check_day_range({day(first), day(last)});
    return checked ? std::string{} : checked.error().message;
  };
  CHECK(code("2026-01-01", "2026-01-01").empty());
  CHECK(code("2026-01-02", "2026-01-01") ==
        "2026-01-02 to 2026-01-01: the end lies before the begin");
  CHECK(code("2100-12-31", "2101-01-01") ==
        "2100-12-31 to 2101-01-01: calendars know the days 1970-01-01 to 2100-12-31");
  CHECK(code("2000-01-01", "2020-01-01") == "2000-01-01 to 2020-01-01: more than 800 days");
}

}  // namespace dandori::calendar
