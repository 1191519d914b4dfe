#include <fmt/format.h>

#include <array>
#include <bitset>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "calendar/clock_expr.h"
#include "calendar/field_text.h"

namespace dandori::calendar {

namespace {

constexpr std::string_view kEventCronForm =
    "the form is: cron(minutes hours day-of-month month day-of-week year)";

enum class Part : std::uint8_t { minute, hour, day_of_month, month, day_of_week, year };

/// What one field may hold: the values from `low` to `high`.
struct EventFieldRule {
  Part part;
  std::string_view name;
  int low;
  int high;
  std::span<const std::string_view> words;  ///< names of low, low + 1, …
  std::string_view allowed;                 ///< for hints

  int size() const { return high - low + 1; }
};

constexpr std::string_view kPlain = "allowed are numbers, '*', and '-' ',' '/' between them";
constexpr std::array<EventFieldRule, 6> kEventFields{{
    {Part::minute, "minute", 0, 59, {}, kPlain},
    {Part::hour, "hour", 0, 23, {}, kPlain},
    {Part::day_of_month,
     "day of month",
     1,
     31,
     {},
     "allowed are numbers, '*' '?' 'L' 'L-3' 'LW' '15W', and '-' ',' '/' between them"},
    {Part::month, "month", 1, 12, kMonthNames,
     "allowed are numbers, names, '*', and '-' ',' '/' between them"},
    {Part::day_of_week, "day of week", 1, 7, kDayNames,
     "allowed are numbers, names, '*' '?' 'L' '5L' '6#2', and '-' ',' '/' between them"},
    {Part::year, "year", ClockExpr::kYearMin, ClockExpr::kYearMax, {}, kPlain},
}};

/// What one field says.
struct FieldValues {
  std::bitset<256> plain;  ///< values, counted from the lowest that the field may hold
  bool everything = false;
  bool unspecified = false;  ///< `?`
  ClockExpr::Days special;   ///< L, W and # alone
};

/// Reads one field. Letters may be small.
class EventFieldReader {
 public:
  EventFieldReader(const EventFieldRule& rule, Slice field)
      : rule_{rule}, field_{field}, text_{"cron", rule.name, field} {}

  Result<FieldValues> read() {
    if (has_days() && field_.text == "?") {
      values_.unspecified = true;
      return values_;
    }
    do {
      if (Result<void> item = read_item(); !item) return std::unexpected(std::move(item.error()));
    } while (text_.take(','));
    if (!text_.done()) return unexpected_character();
    values_.everything = field_.text == "*";
    return values_;
  }

 private:
  bool has_days() const {
    return rule_.part == Part::day_of_month || rule_.part == Part::day_of_week;
  }
  bool take_letter(char small) {
    return text_.take(small) || text_.take(static_cast<char>(small - 32));
  }

  Result<void> read_item() {
    const std::size_t start = text_.at();
    if (text_.take('*')) return read_step(rule_.low, rule_.high);
    if (rule_.part == Part::day_of_month && take_letter('l')) return read_last_day();
    const Result<int> first = read_value();
    if (!first) return std::unexpected(first.error());
    if (*first == kLastOfWeek) return {};
    if (rule_.part == Part::day_of_month && take_letter('w')) {
      values_.special.nearest_weekdays.set(static_cast<std::size_t>(*first));
      return {};
    }
    if (rule_.part == Part::day_of_week && take_letter('l')) return add_last_weekday(*first);
    if (rule_.part == Part::day_of_week && text_.take('#')) return read_nth(*first);
    if (!text_.take('-')) return read_step(*first, text_.peek() == '/' ? rule_.high : *first);
    const Result<int> last = read_value();
    if (!last) return std::unexpected(last.error());
    if (rule_.part == Part::year && *last < *first) {
      return text_.range(start, fmt::format("{} comes after {}", *first, *last),
                         "years do not go round");
    }
    return read_step(*first, *last);
  }

  /// After `L` in the day of the month: nothing, `-n`, or `W`.
  Result<void> read_last_day() {
    if (take_letter('w')) {
      values_.special.last_weekday = true;
      return {};
    }
    int before = 0;
    if (text_.take('-')) {
      const std::size_t start = text_.at();
      const Result<int> read =
          text_.number("a number of days", "write 'L-3' for the third day before the last");
      if (!read) return std::unexpected(read.error());
      if (*read > 30) return text_.range(start, fmt::format("{} is outside 0-30", *read));
      before = *read;
    }
    values_.special.days_from_end.set(static_cast<std::size_t>(before));
    return {};
  }

