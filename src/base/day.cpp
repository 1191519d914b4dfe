#include "base/day.h"

#include <fmt/core.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "base/text.h"

namespace dandori {

void append_digits(std::string& out, int value, std::size_t width) {
  std::array<char, 12> digits{};
  std::size_t used = 0;
  for (unsigned rest = static_cast<unsigned>(value); rest > 0 || used < width; rest /= 10) {
    digits[used++] = static_cast<char>('0' + rest % 10);
  }
  while (used > 0) out.push_back(digits[--used]);
}

void append_day(std::string& out, Day day) {
  const YearMonthDay date = to_ymd(day);
  if (date.year < 0) out.push_back('-');
  append_digits(out, std::abs(date.year), 4);
  out.push_back('-');
  append_digits(out, date.month, 2);
  out.push_back('-');
  append_digits(out, date.day, 2);
}

std::string format_day(Day day) {
  std::string out;
  append_day(out, day);
  return out;
}

Result<Day> parse_day(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail("calendar.bad_day",
                fmt::format("'{}' is no day: {}", to_valid_utf8(text.substr(0, 40)), why),
                "write YYYY-MM-DD, such as 2026-11-20");
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return bad("the form is YYYY-MM-DD");
  std::array<int, 3> parts{};
  for (std::size_t i = 0, part = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return bad("the form is YYYY-MM-DD");
    parts[part] = parts[part] * 10 + (text[i] - '0');
  }
  const auto [year, month, day] = parts;
  if (year < 1) return bad("years count from 0001");
  if (month < 1 || month > 12) return bad("months are 01…12");
  const Day result = make_day(year, month, day);
  if (day < 1 || to_ymd(result).month != month) return bad("the month has no such day");
  return result;
}

Day make_day(int year, int month, int day_of_month) {
  const std::chrono::sys_days first{std::chrono::year{year} / month / 1};
  return Day{static_cast<std::int32_t>(first.time_since_epoch().count()) + day_of_month - 1};
}

YearMonthDay to_ymd(Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day.days}}};
  return YearMonthDay{static_cast<int>(date.year()),
                      static_cast<int>(static_cast<unsigned>(date.month())),
                      static_cast<int>(static_cast<unsigned>(date.day()))};
}

int weekday(Day day) {
  const int rest = (day.days + 4) % 7;  // 1970-01-01 was a Thursday
  return rest < 0 ? rest + 7 : rest;
}

int month_length(int year, int month) {
  const Day next = month == 12 ? make_day(year + 1, 1, 1) : make_day(year, month + 1, 1);
  return next - make_day(year, month, 1);
}

}  // namespace dandori
