#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "api/routes.h"
#include "calendar/zone.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

using model::RunState;

constexpr std::uint64_t kHistoryDaysMax = 400;

/// What a day shows first, worst first.
constexpr auto kWorstFirst = std::to_array<RunState>(
    {RunState::failed, RunState::killed, RunState::interrupted, RunState::not_run,
     RunState::warning, RunState::stopping, RunState::suspended, RunState::running,
     RunState::queued, RunState::succeeded});

Json percentile(std::vector<Duration>& took, std::size_t percent) {
  if (took.empty()) return {};
  const std::size_t at = (took.size() - 1) * percent / 100;
  std::ranges::nth_element(took, took.begin() + static_cast<std::ptrdiff_t>(at));
  return format_duration(took[at]);
}

Json day_json(const std::string& date, store::DayRuns& count) {
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
  return Json::object({{"date", date},
                       {"runs", runs},
                       {"worst", std::move(worst)},
                       {"counts", std::move(counts)},
                       {"duration_p50", percentile(count.took, 50)},
                       {"duration_p90", percentile(count.took, 90)}});
}

/// The days up to `last`, cut where they begin in the zone.
store::DayWindow window_of(std::string workflow, calendar::Day last, std::uint64_t count,
                           const calendar::TimeZone& zone) {
  const auto begin_of = [&](calendar::Day day) {
    return zone.from_local({std::int64_t{day.days} * 86'400}).first;
  };
  store::DayWindow window{std::move(workflow), {}, begin_of(calendar::Day{last.days + 1})};
  for (std::int32_t back = static_cast<std::int32_t>(count) - 1; back >= 0; --back) {
    const calendar::Day day{last.days - back};
    window.days.push_back({format_day(day), begin_of(day)});
  }
  return window;
}

}  // namespace

/// One aggregate a day. The store reads narrow rows of the workflow's own runs within the window.
void get_history(Call call) {
  const auto count = number_parameter(call.request, "days", 90, kHistoryDaysMax);
  if (!count) return call.fail(count.error());
  if (*count == 0) {
    return call.fail({"request.bad_parameter", "the parameter 'days' is 0",
                      fmt::format("ask for 1 to {} days", kHistoryDaysMax), "?days"});
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

  const store::DayWindow window = window_of(call.param("workflow"), last, *count, *zone);
  auto days = call.services.query.day_runs(window);
  if (!days) return call.fail(days.error());
  Json::Array items;
  for (std::size_t i = 0; i < days->size(); ++i) {
    items.push_back(day_json(window.days[i].date, (*days)[i]));
  }
  call.answer(200, Json::object({{"timezone", call.services.settings.timezone},
                                 {"items", Json::array(std::move(items))}}));
}

}  // namespace dandori::api
