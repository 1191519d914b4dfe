#pragma once

#include <string_view>

#include "base/result.h"
#include "calendar/cron.h"
#include "calendar/zone.h"
#include "model/words.h"

namespace dandori::calendar {

/// The one start of a `once` trigger: local `2026-12-31T20:00` or `2026-12-31T20:00:30`, or RFC
/// 3339 with an offset (`2026-12-31T20:00:00+09:00`), which needs no clock-change rule.
///
/// A local time in the spring gap moves to the first instant after it (dst.gap shift) or is an
/// error (skip). A repeated one means its first or second instant; `both` counts as first: once is
/// once. Errors: calendar.bad_instant, calendar.nonexistent_time.
Result<Fire> parse_once(std::string_view at, const TimeZone& zone, model::DstRule dst);

}  // namespace dandori::calendar
