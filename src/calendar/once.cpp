#include "calendar/once.h"

#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/text.h"

namespace dandori::calendar {

namespace {

constexpr std::string_view kOnceForms =
    "write local time as 2026-12-31T20:00, or an instant as 2026-12-31T20:00:00+09:00";

std::unexpected<Error> bad_instant(std::string_view at, std::string_view why) {
  return fail("calendar.bad_instant",
              fmt::format("'{}' is no time to start at: {}", to_valid_utf8(at.substr(0, 40)), why),
              std::string{kOnceForms});
}

/// Two digits at `at`, or nullopt.
std::optional<int> two_digits(std::string_view text, std::size_t at) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (at + 2 > text.size() || !digit(at) || !digit(at + 1)) return std::nullopt;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// `YYYY-MM-DDTHH:MM` or with `:SS`. nullopt: the text has another form (then it may be RFC 3339).
std::optional<Result<LocalTime>> parse_local(std::string_view at) {
  const bool with_seconds = at.size() == 19 && at[16] == ':';
  if (at.size() != 16 && !with_seconds) return std::nullopt;
  if (at[10] != 'T' || at[13] != ':') return std::nullopt;
  const std::optional<int> hour = two_digits(at, 11);
  const std::optional<int> minute = two_digits(at, 14);
  const std::optional<int> second = with_seconds ? two_digits(at, 17) : 0;
  if (!hour || !minute || !second) return std::nullopt;
  const Result<Day> day = parse_day(at.substr(0, 10));
  if (!day) return bad_instant(at, day.error().message);
  if (*hour > 23) return bad_instant(at, "hours are 00…23");
  if (*minute > 59) return bad_instant(at, "minutes are 00…59");
  if (*second > 59) return bad_instant(at, "seconds are 00…59");
  return LocalTime{day->days * std::int64_t{86'400} + *hour * 3600 + *minute * 60 + *second};
}

Result<Fire> from_local(LocalTime local, const TimeZone& zone, model::DstRule dst) {
  const LocalLookup found = zone.from_local(local);
  switch (found.kind) {
    case LocalLookup::Kind::unique:
      return Fire{.at = found.first, .nominal = local};
    case LocalLookup::Kind::gap:
      if (dst.gap == model::DstGap::shift) return Fire{.at = found.first, .nominal = local};
      return fail("calendar.nonexistent_time",
                  fmt::format("{} does not exist in {}: clocks go forward over it",
                              format_local(local), zone.name()),
                  fmt::format("choose another time, or `dst: {{gap: shift}}` to start at {}",
                              format_in_zone(found.first, zone)));
    case LocalLookup::Kind::overlap: {
      const bool second = dst.overlap == model::DstOverlap::second;
      return Fire{.at = second ? found.second : found.first, .nominal = local, .second = second};
    }
  }
  std::unreachable();
}

}  // namespace

Result<Fire> parse_once(std::string_view at, const TimeZone& zone, model::DstRule dst) {
  if (const std::optional<Result<LocalTime>> local = parse_local(at)) {
    if (!*local) return std::unexpected(local->error());
    return from_local(**local, zone, dst);
  }
  const Result<Timestamp> instant = parse_rfc3339(at);
  if (!instant) return bad_instant(at, instant.error().message);
  const LocalTime local = zone.to_local(*instant);
  const LocalLookup found = zone.from_local(local);
  const bool repeated = found.kind == LocalLookup::Kind::overlap;
  return Fire{.at = *instant, .nominal = local, .second = repeated && *instant >= found.second};
}

}  // namespace dandori::calendar
