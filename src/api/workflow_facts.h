#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/run_list.h"
#include "api/services.h"

namespace dandori::api {

/// The next start of one trigger.
struct NextStart {
  std::string trigger;
  Timestamp at;
  std::string timezone;
};
/// Of each trigger that still starts something within 400 days after `from`. One that counts from
/// the end of runs has a next start while none is going on: is_active says whether one is.
std::vector<NextStart> next_starts(const Schedules& schedules, const KnownWorkflow& workflow,
                                   const model::WorkflowRow& row, bool is_active, Timestamp from);

/// Workflows as lists show them: the row, what operators did to it, its labels, its newest run and
/// its next start. Knows the marks of its moment.
class WorkflowFacts {
 public:
  static Result<WorkflowFacts> make(Services& services);
  Result<Json> show(const model::WorkflowRow& row);

 private:
  WorkflowFacts(Services& services, std::vector<model::Mark> marks, Schedules schedules);
  /// Planned instants before it are missed; kFarFuture: until an operator enables it.
  Timestamp starts_from(const model::WorkflowRow& row) const;

  Services& services_;
  std::vector<model::Mark> marks_;
  Schedules schedules_;
  RunList runs_;
  Timestamp now_;
};

}  // namespace dandori::api
