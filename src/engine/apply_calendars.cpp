#include <algorithm>

#include "engine/apply.h"
#include "engine/business_dates.h"
#include "engine/calendars.h"

namespace dandori::engine {

namespace {

Json revision_json(std::uint32_t revision, const std::string& digest) {
  return Json::object({{"revision", revision}, {"digest", digest}});
}

Json revision_before(const ApplyStep& step) {
  return step.revision == 1 ? Json{} : Json::object({{"revision", step.revision - 1}});
}

void put_calendar(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
                  const model::CalendarDefinition& definition, const ApplyStep& step) {
  const std::string& name = definition.value.name;
  std::vector<model::CalendarRow>& revisions = turn.state.calendar_rows[name];
  const std::string known_set = revisions.empty() ? std::string{} : revisions.back().source_set;
  model::CalendarRow row{.name = name,
                         .revision = step.revision,
                         .source = definition.source,
                         .canonical = definition.canonical,
                         .digest = step.digest,
                         .applied_at = turn.now.wall,
                         .applied_by = actor.name,
                         .reason = actor.reason,
                         .source_ref = request.source_ref,
                         .since = turn.now.wall,
                         .source_set = request.source_set.empty() ? known_set : request.source_set,
                         .definition = std::make_shared<const model::Calendar>(definition.value)};
  turn.keep(row);
  row.source.clear();
  row.canonical.clear();
  revisions.push_back(std::move(row));
  turn.journal({}, "calendar.applied", {}, 0,
               Json::object({{"calendar", name}, {"revision", step.revision}}));
  turn.audit(actor, "calendar.apply", name, revision_before(step),
             revision_json(step.revision, step.digest));
}

template <class Row>
bool changes_set(const Row& row, const model::ApplyDefinitions& request) {
  return !request.source_set.empty() && row.source_set != request.source_set;
}

Json set_json(const std::string& set) {
  return Json::object({{"set", set}});
}

/// Only the set that it comes from is another one. A row of a known revision needs no texts.
void adopt_calendar(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
                    model::CalendarRow& row) {
  if (!changes_set(row, request)) return;
  turn.audit(actor, "calendar.adopt", row.name, set_json(row.source_set),
             set_json(request.source_set));
  row.source_set = request.source_set;
  turn.keep(row);
}

void put_definition(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
                    const model::BusinessDateDefinition& definition, const ApplyStep& step) {
  model::BusinessDateRow& row = turn.state.business_dates[definition.value.name].row;
  row.name = definition.value.name;
  row.revision = step.revision;
  row.source = definition.source;
  row.canonical = definition.canonical;
  row.digest = step.digest;
  row.applied_at = turn.now.wall;
  row.applied_by = actor.name;
  row.reason = actor.reason;
  row.source_ref = request.source_ref;
  if (!request.source_set.empty()) row.source_set = request.source_set;
  row.deleted = false;
  row.definition = std::make_shared<const model::BusinessDate>(definition.value);
}

void put_date(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
              const model::BusinessDateDefinition& definition, const ApplyStep& step) {
  put_definition(turn, actor, request, definition, step);
  DateState& date = turn.state.business_dates.find(definition.value.name)->second;
  turn.touch_date(date);
  turn.journal({}, "business_date.applied", {}, 0,
               Json::object({{"business_date", date.row.name}, {"revision", step.revision}}));
  Json after = revision_json(step.revision, step.digest);
  if (step.action == ApplyAction::created) {
    const Day first = first_value(turn.state, *date.row.definition, turn.now.wall);
    after.set("value", format_day(first));
    turn.audit(actor, "business_date.apply", date.row.name, revision_before(step),
               std::move(after));
    date.row.done.clear();
    return move_date(
        turn, date, first,
        {.how = model::DateMove::created, .actor = actor.name, .reason = actor.reason});
  }
  turn.audit(actor, "business_date.apply", date.row.name, revision_before(step), std::move(after));
  // Only the workflows that it waits for now count.
  std::erase_if(date.row.done, [&](const model::DateDone& done) {
    const auto& after_names = date.row.definition->advance.after;
    return std::ranges::find(after_names, done.workflow) == after_names.end();
  });
  plan_date(turn.state, date);
}

}  // namespace

void apply_calendars(Turn& turn, const model::Actor& actor, const model::ApplyDefinitions& request,
                     const ApplyPlan& plan) {
  bool changed = false;
  for (std::size_t i = 0; i < request.calendars.size(); ++i) {
    const ApplyStep& step = plan.calendars[i];
    if (step.action == ApplyAction::unchanged) {
      adopt_calendar(turn, actor, request,
                     turn.state.calendar_rows.find(request.calendars[i].value.name)->second.back());
      continue;
    }
    put_calendar(turn, actor, request, request.calendars[i], step);
    changed = true;
  }
  if (changed) calendars_changed(turn, changed_calendars(request, plan));
}

void remove_calendars(Turn& turn, const model::Actor& actor, const ApplyPlan& plan) {
  for (const std::string& name : plan.removed_calendars) {
    model::CalendarRow& row = turn.state.calendar_rows.find(name)->second.back();
    row.deleted = true;
    turn.keep(row);
    turn.journal({}, "calendar.removed", {}, 0,
                 Json::object({{"calendar", name}, {"revision", row.revision}}));
    turn.audit(actor, "calendar.prune", name, Json::object({{"revision", row.revision}}), {});
  }
  if (!plan.removed_calendars.empty()) calendars_changed(turn, plan.removed_calendars);
}

void apply_business_dates(Turn& turn, const model::Actor& actor,
                          const model::ApplyDefinitions& request, const ApplyPlan& plan) {
  for (std::size_t i = 0; i < request.business_dates.size(); ++i) {
    const ApplyStep& step = plan.business_dates[i];
    if (step.action != ApplyAction::unchanged) {
      put_date(turn, actor, request, request.business_dates[i], step);
      continue;
    }
    DateState& date = turn.state.business_dates.find(request.business_dates[i].value.name)->second;
    if (!changes_set(date.row, request)) continue;
    turn.audit(actor, "business_date.adopt", date.row.name, set_json(date.row.source_set),
               set_json(request.source_set));
    date.row.source_set = request.source_set;
    turn.touch_date(date);
  }
}

void remove_business_dates(Turn& turn, const model::Actor& actor, const ApplyPlan& plan) {
  for (const std::string& name : plan.removed_dates) {
    DateState& date = turn.state.business_dates.find(name)->second;
    date.row.deleted = true;
    plan_date(turn.state, date);
    turn.touch_date(date);
    turn.journal({}, "business_date.removed", {}, 0,
                 Json::object({{"business_date", name}, {"value", date.row.value}}));
    turn.audit(actor, "business_date.prune", name,
               Json::object({{"revision", date.row.revision}, {"value", date.row.value}}), {});
  }
}

}  // namespace dandori::engine
