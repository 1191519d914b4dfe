#include "engine/calendars.h"

#include <algorithm>

#include "engine/business_dates.h"

namespace dandori::engine {

const model::CalendarRow* newest_calendar(const State& state, std::string_view name) {
  const auto found = state.calendar_rows.find(name);
  return found == state.calendar_rows.end() ? nullptr : &found->second.back();
}

std::vector<model::Calendar> definitions_of(const std::vector<model::CalendarRow>& revisions) {
  // What comes before a revision for all days decides none any more.
  std::vector<model::Calendar> definitions;
  for (const model::CalendarRow& row : revisions) {
    if (!row.definition) continue;
    if (!row.definition->effective_from) definitions.clear();
    definitions.push_back(*row.definition);
  }
  return definitions;
}

void rebuild_calendars(State& state) {
  std::vector<model::Calendar> all;
  for (const auto& [name, revisions] : state.calendar_rows) {
    if (revisions.back().deleted) continue;
    for (model::Calendar& each : definitions_of(revisions)) all.push_back(std::move(each));
  }
  state.calendars = calendar::Calendars::make(std::move(all), &state.calendars);
}

void calendars_changed(Turn& turn, const std::vector<std::string>& changed) {
  State& state = turn.state;
  const auto before = resting_on(state.calendars, changed);
  rebuild_calendars(state);
  for (auto& [name, date] : state.business_dates) {
    if (date.row.definition && before.contains(date.row.definition->calendar))
      plan_date(state, date);
  }
}

calendar::BusinessCalendarPtr calendar_of(const State& state, const model::CalendarRef& ref) {
  Result<calendar::BusinessCalendarPtr> found = state.calendars.find(ref);
  return found ? std::move(*found) : calendar::BusinessCalendar::plain();
}

calendar::BusinessCalendarPtr calendar_named(const State& state, const std::string& name) {
  return calendar_of(state, model::ref_to(name));
}

std::set<std::string, std::less<>> resting_on(const calendar::Calendars& calendars,
                                              const std::vector<std::string>& changed) {
  std::set<std::string, std::less<>> found{changed.begin(), changed.end()};
  for (const std::string& name : calendars.names()) {
    const std::vector<std::string> closure = calendars.closure(model::ref_to(name));
    const bool rests = std::ranges::any_of(changed, [&](const std::string& each) {
      return std::ranges::binary_search(closure, each);
    });
    if (rests) found.insert(name);
  }
  return found;
}

bool names_calendar(const model::Workflow& workflow,
                    const std::set<std::string, std::less<>>& calendars) {
  return std::ranges::any_of(workflow.triggers, [&](const model::Trigger& trigger) {
    std::vector<std::string> names;
    each_name(trigger.calendar, names);
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return calendars.contains(name); });
  });
}

}  // namespace dandori::engine
