#include "base/time.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <fmt/core.h>

#include "base/text.h"

namespace dandori {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kDurationMax = 3653 * kDay;  // ten years with their leap days

struct Date {
  std::int64_t year;
  std::int64_t month;  // 1 to 12
  std::int64_t day;    // 1 to 31
};

/// Days since 1970-01-01 in the proleptic Gregorian calendar. The year is taken from March on, so
/// that the leap day is its last; 400 of them have 146097 days.
constexpr std::int64_t days_of(Date date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

constexpr Date date_of(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  const std::int64_t calendar_month = month < 10 ? month + 3 : month - 9;
  return {.year = year_of_era + era * 400 + (calendar_month <= 2 ? 1 : 0),
          .month = calendar_month,
          .day = day_of_year - (153 * month + 2) / 5 + 1};
}

static_assert(days_of({1970, 1, 1}) == 0 && days_of({2000, 3, 1}) == 11017);

constexpr std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  const Date next = month == 12 ? Date{year + 1, 1, 1} : Date{year, month + 1, 1};
  return days_of(next) - days_of({year, month, 1});
}

/// Reads a text from left to right; every step says whether it was there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_{text} {}

  bool at_end() const { return rest_.empty(); }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_any(std::string_view choices) {
    return !rest_.empty() && choices.find(rest_.front()) != std::string_view::npos &&
           take(rest_.front());
  }

