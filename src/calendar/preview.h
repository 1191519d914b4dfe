#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "calendar/schedule.h"
#include "model/workflow.h"

namespace dandori::calendar {

/// One start of a workflow in a preview.
struct PreviewLine {
  PlannedStart start;
  std::vector<std::string>
      triggers;          ///< ids that name this instant, ascending: one start all the same
  TimeZone zone;         ///< of the first of them
  bool shifted = false;  ///< the nominal time does not exist; it starts after the gap
};

/// As API and command line show it: `{at, local, timezone, nominal, business_date, shifted,
/// triggers}`.
Json to_json(const PreviewLine& line);

/// The next `count` starts at or after `from` of all `triggers` together, ascending.
///
/// Triggers that name the same instant make one line. zone: zone data by name; a trigger without a
/// zone takes `server_zone`. Errors: calendar.unknown_zone, cron.*.
Result<std::vector<PreviewLine>> preview(
    std::span<const model::Trigger> triggers, std::string_view server_zone,
    const std::function<Result<TimeZone>(std::string_view)>& zone, Timestamp from,
    std::size_t count);

}  // namespace dandori::calendar
