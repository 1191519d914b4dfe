#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "calendar/zone.h"

namespace dandori::convert {

/// One content line of an iCalendar file (RFC 5545), unfolded.
struct IcsLine {
  int line = 0;                                             ///< number of its first line
  std::string name;                                         ///< in capitals
  std::vector<std::pair<std::string, std::string>> params;  ///< names in capitals
  std::string value;
  /// Empty: it is not there.
  std::string_view param(std::string_view name) const;
};

/// Reads the next content line; takes it from `text` and counts lines. nullopt: it has no `:`.
/// number: of the next line before the call and after it.
std::optional<IcsLine> next_line(std::string_view& text, int& number);

/// A DATE or DATE-TIME as written.
struct IcsTime {
  calendar::LocalTime local;
  bool is_date = false;
  bool is_utc = false;
};
/// `20261231`, `20261231T150000`, `20261231T150000Z`; years 1600 to 2400. nullopt: it is none.
std::optional<IcsTime> read_time(std::string_view text);

/// Seconds of `P2D`, `PT1H30M`, `P1W`, `-PT15M`; at most ten years. nullopt: it is none.
std::optional<std::int64_t> read_span(std::string_view text);

/// A reading in UTC as instant.
inline Timestamp instant_of(calendar::LocalTime utc) {
  return Timestamp{utc.seconds * 1'000'000};
}

/// The value of a TEXT property: `\n`, `\,`, `\;`, `\\` resolved.
std::string read_text(std::string_view value);
/// The same the other way.
std::string write_text(std::string_view text);

}  // namespace dandori::convert