  /// Exactly `count` digits.
  std::optional<std::int64_t> fixed(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (!is_digit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  std::string_view digits() {
    std::size_t count = 0;
    while (count < rest_.size() && is_digit(rest_[count])) ++count;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view letters() {
    std::size_t count = 0;
    while (count < rest_.size() && !is_digit(rest_[count]) && rest_[count] != '.') ++count;
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

 private:
  std::string_view rest_;
};

/// µs of the digits after a decimal point; what is finer is cut off.
std::int64_t fraction_us(std::string_view digits) {
  std::int64_t us = 0;
  for (std::size_t i = 0; i < 6; ++i) us = us * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  return us;
}

std::unexpected<Error> bad_instant(std::string_view text, std::string_view why) {
  return fail("time.bad_instant", fmt::format("'{}': {}", excerpt(text), why),
              "write it as 2026-11-20T22:00:00Z or 2026-11-21T07:00:00+09:00");
}

std::unexpected<Error> bad_duration(std::string_view text, std::string_view why) {
  return fail("time.bad_duration", fmt::format("'{}': {}", excerpt(text), why),
              "write it as 90s, 5m, 1h30m, 2d or 500ms");
}

std::optional<std::int64_t> scan_day(Scanner& scan) {
  const auto year = scan.fixed(4);
  if (!year || !scan.take('-')) return std::nullopt;
  const auto month = scan.fixed(2);
  if (!month || !scan.take('-')) return std::nullopt;
  const auto day = scan.fixed(2);
  if (!day || *month < 1 || *month > 12 || *day < 1) return std::nullopt;
  if (*day > days_in_month(*year, *month)) return std::nullopt;
  return days_of({*year, *month, *day});
}

/// µs since midnight.
std::optional<std::int64_t> scan_clock(Scanner& scan) {
  const auto hour = scan.fixed(2);
  if (!hour || !scan.take(':')) return std::nullopt;
  const auto minute = scan.fixed(2);
  if (!minute || !scan.take(':')) return std::nullopt;
  const auto second = scan.fixed(2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  std::int64_t us = *hour * kHour + *minute * kMinute + *second * kSecond;
  if (scan.take('.')) {
    const std::string_view digits = scan.digits();
    if (digits.empty()) return std::nullopt;
    us += fraction_us(digits);
  }
  return us;
}

/// µs to take off the local time to get UTC.
std::optional<std::int64_t> scan_offset(Scanner& scan) {
  if (scan.take_any("Zz")) return 0;
  const bool west = scan.take('-');
  if (!west && !scan.take('+')) return std::nullopt;
  const auto hour = scan.fixed(2);
  if (!hour || !scan.take(':')) return std::nullopt;
  const auto minute = scan.fixed(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  const std::int64_t offset = *hour * kHour + *minute * kMinute;
  return west ? -offset : offset;
}

struct Unit {
  std::string_view name;
  std::int64_t us;
};

constexpr std::array kUnits{Unit{"d", kDay},    Unit{"h", kHour}, Unit{"m", kMinute},
                            Unit{"s", kSecond}, Unit{"ms", 1000}, Unit{"us", 1}};
constexpr std::array kIsoDateUnits{Unit{"W", 7 * kDay}, Unit{"D", kDay}};
constexpr std::array kIsoTimeUnits{Unit{"H", kHour}, Unit{"M", kMinute}, Unit{"S", kSecond}};

/// `count` units in µs, or nullopt above kDurationMax.
std::optional<std::int64_t> scaled(std::string_view digits, std::int64_t unit_us) {
  std::int64_t count = 0;
  for (const char c : digits) {
    count = count * 10 + (c - '0');
    if (count > kDurationMax / unit_us) return std::nullopt;
  }
  return count * unit_us;
}

/// Adds up `NUMBER UNIT` parts, from the larger unit to the smaller, each at most once.
/// A fraction is read with seconds only.
class DurationReader {
 public:
  explicit DurationReader(std::string_view text) : text_{text} {}

  Result<Duration> compact() {
    Scanner scan{text_};
    return finish(parts(scan, kUnits, "s"));
  }

  Result<Duration> iso() {
    Scanner scan{text_.substr(1)};
    const std::size_t time_at = text_.find('T');
    if (time_at == std::string_view::npos) return finish(parts(scan, kIsoDateUnits, ""));
    Scanner date{text_.substr(1, time_at - 1)};
    Scanner time{text_.substr(time_at + 1)};
    if (time_at > 1 && !parts(date, kIsoDateUnits, "")) return finish(false);
    return finish(parts(time, kIsoTimeUnits, "S"));
  }

 private:
  bool parts(Scanner& scan, std::span<const Unit> units, std::string_view fractional) {
    if (scan.at_end()) return refuse("a number and a unit are missing");
    while (!scan.at_end()) {
      if (!part(scan, units, fractional)) return false;
    }
    return true;
  }

  bool part(Scanner& scan, std::span<const Unit>& units, std::string_view fractional) {
    const std::string_view digits = scan.digits();
    if (digits.empty()) return refuse("a number is expected before the unit");
    std::string_view fraction;
    const bool has_point = scan.take('.');
    if (has_point) fraction = scan.digits();
    if (has_point && fraction.empty()) return refuse("a digit is expected after the point");

    const std::string_view name = scan.letters();
    if (name.empty()) return refuse("the unit is missing");
    const auto unit = std::ranges::find(units, name, &Unit::name);
    if (unit == units.end()) return refuse("an unknown unit, or units not from large to small");
    if (has_point && name != fractional) return refuse("only seconds may have a fraction");
    units = units.subspan(static_cast<std::size_t>(unit - units.begin()) + 1);

    const auto us = scaled(digits, unit->us);
    if (us) total_ += *us + (has_point ? fraction_us(fraction) : 0);
    if (!us || total_ > kDurationMax) return refuse("longer than 10 years");
    return true;
  }

  bool refuse(std::string_view why) {
    why_ = why;
    return false;
  }

  Result<Duration> finish(bool read) const {
    if (!read) return bad_duration(text_, why_);
    return Duration{total_};
  }

  std::string_view text_;
  std::string_view why_;
  std::int64_t total_ = 0;
};

std::string decimals(std::int64_t us) {
  if (us == 0) return {};
  std::string text = fmt::format(".{:06}", us);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace

std::string format_rfc3339(Timestamp at) {
  const std::int64_t days = at.us / kDay - (at.us % kDay < 0 ? 1 : 0);
  // Unsigned, because the product may lie below INT64_MIN for the very first day.
  const auto of_day = static_cast<std::int64_t>(static_cast<std::uint64_t>(at.us) -
                                                static_cast<std::uint64_t>(days) * kDay);
  const Date date = date_of(days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", date.year, date.month, date.day,
                     of_day / kHour, of_day / kMinute % 60, of_day / kSecond % 60,
                     decimals(of_day % kSecond));
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
  Scanner scan{text};
  const auto days = scan_day(scan);
  if (!days) return bad_instant(text, "no date of the calendar");
  if (!scan.take_any("Tt")) return bad_instant(text, "'T' and a time of day are missing");
  const auto of_day = scan_clock(scan);
  if (!of_day) return bad_instant(text, "no time of day from 00:00:00 to 23:59:59");
  if (scan.at_end()) return bad_instant(text, "'Z' or an offset is missing");
  const auto offset = scan_offset(scan);
  if (!offset || !scan.at_end())
    return bad_instant(text, "'Z' or an offset is expected at the end");
  return Timestamp{*days * kDay + *of_day - *offset};
}

Result<Duration> parse_duration(std::string_view text) {
  if (text.starts_with('-')) return bad_duration(text, "a duration is not negative");
  return text.starts_with('P') ? DurationReader{text}.iso() : DurationReader{text}.compact();
}

std::string format_duration(Duration span) {
  if (span == Duration::zero()) return "0s";
  std::string text;
  auto rest = static_cast<std::uint64_t>(span.count());
  if (span < Duration::zero()) {
    text = "-";
    rest = 0 - rest;
  }
  for (const Unit& unit : kUnits) {
    const auto unit_us = static_cast<std::uint64_t>(unit.us);
    if (rest >= unit_us) text += fmt::format("{}{}", rest / unit_us, unit.name);
    rest %= unit_us;
  }
  return text;
}

}  // namespace dandori
