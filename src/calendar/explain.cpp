#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "calendar/schedule_rule.h"

namespace dandori::calendar {

using model::MissReason;

namespace {

constexpr std::size_t kStartsShown = 20;
constexpr std::int32_t kSearchDays = 400;

/// What of the rule names the anchor.
Json anchor_facts(const ScheduleRule& rule, Day anchor) {
  using Form = ScheduleRule::Form;
  Json facts = Json::object({{"date", format_day(anchor)}});
  switch (rule.form) {
    case Form::cron:
      facts.set("rule", fmt::format("cron: {}", rule.cron.text));
      break;
    case Form::clock:
      facts.set("rule", "clock");
      break;
    case Form::rate:
      facts.set("rule", fmt::format("rate: {}", format_duration(rule.every)));
      break;
    case Form::once:
      facts.set("rule", fmt::format("at: {}", format_local(rule.once.nominal)));
      break;
    case Form::times:
    case Form::grid:
    case Form::from_end: {
      std::string text = "every_day";
      for (const model::DayRule& each : rule.days) {
        if (!names(each, *rule.calendar, anchor)) continue;
        text = text_of(each);
        break;
      }
      facts.set("rule", std::move(text));
    }
  }
  return facts;
}

Json json_of(const Trace& trace) {
  Json::Array steps;
  for (const TraceStep& step : trace) steps.push_back(to_json(step));
  return Json::array(std::move(steps));
}

/// An anchor with its steps up to the date.
struct Way {
  Day anchor;
  ResolvedDate date;
  Trace trace;
};

Way way_of(const ScheduleRule& rule, Day anchor, const OtherPlans* others) {
  Way way{anchor, {}, {}};
  way.trace.push_back({"anchor", "named", anchor_facts(rule, anchor)});
  way.date = resolve_date(rule, anchor, others, 0, &way.trace);
  return way;
}

/// The whole of a date as instants, wherever its clock times lie.
Timestamp begin_of(const ScheduleRule& rule, Day date) {
  return rule.zone.from_local({(date - 2).days * kDaySeconds}).first;
}
Timestamp end_of(const ScheduleRule& rule, Day date) {
  return rule.zone.from_local({(date + 4).days * kDaySeconds}).first;
}

struct Explanation {
  const ScheduleRule& rule;
  Day date;
  const OtherPlans* others;
  std::set<std::pair<Timestamp, std::string>> kept = {};  ///< starts that stay
  Json::Array starts, dropped, moved_away, merged;
  std::size_t starts_count = 0;

