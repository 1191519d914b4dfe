#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "api/call.h"
#include "api/routes.h"
#include "api/schedules.h"
#include "calendar/day_list.h"
#include "calendar/preview.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::uint64_t kPreviewMax = 10'000;
constexpr std::int32_t kScheduleDays = 31, kScheduleDaysMax = 100;
constexpr std::size_t kShownMax = 50;          ///< runs of one trigger on one day
constexpr std::size_t kComputedMax = 250'000;  ///< runs of one trigger in all

/// The newest revision with its compiled form.
struct Newest {
  model::WorkflowPtr definition;
  std::uint32_t revision = 0;
};

Result<Newest> newest_of(const Call& call) {
  const auto row = call.services.query.revision(call.param("workflow"), 0);
  if (!row) return std::unexpected(row.error());
  const auto definition =
      call.services.definitions.get(row->workflow, row->revision, row->canonical);
  if (!definition) return std::unexpected(definition.error());
  return Newest{*definition, row->revision};
}

// ---- One workflow, day by day.

/// One planned run: decided, or still to come.
struct DayRun {
  model::PlannedOutcome outcome;
  const KnownTrigger* trigger = nullptr;          ///< null: the definition has it no more
  std::optional<calendar::PlannedStart> planned;  ///< by the definition in force
};
using DayKey = std::tuple<Day, std::string, std::string>;  // day, trigger, origin
using DayRuns = std::map<DayKey, DayRun>;

/// Days are wide: a date's clock reaches 48 hours, and zones differ.
Timestamp begin_of(const calendar::TimeZone& zone, Day day) {
  return zone.from_local({(day - 1).days * kDaySeconds}).first;
}
Timestamp end_of(const calendar::TimeZone& zone, Day day) {
  return zone.from_local({(day + 4).days * kDaySeconds}).first;
}

void add_decided(const KnownWorkflow& known, std::vector<model::PlannedOutcome> outcomes,
                 const DayRange& days, DayRuns& runs) {
  for (model::PlannedOutcome& outcome : outcomes) {
    const auto day = parse_day(outcome.business_date);
    if (!day || !days.contains(*day)) continue;
    const auto trigger = std::ranges::find(known.triggers, outcome.trigger, &KnownTrigger::id);
    DayRun& run = runs[{*day, outcome.trigger, outcome.nominal}];
    run.outcome = std::move(outcome);
    if (trigger != known.triggers.end()) run.trigger = &*trigger;
  }
}

/// What is still to come, and the rules behind what has been decided.
Result<void> add_computed(const KnownTrigger& trigger, const Schedules& schedules,
                          const DayRange& days, Timestamp now, DayRuns& runs) {
  const calendar::TimeZone& zone = trigger.schedule.zone();
  const auto starts = trigger.schedule.expand(begin_of(zone, days.first), end_of(zone, days.last),
                                              kComputedMax + 1, &schedules);
  if (starts.size() > kComputedMax) {
    return fail("request.bad_parameter",
                fmt::format("trigger '{}' has more than {} starts in {} days", trigger.id,
                            kComputedMax, days.last - days.first + 1),
                "ask for fewer days", "?until");
  }
  for (const auto& start : starts) {
    if (!days.contains(start.business_date)) continue;
    const DayKey key{start.business_date, trigger.id, origin_text(start)};
    auto found = runs.find(key);
    if (found == runs.end()) {
      // Nothing was decided then: the workflow was another one.
      if (start.fire.at <= now) continue;
      found = runs.emplace(key, DayRun{}).first;
      model::PlannedOutcome& outcome = found->second.outcome;
      outcome.trigger = trigger.id;
      outcome.nominal = std::get<2>(key);
      outcome.at = start.fire.at;
      outcome.business_date = format_day(start.business_date);
      outcome.state = calendar::state_of(start);
      outcome.reason = start.dropped;
      found->second.trigger = &trigger;
    }
    found->second.planned = start;
  }
  return {};
}

Json trace_json(const DayRun& run, const Schedules& schedules) {
  if (!run.planned) return {};
  Json::Array steps;
  for (const auto& step : run.trigger->schedule.trace(*run.planned, &schedules))
    steps.push_back(to_json(step));
  return Json::array(std::move(steps));
}

Json run_json(const DayRun& run, const Schedules& schedules, const calendar::TimeZone& server) {
  const calendar::TimeZone& zone = run.trigger == nullptr ? server : run.trigger->schedule.zone();
  const Json decided = wire::to_json(run.outcome);
  return Json::object({{"trigger", run.outcome.trigger},
                       {"origin", run.outcome.nominal},
                       {"at", format_rfc3339(run.outcome.at)},
                       {"local", format_in_zone(run.outcome.at, zone)},
                       {"timezone", zone.name()},
                       {"business_date", run.outcome.business_date},
                       {"state", decided["state"]},
                       {"reason", decided["reason"]},
                       {"detail", run.outcome.detail},
                       {"run", decided["run"]},
                       {"trace", trace_json(run, schedules)}});
}

