#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "calendar/cron.h"

namespace dandori::calendar {

namespace {

CronExpr cron(std::string_view text) {
  Result<CronExpr> parsed = parse_cron(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

template <std::size_t N>
std::vector<int> values(const std::bitset<N>& bits) {
  std::vector<int> out;
  for (std::size_t i = 0; i < N; ++i) {
    if (bits[i]) out.push_back(static_cast<int>(i));
  }
  return out;
}

using Values = std::vector<int>;

/// `code: message (hint)`.
std::string error(std::string_view text) {
  const Result<CronExpr> parsed = parse_cron(text);
  if (parsed) return "no error";
  const Error& e = parsed.error();
  return e.code + ": " + e.message + (e.hint.empty() ? "" : " (" + e.hint + ")");
}

}  // namespace

TEST_CASE("a field holds a value, a list, a range, a step, or everything") {
  const CronExpr all = cron("* * * * *");
  CHECK(all.minutes.all());
  CHECK(all.hours.all());
  CHECK(values(all.days_of_month).size() == 31);
  CHECK(values(all.months).size() == 12);
  CHECK(all.days_of_week.all());
  CHECK(all.any_day_of_month);
  CHECK(all.any_day_of_week);

  CHECK(values(cron("5 * * * *").minutes) == Values{5});
  CHECK(values(cron("5,10,5 * * * *").minutes) == Values{5, 10});
  CHECK(values(cron("50-53 * * * *").minutes) == Values{50, 51, 52, 53});
  CHECK(values(cron("*/15 * * * *").minutes) == Values{0, 15, 30, 45});
  CHECK(values(cron("10-40/15 * * * *").minutes) == Values{10, 25, 40});
  CHECK(values(cron("1,10-12,50-59/5 * * * *").minutes) == Values{1, 10, 11, 12, 50, 55});
  CHECK(values(cron("00 007 * * *").hours) == Values{7});
  CHECK(values(cron("*/60 */24 * * *").minutes) == Values{0});
}

TEST_CASE("a range whose end lies before its start goes round") {
  CHECK(values(cron("0 20-2 * * *").hours) == Values{0, 1, 2, 20, 21, 22, 23});
  CHECK(values(cron("0 20-4/3 * * *").hours) == Values{2, 20, 23});
  CHECK(values(cron("55-5/5 * * * *").minutes) == Values{0, 5, 55});
  CHECK(values(cron("0 0 30-2 * *").days_of_month) == Values{1, 2, 30, 31});
  CHECK(values(cron("0 0 1 nov-feb *").months) == Values{1, 2, 11, 12});
  CHECK(values(cron("0 0 * * fri-mon").days_of_week) == Values{0, 1, 5, 6});
  CHECK(values(cron("0 0 * * fri-mon/2").days_of_week) == Values{0, 5});
}

TEST_CASE("Sunday is 0 and 7, and names may stand for months and weekdays in any case") {
  CHECK(values(cron("0 0 * * 7").days_of_week) == Values{0});
  CHECK(values(cron("0 0 * * 5-7").days_of_week) == Values{0, 5, 6});
  CHECK(values(cron("0 0 * * 7-2").days_of_week) == Values{0, 1, 2});
  CHECK(values(cron("0 0 * * 0-7").days_of_week) == Values{0, 1, 2, 3, 4, 5, 6});
  CHECK(values(cron("0 0 * * 0-7/2").days_of_week) == Values{0, 2, 4, 6});
  CHECK(values(cron("0 0 * * 7-0").days_of_week) == Values{0});
  CHECK(values(cron("0 0 * * mon,WED,Fri").days_of_week) == Values{1, 3, 5});
  CHECK(values(cron("0 0 1 JAN-mar,Dec *").months) == Values{1, 2, 3, 12});
}

TEST_CASE("a day field that starts with a star is unrestricted") {
  CHECK(cron("0 0 */2 * 1").any_day_of_month);
  CHECK(cron("0 0 *,5 * 1").any_day_of_month);
  CHECK_FALSE(cron("0 0 1-31 * 1").any_day_of_month);
  CHECK(cron("0 0 1 * */2").any_day_of_week);
  CHECK_FALSE(cron("0 0 1 * 0-6").any_day_of_week);
}

TEST_CASE("the short names are what crontab(5) says") {
  const auto same = [](std::string_view macro, std::string_view fields) {
    CronExpr expected = cron(fields);
    expected.text = macro;
    CHECK(cron(macro) == expected);
  };
  same("@hourly", "0 * * * *");
  same("@daily", "0 0 * * *");
  same("@midnight", "0 0 * * *");
  same("@weekly", "0 0 * * 0");
  same("@monthly", "0 0 1 * *");
  same("@yearly", "0 0 1 1 *");
  same("@annually", "0 0 1 1 *");
  CHECK(cron("@Daily").hours == cron("@daily").hours);
}

TEST_CASE("blanks around and between the fields do not matter") {
  CHECK(cron("  0\t2  * * *\n").text == "0\t2  * * *");
  CHECK(values(cron("  0\t2  * * *\n").hours) == Values{2});
}

TEST_CASE("every mistake names the field and the column") {
  CHECK(error("") ==
        "cron.syntax: the cron expression is empty (the form is: minute hour day-of-month month "
        "day-of-week)");
  CHECK(error("0 2 * *") ==
        "cron.syntax: 4 of 5 fields: day of week is missing (the form is: minute hour "
        "day-of-month month day-of-week)");
  CHECK(error("0 0 2 * * *") ==
        "cron.syntax: column 11: '*' comes after the last of 5 fields (the form is: minute hour "
        "day-of-month month day-of-week; there are no seconds, no years, and no command)");
  CHECK(error("60 2 * * *") == "cron.range: minute '60', column 1: 60 is outside 0-59");
  CHECK(error("0 2,24 * * *") == "cron.range: hour '2,24', column 5: 24 is outside 0-23");
  CHECK(error("0 0 0 * *") == "cron.range: day of month '0', column 5: 0 is outside 1-31");
  CHECK(error("0 0 1 13 *") == "cron.range: month '13', column 7: 13 is outside 1-12");
  CHECK(error("0 0 * * 8") == "cron.range: day of week '8', column 9: 8 is outside 0-7");
  CHECK(error("99999999999999999999 0 * * *") ==
        "cron.range: minute '99999999999999999999', column 1: 9999 is outside 0-59");
  CHECK(error("0 x * * *") ==
        "cron.syntax: hour 'x', column 3: 'x' is no value here (hours are numbers 0-23)");
  CHECK(error("0 0 * * monday") ==
        "cron.syntax: day of week 'monday', column 9: 'monday' is no value here (write 'mon')");
  CHECK(error("0 0 * foo *") ==
        "cron.syntax: month 'foo', column 7: 'foo' is no value here (names are jan feb mar apr "
        "may jun jul aug sep oct nov dec)");
  CHECK(error("0 0 L * *") ==
        "cron.syntax: day of month 'L', column 5: 'L' is no value here (L and W do not exist in "
        "five-field cron)");
  CHECK(error("0 0 ? * *") ==
        "cron.syntax: day of month '?', column 5: '?' is not expected here (write '*' instead of "
        "'?')");
  CHECK(error("0 0 * * 5#2") ==
        "cron.syntax: day of week '5#2', column 10: '#' is not expected here ('#' does not exist "
        "in five-field cron)");
  CHECK(error("5/15 * * * *") ==
        "cron.syntax: minute '5/15', column 1: a step needs a range or '*' before it (write "
        "'5-59/…' for every … from there on)");
  CHECK(error("*/0 * * * *") ==
        "cron.range: minute '*/0', column 3: a step of 0 never gets anywhere");
  CHECK(error("*/61 * * * *") ==
        "cron.range: minute '*/61', column 3: step 61 is longer than the field (60 values)");
  CHECK(error("1, * * * *") == "cron.syntax: minute '1,', column 3: a value is missing");
  CHECK(error("1- * * * *") == "cron.syntax: minute '1-', column 3: a value is missing");
  CHECK(error("*/ * * * *") == "cron.syntax: minute '*/', column 3: a step is missing");
  CHECK(error("0 ２ * * *") ==
        "cron.syntax: hour '２', column 3: '２' is not expected here (allowed are numbers, names, "
        "'*', and '-' ',' '/' between them)");
  CHECK(error("@reboot") ==
        "cron.syntax: '@reboot' is not known (known are @hourly @daily @midnight @weekly @monthly "
        "@yearly @annually)");
  CHECK(error(std::string(2000, '*')) ==
        "cron.syntax: the cron expression has 2000 bytes; at most 1024 may be");
}

TEST_CASE("an expression without any date is refused") {
  CHECK(error("0 0 31 2 *") ==
        "cron.never: '0 0 31 2 *' never fires: day of month '31' does not exist in month '2' "
        "(choose days that the months have)");
  CHECK(error("0 0 30,31 feb *").starts_with("cron.never"));
  CHECK(error("0 0 31 4,6,9,11 *").starts_with("cron.never"));
  CHECK(error("0 0 31 2 */2").starts_with("cron.never"));
  CHECK(error("0 0 31 2 1") == "no error");  // every Monday of February
  CHECK(error("0 0 29 2 *") == "no error");
  CHECK(error("0 0 31 4,5 *") == "no error");
}

}  // namespace dandori::calendar