  void add(const Way& way);
  void add_starts(const Way& way);
};

void Explanation::add_starts(const Way& way) {
  each_reading(rule, way.anchor, date, begin_of(rule, date), end_of(rule, date),
               [&](const Reading& reading) {
                 PlannedStart start{.fire = reading.fire, .business_date = date};
                 start.fire.at += rule.jitter;
                 Trace trace = way.trace;
                 trace_reading(rule, date, reading, trace);
                 const std::string origin = origin_text(start);
                 Json one = Json::object({{"origin", origin}});
                 if (reading.skipped) {
                   one.set("reason", to_string(MissReason::nonexistent_time));
                   one.set("trace", json_of(trace));
                   dropped.push_back(std::move(one));
                   return true;
                 }
                 const auto stays = kept.lower_bound({start.fire.at, std::string{}});
                 if (stays == kept.end() || *stays != std::pair{start.fire.at, origin}) {
                   const std::string into = stays == kept.end() ? "" : stays->second;
                   trace.push_back({"merge", "superseded", Json::object({{"origin", into}})});
                   one.set("into", into);
                   one.set("trace", json_of(trace));
                   merged.push_back(std::move(one));
                   return true;
                 }
                 if (++starts_count > kStartsShown) return true;
                 one.set("at", format_rfc3339(start.fire.at));
                 one.set("local", format_in_zone(start.fire.at, rule.zone));
                 one.set("business_date", format_day(date));
                 one.set("trace", json_of(trace));
                 starts.push_back(std::move(one));
                 return true;
               });
}

void Explanation::add(const Way& way) {
  if (!way.date.is_valid && way.anchor != date) return;
  const bool lost = way.date.dropped != MissReason::none || !way.date.is_valid;
  if (!lost && way.date.date == date) return add_starts(way);
  if (way.anchor != date) return;
  const auto first = first_reading(rule, way.anchor);
  Json one = Json::object(
      {{"origin", first ? format_local(first->fire.nominal) : format_day(way.anchor)}});
  if (lost) {
    one.set("reason", way.date.is_valid ? to_string(way.date.dropped) : "not_valid");
  } else {
    one.set("business_date", format_day(way.date.date));
  }
  one.set("trace", json_of(way.trace));
  (lost ? dropped : moved_away).push_back(std::move(one));
}

Json neighbour(const Schedule& schedule, Day date, std::int32_t step, const OtherPlans* others) {
  for (std::int32_t i = 1; i <= kSearchDays; ++i) {
    const Day at = date + i * step;
    if (schedule.plans_on(at, others)) return format_day(at);
  }
  return {};
}

}  // namespace

Json to_json(const TraceStep& step) {
  Json out = Json::object({{"step", step.step}, {"code", step.code}});
  for (const auto& [name, value] : step.facts.members()) out.set(name, value);
  return out;
}

Json Schedule::explain(Day date, const OtherPlans* others) const {
  const std::shared_ptr<const ScheduleRule> rule = this->rule();
  Explanation told{*rule, date, others, {}, {}, {}, {}, {}};
  for (const PlannedStart& start :
       expand(begin_of(*rule, date), end_of(*rule, date), SIZE_MAX, others)) {
    if (start.is_start() && start.business_date == date)
      told.kept.insert({start.fire.at, origin_text(start)});
  }
  const std::int32_t reach = rule->reach();
  for (Day anchor = date - reach; anchor <= date + reach; anchor = anchor + 1) {
    if (names(*rule, anchor)) told.add(way_of(*rule, anchor, others));
  }
  Json out = Json::object({{"date", format_day(date)}, {"named", names(*rule, date)}});
  if (!rule->ref.empty()) out.set("day", to_json(rule->calendars.reason(rule->ref, date)));
  out.set("starts", Json::array(std::move(told.starts)));
  out.set("starts_count", told.starts_count);
  out.set("dropped", Json::array(std::move(told.dropped)));
  out.set("moved_away", Json::array(std::move(told.moved_away)));
  out.set("merged", Json::array(std::move(told.merged)));
  out.set("previous", neighbour(*this, date, -1, others));
  out.set("next", neighbour(*this, date, 1, others));
  return out;
}

std::vector<TraceStep> Schedule::trace(const PlannedStart& start, const OtherPlans* others) const {
  const std::shared_ptr<const ScheduleRule> rule = this->rule();
  const Day written = day_of(start.fire.nominal);
  for (Day anchor = written - 2; anchor <= written; anchor = anchor + 1) {
    if (!names(*rule, anchor)) continue;
    Way way = way_of(*rule, anchor, others);
    if (way.date.dropped != MissReason::none) {
      const auto first = first_reading(*rule, anchor);
      if (first && first->fire.nominal == start.fire.nominal) return std::move(way.trace);
      continue;
    }
    bool found = false;
    const Timestamp at = start.fire.at - rule->jitter;
    each_reading(*rule, anchor, way.date.date, at, at + Duration{1}, [&](const Reading& reading) {
      if (reading.fire.nominal != start.fire.nominal) return true;
      trace_reading(*rule, way.date.date, reading, way.trace);
      found = true;
      return false;
    });
    if (found) return std::move(way.trace);
  }
  return {};
}

}  // namespace dandori::calendar
