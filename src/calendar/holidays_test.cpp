#include "calendar/holidays.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace dandori;
using namespace dandori::calendar;

namespace {

std::string japan(int year, int month, int day) {
  return std::string{holiday_on(*find_holidays("japan"), make_day(year, month, day)).japanese};
}

}  // namespace

TEST_CASE("the substitute of Sunday 2026-05-03 is Wednesday 05-06, behind two holidays [CAL-10]") {
  CHECK(weekday(make_day(2026, 5, 3)) == 0);
  CHECK(japan(2026, 5, 3) == "憲法記念日");
  CHECK(japan(2026, 5, 4) == "みどりの日");
  CHECK(japan(2026, 5, 5) == "こどもの日");
  CHECK(japan(2026, 5, 6) == "振替休日 (憲法記念日)");
  CHECK(japan(2026, 5, 7).empty());
}

TEST_CASE("2026-09-22 is a holiday because the days beside it are [CAL-10]") {
  CHECK(japan(2026, 9, 21) == "敬老の日");
  CHECK(japan(2026, 9, 22) == "国民の休日");
  CHECK(japan(2026, 9, 23) == "秋分の日");
}

TEST_CASE("holidays of 2019 to 2021 lie where acts of their own put them [CAL-10]") {
  const std::vector<std::string> ten_days = {
      japan(2019, 4, 29), japan(2019, 4, 30), japan(2019, 5, 1), japan(2019, 5, 2),
      japan(2019, 5, 3),  japan(2019, 5, 4),  japan(2019, 5, 5), japan(2019, 5, 6)};
  CHECK(ten_days == std::vector<std::string>{"昭和の日", "国民の休日", "即位の日", "国民の休日",
                                             "憲法記念日", "みどりの日", "こどもの日",
                                             "振替休日 (こどもの日)"});
  CHECK(japan(2019, 2, 23).empty());  // no birthday of an emperor in 2019
  CHECK(japan(2019, 12, 23).empty());
  CHECK(japan(2019, 10, 22) == "即位礼正殿の儀");

  CHECK(japan(2020, 7, 20).empty());
  CHECK(japan(2020, 7, 23) == "海の日");
  CHECK(japan(2020, 7, 24) == "スポーツの日");
  CHECK(japan(2020, 8, 10) == "山の日");
  CHECK(japan(2020, 10, 12).empty());
  CHECK(japan(2021, 7, 22) == "海の日");
  CHECK(japan(2021, 7, 23) == "スポーツの日");
  CHECK(japan(2021, 8, 8) == "山の日");
  CHECK(japan(2021, 8, 9) == "振替休日 (山の日)");
}

TEST_CASE("a holiday has a name in both languages") {
  const HolidaySet& set = *find_holidays("japan");
  int found = 0;
  for (Day day = set.first; day <= set.last; day = day + 1) {
    const HolidayName name = holiday_on(set, day);
    CHECK(name.japanese.empty() == name.english.empty());
    found += name.japanese.empty() ? 0 : 1;
  }
  CHECK(found == 1329);
  CHECK(holiday_on(set, make_day(2026, 5, 6)).english ==
        "Holiday in lieu of Constitution Memorial Day");
}

TEST_CASE("outside the table there are no holidays, and there is no other set") {
  const HolidaySet& set = *find_holidays("japan");
  CHECK(format_day(set.first) == "1970-01-01");
  CHECK(format_day(set.last) == "2050-12-31");
  CHECK(format_day(set.verified_until) == "2027-12-31");
  CHECK(holiday_on(set, make_day(1969, 11, 3)).japanese.empty());
  CHECK(holiday_on(set, make_day(2051, 1, 1)).japanese.empty());
  CHECK(find_holidays("Japan") == nullptr);
  CHECK(find_holidays("") == nullptr);
  CHECK(holiday_set_names() == "japan");
}
