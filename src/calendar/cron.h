#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "calendar/zone.h"
#include "model/words.h"

namespace dandori::calendar {

/// A parsed cron expression of five fields (Vixie semantics): minute hour day-of-month month
/// day-of-week; names, lists, ranges (wrapping ones too: `20-2`), steps, `@daily` and friends.
/// When both day fields are restricted, a day matches if either does; a field that starts with `*`
/// counts as unrestricted (also `*/2`), and then a day must match both.
struct CronExpr {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days_of_month;  // 1…31
  std::bitset<13> months;         // 1…12
  std::bitset<7> days_of_week;    // 0 = Sunday
  bool any_day_of_month = true;
  bool any_day_of_week = true;
  std::string text;

  bool operator==(const CronExpr&) const = default;
};

/// The text may be 1 KiB long. Errors: cron.syntax, cron.range, cron.never (no date matches, such
/// as 31 February). The message names the field and the column within the text.
Result<CronExpr> parse_cron(std::string_view text);

/// One computed start.
struct Fire {
  Timestamp at;         ///< the instant to start at
  LocalTime nominal;    ///< the local reading the expression names (unshifted)
  bool second = false;  ///< the second of a repeated reading (dst overlap: second or both)

  bool operator==(const Fire&) const = default;
};

/// Every expression that parse_cron accepts has a date in any stretch this long (29 February on one
/// weekday comes after 40 years around 2100).
inline constexpr int kSearchYears = 41;

/// First instant strictly after `after` when `cron` fires in `zone`, or nullopt (kSearchYears, and
/// never past the year 9999).
///
/// A local time inside the spring gap fires at the first instant after it (dst.gap shift; several
/// readings of one gap make one fire, together with a reading at that very instant) or not at all
/// (skip). A repeated local time fires first (default), second, or both.
/// Cost: bit scans, well under a microsecond but for expressions that rarely match.
std::optional<Fire> next_fire(const CronExpr& cron, const TimeZone& zone, model::DstRule dst,
                              Timestamp after);

}  // namespace dandori::calendar
