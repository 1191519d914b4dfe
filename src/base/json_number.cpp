#include "base/json_number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include <fmt/compile.h>

#include "base/text.h"

namespace dandori {

namespace {

constexpr std::int64_t kExponentMax =
    1'000'000'000;  // beyond any double; keeps the sums from overflowing
constexpr std::size_t kAlwaysExactDigits = 15;  // std::numeric_limits<double>::digits10
constexpr std::size_t kDigitsMax = 17;          // no double's shortest text has more

std::size_t skip_digits(std::string_view text, std::size_t from) {
  while (from < text.size() && is_digit(text[from])) ++from;
  return from;
}

/// A number as its significant digits and the power of ten of the last one: 1.50 is 15 and -1.
struct Significand {
  std::array<char, kDigitsMax> digits{};
  std::size_t count = 0;  // more than kDigitsMax: the rest is not kept
  std::int64_t exponent = 0;

  bool fits() const { return count <= kDigitsMax; }
  bool operator==(const Significand&) const = default;
};

std::int64_t read_exponent(std::string_view text) {
  const bool negative = text.front() == '-';
  if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  for (const char c : text) {
    value = value * 10 + (c - '0');
    if (value > kExponentMax) return negative ? -kExponentMax : kExponentMax;
  }
  return negative ? -value : value;
}

/// Reads a valid literal. Zeros at both ends do not count, so that equal numbers compare equal.
Significand read_significand(std::string_view literal) {
  Significand number;
  std::int64_t zeros = 0;  // seen, and counted only when another digit follows
  std::int64_t after_point = 0;
  bool in_fraction = false;
  for (std::size_t i = literal.front() == '-' ? 1 : 0; i < literal.size(); ++i) {
    const char c = literal[i];
    if (c == '.') {
      in_fraction = true;
    } else if (c == 'e' || c == 'E') {
      number.exponent = read_exponent(literal.substr(i + 1));
      break;
    } else {
      if (in_fraction) ++after_point;
      if (c == '0') {
        ++zeros;
        continue;
      }
      if (number.count > 0) {
        for (; zeros > 0; --zeros) {
          if (number.count < kDigitsMax) number.digits[number.count] = '0';
          ++number.count;
        }
      }
      zeros = 0;
      if (number.count < kDigitsMax) number.digits[number.count] = c;
      ++number.count;
    }
  }
  number.exponent += zeros - after_point;
  if (number.count == 0) number.exponent = 0;
  return number;
}

/// Whether the shortest text of `value` has the digits of `literal`.
bool holds_exactly(double value, std::string_view literal) {
  if (!std::isfinite(value)) return false;
  const Significand wanted = read_significand(literal);
  if (wanted.count == 0) return true;
  if (!wanted.fits() || value == 0.0) return false;
  const bool normal = std::fabs(value) >= std::numeric_limits<double>::min();
  if (normal && wanted.count <= kAlwaysExactDigits) return true;

  std::array<char, 40> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  const std::string_view shortest{text.data(), static_cast<std::size_t>(end.ptr - text.data())};
  return read_significand(shortest) == wanted;
}

}  // namespace

bool is_json_number(std::string_view text) {
  std::size_t at = !text.empty() && text.front() == '-' ? 1 : 0;
  if (at >= text.size() || !is_digit(text[at])) return false;
  at = text[at] == '0' ? at + 1 : skip_digits(text, at);
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = at + 1;
    at = skip_digits(text, fraction);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(text, exponent);
    if (at == exponent) return false;
  }
  return at == text.size();
}

Json json_number(std::string_view literal) {
  if (literal.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t integer = 0;
    const char* const end = literal.data() + literal.size();
    const auto read = std::from_chars(literal.data(), end, integer);
    if (read.ec == std::errc{} && read.ptr == end) return Json{integer};
  }
  const double real = literal_to_double(literal);
  if (holds_exactly(real, literal)) return Json{real};
  return Json::decimal(std::string{literal});
}

double literal_to_double(std::string_view literal) {
  double value = 0;
  const auto read = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  if (read.ec == std::errc{}) return value;
  // Out of range both ways; from_chars does not say which, the place of the first digit does.
  const Significand number = read_significand(literal);
  const bool negative = literal.front() == '-';
  if (number.count == 0) return negative ? -0.0 : 0.0;
  const bool huge = number.exponent + static_cast<std::int64_t>(number.count) > 0;
  const double magnitude = huge ? std::numeric_limits<double>::infinity() : 0.0;
  return negative ? -magnitude : magnitude;
}

void append_json_real(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  // Not std::to_chars: it writes large integral values with all their digits, not the shortest
  // ones.
  std::array<char, 40> text{};
  const auto end = fmt::format_to_n(text.data(), text.size(), FMT_COMPILE("{}"), value);
  const std::string_view shortest{text.data(), end.size};
  out += shortest;
  if (shortest.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace dandori
