#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "calendar/clock_expr.h"

namespace dandori::calendar {

namespace {

using Texts = std::vector<std::string>;

ClockExpr event_cron(std::string_view text) {
  Result<ClockExpr> parsed = parse_event_cron(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

ClockExpr on_calendar(std::string_view text) {
  Result<ClockExpr> parsed = parse_on_calendar(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

/// The days that match, from the first of `from` on, at most `count`.
Texts days(const ClockExpr& expr, std::string_view from, std::size_t count) {
  Texts out;
  const Day begin = *parse_day(from);
  for (Day day = begin; out.size() < count && day < begin + 366 * 30; day = day + 1) {
    if (expr.matches(day)) out.push_back(format_day(day));
  }
  return out;
}

/// `00 15 30`.
template <std::size_t N>
std::string values(const std::bitset<N>& bits) {
  std::string out;
  for (std::size_t i = 0; i < N; ++i) {
    if (bits[i]) out += (out.empty() ? "" : " ") + std::to_string(i);
  }
  return out;
}

/// `code: message (hint)`.
template <class T>
std::string error(const Result<T>& parsed) {
  if (parsed) return "no error";
  const Error& e = parsed.error();
  return e.code + ": " + e.message + (e.hint.empty() ? "" : " (" + e.hint + ")");
}

std::string event_error(std::string_view text) {
  return error(parse_event_cron(text));
}
std::string calendar_error(std::string_view text) {
  return error(parse_on_calendar(text));
}

}  // namespace

TEST_CASE("[TRG-24] eight EventBridge forms name the days worked out by hand") {
  // May 2026 begins on a Friday and has 31 days; 31 May is a Sunday.
  const ClockExpr weekdays = event_cron("cron(0 20 ? * MON-FRI *)");
  CHECK(days(weekdays, "2026-05-01", 4) ==
        Texts{"2026-05-01", "2026-05-04", "2026-05-05", "2026-05-06"});
  CHECK(values(weekdays.hours) == "20");
  CHECK(values(weekdays.minutes) == "0");
  CHECK(values(weekdays.seconds) == "0");

  CHECK(days(event_cron("cron(0 12 L * ? *)"), "2026-01-15", 3) ==
        Texts{"2026-01-31", "2026-02-28", "2026-03-31"});
  CHECK(days(event_cron("cron(0 12 L-3 * ? *)"), "2026-01-15", 3) ==
        Texts{"2026-01-28", "2026-02-25", "2026-03-28"});
  // 15 Feb 2026 is a Sunday, 15 Aug a Saturday.
  CHECK(days(event_cron("cron(0 9 15W 2,8 ? 2026)"), "2026-01-01", 9) ==
        Texts{"2026-02-16", "2026-08-14"});
  CHECK(days(event_cron("cron(0 9 LW * ? *)"), "2026-05-01", 2) ==
        Texts{"2026-05-29", "2026-06-30"});
  CHECK(days(event_cron("cron(0 9 ? * 6#2 *)"), "2026-05-01", 3) ==
        Texts{"2026-05-08", "2026-06-12", "2026-07-10"});
  CHECK(days(event_cron("cron(0 9 ? * 6L *)"), "2026-05-01", 3) ==
        Texts{"2026-05-29", "2026-06-26", "2026-07-31"});
  CHECK(days(event_cron("cron(0/15 20-2 ? JAN,JUL 1 2026-2027/1)"), "2026-01-30", 3) ==
        Texts{"2026-07-05", "2026-07-12", "2026-07-19"});
}

TEST_CASE("[TRG-24] EventBridge's hours 20-2 go round midnight") {
  CHECK(values(event_cron("cron(0 20-2 * * ? *)").hours) == "0 1 2 20 21 22 23");
  CHECK(values(event_cron("cron(0 20-2/3 * * ? *)").hours) == "2 20 23");
  CHECK(values(event_cron("cron(50-10/10 0 * * ? *)").minutes) == "0 10 50");
  CHECK(values(event_cron("cron(0 0 ? NOV-FEB SUN *)").days.months) == "1 2 11 12");
  CHECK(values(event_cron("cron(0 0 ? * FRI-MON *)").days.days_of_week) == "0 1 5 6");
}

TEST_CASE("in EventBridge's weeks 1 is Sunday and 7 Saturday") {
  CHECK(values(event_cron("cron(0 0 ? * 1 *)").days.days_of_week) == "0");
  CHECK(values(event_cron("cron(0 0 ? * 2-6 *)").days.days_of_week) == "1 2 3 4 5");
  CHECK(values(event_cron("cron(0 0 ? * 7 *)").days.days_of_week) == "6");
  CHECK(event_cron("cron(0 0 ? * L *)") == event_cron("cron(0 0 ? * SAT *)"));
  CHECK(event_cron("cron(0 0 ? * friL *)") == event_cron("cron(0 0 ? * 6L *)"));
  CHECK(event_cron("cron(0 0 ? * fri#2 *)") == event_cron("cron(0 0 ? * 6#2 *)"));
}

TEST_CASE("an EventBridge step goes from its value to the end of the field") {
  CHECK(values(event_cron("cron(5/20 * * * ? *)").minutes) == "5 25 45");
  CHECK(values(event_cron("cron(*/20 * * * ? *)").minutes) == "0 20 40");
  CHECK(values(event_cron("cron(10-40/15 * * * ? *)").minutes) == "10 25 40");
  CHECK(days(event_cron("cron(0 0 1/10 * ? *)"), "2026-02-01", 5) ==
        Texts{"2026-02-01", "2026-02-11", "2026-02-21", "2026-03-01", "2026-03-11"});
  CHECK(days(event_cron("cron(0 0 1 1 ? 2026/4)"), "2026-01-01", 3) ==
        Texts{"2026-01-01", "2030-01-01", "2034-01-01"});
}

TEST_CASE("the nearest weekday stays in its month") {
  // 1 Aug 2026 is a Saturday, 31 Jan 2027 a Sunday; 30 Apr 2028 is a Sunday.
  CHECK(days(event_cron("cron(0 0 1W 8 ? 2026)"), "2026-01-01", 5) == Texts{"2026-08-03"});
  CHECK(days(event_cron("cron(0 0 31W 1 ? 2027)"), "2026-01-01", 5) == Texts{"2027-01-29"});
  CHECK(days(event_cron("cron(0 0 LW 4 ? 2028)"), "2026-01-01", 5) == Texts{"2028-04-28"});
  // April has no day 31: nothing is nearest to it.
  CHECK(days(event_cron("cron(0 0 31W 4-5 ? 2026)"), "2026-01-01", 5) == Texts{"2026-05-29"});
  CHECK(days(event_cron("cron(0 0 3W,15,L * ? *)"), "2026-05-01", 4) ==
        Texts{"2026-05-04", "2026-05-15", "2026-05-31", "2026-06-03"});
}

TEST_CASE("a fifth weekday is only in months that have one") {
  CHECK(days(event_cron("cron(0 0 ? * FRI#5 2026)"), "2026-01-01", 9) ==
        Texts{"2026-01-30", "2026-05-29", "2026-07-31", "2026-10-30"});
}

TEST_CASE("an EventBridge expression that cannot be read names field and column") {
  CHECK(event_error("0 20 * * ? *") ==
        "cron.syntax: '0 20 * * ? *' is not cron(…) (the form is: cron(minutes hours day-of-month "
        "month day-of-week year))");
  CHECK(event_error("cron(0 20 * * ? *") ==
        "cron.syntax: column 18: ')' is missing at the end (the form is: cron(minutes hours "
        "day-of-month month day-of-week year))");
  CHECK(event_error("cron(0 20 * * ?)") ==
        "cron.syntax: 5 of 6 fields: year is missing (the form is: cron(minutes hours day-of-month "
        "month day-of-week year))");
  CHECK(event_error("cron(0 0 20 * * ? *)") ==
        "cron.syntax: column 19: '*' comes after the last of 6 fields (the form is: cron(minutes "
        "hours day-of-month month day-of-week year); there are no seconds)");
  CHECK(event_error("cron(0 20 * * * *)") ==
        "cron.syntax: column 15: day of month '*' and day of week '*' are both given (write '?' as "
        "day of week)");
  CHECK(event_error("cron(0 20 1 * 2 *)") ==
        "cron.syntax: column 15: day of month '1' and day of week '2' are both given (one of them "
        "must be '?'; for days that match either, make two triggers)");
  CHECK(event_error("cron(0 20 ? * ? *)") ==
        "cron.syntax: column 15: day of month and day of week are both '?' (write '*' instead of "
        "one of them)");
  CHECK(event_error("cron(? 20 * * ? *)") ==
        "cron.syntax: minute '?', column 6: '?' is not expected here ('?' is for the two day "
        "fields)");
  CHECK(event_error("cron(0 24 * * ? *)") == "cron.range: hour '24', column 8: 24 is outside 0-23");
  CHECK(event_error("cron(0 20 ? * 0 *)") ==
        "cron.range: day of week '0', column 15: 0 is outside 1-7 (1 is Sunday, 7 is Saturday; or "
        "write names)");
  CHECK(event_error("cron(0 20 ? * 6#6 *)") ==
        "cron.range: day of week '6#6', column 17: 6 is outside 1-5");
  CHECK(event_error("cron(0 20 L-31 * ? *)") ==
        "cron.range: day of month 'L-31', column 13: 31 is outside 0-30");
  CHECK(event_error("cron(0/0 20 * * ? *)") ==
        "cron.range: minute '0/0', column 8: a step of 0 never gets anywhere");
  CHECK(event_error("cron(0 20 * * ? 1969)") ==
        "cron.range: year '1969', column 17: 1969 is outside 1970-2199");
  CHECK(event_error("cron(0 20 * * ? 2030-2026)") ==
        "cron.range: year '2030-2026', column 17: 2030 comes after 2026 (years do not go round)");
  CHECK(event_error("cron(0 20 * monday ? *)") ==
        "cron.syntax: month 'monday', column 13: 'monday' is no value here (names are jan feb mar "
        "apr may jun jul aug sep oct nov dec)");
  CHECK(event_error("cron(0 0 31 2 ? *)") ==
        "cron.never: 'cron(0 0 31 2 ? *)' never fires: no day of its months and years matches "
        "(choose days that the months have)");
  CHECK(event_error("cron(0 0 29 2 ? 2026)").starts_with("cron.never: "));
}

TEST_CASE("OnCalendar names weekdays, dates and times as systemd.time(7) does") {
  const ClockExpr evening = on_calendar("Mon..Fri,Sun *-*-* 20:00");
  CHECK(values(evening.days.days_of_week) == "0 1 2 3 4 5");
  CHECK(values(evening.hours) == "20");
  CHECK(days(evening, "2026-05-01", 3) == Texts{"2026-05-01", "2026-05-03", "2026-05-04"});

  CHECK(days(on_calendar("Thu,Fri 2026-*-1,5 11:12:13"), "2026-01-01", 9) ==
        Texts{"2026-01-01", "2026-02-05", "2026-03-05", "2026-05-01", "2026-06-05", "2026-10-01",
              "2026-11-05"});
  CHECK(days(on_calendar("2027..2029-03-05"), "2026-01-01", 9) ==
        Texts{"2027-03-05", "2028-03-05", "2029-03-05"});
  CHECK(days(on_calendar("10-15"), "2026-01-01", 2) == Texts{"2026-10-15", "2027-10-15"});
  CHECK(days(on_calendar("27-1-1"), "2026-01-01", 9) == Texts{"2027-01-01"});
  CHECK(on_calendar("Sat,Thu,Mon..Wed,Sat..Sun") ==
        on_calendar("mon-thu,saturday,Sun *-*-* 0:0:0"));
  CHECK(on_calendar("Wed, 17:48") == on_calendar("wednesday *-*-* 17:48:00"));
  CHECK(on_calendar("2026-12-31T20:00") == on_calendar("2026-12-31 20:00:00"));
}

TEST_CASE("OnCalendar's ~ counts days from the end of the month") {
  CHECK(days(on_calendar("*-02~03"), "2026-01-01", 3) ==
        Texts{"2026-02-26", "2027-02-26", "2028-02-27"});
  CHECK(days(on_calendar("*-*~1"), "2026-01-15", 3) ==
        Texts{"2026-01-31", "2026-02-28", "2026-03-31"});
  CHECK(days(on_calendar("Mon *-05~07/1"), "2026-01-01", 2) == Texts{"2026-05-25", "2027-05-31"});
  CHECK(days(on_calendar("2026-1~2..6/3"), "2026-01-01", 9) == Texts{"2026-01-27", "2026-01-30"});
  CHECK(days(on_calendar("2026-1~7/3"), "2026-01-01", 9) ==
        Texts{"2026-01-25", "2026-01-28", "2026-01-31"});
}

TEST_CASE("OnCalendar's times have lists, ranges and steps") {
  CHECK(values(on_calendar("12..14:10,20,30").hours) == "12 13 14");
  CHECK(values(on_calendar("12..14:10,20,30").minutes) == "10 20 30");
  CHECK(values(on_calendar("*:0/15").minutes) == "0 15 30 45");
  CHECK(values(on_calendar("*:2/3").minutes).starts_with("2 5 8 11"));
  CHECK(values(on_calendar("8..20/6:0").hours) == "8 14 20");
  CHECK(values(on_calendar("*:*:0/20").seconds) == "0 20 40");
  CHECK(values(on_calendar("*:7..7/3").minutes) == "7");
  CHECK(on_calendar("*:*:*").minutes.all());
  CHECK(on_calendar("*:*:*").seconds.all());
}

TEST_CASE("OnCalendar has words for what is usual, and a zone at the end") {
  CHECK(on_calendar("minutely") == on_calendar("*-*-* *:*:00"));
  CHECK(on_calendar("hourly") == on_calendar("*-*-* *:00:00"));
  CHECK(on_calendar("daily") == on_calendar("*-*-* 00:00:00"));
  CHECK(on_calendar("Weekly") == on_calendar("Mon *-*-* 00:00:00"));
  CHECK(on_calendar("monthly") == on_calendar("*-*-01 00:00:00"));
  CHECK(on_calendar("yearly") == on_calendar("*-01-01 00:00:00"));
  CHECK(on_calendar("annually") == on_calendar("yearly"));
  CHECK(on_calendar("quarterly") == on_calendar("*-01,04,07,10-01 00:00:00"));
  CHECK(on_calendar("semiannually") == on_calendar("*-01,07-01 00:00:00"));

  CHECK(on_calendar("weekly Asia/Tokyo").timezone == "Asia/Tokyo");
  CHECK(on_calendar("2027-03-05 05:40 utc").timezone == "UTC");
  CHECK(on_calendar("Mon").timezone.empty());
}

TEST_CASE("an OnCalendar expression that cannot be read names part and column") {
  CHECK(calendar_error(" ").starts_with("on_calendar.syntax: the expression is empty"));
  CHECK(calendar_error("10") ==
        "on_calendar.syntax: column 1: '10' is neither a date nor a time (the form is: [weekdays] "
        "[year-]month-day hour:minute[:second] [zone], as in 'Mon..Fri *-*-* 20:00')");
  CHECK(calendar_error("Mon *-*-* 20:00:00.5") ==
        "on_calendar.syntax: second '00.5', column 19: fractions of a second are not supported "
        "(write whole seconds)");
  CHECK(calendar_error("*:*/15") ==
        "on_calendar.syntax: minute '*/15', column 4: '/' is not expected here (write '0/…' for "
        "every … from there on)");
  CHECK(calendar_error("*-*-* 24:00") ==
        "on_calendar.range: hour '24', column 7: 24 is outside 0-23");
  CHECK(calendar_error("Mon *-13-01") ==
        "on_calendar.range: month '13', column 7: 13 is outside 1-12");
  CHECK(calendar_error("*-*~29") ==
        "on_calendar.range: day from the end of the month '29', column 5: 29 is outside 1-28");
  CHECK(
      calendar_error("*-*-5..1") ==
      "on_calendar.range: day of month '5..1', column 5: 5 comes after 1 (ranges do not go round: "
      "write two, with ',' between them)");
  CHECK(
      calendar_error("*:1/59") ==
      "on_calendar.range: minute '1/59', column 5: step 59 leads past the end: there is no second "
      "value");
  CHECK(calendar_error("Fri..Mon") ==
        "on_calendar.range: weekdays 'Fri..Mon', column 1: the range ends before it begins: weeks "
        "go from Monday to Sunday (write two ranges, with ',' between them)");
  CHECK(calendar_error("Tues 10:00") ==
        "on_calendar.syntax: weekdays 'Tues', column 1: 'Tues' is no weekday (write 'tue')");
  CHECK(calendar_error("Mon/2 10:00") ==
        "on_calendar.syntax: weekdays 'Mon/2', column 4: '/' is not expected here (allowed are "
        "names, and '..' ',' between them)");
  CHECK(
      calendar_error("daily 10:00") ==
      "on_calendar.syntax: column 7: '10:00' comes after 'daily' ('daily' stands alone, or before "
      "a zone)");
  CHECK(calendar_error("1-2-3 4:5 6") ==
        "on_calendar.syntax: column 11: '6' comes after the time (the form is: [weekdays] "
        "[year-]month-day hour:minute[:second] [zone], as in 'Mon..Fri *-*-* 20:00')");
  CHECK(
      calendar_error("2026~12-31").starts_with("on_calendar.syntax: column 5: '~' stands before"));
  CHECK(calendar_error("@1395716396").starts_with("on_calendar.syntax: column 1: seconds since"));
  CHECK(calendar_error("2200-1-1") ==
        "on_calendar.range: year '2200', column 1: 2200 is outside 1970-2199");
  CHECK(calendar_error("daily Asia/Tokio")
            .starts_with("calendar.unknown_zone: column 7: time zone 'Asia/Tokio' is not known"));
  CHECK(calendar_error("2-30") ==
        "on_calendar.never: '2-30' never fires: no day is all that it says (choose days that the "
        "months have, and weekdays that they fall on)");
  CHECK(calendar_error("Mon 2026-05-01").starts_with("on_calendar.never: "));
}

TEST_CASE("[TRG-24] a rate is a duration, or EventBridge's rate(…)") {
  CHECK(parse_rate("5m") == 5min);
  CHECK(parse_rate(" 1h30m ") == 90min);
  CHECK(parse_rate("rate(5 minutes)") == 5min);
  CHECK(parse_rate("rate(1 hour)") == 1h);
  CHECK(parse_rate("rate( 7  days )") == 7 * 24h);
  CHECK(parse_rate("rate(30 Seconds)") == 30s);
  CHECK(parse_rate("366d") == 366 * 24h);
}

TEST_CASE("a rate that cannot be read, or is too short or too long, is refused") {
  const std::string forms = " (write '5m', '1h30m' or 'rate(5 minutes)')";
  CHECK(error(parse_rate("rate(5)")) ==
        "rate.syntax: rate 'rate(5)': a number and a unit are needed" + forms);
  CHECK(error(parse_rate("rate(5 minutes")) ==
        "rate.syntax: rate 'rate(5 minutes': ')' is missing at the end" + forms);
  CHECK(error(parse_rate("rate(five minutes)")) ==
        "rate.syntax: rate 'rate(five minutes)': 'five' is no number" + forms);
  CHECK(error(parse_rate("rate(5 weeks)")) ==
        "rate.syntax: rate 'rate(5 weeks)': 'weeks' is no unit; units are seconds, minutes, hours, "
        "days" +
            forms);
  CHECK(error(parse_rate("often")).starts_with("rate.syntax: rate 'often': "));
  const std::string range = "': whole seconds are needed, from 1 second to 366 days" + forms;
  CHECK(error(parse_rate("0s")) == "rate.range: rate '0s" + range);
  CHECK(error(parse_rate("1500ms")) == "rate.range: rate '1500ms" + range);
  CHECK(error(parse_rate("367d")) == "rate.range: rate '367d" + range);
  CHECK(error(parse_rate("rate(99999999999999999999 days)")) ==
        "rate.range: rate 'rate(99999999999999999999 days)" + range);
}

}  // namespace dandori::calendar