  Result<void> add_last_weekday(int day) {
    values_.special.last_days_of_week.set(static_cast<std::size_t>(day - 1));
    return {};
  }

  Result<void> read_nth(int day) {
    const std::size_t start = text_.at();
    const Result<int> nth = text_.number("a number 1-5", "write '6#2' for the second Friday");
    if (!nth) return std::unexpected(nth.error());
    if (*nth < 1 || *nth > 5) return text_.range(start, fmt::format("{} is outside 1-5", *nth));
    values_.special.nth_days_of_week.set(static_cast<std::size_t>((day - 1) * 5 + *nth - 1));
    return {};
  }

  /// A range whose end lies before its start goes round: hours 20-2 are 20 21 22 23 0 1 2.
  Result<void> read_step(int first, int last) {
    int step = 1;
    if (text_.take('/')) {
      const std::size_t start = text_.at();
      const Result<int> read = text_.number("a step", rule_.allowed);
      if (!read) return std::unexpected(read.error());
      if (*read == 0) return text_.range(start, "a step of 0 never gets anywhere");
      if (*read > rule_.size()) {
        return text_.range(start, fmt::format("step {} is longer than the field ({} values)", *read,
                                              rule_.size()));
      }
      step = *read;
    }
    const int end = last < first ? last + rule_.size() : last;
    for (int value = first; value <= end; value += step) {
      values_.plain.set(static_cast<std::size_t>((value - rule_.low) % rule_.size()));
    }
    return {};
  }

  Result<int> read_value() {
    if (is_letter(text_.peek())) return read_word();
    const std::size_t start = text_.at();
    if (!text_.done() && !is_digit(text_.peek())) return unexpected_character();
    const Result<int> value = text_.number("a value", rule_.allowed);
    if (!value) return value;
    if (*value < rule_.low || *value > rule_.high) {
      return text_.range(start, fmt::format("{} is outside {}-{}", *value, rule_.low, rule_.high),
                         rule_.part == Part::day_of_week && *value == 0
                             ? "1 is Sunday, 7 is Saturday; or write names"
                             : "");
    }
    return value;
  }

  /// A name; in the day of the week also `L` (Saturday, the last of the week) and `FRIL`.
  Result<int> read_word() {
    const std::size_t start = text_.at();
    const std::string_view written = text_.word();
    const std::string word = lower(written);
    for (std::size_t i = 0; i < rule_.words.size(); ++i) {
      const int value = rule_.low + static_cast<int>(i);
      if (rule_.words[i] == word) return value;
      if (rule_.part == Part::day_of_week && word == std::string{rule_.words[i]} + "l") {
        values_.special.last_days_of_week.set(i);
        return kLastOfWeek;
      }
    }
    if (rule_.part == Part::day_of_week && word == "l") return rule_.high;
    return text_.syntax(start, fmt::format("'{}' is no value here", shown(written)),
                        word_hint(word));
  }

  std::string word_hint(std::string_view word) const {
    if (rule_.words.empty()) return std::string{rule_.allowed};
    for (const std::string_view known : rule_.words) {
      if (word.starts_with(known)) return fmt::format("write '{}'", known);
    }
    return fmt::format("names are {}", fmt::join(rule_.words, " "));
  }

  std::unexpected<Error> unexpected_character() const {
    std::string hint{rule_.allowed};
    if (text_.peek() == '?') {
      hint = has_days() ? "'?' stands alone in its field" : "'?' is for the two day fields";
    }
    return text_.unexpected_character(std::move(hint));
  }

  /// What read_word answers for `FRIL`, which is noted already.
  static constexpr int kLastOfWeek = -1;

