#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "calendar/cron.h"
#include "calendar/zone.h"
#include "model/workflow.h"

namespace dandori::calendar {

/// One start that a trigger plans.
///
/// nominal_text: its identity together with workflow and trigger: the unshifted local reading, with
/// `*` after it when it is the second of a repeated one. business_date: `YYYY-MM-DD`, the local
/// date of the start in the trigger's zone.
struct PlannedStart {
  Fire fire;
  std::string nominal_text;
  std::string business_date;

  bool operator==(const PlannedStart&) const = default;
};

/// A trigger of type schedule or once, checked and ready to be asked. Value; parse once, keep it.
class Schedule {
 public:
  /// zone: the trigger's, loaded by the caller. Errors: those of parse_cron and parse_once.
  static Result<Schedule> make(const model::Trigger& trigger, const TimeZone& zone);

  /// First start strictly after `after`, or nullopt when there is none any more.
  std::optional<PlannedStart> next(Timestamp after) const;
  /// The same without the texts: cheaper when only the instant matters.
  std::optional<Fire> next_instant(Timestamp after) const;

  const TimeZone& zone() const { return zone_; }
  bool is_once() const { return std::holds_alternative<Fire>(rule_); }

 private:
  Schedule(TimeZone zone, model::DstRule dst, std::variant<CronExpr, Fire> rule);

  TimeZone zone_;
  std::variant<CronExpr, Fire> rule_;
  model::DstRule dst_;
};

/// The starts in [from, to), ascending, at most `count_max`: what preview, plan and the live
/// scheduler share. A trigger that Schedule::make refuses plans nothing.
std::vector<PlannedStart> expand(const model::Trigger& trigger, const TimeZone& zone,
                                 Timestamp from, Timestamp to, std::size_t count_max);
std::vector<PlannedStart> expand(const Schedule& schedule, Timestamp from, Timestamp to,
                                 std::size_t count_max);

}  // namespace dandori::calendar
