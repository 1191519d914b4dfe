#include <algorithm>

#include <fmt/core.h>

#include "base/json_time.h"
#include "base/text.h"
#include "engine/business_dates.h"
#include "engine/marks.h"
#include "engine/plan_triggers.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::PlannedOutcome;
using model::PlannedState;

namespace {

constexpr std::size_t kOutcomesShown = 100;  ///< of one trigger; the rest is a number

/// In the zone of the first trigger that has one: near enough to find what belongs to a day.
Timestamp midnight(const State& state, const model::Workflow& workflow, Day day) {
  std::string_view name = state.settings.timezone;
  for (const model::Trigger& trigger : workflow.triggers) {
    if (trigger.timezone.empty()) continue;
    name = trigger.timezone;
    break;
  }
  const Result<calendar::TimeZone> zone = state.settings.zone(name);
  const calendar::LocalTime local{day.days * kDaySeconds};
  return zone ? zone->from_local(local).first : calendar::TimeZone{}.from_local(local).first;
}

Result<const WorkflowState*> workflow_of(const State& state, const std::string& name) {
  const auto found = state.workflows.find(name);
  if (found != state.workflows.end() && found->second.definition) return &found->second;
  std::vector<std::string> names;
  for (const auto& [known, workflow] : state.workflows) names.push_back(known);
  const auto near = nearest(name, names);
  return fail(
      "workflow.unknown", fmt::format("there is no workflow '{}'", name),
      near ? fmt::format("did you mean '{}'?", *near) : "`dandori workflow list` shows them",
      "/workflow");
}

Json outcome_json(const State& state, const PlannedOutcome& outcome) {
  Json made = Json::object({{"origin", outcome.nominal},
                            {"at", format_rfc3339(outcome.at)},
                            {"business_date", outcome.business_date},
                            {"state", to_string(outcome.state)}});
  if (outcome.reason != model::MissReason::none) made.set("reason", to_string(outcome.reason));
  if (!outcome.detail.empty()) made.set("detail", outcome.detail);
  if (!outcome.run.is_nil()) {
    made.set("run_id", to_string(outcome.run));
    const auto run = state.runs.find(outcome.run);
    if (run != state.runs.end()) made.set("run", run_name(run->second.run));
  }
  return made;
}

/// What was decided about the day; how it stands is told by the best of it.
struct Decided {
  std::size_t count = 0;
  bool started = false;
  const PlannedOutcome* missed = nullptr;    ///< the newest
  const PlannedOutcome* bypassed = nullptr;  ///< the newest
  Json items = Json::array();
};

Decided decided_of(const State& state, const std::string& trigger, const std::string& date,
                   const model::Fetched& fetched) {
  Decided decided;
  if (!fetched.planned) return decided;
  for (const PlannedOutcome& outcome : fetched.planned->outcomes) {
    const bool is_of_day = outcome.business_date == date || outcome.nominal.starts_with(date);
    if (outcome.trigger != trigger || !is_of_day) continue;
    ++decided.count;
    decided.started = decided.started || outcome.state == PlannedState::started;
    if (outcome.state == PlannedState::missed) decided.missed = &outcome;
    if (outcome.state == PlannedState::bypassed) decided.bypassed = &outcome;
    if (decided.items.size() < kOutcomesShown) decided.items.push(outcome_json(state, outcome));
  }
  return decided;
}

/// What the question is about, and what the engine knows of it.
struct Asked {
  const State& state;
  const WorkflowState& workflow;
  Timestamp now;
  Day day;
  std::string date;
  const model::Fetched& fetched;
};

struct Answer {
  std::string_view code;
  Json ok;
};

/// The last instant of `starts` in an explanation; 0: none.
Timestamp last_start(const Json& explained) {
  Timestamp last;
  for (const Json& start : explained["starts"].items()) {
    const auto at = parse_rfc3339(start.text_or("at", ""));
    if (at) last = std::max(last, *at);
  }
  return last;
}

/// By the rules in force, as nothing is recorded.
Answer answer_by_rule(const Asked& asked, const Json& explained) {
  const Timestamp last = last_start(explained);
  if (last > asked.now) return {"why.planned", Json{}};
  if (last.us != 0) {
    // It would have started by the rules in force now; they were not in force then.
    const bool is_older = last <= planned_since(asked.state, asked.workflow);
    return {is_older ? "why.other_revision" : "why.undecided", is_older ? Json{false} : Json{}};
  }
  if (explained["dropped"].size() > 0) return {"why.dropped", false};
  if (explained["merged"].size() > 0) return {"why.merged", false};
  if (explained["moved_away"].size() > 0) return {"why.moved_away", false};
  return {"why.not_named", false};
}

Answer answer_of(const Asked& asked, const Decided& decided, const Json& explained) {
  if (decided.started) return {"why.started", true};
  if (decided.missed != nullptr) return {"why.missed", false};
  if (decided.bypassed != nullptr) return {"why.bypassed_date", false};
  if (explained.is_null()) return {"why.undecided", Json{}};
  return answer_by_rule(asked, explained);
}

Json from_end_json(const Asked& asked, const model::Trigger& trigger, const TriggerState& known) {
  const model::WorkflowRow& row = asked.workflow.row;
  const Timestamp ended = row.last_ended_at;
  return Json::object({{"every", trigger.every ? Json{format_duration(*trigger.every)} : Json{}},
                       {"last_ended_at", instant_json(ended)},
                       {"running", asked.workflow.running},
                       {"next", known.next ? Json{format_rfc3339(known.next->fire.at)} : Json{}}});
}

/// What is decided, and what the rules say, step by step.
Json trigger_json(const Asked& asked, std::size_t index) {
  const model::Trigger& trigger = asked.workflow.definition->triggers[index];
  Decided decided = decided_of(asked.state, trigger.id, asked.date, asked.fetched);
  const StatePlans plans{asked.state};
  const auto schedule =
      calendar::Schedule::make(trigger, surroundings(asked.state), asked.workflow.row.name);
  Json explained;
  if (schedule && !schedule->is_from_end()) explained = schedule->explain(asked.day, &plans);
  Answer answer = answer_of(asked, decided, explained);
  Json made = Json::object({{"trigger", trigger.id},
                            {"type", to_string(trigger.type)},
                            {"timezone", schedule ? Json{schedule->zone().name()} : Json{}},
                            {"code", answer.code},
                            {"ok", std::move(answer.ok)}});
  const PlannedOutcome* left_out = decided.started             ? nullptr
                                   : decided.missed != nullptr ? decided.missed
                                                               : decided.bypassed;
  if (left_out != nullptr) made.set("reason", to_string(left_out->reason));
  if (answer.code == "why.dropped")
    made.set("reason", explained["dropped"].items().front().text_or("reason", ""));
  made.set("outcomes", std::move(decided.items));
  if (decided.count > kOutcomesShown) made.set("more", decided.count - kOutcomesShown);
  made.set("plan", std::move(explained));
  if (schedule && schedule->is_from_end())
    made.set("from_end", from_end_json(asked, trigger, asked.workflow.triggers[index]));
  return made;
}

Json disabled_json(const State& state, const WorkflowState& workflow) {
  const model::Mark* mark = find_mark(state, {workflow.row.name, 0, {}, model::MarkKind::disable});
  if (mark == nullptr) return {};
  return Json::object({{"by", mark->by},
                       {"since", format_rfc3339(mark->since)},
                       {"until", instant_json(mark->until)},
                       {"reason", mark->reason}});
}

Json date_json(const State& state, const model::Workflow& workflow) {
  const DateState* date = find_date(state, workflow.business_date);
  if (date == nullptr) return {};
  return Json::object({{"name", date->row.name},
                       {"value", date->row.value},
                       {"on_mismatch", to_string(workflow.on_mismatch)}});
}

/// Up to which instant decided outcomes were read; null: all of the date.
Json outcomes_until(const State& state, const model::AskWhyWorkflow& request,
                    const model::Fetched& fetched) {
  if (!fetched.planned) return {};
  const Timestamp until = fetched.planned->span.until;
  return until < outcomes_of_day(state, request).until ? Json{format_rfc3339(until)} : Json{};
}

}  // namespace

