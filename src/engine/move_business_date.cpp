#include <fmt/core.h>

#include "base/text.h"
#include "engine/business_dates.h"
#include "engine/plan_triggers.h"

namespace dandori::engine {

namespace {

constexpr std::size_t kListMax = 20;     ///< runs and starts named; all are counted
constexpr std::size_t kStartsMax = 200;  ///< of one trigger looked at
/// A date's clock reaches 48 hours, and the date may begin a day from now.
constexpr Duration kStartsAhead = std::chrono::hours{24 * 4};

std::unexpected<Error> unknown_date(const State& state, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, date] : state.business_dates) {
    if (!date.row.deleted) names.push_back(known);
  }
  const auto near = nearest(name, names);
  return fail(
      "business_date.unknown", fmt::format("there is no business date '{}'", name),
      near ? fmt::format("did you mean '{}'?", *near) : "`dandori business-date list` shows them",
      "/name");
}

Result<Day> target_of(const State& state, const DateState& date,
                      const model::MoveBusinessDate& request) {
  const std::string& name = date.row.name;
  const Day value = value_of(date);
  if (!request.to.empty()) {
    const Result<Day> to = parse_day(request.to);
    if (!to || !calendar::kCalendarDays.contains(*to)) {
      return fail("param.bad_business_date", fmt::format("'{}' is no business date", request.to),
                  "write it as 2026-11-20", "/to");
    }
    if (*to != value) return *to;
    return fail("business_date.same",
                fmt::format("business date '{}' is {} already", name, request.to),
                "its history says who moved it", "/to");
  }
  const model::BusinessDate& definition = *date.row.definition;
  const auto to = request.step > 0 ? next_date(state, definition, value, definition.unit)
                                   : previous_date(state, definition, value);
  if (to) return *to;
  return fail(
      "business_date.no_next",
      fmt::format("there is no date {} {} for business date '{}' (calendar '{}')",
                  request.step > 0 ? "after" : "before", date.row.value, name, definition.calendar),
      "look at the calendar, or name the date", "/step");
}

Json guard(std::string_view code, std::size_t count, Json items) {
  return Json::object({{"code", code}, {"count", count}, {"items", std::move(items)}});
}

/// Runs for the date that are not over.
void guard_runs(const State& state, const DateState& date, Json& guards) {
  Json runs = Json::array();
  std::size_t count = 0;
  for (const auto& [id, run] : state.runs) {
    if (run.ended || run.run.definition->business_date != date.row.name) continue;
    if (run.run.business_date != date.row.value) continue;
    ++count;
    if (runs.size() < kListMax)
      runs.push(Json::object({{"run", run_name(run.run)}, {"state", to_string(run.run.state)}}));
  }
  if (count > 0) guards.push(guard("guard.unfinished_runs", count, std::move(runs)));
}

/// Workflows that it waits for and that have not ended for the date.
void guard_after(const DateState& date, Json& guards) {
  Json names = Json::array();
  for (const std::string& workflow : date.row.definition->advance.after) {
    bool is_done = false;
    for (const model::DateDone& done : date.row.done) {
      is_done = is_done || (done.date == date.row.value && done.workflow == workflow);
    }
    if (!is_done) names.push(workflow);
  }
  const std::size_t count = names.size();
  if (count > 0) guards.push(guard("guard.waits_for", count, std::move(names)));
}

/// Starts that are planned for the date and have not come.
void guard_starts(const State& state, const DateState& date, Timestamp now, Json& guards) {
  const Day value = value_of(date);
  const StatePlans plans{state};
  Json starts = Json::array();
  std::size_t count = 0;
  for (const auto& [name, workflow] : state.workflows) {
    if (!workflow.definition || workflow.row.deleted || workflow.stale) continue;
    if (workflow.definition->business_date != date.row.name) continue;
    for (std::size_t i = 0; i < workflow.triggers.size(); ++i) {
      const TriggerState& trigger = workflow.triggers[i];
      if (!trigger.schedule || !trigger.schedule->plans_on(value, &plans)) continue;
      for (const auto& start :
           trigger.schedule->expand(now, now + kStartsAhead, kStartsMax, &plans)) {
        if (!start.is_start() || start.business_date != value) continue;
        ++count;
        if (starts.size() < kListMax)
          starts.push(Json::object({{"workflow", name},
                                    {"trigger", workflow.definition->triggers[i].id},
                                    {"at", format_rfc3339(start.fire.at)}}));
      }
    }
  }
  if (count > 0) guards.push(guard("guard.planned_starts", count, std::move(starts)));
}

}  // namespace

Json date_guards(const State& state, const DateState& date, Timestamp now) {
  Json guards = Json::array();
  guard_runs(state, date, guards);
  guard_starts(state, date, now, guards);
  guard_after(date, guards);
  return guards;
}

/// Guards warn and do not refuse: whoever moves a date by hand says why.
Result<Json> move_business_date(Turn& turn, const model::Actor& actor,
                                const model::MoveBusinessDate& request) {
  DateState* date = find_date(turn.state, request.name);
  if (date == nullptr) return unknown_date(turn.state, request.name);
  const Result<Day> to = target_of(turn.state, *date, request);
  if (!to) return std::unexpected(to.error());
  if (actor.reason.empty() && !turn.is_preview) {
    return fail("operation.reason_needed", "a business date that is moved by hand needs a reason",
                "say why: --reason '…'", "/reason");
  }
  const std::string from = date->row.value;
  Json guards = date_guards(turn.state, *date, turn.now.wall);
  for (const Json& each : guards.items()) turn.note(each);
  Json answer = Json::object({{"business_date", request.name},
                              {"from", from},
                              {"to", format_day(*to)},
                              {"guards", guards}});
  turn.audit(actor, "business_date.move", request.name, Json::object({{"value", from}}),
             Json::object({{"value", format_day(*to)}, {"guards", std::move(guards)}}));
  move_date(turn, *date, *to,
            {.how = model::DateMove::hand, .actor = actor.name, .reason = actor.reason});
  return answer;
}

}  // namespace dandori::engine
