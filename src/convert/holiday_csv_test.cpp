#include "convert/holiday_csv.h"

#include "convert/import_test.h"

namespace dandori::convert {

namespace {

/// The Cabinet Office's own form, in Shift_JIS with CRLF.
constexpr std::string_view kCabinetOffice =
    "\x8D\x91\x96\xAF\x82\xCC\x8Fj\x93\xFA\x81\x45\x8Bx\x93\xFA\x8C\x8E\x93\xFA,"
    "\x8D\x91\x96\xAF\x82\xCC\x8Fj\x93\xFA\x81\x45\x8Bx\x93\xFA\x96\xBC\x8F\xCC\r\n"
    "1955/1/1,\x8C\xB3\x93\xFA\r\n"
    "2026/5/3,\x8C\x9B\x96@\x8BL\x94O\x93\xFA\r\n"
    "2026/5/4,\x82\xDD\x82\xC7\x82\xE8\x82\xCC\x93\xFA\r\n"
    "2026/5/5,\x82\xB1\x82\xC7\x82\xE0\x82\xCC\x93\xFA\r\n"
    "2026/5/6,\x8Bx\x93\xFA\r\n"
    "2026/9/21,\x8Ch\x98V\x82\xCC\x93\xFA\r\n"
    "2026/9/22,\x8Bx\x93\xFA\r\n"
    "2026/9/23,\x8FH\x95\xAA\x82\xCC\x93\xFA\r\n";

ImportedDays read(std::string_view text) {
  return import_days("days.csv", text, std::nullopt, window("1970-01-01", "2100-12-31"));
}

}  // namespace

TEST_CASE(
    "the Cabinet Office's list in Shift_JIS gives its holidays, 振替休日 and 国民の休日 with them "
    "[CAL-10]") {
  const ImportedDays days = read(kCabinetOffice);
  CHECK(lines(days) == Lines{"2026-05-03 憲法記念日", "2026-05-04 みどりの日",
                             "2026-05-05 こどもの日", "2026-05-06 休日", "2026-09-21 敬老の日",
                             "2026-09-22 休日", "2026-09-23 秋分の日"});
  CHECK(days.left_out == 1);  // 1955: before the first day of calendars
}

TEST_CASE("a list in UTF-8, with or without byte order mark, header and quotes, reads the same") {
  CHECK(lines(read("date,name\n2026-01-01,元日\n")) == Lines{"2026-01-01 元日"});
  CHECK(lines(read("\xEF\xBB\xBF日付,名称\r\n2026/1/1,元日")) == Lines{"2026-01-01 元日"});
  CHECK(lines(read("2026/01/01 , \"a, \"\"b\"\"\" ,more\n\n,,\n")) == Lines{"2026-01-01 a, \"b\""});
}

TEST_CASE("a day in two lines has both names, and the same name once") {
  CHECK(lines(read("2026/1/1,元日\n2026/1/1,創立記念日\n2026/1/1,元日\n")) ==
        Lines{"2026-01-01 元日 / 創立記念日"});
}

TEST_CASE("the names of one day stay within 200 characters together, and read back the same") {
  const std::string long_name(199, 'a'), other_name(150, 'b');
  const ImportedDays days =
      read("2026/1/1," + long_name + "\n2026/1/1,元日\n2026/1/1," + other_name + "\n");
  CHECK(lines(days) == Lines{"2026-01-01 " + long_name});
  CHECK(lines(read(write_holiday_csv(days.days))) == lines(days));
  CHECK(lines(read("2026/1/1," + other_name + "\n2026/1/1," + long_name + "\n")) ==
        Lines{"2026-01-01 " + other_name + " / " + std::string(47, 'a')});
}

TEST_CASE("each wrong row is told with its line, cause and remedy") {
  CHECK(problems(read("date,name\n2026/2/30,x\nsoon,x\n2026/1/1\n26/1/1,x\n2026/1/2,\"x\n")) ==
        Lines{"2: '2026/2/30' is not a date [import.csv_row] | write year, month and day, as "
              "2026/1/1 or 2026-01-01",
              "3: 'soon' is not a date [import.csv_row] | write year, month and day, as 2026/1/1 "
              "or 2026-01-01",
              "4: 2026/1/1 has no name [import.csv_row] | write the name after a comma; more "
              "columns are not read",
              "5: '26/1/1' is not a date [import.csv_row] | write year, month and day, as 2026/1/1 "
              "or 2026-01-01",
              "6: a quote is not closed [import.csv_row] | close it on the same line"});
}

TEST_CASE("bytes that are neither UTF-8 nor Shift_JIS are told with their line") {
  CHECK(problems(read("date,name\n2026/1/1,\x82\xA0\xFF\xFF\n")) ==
        Lines{"0: line 2: the byte 0xFF is neither UTF-8 nor Shift_JIS [import.encoding] | save "
              "the file as UTF-8 or Shift_JIS"});
}

TEST_CASE("what is no list at all is refused: a page, an empty file, days outside the window") {
  const auto refused = [](std::string_view text) { return problems(read(text)).at(0); };
  CHECK(refused("<!DOCTYPE html>\n").starts_with("0: this is neither an iCalendar file nor a CSV"));
  CHECK(refused("PK\x03\x04").starts_with("0: this is neither an iCalendar file nor a CSV"));
  CHECK(refused("") ==
        "0: no day of the file lies in 1970-01-01 to 2100-12-31 [import.no_days] | the file has "
        "no events or rows");
  CHECK(refused("1955/1/1,元日\n") ==
        "0: no day of the file lies in 1970-01-01 to 2100-12-31 [import.no_days] | 1 days lie "
        "outside: choose others with --from and --until");
  const std::string huge(kImportBytesMax + 1, ' ');
  CHECK(refused(huge) ==
        "0: the file has more than 16 MiB [import.too_large] | split it, or export fewer years "
        "there");
}

TEST_CASE("what is written reads back") {
  const std::vector<model::NamedDays> days = {
      {day("2026-01-01"), day("2026-01-01"), "a, \"b\""},
      {day("2026-08-13"), day("2026-08-14"), "夏季休業"},
  };
  CHECK(
      write_holiday_csv(days) ==
      "date,name\r\n2026-01-01,\"a, \"\"b\"\"\"\r\n2026-08-13,夏季休業\r\n2026-08-14,夏季休業\r\n");
  CHECK(lines(read(write_holiday_csv(days))) ==
        Lines{"2026-01-01 a, \"b\"", "2026-08-13 夏季休業", "2026-08-14 夏季休業"});
}

}  // namespace dandori::convert
