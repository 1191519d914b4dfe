#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "model/workflow.h"

namespace dandori::calendar {

/// The earliest clock time that the trigger names of a business date, seconds after midnight;
/// nullopt: it names none.
std::optional<std::int32_t> earliest_time(const model::Trigger& trigger);

/// Clock times count from midnight of the date they are written for, so one before the hour at
/// which the calendar's days begin would belong to the date before.
///
/// Errors: calendar.bad_time.
Result<void> check_time(std::int32_t time_s, std::int32_t day_starts_at_s,
                        std::string_view calendar);

}  // namespace dandori::calendar
