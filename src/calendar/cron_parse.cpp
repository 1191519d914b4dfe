#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "calendar/cron.h"
#include "calendar/field_text.h"

namespace dandori::calendar {

namespace {

/// What one field may hold. `size` values from `low` on; `high` is the highest that may be written.
struct FieldRule {
  std::string_view name;
  int low;
  int high;
  int size;
  std::span<const std::string_view> words;  ///< names of low, low + 1, …
};

constexpr std::array<FieldRule, 5> kFields{{
    {"minute", 0, 59, 60, {}},
    {"hour", 0, 23, 24, {}},
    {"day of month", 1, 31, 31, {}},
    {"month", 1, 12, 12, kMonthNames},
    {"day of week", 0, 7, 7, kDayNames},
}};

constexpr std::string_view kCronForm = "the form is: minute hour day-of-month month day-of-week";

struct Macro {
  std::string_view name;
  std::string_view fields;
};
constexpr std::array<Macro, 7> kMacros{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

constexpr std::string_view kAllowed =
    "allowed are numbers, names, '*', and '-' ',' '/' between them";

/// Reads one field into a set of values.
class FieldReader {
 public:
  FieldReader(const FieldRule& rule, Slice field) : rule_{rule}, text_{"cron", rule.name, field} {}

  /// Bit v is set for each value v; 7 in the day of week is 0.
  Result<std::uint64_t> read() {
    do {
      if (Result<void> item = read_item(); !item) return std::unexpected(std::move(item.error()));
    } while (text_.take(','));
    if (!text_.done()) return unexpected_character();
    return bits_;
  }

 private:
  Result<void> read_item() {
    const std::size_t start = text_.at();
    int first = rule_.low;
    int last = rule_.low + rule_.size - 1;
    bool single = false;
    if (!text_.take('*')) {
      const Result<int> from = read_value();
      if (!from) return std::unexpected(from.error());
      first = last = *from;
      single = !text_.take('-');
      if (!single) {
        const Result<int> to = read_value();
        if (!to) return std::unexpected(to.error());
        last = *to;
      }
    }
    int step = 1;
    if (text_.take('/')) {
      if (single) {
        return text_.syntax(start, "a step needs a range or '*' before it",
                            fmt::format("write '{}-{}/…' for every … from there on", first,
                                        rule_.low + rule_.size - 1));
      }
      const Result<int> read = read_step();
      if (!read) return std::unexpected(read.error());
      step = *read;
    }
    add(first, last, step);
    return {};
  }

  /// A range whose end lies before its start goes round: hours 20-2 are 20 21 22 23 0 1 2.
  void add(int first, int last, int step) {
    const int end = last < first ? last + rule_.size : last;
    for (int value = first; value <= end; value += step) {
      const int bit = rule_.low + (value - rule_.low) % rule_.size;
      bits_ |= std::uint64_t{1} << static_cast<unsigned>(bit);
    }
  }

  Result<int> read_value() {
    if (is_letter(text_.peek())) return read_word();
    const std::size_t start = text_.at();
    const Result<int> value = read_number("a value");
    if (!value) return value;
    if (*value < rule_.low || *value > rule_.high) {
      return text_.range(start, fmt::format("{} is outside {}-{}", *value, rule_.low, rule_.high));
    }
    return value;
  }

  Result<int> read_word() {
    const std::size_t start = text_.at();
    const std::string_view written = text_.word();
    const std::string word = lower(written);
    for (std::size_t i = 0; i < rule_.words.size(); ++i) {
      if (rule_.words[i] == word) return rule_.low + static_cast<int>(i);
    }
    return text_.syntax(start, fmt::format("'{}' is no value here", shown(written)),
                        word_hint(word));
  }

  std::string word_hint(std::string_view word) const {
    if (word == "l" || word == "w" || word == "lw") {
      return "L and W do not exist in five-field cron";
    }
    if (rule_.words.empty()) {
      return fmt::format("{}s are numbers {}-{}", rule_.name, rule_.low, rule_.high);
    }
    for (const std::string_view known : rule_.words) {
      if (word.starts_with(known)) return fmt::format("write '{}'", known);
    }
    return fmt::format("names are {}", fmt::join(rule_.words, " "));
  }

  Result<int> read_step() {
    const std::size_t start = text_.at();
    const Result<int> step = read_number("a step");
    if (!step) return step;
    if (*step == 0) return text_.range(start, "a step of 0 never gets anywhere");
    if (*step > rule_.size) {
      return text_.range(
          start, fmt::format("step {} is longer than the field ({} values)", *step, rule_.size));
    }
    return step;
  }

  Result<int> read_number(std::string_view what) {
    if (!text_.done() && !is_digit(text_.peek())) return unexpected_character();
    return text_.number(what, kAllowed);
  }

  std::unexpected<Error> unexpected_character() const {
    std::string hint{kAllowed};
    if (text_.peek() == '?') hint = "write '*' instead of '?'";
    if (text_.peek() == '#') hint = "'#' does not exist in five-field cron";
    return text_.unexpected_character(std::move(hint));
  }

  const FieldRule& rule_;
  FieldText text_;
  std::uint64_t bits_ = 0;
};

std::unexpected<Error> wrong_field_count(const std::vector<Slice>& fields) {
  if (fields.empty())
    return fail("cron.syntax", "the cron expression is empty", std::string{kCronForm});
  if (fields.size() < kFields.size()) {
    return fail(
        "cron.syntax",
        fmt::format("{} of 5 fields: {} is missing", fields.size(), kFields[fields.size()].name),
        std::string{kCronForm});
  }
  return fail("cron.syntax",
              fmt::format("column {}: '{}' comes after the last of 5 fields",
                          fields[kFields.size()].at + 1, shown(fields[kFields.size()].text)),
              fmt::format("{}; there are no seconds, no years, and no command", kCronForm));
}

/// Some month of the expression must have one of its days. (If days of the week count as
/// alternatives, there is always one.)
bool has_a_date(const CronExpr& cron) {
  if (!cron.any_day_of_month && !cron.any_day_of_week) return true;
  constexpr std::array<std::size_t, 13> kLongest{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::size_t first = 1;
  while (first < 31 && !cron.days_of_month[first]) ++first;
  for (std::size_t month = 1; month <= 12; ++month) {
    if (cron.months[month] && first <= kLongest[month]) return true;
  }
  return false;
}

Result<CronExpr> parse_fields(std::string_view text, std::string_view written) {
  const std::vector<Slice> fields = split_fields(text);
  if (fields.size() != kFields.size()) return wrong_field_count(fields);
  std::array<std::uint64_t, 5> bits{};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const Result<std::uint64_t> read = FieldReader{kFields[i], fields[i]}.read();
    if (!read) return std::unexpected(read.error());
    bits[i] = *read;
  }
  CronExpr cron{.minutes = bits[0],
                .hours = bits[1],
                .days_of_month = bits[2],
                .months = bits[3],
                .days_of_week = bits[4],
                .any_day_of_month = fields[2].text.starts_with('*'),
                .any_day_of_week = fields[4].text.starts_with('*'),
                .text = std::string{written}};
  if (!has_a_date(cron)) {
    return fail("cron.never",
                fmt::format("'{}' never fires: day of month '{}' does not exist in month '{}'",
                            written, fields[2].text, fields[3].text),
                "choose days that the months have");
  }
  return cron;
}

}  // namespace

Result<CronExpr> parse_cron(std::string_view text) {
  if (text.size() > kExpressionMax) {
    return fail("cron.syntax", fmt::format("the cron expression has {} bytes; at most {} may be",
                                           text.size(), kExpressionMax));
  }
  const std::string_view written = trim(text);
  if (!written.starts_with('@')) return parse_fields(text, written);

  const std::string name = lower(written);
  std::string known;
  for (const Macro& macro : kMacros) {
    if (macro.name == name) return parse_fields(macro.fields, written);
    known += known.empty() ? "" : " ";
    known += macro.name;
  }
  return fail("cron.syntax", fmt::format("'{}' is not known", shown(written)),
              fmt::format("known are {}", known));
}

}  // namespace dandori::calendar