/// The runs of one day in the order of their instants, not too many of one trigger.
Json day_json(Day day, DayRuns::const_iterator begin, DayRuns::const_iterator end,
              const Schedules& schedules, const calendar::TimeZone& server,
              const model::CalendarRef& calendar) {
  std::vector<const DayRun*> shown;
  std::map<std::string_view, std::size_t> counts;
  std::uint64_t more = 0;
  for (auto each = begin; each != end; ++each) {
    if (++counts[std::get<1>(each->first)] > kShownMax) {
      ++more;
    } else {
      shown.push_back(&each->second);
    }
  }
  std::ranges::sort(shown, {}, [](const DayRun* run) {
    return std::tie(run->outcome.at, run->outcome.trigger, run->outcome.nominal);
  });
  Json::Array runs;
  for (const DayRun* run : shown) runs.push_back(run_json(*run, schedules, server));
  return Json::object(
      {{"date", format_day(day)},
       {"weekday", calendar::weekday_word(day)},
       {"calendar",
        calendar.empty() ? Json{} : to_json(schedules.calendars().reason(calendar, day))},
       {"runs", Json::array(std::move(runs))},
       {"more", more}});
}

/// That of the first trigger that names one.
model::CalendarRef calendar_of(const KnownWorkflow& workflow) {
  for (const KnownTrigger& trigger : workflow.triggers) {
    if (!trigger.calendar.empty()) return trigger.calendar;
  }
  return {};
}

Json days_json(const KnownWorkflow& workflow, const Schedules& schedules, const DayRange& days,
               const DayRuns& runs, const calendar::TimeZone& server) {
  const model::CalendarRef calendar = calendar_of(workflow);
  Json::Array items;
  for (Day day = days.first; day <= days.last; day = day + 1) {
    items.push_back(day_json(day, runs.lower_bound({day, {}, {}}),
                             runs.lower_bound({day + 1, {}, {}}), schedules, server, calendar));
  }
  return Json::array(std::move(items));
}

}  // namespace

void get_preview(Call call) {
  const auto count = number_parameter(call.request, "n", 10, kPreviewMax);
  if (!count) return call.fail(count.error());
  const auto from = instant_parameter(call.request, "from");
  if (!from) return call.fail(from.error());
  const auto to = instant_parameter(call.request, "to");
  if (!to) return call.fail(to.error());
  const auto why = bool_parameter(call.request, "why");
  if (!why) return call.fail(why.error());
  const auto newest = newest_of(call);
  if (!newest) return call.fail(newest.error());
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  const calendar::PreviewRange range{.from = from->value_or(call.services.engine.now()),
                                     .to = to->value_or(kFarFuture),
                                     .count = *count,
                                     .why = *why};
  const model::Workflow& workflow = *newest->definition;
  const auto starts =
      calendar::preview(workflow.name, workflow.triggers, schedules->around(), range, &*schedules);
  if (!starts) return call.fail(starts.error());
  Json::Array items;
  for (const calendar::PreviewLine& line : *starts) items.push_back(calendar::to_json(line));
  Json body = page_json(std::move(items), {});
  body.set("warnings", unverified_json(calendar::unverified_after(*starts, workflow.triggers,
                                                                  schedules->around())));
  call.answer(200, body);
}

void get_schedule(Call call) {
  const auto day = today(call.services);
  if (!day) return call.fail(day.error());
  const auto days = days_parameter(call.request, *day, kScheduleDays, kScheduleDaysMax);
  if (!days) return call.fail(days.error());
  const auto newest = newest_of(call);
  if (!newest) return call.fail(newest.error());
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  const auto row = call.services.query.workflow(newest->definition->name);
  if (!row) return call.fail(row.error());
  const auto server = call.services.zone(call.services.settings.timezone);
  if (!server) return call.fail(server.error());
  auto decided = call.services.query.workflow_outcomes(newest->definition->name,
                                                       begin_of(*server, days->first - 1),
                                                       end_of(*server, days->last + 1));
  if (!decided) return call.fail(decided.error());

  const KnownWorkflowPtr workflow = schedules->of(*newest->definition, newest->revision);
  DayRuns runs;
  add_decided(*workflow, std::move(*decided), *days, runs);
  // One that was pruned plans nothing any more; its past stays.
  const bool is_in_force = *row && !(*row)->deleted;
  const Timestamp now = is_in_force ? call.services.engine.now() : kFarFuture;
  for (const KnownTrigger& trigger : workflow->triggers) {
    const auto done = add_computed(trigger, *schedules, *days, now, runs);
    if (!done) return call.fail(done.error());
  }
  call.answer(200,
              Json::object({{"workflow", newest->definition->name},
                            {"from", format_day(days->first)},
                            {"until", format_day(days->last)},
                            {"timezone", call.services.settings.timezone},
                            {"items", days_json(*workflow, *schedules, *days, runs, *server)}}));
}

void why_workflow(Call call) {
  const auto date = call.request.query.find("date");
  if (!date) {
    return call.fail({"request.bad_parameter", "the parameter 'date' is missing",
                      "name the day: ?date=2026-11-20", "?date"});
  }
  model::AskWhyWorkflow ask{call.param("workflow"), std::string{*date}};
  submit(std::move(call), std::move(ask));
}

}  // namespace dandori::api
