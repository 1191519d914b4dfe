#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"

namespace dandori::calendar {

// What the readers of clock expressions (cron, EventBridge's cron, OnCalendar) share.

inline constexpr std::size_t kExpressionMax = 1024;

inline constexpr std::array<std::string_view, 12> kMonthNames{
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
inline constexpr std::array<std::string_view, 7> kDayNames{"sun", "mon", "tue", "wed",
                                                           "thu", "fri", "sat"};

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
constexpr bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}
/// For messages: short, valid, one line.
std::string shown(std::string_view text);

/// A part of an expression and where it starts (0-based).
struct Slice {
  std::string_view text;
  std::size_t at = 0;
};
/// The parts between blanks.
std::vector<Slice> split_fields(std::string_view text);

/// Reads one field from left to right; its errors name the field and the column within the whole
/// expression. family: of the error codes: `cron` for cron.syntax and cron.range.
class FieldText {
 public:
  FieldText(std::string_view family, std::string_view name, Slice field)
      : family_{family}, name_{name}, field_{field} {}

  std::size_t at() const { return next_; }
  bool done() const { return next_ >= field_.text.size(); }
  /// The next character, or 0 at the end.
  char peek() const { return done() ? '\0' : field_.text[next_]; }
  bool take(char c);
  bool take(std::string_view text);
  /// The letters that come next; may be none.
  std::string_view word();
  /// Digits; a number past 9999 is shown as that: it is out of every range.
  Result<int> number(std::string_view what, std::string_view allowed);

  std::unexpected<Error> syntax(std::size_t at, std::string_view what, std::string hint = {}) const;
  std::unexpected<Error> range(std::size_t at, std::string_view what, std::string hint = {}) const;
  /// The character that comes next does not belong there. hint: what does.
  std::unexpected<Error> unexpected_character(std::string hint) const;

 private:
  std::unexpected<Error> wrong(std::string_view kind, std::size_t at, std::string_view what,
                               std::string hint) const;

  std::string_view family_;
  std::string_view name_;
  Slice field_;
  std::size_t next_ = 0;
};

}  // namespace dandori::calendar