model::PlannedSpan outcomes_of_day(const State& state, const model::AskWhyWorkflow& request) {
  const auto found = state.workflows.find(request.workflow);
  const Result<Day> day = parse_day(request.date);
  if (found == state.workflows.end() || !found->second.definition || !day) return {};
  const model::Workflow& workflow = *found->second.definition;
  return {request.workflow, midnight(state, workflow, *day) - Duration{1},
          midnight(state, workflow, *day + 3)};
}

Result<Json> why_workflow(const State& state, Now now, const model::AskWhyWorkflow& request,
                          const model::Fetched& fetched) {
  const Result<const WorkflowState*> found = workflow_of(state, request.workflow);
  if (!found) return std::unexpected(found.error());
  const WorkflowState& workflow = **found;
  const Result<Day> day = parse_day(request.date);
  if (!day || !calendar::kCalendarDays.contains(*day)) {
    return fail("param.bad_business_date", fmt::format("'{}' is no business date", request.date),
                "write it as 2026-11-20", "/date");
  }
  const Asked asked{state, workflow, now.wall, *day, request.date, fetched};
  Json triggers = Json::array();
  for (std::size_t i = 0; i < workflow.triggers.size(); ++i) triggers.push(trigger_json(asked, i));
  Json hints = Json::array({Json{fmt::format("dandori schedule preview {}", workflow.row.name)}});
  if (!disabled_json(state, workflow).is_null())
    hints.push(fmt::format("dandori enable '{}'", workflow.row.name));
  return Json::object({{"workflow", workflow.row.name},
                       {"title", workflow.row.title},
                       {"date", request.date},
                       {"revision", workflow.row.revision},
                       {"revision_since", instant_json(workflow.row.changed_at)},
                       {"plan_since", format_rfc3339(planned_since(state, workflow))},
                       {"removed", workflow.row.deleted},
                       {"disabled", disabled_json(state, workflow)},
                       {"business_date", date_json(state, *workflow.definition)},
                       {"triggers", std::move(triggers)},
                       {"outcomes_until", outcomes_until(state, request, fetched)},
                       {"hint_commands", std::move(hints)}});
}

}  // namespace dandori::engine
