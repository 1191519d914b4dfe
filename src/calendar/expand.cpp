#include <algorithm>
#include <map>
#include <span>
#include <tuple>

#include "calendar/schedule.h"
#include "calendar/schedule_rule.h"
#include "calendar/together.h"

namespace dandori::calendar {

namespace {

using EditKey = std::pair<std::string_view, std::string_view>;  // workflow, trigger
using Edits = std::multimap<EditKey, const PlanEdit*>;

/// The occurrence that an edit is of, wherever it lies.
std::optional<PlannedStart> find_origin(const Schedule& schedule, const PlanEdit& edit,
                                        const OtherPlans& others) {
  const Result<Day> day = parse_day(std::string_view{edit.origin}.substr(0, 10));
  if (!day) return std::nullopt;
  // Shift and offset reach a year each at most.
  constexpr std::int32_t kFar = 2 * 366 + 3;
  const auto at = [&](Day each) {
    return schedule.zone().from_local({each.days * kDaySeconds}).first;
  };
  for (const PlannedStart& start :
       schedule.expand(at(*day - kFar), at(*day + kFar), SIZE_MAX, &others)) {
    if (origin_text(start) == edit.origin) return start;
  }
  return std::nullopt;
}

/// The starts of one schedule with what an operator changed of them.
void add_edited(std::span<const NamedSchedule> schedules, std::size_t index, Timestamp from,
                Timestamp to, const Edits& edits, const OtherPlans& others,
                std::vector<PlannedRun>& out) {
  const NamedSchedule& named = schedules[index];
  const auto [begin, end] = edits.equal_range({named.workflow, named.trigger});
  for (const PlannedStart& start : named.schedule.expand(from, to, SIZE_MAX, &others)) {
    const PlanEdit* edit = nullptr;
    if (begin != end) {
      const std::string origin = origin_text(start);
      const auto found =
          std::find_if(begin, end, [&](const auto& each) { return each.second->origin == origin; });
      if (found != end) edit = found->second;
    }
    if (edit == nullptr || !edit->moved_to) out.push_back({index, start, edit});
  }
  for (auto each = begin; each != end; ++each) {
    const PlanEdit& edit = *each->second;
    if (!edit.moved_to || *edit.moved_to < from || *edit.moved_to >= to) continue;
    std::optional<PlannedStart> start = find_origin(named.schedule, edit, others);
    if (!start) continue;
    start->fire.at = *edit.moved_to;
    out.push_back({index, *start, &edit});
  }
}

/// By instant and schedule. Millions of them: first into boxes of time, which then fit the cache.
std::vector<PlannedRun> in_order(std::vector<PlannedRun> runs, Timestamp from, Timestamp to) {
  constexpr std::size_t kBox = 1024;
  const auto count = static_cast<std::int64_t>(runs.size() / kBox + 1);
  const std::int64_t width = (to - from).count() / count + 1;
  const auto box_of = [&](const PlannedRun& run) {
    return static_cast<std::size_t>((run.start.fire.at - from).count() / width);
  };
  std::vector<std::size_t> ends(static_cast<std::size_t>(count) + 1, 0);
  for (const PlannedRun& run : runs) ++ends[box_of(run) + 1];
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  std::vector<PlannedRun> sorted(runs.size());
  std::vector<std::size_t> places = ends;
  for (const PlannedRun& run : runs) sorted[places[box_of(run)]++] = run;
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
    std::ranges::sort(std::span{sorted}.subspan(ends[i], ends[i + 1] - ends[i]), {},
                      [](const PlannedRun& run) {
                        return std::tuple{run.start.fire.at, run.schedule, run.start.fire.nominal};
                      });
  }
  return sorted;
}

}  // namespace

std::vector<PlannedRun> expand(std::span<const NamedSchedule> schedules, Timestamp from,
                               Timestamp to, std::span<const PlanEdit> edits) {
  const Together others{schedules};
  Edits by_schedule;
  for (const PlanEdit& edit : edits)
    by_schedule.emplace(EditKey{edit.workflow, edit.trigger}, &edit);
  std::vector<PlannedRun> runs;
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    add_edited(schedules, i, from, to, by_schedule, others, runs);
  }
  return in_order(std::move(runs), from, to);
}

}  // namespace dandori::calendar
