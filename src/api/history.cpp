#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "api/routes.h"
#include "calendar/zone.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

using model::RunState;

constexpr std::uint64_t kDaysMax = 400;
/// A run's business date may lie some days from the day it was created.
constexpr Duration kDateSlack = std::chrono::hours{24 * 3};

/// What a day shows first, worst first.
constexpr auto kWorstFirst = std::to_array<RunState>(
    {RunState::failed, RunState::killed, RunState::interrupted, RunState::not_run,
     RunState::warning, RunState::stopping, RunState::suspended, RunState::running,
     RunState::queued, RunState::succeeded});

struct DayCount {
  std::map<RunState, std::uint64_t> counts;
  std::vector<Duration> took;  ///< of runs that ended well
};

Json percentile(std::vector<Duration>& took, std::size_t percent) {
  if (took.empty()) return {};
  const std::size_t at = (took.size() - 1) * percent / 100;
  std::ranges::nth_element(took, took.begin() + static_cast<std::ptrdiff_t>(at));
  return format_duration(took[at]);
}

Json day_json(calendar::Day day, DayCount& count) {
  Json counts = Json::object();
  Json worst;
  std::uint64_t runs = 0;
  for (const RunState state : kWorstFirst) {
    const auto found = count.counts.find(state);
    if (found == count.counts.end()) continue;
    if (worst.is_null()) worst = Json{to_string(state)};
    counts.set(to_string(state), found->second);
    runs += found->second;
  }
  return Json::object({{"date", format_day(day)},
                       {"runs", runs},
                       {"worst", std::move(worst)},
                       {"counts", std::move(counts)},
                       {"duration_p50", percentile(count.took, 50)},
                       {"duration_p90", percentile(count.took, 90)}});
}

void add_run(const model::Run& run, const calendar::TimeZone& zone,
             std::map<calendar::Day, DayCount>& days) {
  const auto named = parse_day(run.business_date);
  const calendar::Day day = named ? *named : calendar::day_of(zone.to_local(run.created_at));
  const auto found = days.find(day);
  if (found == days.end()) return;
  ++found->second.counts[run.state];
  const bool well = run.state == RunState::succeeded || run.state == RunState::warning;
  if (well && run.started_at.us != 0) found->second.took.push_back(run.ended_at - run.started_at);
}

}  // namespace

/// One aggregate a day. The cost follows the workflow's own runs within the window.
void get_history(Call call) {
  const auto count = number_parameter(call.request, "days", 90, kDaysMax);
  if (!count) return call.fail(count.error());
  if (*count == 0) {
    return call.fail({"request.bad_parameter", "the parameter 'days' is 0",
                      fmt::format("ask for 1 to {} days", kDaysMax), "?days"});
  }
  const auto zone = call.services.zone(call.services.settings.timezone);
  if (!zone) return call.fail(zone.error());
  calendar::Day last = calendar::day_of(zone->to_local(call.services.engine.now()));
  if (const auto until = call.request.query.find("until")) {
    const auto day = parse_day(*until);
    if (!day) {
      return call.fail({"request.bad_parameter", fmt::format("'{}' is no date", *until),
                        "write it as 2026-11-20", "?until"});
    }
    last = *day;
  }
  const auto known = call.services.query.revision(call.param("workflow"), 0);
  if (!known) return call.fail(known.error());

  std::map<calendar::Day, DayCount> days;
  for (std::int32_t back = static_cast<std::int32_t>(*count) - 1; back >= 0; --back) {
    days.try_emplace(calendar::Day{last.days - back});
  }
  const auto begin_of = [&](calendar::Day day) {
    return zone->from_local({std::int64_t{day.days} * 86'400}).first;
  };
  store::RunFilter filter;
  filter.workflow = call.param("workflow");
  filter.created_from = begin_of(days.begin()->first) - kDateSlack;
  filter.created_until = begin_of(calendar::Day{last.days + 1}) + kDateSlack;
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    const auto listed = call.services.query.runs(filter, page);
    if (!listed) return call.fail(listed.error());
    for (const model::Run& run : listed->items) add_run(run, *zone, days);
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());

  Json::Array items;
  for (auto& [day, counted] : days) items.push_back(day_json(day, counted));
  call.answer(200, Json::object({{"timezone", call.services.settings.timezone},
                                 {"items", Json::array(std::move(items))}}));
}

}  // namespace dandori::api