  const EventFieldRule& rule_;
  Slice field_;
  FieldText text_;
  FieldValues values_;
};

/// The fields between the parentheses, with columns of the whole text.
Result<std::vector<Slice>> fields_of(std::string_view text) {
  constexpr std::string_view kOpen = "cron(";
  std::size_t begin = 0;
  while (begin < text.size() && is_blank(text[begin])) ++begin;
  const std::string_view written = trim(text);
  if (!written.starts_with(kOpen)) {
    return fail("cron.syntax", fmt::format("'{}' is not cron(…)", shown(written)),
                std::string{kEventCronForm});
  }
  if (!written.ends_with(')')) {
    return fail("cron.syntax",
                fmt::format("column {}: ')' is missing at the end", begin + written.size() + 1),
                std::string{kEventCronForm});
  }
  const std::size_t at = begin + kOpen.size();
  std::vector<Slice> fields = split_fields(text.substr(at, written.size() - kOpen.size() - 1));
  for (Slice& field : fields) field.at += at;
  if (fields.size() < kEventFields.size()) {
    return fail("cron.syntax",
                fmt::format("{} of {} fields: {} is missing", fields.size(), kEventFields.size(),
                            kEventFields[fields.size()].name),
                std::string{kEventCronForm});
  }
  if (fields.size() > kEventFields.size()) {
    const Slice& extra = fields[kEventFields.size()];
    return fail("cron.syntax",
                fmt::format("column {}: '{}' comes after the last of {} fields", extra.at + 1,
                            shown(extra.text), kEventFields.size()),
                fmt::format("{}; there are no seconds", kEventCronForm));
  }
  return fields;
}

/// One of the day fields must be `?`, and only one.
Result<void> check_day_fields(const FieldValues& of_month, const FieldValues& of_week,
                              const std::vector<Slice>& fields) {
  if (of_month.unspecified != of_week.unspecified) return {};
  const std::size_t column = fields[4].at + 1;
  if (of_month.unspecified) {
    return fail("cron.syntax",
                fmt::format("column {}: day of month and day of week are both '?'", column),
                "write '*' instead of one of them");
  }
  return fail("cron.syntax",
              fmt::format("column {}: day of month '{}' and day of week '{}' are both given",
                          column, shown(fields[2].text), shown(fields[4].text)),
              of_week.everything ? "write '?' as day of week"
              : of_month.everything
                  ? "write '?' as day of month"
                  : "one of them must be '?'; for days that match either, make two triggers");
}

template <std::size_t N>
std::bitset<N> moved_up(const std::bitset<256>& values, std::size_t low) {
  std::bitset<N> out;
  for (std::size_t i = 0; i + low < N; ++i) out[i + low] = values[i];
  return out;
}

ClockExpr assemble(const std::array<FieldValues, 6>& values) {
  const FieldValues& of_month = values[2];
  const FieldValues& of_week = values[4];
  ClockExpr expr;
  expr.seconds.set(0);
  expr.minutes = moved_up<60>(values[0].plain, 0);
  expr.hours = moved_up<24>(values[1].plain, 0);
  ClockExpr::Days& days = expr.days;
  days = of_month.special;
  days.days_of_month = moved_up<32>(of_month.plain, 1);
  days.months = moved_up<13>(values[3].plain, 1);
  days.days_of_week = moved_up<7>(of_week.plain, 0);
  days.nth_days_of_week = of_week.special.nth_days_of_week;
  days.last_days_of_week = of_week.special.last_days_of_week;
  days.any_day_of_month = of_month.unspecified || of_month.everything;
  days.any_day_of_week = of_week.unspecified || of_week.everything;
  if (!values[5].everything) {
    for (int year = ClockExpr::kYearMin; year <= ClockExpr::kYearMax; ++year) {
      if (values[5].plain[static_cast<std::size_t>(year - ClockExpr::kYearMin)]) {
        days.years.push_back(static_cast<std::int16_t>(year));
      }
    }
  }
  return expr;
}

}  // namespace

Result<ClockExpr> parse_event_cron(std::string_view text) {
  if (text.size() > kExpressionMax) {
    return fail("cron.syntax", fmt::format("the cron expression has {} bytes; at most {} may be",
                                           text.size(), kExpressionMax));
  }
  const Result<std::vector<Slice>> fields = fields_of(text);
  if (!fields) return std::unexpected(fields.error());
  std::array<FieldValues, 6> values;
  for (std::size_t i = 0; i < kEventFields.size(); ++i) {
    Result<FieldValues> read = EventFieldReader{kEventFields[i], (*fields)[i]}.read();
    if (!read) return std::unexpected(std::move(read.error()));
    values[i] = std::move(*read);
  }
  if (const Result<void> days = check_day_fields(values[2], values[4], *fields); !days) {
    return std::unexpected(days.error());
  }
  ClockExpr expr = assemble(values);
  if (!expr.ever_matches()) {
    return fail(
        "cron.never",
        fmt::format("'{}' never fires: no day of its months and years matches", shown(trim(text))),
        "choose days that the months have");
  }
  return expr;
}

}  // namespace dandori::calendar
