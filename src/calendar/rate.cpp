#include <fmt/core.h>

#include <array>
#include <charconv>
#include <string>

#include "base/text.h"
#include "calendar/clock_expr.h"
#include "calendar/field_text.h"

namespace dandori::calendar {

namespace {

constexpr std::string_view kRateForms = "write '5m', '1h30m' or 'rate(5 minutes)'";
constexpr Duration kMin = std::chrono::seconds{1};
constexpr Duration kMax = std::chrono::hours{24} * 366;

struct Unit {
  std::string_view name;
  Duration length;
};
constexpr std::array<Unit, 4> kUnits{{{"second", std::chrono::seconds{1}},
                                      {"minute", std::chrono::minutes{1}},
                                      {"hour", std::chrono::hours{1}},
                                      {"day", std::chrono::hours{24}}}};

std::unexpected<Error> bad_rate(std::string_view text, std::string_view why) {
  return fail("rate.syntax", fmt::format("rate '{}': {}", shown(text), why),
              std::string{kRateForms});
}

Result<Duration> checked(std::string_view text, Duration rate) {
  if (rate % kMin != Duration::zero() || rate < kMin || rate > kMax) {
    return fail(
        "rate.range",
        fmt::format("rate '{}': whole seconds are needed, from 1 second to 366 days", shown(text)),
        std::string{kRateForms});
  }
  return rate;
}

/// `rate(5 minutes)`; the number may be any, the unit with or without its `s`.
Result<Duration> event_rate(std::string_view text) {
  if (!text.ends_with(')')) return bad_rate(text, "')' is missing at the end");
  const std::vector<Slice> parts = split_fields(text.substr(5, text.size() - 6));
  if (parts.size() != 2) return bad_rate(text, "a number and a unit are needed");
  const std::string_view digits = parts[0].text;
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool digits_only = end == digits.data() + digits.size() && is_digit(digits.front());
  if (!digits_only) return bad_rate(text, fmt::format("'{}' is no number", shown(digits)));
  for (const Unit& unit : kUnits) {
    const std::string name = lower(parts[1].text);
    if (name != unit.name && name != std::string{unit.name} + "s") continue;
    const bool too_long = problem != std::errc{} || number > kMax / unit.length;
    return checked(text, too_long ? kMax + kMin : number * unit.length);
  }
  return bad_rate(text, fmt::format("'{}' is no unit; units are seconds, minutes, hours, days",
                                    shown(parts[1].text)));
}

}  // namespace

Result<Duration> parse_rate(std::string_view text) {
  const std::string_view written = trim(text);
  if (written.size() > kExpressionMax) return bad_rate(written, "the text is too long");
  if (written.starts_with("rate(")) return event_rate(written);
  const Result<Duration> rate = parse_duration(written);
  if (!rate) return fail("rate.syntax", "rate " + rate.error().message, std::string{kRateForms});
  return checked(written, *rate);
}

}  // namespace dandori::calendar
