#include <algorithm>
#include <cstdlib>

#include "calendar/day_match.h"
#include "calendar/schedule_rule.h"

namespace dandori::calendar {

using model::ClosedDay;
using model::MissReason;

namespace {

/// facts: makes the step's facts; not called where nobody asks.
template <class Facts>
void note(Trace* trace, std::string_view step, std::string_view code, const Facts& facts) {
  if (trace == nullptr) return;
  trace->push_back({std::string{step}, std::string{code}, Json::object(facts())});
}
Json::Object nothing() {
  return {};
}

/// The open day that a closed one is shifted to, or nullopt.
std::optional<Day> shifted(const ScheduleRule& rule, Day anchor) {
  const auto previous = [&] { return rule.calendar->previous_open(anchor); };
  const auto next = [&] { return rule.calendar->next_open(anchor); };
  std::optional<Day> to;
  switch (rule.on_closed_day) {
    case ClosedDay::previous:
      to = previous();
      break;
    case ClosedDay::next:
      to = next();
      break;
    case ClosedDay::nearest: {
      const std::optional<Day> before = previous(), after = next();
      const bool back = before && (!after || anchor - *before <= *after - anchor);  // a tie: back
      to = back ? before : after;
      break;
    }
    case ClosedDay::skip:
    case ClosedDay::run:
      break;
  }
  return to && std::abs(*to - anchor) <= rule.max_shift_days ? to : std::nullopt;
}

void shift(const ScheduleRule& rule, ResolvedDate& date, Trace* trace) {
  if (rule.ref.empty()) return;
  const bool open = rule.calendar->is_open(date.date);
  note(trace, "shift", open ? "open" : "closed", [&] {
    return Json::Object{{"date", format_day(date.date)},
                        {"day", to_json(rule.calendars.reason(rule.ref, date.date))}};
  });
  if (open) return;
  if (rule.on_closed_day == ClosedDay::run) return note(trace, "shift", "run", nothing);
  if (rule.on_closed_day == ClosedDay::skip) {
    date.dropped = MissReason::closed_day;
    return note(trace, "shift", "skip", nothing);
  }
  const std::optional<Day> to = shifted(rule, date.date);
  if (!to) {
    date.dropped = MissReason::max_shift;
    return note(trace, "shift", "too_far", [&] {
      return Json::Object{{"rule", to_string(rule.on_closed_day)},
                          {"max_shift", rule.max_shift_days}};
    });
  }
  note(trace, "shift", "moved", [&] {
    return Json::Object{{"rule", to_string(rule.on_closed_day)},
                        {"from", format_day(date.date)},
                        {"to", format_day(*to)},
                        {"days", *to - date.date}};
  });
  date.date = *to;
}

/// The day that lies `count` open days from it (not 0).
std::optional<Day> open_days_from(const BusinessCalendar& calendar, Day day, std::int32_t count) {
  const bool from_closed = count > 0 && !calendar.is_open(day);
  return calendar.open_at(calendar.open_before(day) + count - (from_closed ? 1 : 0));
}

void add_offset(const ScheduleRule& rule, ResolvedDate& date, Trace* trace) {
  if (!rule.offset || rule.offset->days == 0) return;
  const model::DateOffset& offset = *rule.offset;
  const std::optional<Day> to = offset.open_days
                                    ? open_days_from(*rule.calendar, date.date, offset.days)
                                    : std::optional{date.date + offset.days};
  const std::string_view count = offset.open_days ? "open_days" : "days";
  if (!to || std::abs(*to - date.date) > offset.limit_days) {
    date.dropped = MissReason::offset_limit;
    return note(trace, "offset", "too_far", [&] {
      return Json::Object{{"days", offset.days}, {"count", count}, {"limit", offset.limit_days}};
    });
  }
  note(trace, "offset", "moved", [&] {
    return Json::Object{{"from", format_day(date.date)},
                        {"to", format_day(*to)},
                        {"days", offset.days},
                        {"count", count}};
  });
  date.date = *to;
}

void exclude(const ScheduleRule& rule, ResolvedDate& date, const OtherPlans* others, int depth,
             Trace* trace) {
  const model::Exclusion& exclusion = rule.exclude;
  if (exclusion.empty()) return;
  const model::NamedDays* dated = find_day(std::span{exclusion.dates}, date.date);
  const model::YearlyDays* yearly = find_day(std::span{exclusion.yearly}, date.date);
  if (dated != nullptr || yearly != nullptr) {
    date.dropped = MissReason::excluded_date;
    return note(trace, "exclude", "excluded_date", [&] {
      return Json::Object{{"date", format_day(date.date)},
                          {"title", dated != nullptr ? dated->title : yearly->title}};
    });
  }
  if (others == nullptr || depth >= kExcludeDepthMax) return;
  for (const std::string& workflow : exclusion.workflows) {
    if (!others->is_planned(workflow, date.date, depth + 1)) continue;
    date.dropped = MissReason::excluded_workflow;
    return note(trace, "exclude", "excluded_workflow", [&] {
      return Json::Object{{"date", format_day(date.date)}, {"workflow", workflow}};
    });
  }
  note(trace, "exclude", "free", [&] { return Json::Object{{"date", format_day(date.date)}}; });
}

void check_validity(const ScheduleRule& rule, ResolvedDate& date, Trace* trace) {
  date.is_valid = rule.valid.contains(date.date);
  if (!rule.has_valid) return;
  note(trace, "validity", date.is_valid ? "valid" : "not_valid", [&] {
    return Json::Object{{"date", format_day(date.date)},
                        {"from", format_day(rule.valid.first)},
                        {"until", format_day(rule.valid.last)}};
  });
}

}  // namespace

std::int32_t ScheduleRule::reach() const {
  const bool shifts = on_closed_day == ClosedDay::previous || on_closed_day == ClosedDay::next ||
                      on_closed_day == ClosedDay::nearest;
  return (shifts ? max_shift_days : 0) + (offset ? offset->limit_days : 0);
}

ResolvedDate resolve_date(const ScheduleRule& rule, Day anchor, const OtherPlans* others, int depth,
                          Trace* trace) {
  ResolvedDate date{.date = anchor};
  shift(rule, date, trace);
  if (date.dropped == MissReason::none) add_offset(rule, date, trace);
  // A day outside the validity leaves nothing, so that other plans need not be looked at.
  const bool is_valid = rule.valid.contains(date.date);
  if (date.dropped == MissReason::none && (is_valid || trace != nullptr))
    exclude(rule, date, others, depth, trace);
  check_validity(rule, date, trace);
  return date;
}

}  // namespace dandori::calendar
