#pragma once

#include <string_view>

#include "convert/imported.h"

namespace dandori::convert {

/// The days of an iCalendar file's events: all that an event touches by its own clock (an instant
/// in UTC: by that of the settings), repeated by RRULE, RDATE, EXDATE, EXRULE and RECURRENCE-ID.
/// Cancelled events are left out.
///
/// Problems: import.encoding, import.ics, import.recurrence, import.too_large.
ImportedDays read_ics(std::string_view file, std::string_view bytes,
                      const ImportSettings& settings);

}  // namespace dandori::convert
