#include "convert/ics_read.h"

#include "convert/import_test.h"

namespace dandori::convert {

namespace {

/// An iCalendar file of these lines inside a VEVENT each.
std::string file_of(const std::vector<std::string_view>& events, std::string_view head = "") {
  std::string out = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n";
  out += head;
  for (const std::string_view event : events) {
    out += fmt::format("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", event);
  }
  return out + "END:VCALENDAR\r\n";
}

ImportedDays read(std::string_view text, std::string_view first = "2026-01-01",
                  std::string_view last = "2026-12-31") {
  return import_days("days.ics", text, std::nullopt, window(first, last));
}

Lines days_of_event(std::string_view event) {
  return lines(read(file_of({event})));
}

std::string problem_of(std::string_view event) {
  return problems(read(file_of({event}))).at(0);
}

}  // namespace

TEST_CASE("an event of whole days gives each of them, its end not included [CAL-10]") {
  CHECK(days_of_event("DTSTART;VALUE=DATE:20260503\r\nDTEND;VALUE=DATE:20260506\r\nSUMMARY:連休") ==
        Lines{"2026-05-03 連休", "2026-05-04 連休", "2026-05-05 連休"});
  CHECK(days_of_event("DTSTART;VALUE=DATE:20260506\r\nSUMMARY:振替休日") ==
        Lines{"2026-05-06 振替休日"});
  CHECK(days_of_event("DTSTART:20260506\r\nDURATION:P2D") == Lines{"2026-05-06", "2026-05-07"});
  CHECK(days_of_event("DTSTART:20260506\r\nDURATION:P1W").size() == 7);
  CHECK(days_of_event("DTSTART;VALUE=DATE:20260506\r\nDTEND;VALUE=DATE:20260506") ==
        Lines{"2026-05-06"});
}

TEST_CASE("an event of hours gives the days it touches by its own clock") {
  CHECK(days_of_event("DTSTART:20260501T220000\r\nDTEND:20260502T020000") ==
        Lines{"2026-05-01", "2026-05-02"});
  CHECK(days_of_event("DTSTART:20260501T220000\r\nDTEND:20260502T000000") == Lines{"2026-05-01"});
  CHECK(days_of_event("DTSTART;TZID=America/New_York:20260704T000000\r\nDURATION:PT24H") ==
        Lines{"2026-07-04"});
  CHECK(days_of_event("DTSTART;TZID=America/New_York:20260704T220000\r\n"
                      "DTEND;TZID=Asia/Tokyo:20260705T120000") == Lines{"2026-07-04"});
  CHECK(days_of_event("DTSTART;TZID=Tokyo Standard Time:20260501T100000") == Lines{"2026-05-01"});
}

TEST_CASE("an instant in UTC falls on the day of the zone that is asked for, else the file's") {
  const std::string_view event = "DTSTART:20260430T150000Z\r\nDTEND:20260501T150000Z";
  CHECK(days_of_event(event) == Lines{"2026-05-01"});
  const std::string named = file_of({event}, "X-WR-TIMEZONE:Europe/London\r\n");
  CHECK(lines(read(named)) == Lines{"2026-04-30", "2026-05-01"});
  ImportSettings given = window("2026-01-01", "2026-12-31");
  given.zone_given = true;
  CHECK(lines(import_days("x.ics", named, std::nullopt, given)) == Lines{"2026-05-01"});
}

TEST_CASE("rules repeat an event within the window, up to COUNT or UNTIL") {
  CHECK(days_of_event("DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:創立記念日") ==
        Lines{"2026-01-01 創立記念日"});
  CHECK(days_of_event("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=WEEKLY;BYDAY=SA,SU;COUNT=3") ==
        Lines{"2026-01-01", "2026-01-03", "2026-01-04", "2026-01-10"});
  CHECK(days_of_event(
            "DTSTART;VALUE=DATE:20260130\r\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20260401") ==
        Lines{"2026-01-30", "2026-02-27", "2026-03-27"});
  CHECK(days_of_event("DTSTART;VALUE=DATE:20260131\r\nRRULE:FREQ=MONTHLY;COUNT=3") ==
        Lines{"2026-01-31", "2026-03-31", "2026-05-31"});
  CHECK(lines(read(file_of({"DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY"}), "2024-01-01",
                   "2031-12-31")) == Lines{"2024-02-29", "2028-02-29"});
}

TEST_CASE("an UNTIL in UTC ends the event by the event's own clock") {
  const std::string begin = "DTSTART;TZID=Asia/Tokyo:20261228T090000\r\nDURATION:PT1H\r\nRRULE:";
  CHECK(days_of_event(begin + "FREQ=DAILY;UNTIL=20261231T000000Z").size() == 4);  // 09:00 there
  CHECK(days_of_event(begin + "FREQ=DAILY;UNTIL=20261230T235959Z").size() == 3);
  CHECK(days_of_event("DTSTART;VALUE=DATE:20261228\r\nRRULE:FREQ=DAILY;UNTIL=20261230T235959Z")
            .size() == 4);  // 31 December in Tokyo
}

TEST_CASE("a repeated instant in UTC goes on in UTC, and falls on local days") {
  CHECK(days_of_event("DTSTART:20260507T150000Z\r\nDURATION:PT1H\r\n"
                      "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=2") == Lines{"2026-05-08", "2026-05-15"});
}

TEST_CASE("single dates are added and taken away") {
  CHECK(days_of_event("DTSTART;VALUE=DATE:20260101\r\nRDATE;VALUE=DATE:20260301,20260501") ==
        Lines{"2026-01-01", "2026-03-01", "2026-05-01"});
  CHECK(days_of_event("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY;COUNT=4\r\n"
                      "EXDATE;VALUE=DATE:20260102\r\nEXDATE;VALUE=DATE:20260103") ==
        Lines{"2026-01-01", "2026-01-04"});
  CHECK(days_of_event("DTSTART;TZID=Asia/Tokyo:20260101T090000\r\nRRULE:FREQ=DAILY;COUNT=3\r\n"
                      "EXDATE:20260102T000000Z") == Lines{"2026-01-01", "2026-01-03"});
  CHECK(days_of_event("DTSTART:20260101T090000\r\nRRULE:FREQ=DAILY;COUNT=3\r\n"
                      "EXDATE;VALUE=DATE:20260102") == Lines{"2026-01-01", "2026-01-03"});
  CHECK(days_of_event("DTSTART:20260101T090000\r\n"
                      "RDATE;VALUE=PERIOD:20260201T090000/PT1H,20260203T090000/20260203T100000") ==
        Lines{"2026-01-01", "2026-02-01", "2026-02-03"});
  CHECK(days_of_event("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY;COUNT=8\r\n"
                      "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU") ==
        Lines{"2026-01-01", "2026-01-02", "2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"});
}

TEST_CASE("an event that stands for one repetition moves, renames or cancels it") {
  const std::string_view master =
      "UID:a\r\nDTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:休";
  CHECK(lines(read(file_of({"UID:a\r\nRECURRENCE-ID;VALUE=DATE:20260112\r\n"
                            "DTSTART;VALUE=DATE:20260113\r\nSUMMARY:移動",
                            master}))) ==
        Lines{"2026-01-05 休", "2026-01-13 移動", "2026-01-19 休"});
  CHECK(lines(read(file_of({master,
                            "UID:a\r\nRECURRENCE-ID;VALUE=DATE:20260112\r\n"
                            "DTSTART;VALUE=DATE:20260112\r\nSTATUS:CANCELLED"}))) ==
        Lines{"2026-01-05 休", "2026-01-19 休"});
  CHECK(lines(read(file_of({master, "UID:b\r\nDTSTART;VALUE=DATE:20260301\r\nSTATUS:CANCELLED"})))
            .size() == 3);
}

TEST_CASE("long lines are folded, texts escaped, other components passed over") {
  const std::string text =
      "begin:vcalendar\r\n"
      "X-WR-CALNAME:会社\\, 休日\r\n"
      "BEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nEND:STANDARD\r\n"
      "END:VTIMEZONE\r\n"
      "BEGIN:VTODO\r\nDTSTART;VALUE=DATE:20260101\r\nEND:VTODO\r\n"
      "\r\n"
      "BEGIN:VEVENT\r\n"
      "SUMMARY;LANGUAGE=\"ja;x:y\":夏季\r\n  休業\\; 第一\r\n\t日\\n終\r\n"
      "BEGIN:VALARM\r\nSUMMARY:no\r\nEND:VALARM\r\n"
      "DTSTART;VALUE=DATE:2026\r\n 0813\r\n"
      "END:VEVENT\r\nEND:VCALENDAR\r\n";
  CHECK(problems(read(text)) ==
        Lines{"1: vcalendar stands outside a VCALENDAR [import.ics] | an iCalendar file begins "
              "with BEGIN:VCALENDAR"});
  std::string capitals = text;
  capitals.replace(0, 15, "BEGIN:VCALENDAR");
  const ImportedDays days = read(capitals);
  CHECK(lines(days) == Lines{"2026-08-13 夏季 休業; 第一日 終"});
  CHECK(days.title == "会社, 休日");
}

TEST_CASE("two events on a day give both names") {
  CHECK(lines(read(file_of({"DTSTART:20260101\r\nSUMMARY:元日", "DTSTART:20260101\r\nSUMMARY:休",
                            "DTSTART:20260101"}))) == Lines{"2026-01-01 元日 / 休"});
}

TEST_CASE("a broken file is told with line, cause and remedy") {
  const auto of = [](std::string_view text) { return problems(read(text)).at(0); };
  CHECK(of("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260101\r\n") ==
        "2: the file ends inside this VEVENT [import.ics] | it was cut: get it again");
  CHECK(of("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n") ==
        "3: END:VCALENDAR ends nothing: the VEVENT of line 2 is open [import.ics] | was the file "
        "cut or edited?");
  CHECK(of("BEGIN:VEVENT\r\nEND:VEVENT\r\n") ==
        "1: VEVENT stands outside a VCALENDAR [import.ics] | an iCalendar file begins with "
        "BEGIN:VCALENDAR");
  CHECK(of("DTSTART:20260101\r\n") ==
        "1: 'DTSTART' stands outside a VCALENDAR [import.ics] | an iCalendar file begins with "
        "BEGIN:VCALENDAR");
  CHECK(of("BEGIN:VCALENDAR\r\nhello\r\nEND:VCALENDAR\r\n") ==
        "2: the line is not NAME:VALUE [import.ics] | a line that goes on begins with a space; was "
        "the file cut or edited?");
  CHECK(of("").starts_with("1: there is no BEGIN:VCALENDAR"));
  CHECK(problem_of("SUMMARY:x") ==
        "3: 'x': the event has no DTSTART [import.ics] | give it a day to begin on");
  CHECK(problem_of("DTSTART:20260230") ==
        "4: DTSTART '20260230' is not a date or time [import.ics] | write 20261231, "
        "20261231T150000 or 20261231T150000Z");
  CHECK(problem_of("DTSTART:20260102\r\nDTEND:20260101") ==
        "5: the event ends before it begins [import.ics] | mend DTEND");
  CHECK(
      problem_of("DTSTART:20260102\r\nDURATION:-P1D") ==
      "5: DURATION '-P1D' is not a span [import.ics] | write P2D, PT8H or P1W; at most ten years");
  CHECK(problem_of("UID:a\r\nDTSTART:20260102\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260102")
            .starts_with("6: an event that moves all later ones"));
}

TEST_CASE("a rule that cannot be is told with its cause") {
  const auto of = [](std::string_view rule) {
    const std::string whole =
        problem_of(fmt::format("DTSTART;VALUE=DATE:20260101\r\nRRULE:{}", rule));
    CHECK(whole.starts_with("5: "));
    CHECK(whole.contains(" [import.recurrence] | "));
    return whole.substr(3, whole.find(" [") - 3);
  };
  CHECK(of("FREQ=HOURLY") == "FREQ=HOURLY does not repeat by days");
  CHECK(of("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30") == "FREQ=SECONDLY does not repeat by days");
  CHECK(of("COUNT=3") == "the rule has no FREQ");
  CHECK(of("FREQ=DAILY;FREQ=DAILY") == "'FREQ=DAILY' is not a part of a rule, or is there twice");
  CHECK(of("FREQ=DAILY;COUNT") == "'COUNT' is not a part of a rule, or is there twice");
  CHECK(of("FREQ=DAILY;COUNT=0") == "COUNT=0 is not a number of 1 to 1000000");
  CHECK(of("FREQ=DAILY;INTERVAL=99999") == "INTERVAL=99999 is not a number of 1 to 1000");
  CHECK(of("FREQ=DAILY;COUNT=1;UNTIL=20270101") == "the rule has both COUNT and UNTIL");
  CHECK(of("FREQ=DAILY;UNTIL=soon") == "UNTIL=SOON is not a date or time");
  CHECK(of("FREQ=WEEKLY;BYDAY=2MO") == "BYDAY: '2MO' is not a weekday");
  CHECK(of("FREQ=WEEKLY;BYDAY=XX") == "BYDAY: 'XX' is not a weekday");
  CHECK(of("FREQ=MONTHLY;BYWEEKNO=3") == "BYWEEKNO cannot stand with FREQ=MONTHLY");
  CHECK(of("FREQ=MONTHLY;BYMONTHDAY=32") == "BYMONTHDAY: '32' is not a number of -31 to 31");
  CHECK(of("FREQ=DAILY;BYHOUR=9,17") == "BYHOUR=9,17 repeats within a day");
  CHECK(of("FREQ=DAILY;RSCALE=CHINESE") == "'RSCALE' is not a part of a rule that is understood");
  CHECK(of("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30") ==
        "'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' names no day that exists");
  CHECK(of(std::string(3000, 'A')) == "the rule has more than 2000 characters");
}

TEST_CASE("rules without an end, and files with too many days, end at a bound") {
  CHECK(lines(read(file_of({"DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=DAILY"}))).size() == 365);
  const ImportedDays all = read(file_of({"DTSTART;VALUE=DATE:19700101\r\nRRULE:FREQ=DAILY"}),
                                "1970-01-01", "2100-12-31");
  CHECK(problems(all) == Lines{"3: more than 20000 days [import.too_large] | choose fewer with "
                               "--from and --until"});
  std::vector<std::string_view> many(1, "DTSTART;VALUE=DATE:17000101\r\nRRULE:FREQ=DAILY");
  const Lines found = problems(read(file_of(many), "2026-01-01", "2026-01-02"));
  CHECK(found.at(0).contains("the rule names more than 100000 days"));
  std::vector<std::string_view> more(8, "DTSTART;VALUE=DATE:18000101\r\nRRULE:FREQ=DAILY");
  CHECK(problems(read(file_of(more), "2026-01-01", "2026-01-02"))
            .at(0)
            .contains("the events begin more than 400000 times"));
}

}  // namespace dandori::convert
