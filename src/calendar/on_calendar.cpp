#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "calendar/clock_expr.h"
#include "calendar/field_text.h"
#include "calendar/zone.h"

namespace dandori::calendar {

namespace {

constexpr std::string_view kFamily = "on_calendar";
constexpr std::string_view kOnCalendarForm =
    "the form is: [weekdays] [year-]month-day hour:minute[:second] [zone], as in "
    "'Mon..Fri *-*-* 20:00'";
constexpr std::string_view kAllowedInPart =
    "allowed are '*', or numbers with '..' ',' '/' between them";

constexpr std::array<std::string_view, 7> kLongDayNames{
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

struct Shorthand {
  std::string_view name;
  std::string_view expression;
};
constexpr std::array<Shorthand, 12> kShorthands{{
    {"minutely", "*-*-* *:*:00"},
    {"hourly", "*-*-* *:00:00"},
    {"daily", "*-*-* 00:00:00"},
    {"monthly", "*-*-01 00:00:00"},
    {"weekly", "Mon *-*-* 00:00:00"},
    {"yearly", "*-01-01 00:00:00"},
    {"annually", "*-01-01 00:00:00"},
    {"quarterly", "*-01,04,07,10-01 00:00:00"},
    {"semiannually", "*-01,07-01 00:00:00"},
    {"semi-annually", "*-01,07-01 00:00:00"},
    {"biannually", "*-01,07-01 00:00:00"},
    {"bi-annually", "*-01,07-01 00:00:00"},
}};

/// What one part of a date or a time may hold: the values from `low` to `high`.
struct PartRule {
  std::string_view name;
  int low;
  int high;
};
constexpr PartRule kYear{"year", ClockExpr::kYearMin, ClockExpr::kYearMax};
constexpr PartRule kMonth{"month", 1, 12};
constexpr PartRule kDayOfMonth{"day of month", 1, 31};
/// Every month has 28 days; further from the end there may be none.
constexpr PartRule kDayFromEnd{"day from the end of the month", 1, 28};
constexpr PartRule kHour{"hour", 0, 23};
constexpr PartRule kMinute{"minute", 0, 59};
constexpr PartRule kSecond{"second", 0, 59};

/// The values that a part names, counted from the lowest that it may hold.
struct PartValues {
  std::bitset<256> values;
  bool everything = false;  ///< `*`
};

/// Reads one part: `*`, or values, ranges `1..5`, and steps `0/15`, `1..9/2` between commas.
class PartReader {
 public:
  PartReader(const PartRule& rule, Slice part) : rule_{rule}, text_{kFamily, rule.name, part} {}

  Result<PartValues> read() {
    if (text_.take('*')) {
      read_.everything = true;
      for (int value = rule_.low; value <= rule_.high; ++value) add(value);
      if (text_.peek() == '/') {
        return text_.unexpected_character(
            fmt::format("write '{}/…' for every … from there on", rule_.low));
      }
    } else {
      do {
        if (Result<void> item = read_item(); !item) return std::unexpected(item.error());
      } while (text_.take(','));
    }
    if (!text_.done()) return unexpected_character();
    return read_;
  }

 private:
  bool from_end() const { return &rule_ == &kDayFromEnd; }
  void add(int value) { read_.values.set(static_cast<std::size_t>(value - rule_.low)); }

  Result<void> read_item() {
    const std::size_t start = text_.at();
    const Result<int> first = read_value();
    if (!first) return std::unexpected(first.error());
    int last = *first;
    const bool range = text_.take("..");
    if (range) {
      const Result<int> read = read_value();
      if (!read) return std::unexpected(read.error());
      last = *read;
      if (last < *first) {
        return text_.range(start, fmt::format("{} comes after {}", *first, last),
                           "ranges do not go round: write two, with ',' between them");
      }
    }
    if (!text_.take('/')) return add_all(*first, last, 1);
    // Without an end, steps go to the end of the field; from the end of the month, to its last day.
    if (range) return read_step(*first, last, *first == last);
    return from_end() ? read_step(*first, rule_.low) : read_step(*first, rule_.high);
  }

  /// first > last: the values go down. one_value: `7..7`, whose step is never taken.
  Result<void> read_step(int first, int last, bool one_value = false) {
    const std::size_t start = text_.at();
    const Result<int> step = text_.number("a step", kAllowedInPart);
    if (!step) return std::unexpected(step.error());
    if (*step == 0) return text_.range(start, "a step of 0 never gets anywhere");
    if (*step > std::abs(last - first) && !one_value) {
      return text_.range(
          start, fmt::format("step {} leads past the end: there is no second value", *step));
    }
    return add_all(first, last, *step);
  }

  Result<void> add_all(int first, int last, int step) {
    for (int done = 0; done <= std::abs(last - first); done += step) {
      add(first < last ? first + done : first - done);
    }
    return {};
  }

  Result<int> read_value() {
    const std::size_t start = text_.at();
    if (!text_.done() && !is_digit(text_.peek())) return unexpected_character();
    Result<int> value = text_.number("a value", kAllowedInPart);
    if (!value) return value;
    if (&rule_ == &kYear && *value < 100) *value += *value < 70 ? 2000 : 1900;
    if (*value < rule_.low || *value > rule_.high) {
      return text_.range(start, fmt::format("{} is outside {}-{}", *value, rule_.low, rule_.high));
    }
    return value;
  }

  std::unexpected<Error> unexpected_character() {
    if (&rule_ == &kSecond && text_.peek() == '.') {
      return text_.syntax(text_.at(), "fractions of a second are not supported",
                          "write whole seconds");
    }
    return text_.unexpected_character(std::string{kAllowedInPart});
  }

  const PartRule& rule_;
  FieldText text_;
  PartValues read_;
};

template <std::size_t N>
Result<void> read_part(const PartRule& rule, Slice part, std::size_t low, std::bitset<N>& out) {
  const Result<PartValues> read = PartReader{rule, part}.read();
  if (!read) return std::unexpected(read.error());
  for (std::size_t i = 0; i + low < N; ++i) out[i + low] = read->values[i];
  return {};
}

std::unexpected<Error> wrong(std::size_t at, std::string_view what,
                             std::string hint = std::string{kOnCalendarForm}) {
  return fail("on_calendar.syntax", fmt::format("column {}: {}", at + 1, what), std::move(hint));
}

/// `Mon..Fri,Sun`; a ',' may end it.
class WeekdayReader {
 public:
  explicit WeekdayReader(Slice token) : text_{kFamily, "weekdays", token} {}

  Result<std::bitset<7>> read() {
    do {
      if (text_.done() && days_.any()) return days_;
      if (Result<void> item = read_item(); !item) return std::unexpected(item.error());
    } while (text_.take(','));
    if (!text_.done()) {
      return text_.unexpected_character("allowed are names, and '..' ',' between them");
    }
    return days_;
  }

 private:
  /// Weeks go from Monday to Sunday here: `Sat..Sun` is a range, `Sun..Mon` is none.
  static int place(int weekday) { return (weekday + 6) % 7; }

  Result<void> read_item() {
    const std::size_t start = text_.at();
    const Result<int> first = read_day();
    if (!first) return std::unexpected(first.error());
    int last = *first;
    if (text_.take("..") || text_.take('-')) {
      const Result<int> read = read_day();
      if (!read) return std::unexpected(read.error());
      last = *read;
    }
    if (place(last) < place(*first)) {
      return text_.range(start, "the range ends before it begins: weeks go from Monday to Sunday",
                         "write two ranges, with ',' between them");
    }
    for (int day = place(*first); day <= place(last); ++day) {
      days_.set(static_cast<std::size_t>((day + 1) % 7));
    }
    return {};
  }

  Result<int> read_day() {
    const std::size_t start = text_.at();
    const std::string_view written = text_.word();
    const std::string word = lower(written);
    for (std::size_t i = 0; i < kDayNames.size(); ++i) {
      if (word == kDayNames[i] || word == kLongDayNames[i]) return static_cast<int>(i);
    }
    if (word.empty() && !text_.done()) {
      return text_.unexpected_character("allowed are names, and '..' ',' between them");
    }
    std::string hint = fmt::format("names are {}", fmt::join(kDayNames, " "));
    for (const std::string_view known : kDayNames) {
      if (word.starts_with(known)) hint = fmt::format("write '{}'", known);
    }
    if (word.empty()) return text_.syntax(start, "a weekday is missing", std::move(hint));
    return text_.syntax(start, fmt::format("'{}' is no weekday", shown(written)), std::move(hint));
  }

  FieldText text_;
  std::bitset<7> days_;
};

/// The parts of a token and the separators before them (the first has none: 0).
struct Parts {
  std::vector<Slice> slices;
  std::vector<char> before{'\0'};
};
Parts split_at(Slice token, std::string_view separators) {
  Parts parts;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= token.text.size(); ++i) {
    if (i < token.text.size() && !separators.contains(token.text[i])) continue;
    parts.slices.push_back({token.text.substr(start, i - start), token.at + start});
    if (i < token.text.size()) parts.before.push_back(token.text[i]);
    start = i + 1;
  }
  return parts;
}

/// `2026-12-31`, `12-31`, `*-02~03` (the third last day).
Result<void> read_date(Slice token, ClockExpr::Days& days) {
  const Parts parts = split_at(token, "-~");
  const std::size_t count = parts.slices.size();
  if (count < 2) {
    return wrong(token.at, fmt::format("'{}' is neither a date nor a time", shown(token.text)));
  }
  if (count > 3) {
    return wrong(parts.slices[3].at,
                 fmt::format("'{}' comes after the day", shown(parts.slices[3].text)));
  }
  if (count == 3 && parts.before[1] == '~') {
    return wrong(parts.slices[1].at - 1, "'~' stands before the day of the month only");
  }
  if (count == 3) {
    const Result<PartValues> years = PartReader{kYear, parts.slices[0]}.read();
    if (!years) return std::unexpected(years.error());
    for (int year = kYear.low; year <= kYear.high && !years->everything; ++year) {
      if (years->values[static_cast<std::size_t>(year - kYear.low)]) {
        days.years.push_back(static_cast<std::int16_t>(year));
      }
    }
  }
  days.months.reset();
  if (Result<void> read = read_part(kMonth, parts.slices[count - 2], 1, days.months); !read) {
    return read;
  }
  const Slice& day = parts.slices[count - 1];
  days.any_day_of_month = day.text == "*";
  days.days_of_month.reset();
  if (parts.before[count - 1] == '~') return read_part(kDayFromEnd, day, 0, days.days_from_end);
  return read_part(kDayOfMonth, day, 1, days.days_of_month);
}

/// `20:00`, `*:0/15`, `08..20:00:30`.
Result<void> read_time(Slice token, ClockExpr& expr) {
  const Parts parts = split_at(token, ":");
  const std::size_t count = parts.slices.size();
  if (count < 2) {
    return wrong(token.at, fmt::format("'{}' is no time", shown(token.text)));
  }
  if (count > 3) {
    return wrong(parts.slices[3].at,
                 fmt::format("'{}' comes after the seconds", shown(parts.slices[3].text)));
  }
  expr.hours.reset();
  if (Result<void> read = read_part(kHour, parts.slices[0], 0, expr.hours); !read) return read;
  expr.minutes.reset();
  if (Result<void> read = read_part(kMinute, parts.slices[1], 0, expr.minutes); !read) return read;
  if (count == 2) return {};
  expr.seconds.reset();
  return read_part(kSecond, parts.slices[2], 0, expr.seconds);
}

/// Every day at 00:00:00: what is not written.
ClockExpr default_expr() {
  ClockExpr expr;
  for (std::size_t month = 1; month <= 12; ++month) expr.days.months.set(month);
  for (std::size_t day = 1; day <= 31; ++day) expr.days.days_of_month.set(day);
  expr.hours.set(0);
  expr.minutes.set(0);
  expr.seconds.set(0);
  return expr;
}

/// `2026-12-31T20:00` is two tokens.
std::vector<Slice> date_and_time(std::span<const Slice> tokens) {
  std::vector<Slice> parts{tokens.begin(), tokens.end()};
  if (parts.size() != 1) return parts;
  const Slice only = parts.front();
  const std::size_t t = only.text.find('T');
  if (t == std::string_view::npos || !only.text.contains(':')) return parts;
  return {{only.text.substr(0, t), only.at}, {only.text.substr(t + 1), only.at + t + 1}};
}

/// Tokens without the zone.
Result<ClockExpr> read_tokens(std::span<const Slice> tokens) {
  ClockExpr expr = default_expr();
  if (is_letter(tokens.front().text.front())) {
    const Result<std::bitset<7>> weekdays = WeekdayReader{tokens.front()}.read();
    if (!weekdays) return std::unexpected(weekdays.error());
    expr.days.days_of_week = *weekdays;
    expr.days.any_day_of_week = false;
    tokens = tokens.subspan(1);
  }
  const std::vector<Slice> parts = date_and_time(tokens);
  if (parts.size() > 2) {
    return wrong(parts[2].at, fmt::format("'{}' comes after the time", shown(parts[2].text)));
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_time = i == 1 || (parts.size() == 1 && parts[i].text.contains(':'));
    const Result<void> read = is_time ? read_time(parts[i], expr) : read_date(parts[i], expr.days);
    if (!read) return std::unexpected(read.error());
  }
  return expr;
}

/// The zone at the end, taken off the tokens; empty: there is none.
Result<std::string> take_zone(std::vector<Slice>& tokens) {
  if (tokens.size() < 2 || !is_letter(tokens.back().text.front())) return std::string{};
  const std::string_view name = tokens.back().text;
  std::string zone = lower(name) == "utc" ? "UTC" : std::string{name};
  if (const Result<TimeZone> known = TimeZone::load(zone); !known) {
    Error error = known.error();
    error.message = fmt::format("column {}: {}", tokens.back().at + 1, error.message);
    return std::unexpected(std::move(error));
  }
  tokens.pop_back();
  return zone;
}

std::string shorthand_names() {
  std::string names;
  for (const Shorthand& known : kShorthands) {
    if (known.name.contains('-')) continue;
    names += names.empty() ? "" : " ";
    names += known.name;
  }
  return names;
}

}  // namespace

Result<ClockExpr> parse_on_calendar(std::string_view text) {
  if (text.size() > kExpressionMax) {
    return fail("on_calendar.syntax", fmt::format("the expression has {} bytes; at most {} may be",
                                                  text.size(), kExpressionMax));
  }
  std::vector<Slice> tokens = split_fields(text);
  if (tokens.empty()) {
    return fail("on_calendar.syntax", "the expression is empty",
                fmt::format("{}, or one of: {}", kOnCalendarForm, shorthand_names()));
  }
  if (tokens.front().text.starts_with('@')) {
    return wrong(tokens.front().at, "seconds since 1970 are not supported",
                 "write the start as `at: \"2026-12-31T20:00:00Z\"`");
  }
  const Result<std::string> zone = take_zone(tokens);
  if (!zone) return std::unexpected(zone.error());
  const std::string first = lower(tokens.front().text);
  const auto* const known = std::ranges::find(kShorthands, first, &Shorthand::name);
  if (known != kShorthands.end()) {
    if (tokens.size() > 1) {
      return wrong(tokens[1].at, fmt::format("'{}' comes after '{}'", shown(tokens[1].text), first),
                   fmt::format("'{}' stands alone, or before a zone", first));
    }
    tokens = split_fields(known->expression);
  }
  Result<ClockExpr> expr = read_tokens(tokens);
  if (!expr) return expr;
  expr->timezone = *zone;
  if (!expr->ever_matches()) {
    return fail("on_calendar.never",
                fmt::format("'{}' never fires: no day is all that it says", shown(trim(text))),
                "choose days that the months have, and weekdays that they fall on");
  }
  return expr;
}

}  // namespace dandori::calendar
