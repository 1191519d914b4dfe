#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "calendar/schedule.h"
#include "model/workflow.h"

namespace dandori::calendar {

/// What a preview shows: the first `count` starts in [from, to). why: dropped dates between them
/// too, and every line with its steps.
struct PreviewRange {
  Timestamp from;
  Timestamp to = kFarFuture;
  std::size_t count = 10;
  bool why = false;
};

/// One start of a workflow in a preview, or a date that was dropped.
struct PreviewLine {
  PlannedStart start;
  std::vector<std::string>
      triggers;          ///< ids that name this instant, ascending: one start all the same
  TimeZone zone;         ///< of the first of them
  bool shifted = false;  ///< the nominal time does not exist; it starts after the gap
  std::vector<TraceStep> trace = {};  ///< of the first of them; only when asked why
};

/// What an occurrence is before anything else is decided: planned; bypassed, when a rule dropped
/// its date; missed, when its local time does not exist.
model::PlannedState state_of(const PlannedStart& start);

/// As API and command line show it: `{at, local, timezone, nominal, business_date, shifted,
/// triggers}`; of a dropped date also `dropped: REASON`; asked why also `trace: […]`.
Json to_json(const PreviewLine& line);

/// The last day up to which the calendars behind the lines are announced (holiday tables), where a
/// line lies beyond it; nullopt: all lie before.
std::optional<Day> unverified_after(std::span<const PreviewLine> lines,
                                    std::span<const model::Trigger> triggers,
                                    const Surroundings& around);

/// The starts of all `triggers` of the workflow together, ascending.
///
/// Triggers that name the same instant make one line. Errors: those of Schedule::make.
Result<std::vector<PreviewLine>> preview(std::string_view workflow,
                                         std::span<const model::Trigger> triggers,
                                         const Surroundings& around, const PreviewRange& range,
                                         const OtherPlans* others = nullptr);

}  // namespace dandori::calendar
