#include "calendar/together.h"

#include <algorithm>

namespace dandori::calendar {

Together::Together(std::span<const NamedSchedule> schedules) {
  for (const NamedSchedule& each : schedules) by_workflow_[each.workflow].push_back(&each);
}

bool Together::is_planned(std::string_view workflow, Day date, int depth) const {
  const auto found = by_workflow_.find(workflow);
  if (found == by_workflow_.end()) return false;
  return std::ranges::any_of(found->second, [&](const NamedSchedule* each) {
    return each->schedule.plans_on(date, this, depth);
  });
}

}  // namespace dandori::calendar
