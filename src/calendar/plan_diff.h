#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "calendar/schedule.h"

namespace dandori::calendar {

/// What a change of calendars or definitions does to one start.
struct PlanChange {
  enum class Kind : std::uint8_t { added, removed, moved } kind = Kind::added;
  std::string workflow, trigger;
  std::string origin;  ///< with workflow and trigger its identity
  TimeZone zone;       ///< of the trigger, after the change where it is there then
  /// Before and after; absent: nothing with that identity. One that is dropped says why there is no
  /// start.
  std::optional<PlannedStart> before, after;
};

/// By instant, workflow and trigger.
struct PlanDiff {
  std::vector<PlanChange> changes;
  std::size_t added = 0, removed = 0, moved = 0;
};

/// The starts in [from, to) that differ between two sets of schedules. moved: the same identity at
/// another instant or for another business date; a start counts when it lies in [from, to) before
/// or after. One that moves by more than 31 days over an end of the window counts as added or
/// removed. Memory follows the changes, not the starts.
PlanDiff plan_diff(std::span<const NamedSchedule> before, std::span<const NamedSchedule> after,
                   Timestamp from, Timestamp to);

/// `{added, removed, moved, truncated, items: [{change, workflow, trigger, origin, timezone,
/// before, after, reason}]}`; before and after: `{at, local, business_date}` or null; reason: why a
/// start is no more, or was none. At most `count_max` items.
Json to_json(const PlanDiff& diff, std::size_t count_max);

}  // namespace dandori::calendar
