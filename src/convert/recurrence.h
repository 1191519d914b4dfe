#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "calendar/zone.h"

namespace dandori::convert {

/// Where an event begins, as its own clock shows it.
struct EventStart {
  calendar::LocalTime local;
  bool is_date = false;     ///< a whole day; local is its midnight
  calendar::TimeZone zone;  ///< what an UNTIL in UTC is compared in
};

/// The starts that an RRULE names, ascending, up to `last`; the begin itself is one only where the
/// rule names it. Rules that repeat within a day are refused: days are wanted here.
///
/// The only use of libical. The rule is checked part by part before; what the library gets is short
/// and well-formed.
/// Errors: import.recurrence (message: the cause, without a place).
Result<std::vector<calendar::LocalTime>> recurrence_starts(std::string_view rule,
                                                           const EventStart& start,
                                                           calendar::LocalTime last);

}  // namespace dandori::convert
