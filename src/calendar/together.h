#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "calendar/schedule.h"

namespace dandori::calendar {

/// Schedules that look at each other (`exclude`). schedules: outlive it.
class Together final : public OtherPlans {
 public:
  explicit Together(std::span<const NamedSchedule> schedules);
  bool is_planned(std::string_view workflow, Day date, int depth) const override;

 private:
  std::map<std::string_view, std::vector<const NamedSchedule*>> by_workflow_;
};

}  // namespace dandori::calendar
