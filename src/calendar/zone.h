#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/day.h"
#include "base/result.h"
#include "base/time.h"

namespace dandori::calendar {

using dandori::Day;
using dandori::YearMonthDay;

/// A wall-clock reading without a zone: seconds since 1970-01-01T00:00:00 local.
struct LocalTime {
  std::int64_t seconds = 0;
  constexpr auto operator<=>(const LocalTime&) const = default;
};
/// `2026-11-20T22:00:00`.
std::string format_local(LocalTime local);

/// The day a reading falls on.
Day day_of(LocalTime local);

/// What a local reading is in a zone: it exists once, not at all (gap), or twice (overlap).
struct LocalLookup {
  enum class Kind : std::uint8_t { unique, gap, overlap } kind = Kind::unique;
  Timestamp
      first;  ///< unique and overlap: the (first) instant; gap: the first instant after the gap
  Timestamp second;  ///< overlap: the second instant; else equal to first
};

/// A stretch of time with one UTC offset. Offsets are seconds east of UTC.
struct ZoneSpan {
  std::int64_t begin = 0;  ///< seconds since 1970-01-01T00:00:00Z, included
  std::int64_t end = 0;    ///< excluded
  int offset = 0;
  int offset_before = 0;  ///< before `begin`; equal to offset in the first span
  int offset_after = 0;   ///< from `end` on; equal to offset in the last span
};

/// A time zone of the system's tz database. Value, cheap to copy, immutable.
///
/// Exact to the end of what the database extends to (400 years ahead); the last offset stays after.
class TimeZone {
 public:
  /// UTC.
  TimeZone();
  /// Errors: calendar.unknown_zone, with the nearest known name as hint. Loads zone data (once per
  /// name and process): shells call this (or spec at apply); the pure functions only take the
  /// value.
  static Result<TimeZone> load(std::string_view name);

  const std::string& name() const;
  LocalTime to_local(Timestamp at) const;
  LocalLookup from_local(LocalTime local) const;
  /// Seconds east of UTC at the instant.
  int offset_seconds(Timestamp at) const;
  /// The span that holds the instant (seconds since 1970-01-01T00:00:00Z).
  ZoneSpan span_at(std::int64_t seconds) const;

  bool operator==(const TimeZone& other) const;

 private:
  struct Impl;
  explicit TimeZone(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

/// RFC 3339 with the zone's offset: `2026-11-20T22:00:00+09:00`.
std::string format_in_zone(Timestamp at, const TimeZone& zone);

}  // namespace dandori::calendar
