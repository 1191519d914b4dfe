#include "calendar/early_time.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/clock.h"

namespace dandori::calendar {

std::optional<std::int32_t> earliest_time(const model::Trigger& trigger) {
  if (!trigger.times.empty()) return std::ranges::min(trigger.times);
  return trigger.from_s ? trigger.from_s : trigger.until_s;
}

Result<void> check_time(std::int32_t time_s, std::int32_t day_starts_at_s,
                        std::string_view calendar) {
  if (time_s >= day_starts_at_s) return {};
  const std::int32_t meant_s = time_s + kClockEndS / 2;
  return fail("calendar.bad_time",
              fmt::format("\"{}\" comes before \"{}\", when a day of the calendar '{}' begins",
                          format_clock(time_s), format_clock(day_starts_at_s), calendar),
              fmt::format("write \"{}\": hours past 24 belong to the date they are written for",
                          format_clock(meant_s)));
}

}  // namespace dandori::calendar
