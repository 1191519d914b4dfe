#include "calendar/field_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace dandori::calendar {

std::string shown(std::string_view text) {
  std::string out = to_valid_utf8(text.size() > 40 ? text.substr(0, 40) : text);
  std::ranges::replace_if(out, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, '?');
  return out;
}

std::vector<Slice> split_fields(std::string_view text) {
  std::vector<Slice> fields;
  for (std::size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && !is_blank(text[end])) ++end;
    fields.push_back({text.substr(at, end - at), at});
    at = end;
  }
  return fields;
}

bool FieldText::take(char c) {
  if (done() || field_.text[next_] != c) return false;
  ++next_;
  return true;
}

bool FieldText::take(std::string_view text) {
  if (!field_.text.substr(next_).starts_with(text)) return false;
  next_ += text.size();
  return true;
}

std::string_view FieldText::word() {
  const std::size_t start = next_;
  while (!done() && is_letter(field_.text[next_])) ++next_;
  return field_.text.substr(start, next_ - start);
}

Result<int> FieldText::number(std::string_view what, std::string_view allowed) {
  const std::size_t start = next_;
  while (!done() && is_digit(field_.text[next_])) ++next_;
  if (next_ == start) {
    if (!done()) return unexpected_character(std::string{allowed});
    return syntax(start, fmt::format("{} is missing", what));
  }
  const std::string_view digits = field_.text.substr(start, next_ - start);
  int value = 0;
  const auto [rest, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return problem == std::errc{} ? std::min(value, 9999) : 9999;
}

std::unexpected<Error> FieldText::syntax(std::size_t at, std::string_view what,
                                         std::string hint) const {
  return wrong("syntax", at, what, std::move(hint));
}

std::unexpected<Error> FieldText::range(std::size_t at, std::string_view what,
                                        std::string hint) const {
  return wrong("range", at, what, std::move(hint));
}

std::unexpected<Error> FieldText::unexpected_character(std::string hint) const {
  const std::string_view rest = field_.text.substr(next_);
  std::size_t length = 1;  // the whole UTF-8 character
  while (length < rest.size() && length < 4 &&
         (static_cast<unsigned char>(rest[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return syntax(next_, fmt::format("'{}' is not expected here", shown(rest.substr(0, length))),
                std::move(hint));
}

std::unexpected<Error> FieldText::wrong(std::string_view kind, std::size_t at,
                                        std::string_view what, std::string hint) const {
  return fail(
      fmt::format("{}.{}", family_, kind),
      fmt::format("{} '{}', column {}: {}", name_, shown(field_.text), field_.at + at + 1, what),
      std::move(hint));
}

}  // namespace dandori::calendar
