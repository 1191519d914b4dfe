#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/turn.h"

namespace dandori::engine {

/// The newest revision of the calendar, a removed one too; nullptr: there has never been one.
const model::CalendarRow* newest_calendar(const State& state, std::string_view name);
/// The definitions of a calendar as `Calendars` takes them: its revisions, oldest first.
std::vector<model::Calendar> definitions_of(const std::vector<model::CalendarRow>& revisions);
/// Makes state.calendars from what is not removed.
void rebuild_calendars(State& state);
/// The rows of `changed` are other ones: what rests on them is made and planned anew.
void calendars_changed(Turn& turn, const std::vector<std::string>& changed);

/// The calendar of a ref; one that is unknown has no open day named closed: every day is open.
calendar::BusinessCalendarPtr calendar_of(const State& state, const model::CalendarRef& ref);
calendar::BusinessCalendarPtr calendar_named(const State& state, const std::string& name);

/// Calendars that rest on one of `changed`, themselves among them.
std::set<std::string, std::less<>> resting_on(const calendar::Calendars& calendars,
                                              const std::vector<std::string>& changed);
/// Whether a trigger of the workflow names one of them.
bool names_calendar(const model::Workflow& workflow,
                    const std::set<std::string, std::less<>>& calendars);

}  // namespace dandori::engine
