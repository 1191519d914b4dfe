#include <fmt/core.h>

#include <utility>

#include "base/clock.h"
#include "base/json.h"
#include "spec/day_fields.h"
#include "spec/reader.h"
#include "spec/schedule_json.h"
#include "spec/spec.h"
#include "spec/tables.h"

namespace dandori::spec {

namespace {

Json month_start_json(const model::MonthStart& start) {
  switch (start.form) {
    case model::MonthStart::Form::day:
      return Json{start.number};
    case model::MonthStart::Form::weekday:
      return nth_weekdays_json({start.nth});
    case model::MonthStart::Form::last:
      return Json{start.number == 0 ? std::string{"last"} : fmt::format("last{:+}", start.number)};
  }
  std::unreachable();
}

Json match_json(const model::DayMatch& match) {
  Json out = Json::object();
  const auto set_list = [&](std::string_view key, Json days) {
    if (days.size() > 0) out.set(key, std::move(days));
  };
  set_list("dates", day_list_json(match.dates, match.yearly, true));
  set_list("ranges", day_list_json(match.dates, match.yearly, false));
  if (match.weekdays != 0) out.set("weekdays", weekdays_json(match.weekdays));
  set_list("weekday", nth_weekdays_json(match.nth_weekdays));
  if (match.months != 0) out.set("months", months_json(match.months));
  set_text(out, "holidays", match.holidays);
  set_text(out, "calendar", match.calendar);
  return out;
}

Json rule_json(const model::CalendarRule& rule) {
  Json out = Json::object({{rule.open ? "open" : "closed", match_json(rule.days)}});
  set_text(out, "title", rule.title);
  return out;
}

Json advance_json(const model::AdvanceRule& rule) {
  Json out = Json::object();
  if (rule.at_s) out.set("at", format_clock(*rule.at_s));
  Json::Array names;
  for (const std::string& name : rule.after) names.emplace_back(name);
  if (!names.empty()) out.set("after", Json::array(std::move(names)));
  return out;
}

/// Reads one stored object by its table.
template <class Draft>
Result<Draft> read_stored(std::string_view canonical_json, const Table<Draft>& table) {
  const auto broken = [](std::string_view why) {
    return fail("spec.canonical", fmt::format("a stored revision cannot be read: {}", why),
                "it was stored by a newer version, or the database was changed by hand");
  };
  const Result<Json> json = parse_json(canonical_json, {.bytes_max = canonical_json.size() + 1});
  if (!json) return broken(json.error().message);
  Problems problems{"revision", ""};
  Context context{.problems = problems, .stored = true};
  Draft draft;
  read_object(context, to_node(*json), Path{}, table, draft);
  if (problems.size() > 0) return broken(problems.take().at(0).message);
  return draft;
}

}  // namespace

std::string write_canonical(const model::Calendar& calendar) {
  const model::Calendar plain;
  Json out = Json::object({{"name", calendar.name}});
  set_text(out, "title", calendar.title);
  set_text(out, "folder", calendar.folder);
  set_text(out, "timezone", calendar.timezone);
  if (calendar.day_starts_at_s != plain.day_starts_at_s) {
    out.set("day_starts_at", format_clock(calendar.day_starts_at_s));
  }
  if (calendar.month_starts_on != plain.month_starts_on) {
    out.set("month_starts_on", month_start_json(calendar.month_starts_on));
  }
  if (calendar.label != plain.label) out.set("label", to_string(calendar.label));
  if (calendar.valid) out.set("valid", validity_json(*calendar.valid));
  if (calendar.effective_from) out.set("effective_from", format_day(*calendar.effective_from));
  if (!calendar.extends.empty()) out.set("extends", calendar_reference_json(calendar.extends));
  Json::Array rules;
  for (const model::CalendarRule& rule : calendar.rules) rules.push_back(rule_json(rule));
  if (!rules.empty()) out.set("rules", Json::array(std::move(rules)));
  return write_json(out);
}

std::string write_canonical(const model::BusinessDate& date) {
  Json out = Json::object({{"name", date.name}});
  set_text(out, "title", date.title);
  set_text(out, "folder", date.folder);
  set_text(out, "calendar", date.calendar);
  set_text(out, "timezone", date.timezone);
  if (!date.advance.by_job()) out.set("advance", advance_json(date.advance));
  if (date.unit != model::DateUnit::open_day) out.set("unit", to_string(date.unit));
  if (date.start) out.set("start", format_day(*date.start));
  return write_json(out);
}

Result<model::Calendar> compile_calendar(std::string_view canonical_json) {
  Result<CalendarDraft> draft = read_stored(canonical_json, calendar_table());
  if (!draft) return std::unexpected(draft.error());
  return std::move(draft->calendar);
}

Result<model::BusinessDate> compile_business_date(std::string_view canonical_json) {
  Result<BusinessDateDraft> draft = read_stored(canonical_json, business_date_table());
  if (!draft) return std::unexpected(draft.error());
  return std::move(draft->date);
}

}  // namespace dandori::spec
