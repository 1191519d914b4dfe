#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dandori {

using namespace std::chrono_literals;

/// A span; µs, signed.
using Duration = std::chrono::microseconds;

/// An instant: µs since 1970-01-01T00:00:00Z, without leap seconds.
struct Timestamp {
  std::int64_t us = 0;

  constexpr Timestamp() = default;
  constexpr explicit Timestamp(std::int64_t us_since_epoch) : us{us_since_epoch} {}
  constexpr explicit Timestamp(Duration since_epoch) : us{since_epoch.count()} {}

  constexpr auto operator<=>(const Timestamp&) const = default;
  constexpr Timestamp operator+(Duration span) const { return Timestamp{us + span.count()}; }
  constexpr Timestamp operator-(Duration span) const { return Timestamp{us - span.count()}; }
  constexpr Duration operator-(Timestamp other) const { return Duration{us - other.us}; }
  constexpr Timestamp& operator+=(Duration span) {
    us += span.count();
    return *this;
  }
};

inline constexpr Timestamp kFarFuture{INT64_MAX};

/// An instant of the monotonic clock: µs since an arbitrary start (boot); never compared across
/// boots.
struct Steady {
  std::int64_t us = 0;
  constexpr auto operator<=>(const Steady&) const = default;
  constexpr Steady operator+(Duration span) const { return Steady{us + span.count()}; }
  constexpr Duration operator-(Steady other) const { return Duration{us - other.us}; }
};

/// Both clocks, read together by the shell around the engine.
struct Now {
  Timestamp wall;
  Steady steady;
};

/// `2026-11-20T22:00:00Z`; up to six decimals, only as many as are needed.
std::string format_rfc3339(Timestamp at);

/// RFC 3339 with `Z` or an offset. Errors: time.bad_instant.
Result<Timestamp> parse_rfc3339(std::string_view text);

/// `90s`, `5m`, `1h30m`, `2d`, `500ms`, or ISO 8601 `PT1H30M`/`P2D`. Not negative, at most 10
/// years. A bare number is refused (the unit is missing). Errors: time.bad_duration.
Result<Duration> parse_duration(std::string_view text);

/// Shortest form that parse_duration reads back: `1h30m`, `500ms`, `0s`.
std::string format_duration(Duration span);

}  // namespace dandori
