#include "spec/schedule_json.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "base/clock.h"
#include "spec/day_fields.h"
#include "spec/schedule_days.h"

namespace dandori::spec {

namespace {

Json whole_days(std::int32_t days) {
  return Json{fmt::format("{}d", days)};
}

Json catch_up_json(const model::CatchUpRule& rule) {
  if (!rule.within) return Json{to_string(rule.policy)};
  return Json::object({{"policy", to_string(rule.policy)}, {"within", span(*rule.within)}});
}

Json offset_json(const model::DateOffset& offset) {
  const model::DateOffset plain;
  Json out = Json::object({{"days", offset.days}});
  if (offset.open_days) out.set("count", "open_days");
  if (offset.limit_days != plain.limit_days) out.set("limit", whole_days(offset.limit_days));
  return out;
}

Json exclusion_json(const model::Exclusion& exclude) {
  Json out = Json::object();
  Json::Array workflows;
  for (const std::string& name : exclude.workflows) workflows.emplace_back(name);
  if (!workflows.empty()) out.set("workflows", Json::array(std::move(workflows)));
  Json dates = day_list_json(exclude.dates, exclude.yearly, std::nullopt);
  if (dates.size() > 0) out.set("dates", std::move(dates));
  return out;
}

void write_form(Json& out, const model::Trigger& trigger) {
  set_text(out, "cron", trigger.cron);
  set_text(out, "rate", trigger.rate);
  set_text(out, "on_calendar", trigger.on_calendar);
  set_text(out, "at", trigger.at);
  if (!trigger.days.empty()) out.set("days", day_rules_json(trigger.days));
  if (trigger.times.size() == 1) {
    out.set("time", format_clock(trigger.times[0]));
  } else if (!trigger.times.empty()) {
    Json::Array times;
    for (const std::int32_t time : trigger.times) times.emplace_back(format_clock(time));
    out.set("times", Json::array(std::move(times)));
  }
  if (trigger.every) out.set("every", span(*trigger.every));
  if (trigger.from_s) out.set("from", format_clock(*trigger.from_s));
  if (trigger.until_s) out.set("until", format_clock(*trigger.until_s));
  if (trigger.from_end) out.set("from_end", true);
}

void write_dates(Json& out, const model::Trigger& trigger) {
  const model::Trigger plain{};
  if (!trigger.calendar.empty()) out.set("calendar", calendar_reference_json(trigger.calendar));
  if (trigger.on_closed_day) out.set("on_closed_day", to_string(*trigger.on_closed_day));
  if (trigger.max_shift_days != plain.max_shift_days) {
    out.set("max_shift", whole_days(trigger.max_shift_days));
  }
  if (trigger.offset) out.set("offset", offset_json(*trigger.offset));
  if (!trigger.exclude.empty()) out.set("exclude", exclusion_json(trigger.exclude));
  if (trigger.jitter != plain.jitter) out.set("jitter", span(trigger.jitter));
  if (trigger.valid) out.set("valid", validity_json(*trigger.valid));
}

}  // namespace

Json span(Duration value) {
  return Json{format_duration(value)};
}

void set_text(Json& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.set(key, text);
}

Json trigger_json(const model::Trigger& trigger) {
  Json out = Json::object({{"type", to_string(trigger.type)}});
  write_form(out, trigger);
  write_dates(out, trigger);
  set_text(out, "timezone", trigger.timezone);
  if (trigger.dst != model::DstRule{}) {
    out.set("dst", Json::object({{"gap", to_string(trigger.dst.gap)},
                                 {"overlap", to_string(trigger.dst.overlap)}}));
  }
  out.set("catch_up", catch_up_json(trigger.catch_up));
  if (trigger.not_started_after != model::Trigger{}.not_started_after) {
    out.set("start_within", span(trigger.not_started_after));
  }
  if (trigger.params.size() > 0) out.set("params", trigger.params);
  return out;
}

}  // namespace dandori::spec
