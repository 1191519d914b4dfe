#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/routes.h"
#include "api/schedules.h"
#include "calendar/day_list.h"
#include "spec/spec.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::int32_t kShownDays = 365;
constexpr std::uint32_t kRevisionsShown = 100;

// ---- What uses a calendar by its name.

struct Use {
  std::set<std::string> workflows, business_dates, calendars;
  std::size_t count() const { return workflows.size() + business_dates.size() + calendars.size(); }
};
using Uses = std::map<std::string, Use, std::less<>>;

void add_calendars(const calendar::Calendars& calendars, Uses& uses) {
  for (const std::string& name : calendars.names()) {
    std::vector<std::string> named;
    for (const model::Calendar& revision : calendars.revisions(name)) {
      each_name(revision.extends, named);
      for (const model::CalendarRule& rule : revision.rules) {
        if (!rule.days.calendar.empty()) named.push_back(rule.days.calendar);
      }
    }
    for (const std::string& other : named) uses[other].calendars.insert(name);
  }
}

Result<void> add_business_dates(store::QueryStore& query, Uses& uses) {
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    const auto listed = query.business_dates(page);
    if (!listed) return std::unexpected(listed.error());
    for (const model::BusinessDateRow& row : listed->items) {
      if (row.deleted) continue;
      const auto date = spec::compile_business_date(row.canonical);
      if (date && !date->calendar.empty()) uses[date->calendar].business_dates.insert(row.name);
    }
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return {};
}

Result<Uses> find_uses(const Call& call, const Schedules& schedules) {
  Uses uses;
  add_calendars(schedules.calendars(), uses);
  if (const auto done = add_business_dates(call.services.query, uses); !done)
    return std::unexpected(done.error());
  const auto done = schedules.each([&](const model::WorkflowRow& row, const KnownWorkflow& known) {
    for (const std::string& name : known.calendars) uses[name].workflows.insert(row.name);
  });
  if (!done) return std::unexpected(done.error());
  return uses;
}

// ---- Calendars as JSON.

Json canonical_of(const model::CalendarRow& row) {
  auto canonical = parse_json(row.canonical, {.bytes_max = row.canonical.size() + 1});
  return canonical ? std::move(*canonical) : Json::object();
}

Json or_else(const Json& object, std::string_view key, Json otherwise) {
  const Json* value = object.find(key);
  return value == nullptr ? std::move(otherwise) : *value;
}

Json validity_of(const Json& canonical) {
  const Json* valid = canonical.find("valid");
  if (valid == nullptr) return {};
  return Json::object(
      {{"from", or_else(*valid, "from", {})}, {"until", or_else(*valid, "until", {})}});
}

Json verified_json(const calendar::Calendars& calendars, const std::string& name) {
  const Day until = calendars.verified_until(model::ref_to(name));
  return until >= calendar::kCalendarDays.last ? Json{} : Json{format_day(until)};
}

Json calendar_json(const model::CalendarRow& row, const Schedules& schedules, const Uses& uses) {
  const Json canonical = canonical_of(row);
  const auto use = uses.find(row.name);
  return Json::object({{"name", row.name},
                       {"title", or_else(canonical, "title", "")},
                       {"folder", or_else(canonical, "folder", "")},
                       {"timezone", or_else(canonical, "timezone", "")},
                       {"day_starts_at", or_else(canonical, "day_starts_at", "00:00")},
                       {"month_starts_on", or_else(canonical, "month_starts_on", 1)},
                       {"label", or_else(canonical, "label", "start")},
                       {"valid", validity_of(canonical)},
                       {"effective_from", or_else(canonical, "effective_from", {})},
                       {"revision", row.revision},
                       {"applied_at", instant_json(row.applied_at)},
                       {"applied_by", row.applied_by},
                       {"verified_until", verified_json(schedules.calendars(), row.name)},
                       {"used_by_count", use == uses.end() ? 0 : use->second.count()}});
}

Json names_json(const std::set<std::string>& names) {
  Json::Array items;
  for (const std::string& name : names) items.emplace_back(name);
  return Json::array(std::move(items));
}

Json use_json(const Uses& uses, const std::string& name) {
  const auto found = uses.find(name);
  const Use use = found == uses.end() ? Use{} : found->second;
  return Json::object({{"workflows", names_json(use.workflows)},
                       {"business_dates", names_json(use.business_dates)},
                       {"calendars", names_json(use.calendars)}});
}

Json revision_json(const model::CalendarRow& row) {
  return Json::object({{"revision", row.revision},
                       {"digest", row.digest},
                       {"applied_at", instant_json(row.applied_at)},
                       {"applied_by", row.applied_by},
                       {"reason", row.reason},
                       {"source_ref", row.source_ref},
                       {"effective_from", or_else(canonical_of(row), "effective_from", {})}});
}

/// Itself and what it rests on, every revision in force, as definitions: enough to decide its days.
Result<Json> closure_json(store::QueryStore& query, const calendar::Calendars& calendars,
                          const std::string& name) {
  const std::vector<std::string> names = calendars.closure(model::ref_to(name));
  const auto rows = query.live_calendars();
  if (!rows) return std::unexpected(rows.error());
  Json::Array items;
  for (const model::CalendarRow& row : *rows) {
    if (std::ranges::binary_search(names, row.name)) items.push_back(canonical_of(row));
  }
  return Json::array(std::move(items));
}

Json rests_on_json(const calendar::Calendars& calendars, const std::string& name) {
  Json::Array items;
  for (const std::string& each : calendars.closure(model::ref_to(name))) {
    if (each != name) items.emplace_back(each);
  }
  return Json::array(std::move(items));
}

Result<Json> detail_json(const Call& call, const model::CalendarRow& row,
                         const Schedules& schedules, const Uses& uses) {
  const auto revisions =
      call.services.query.calendar_revisions(row.name, {.limit = kRevisionsShown, .cursor = {}});
  if (!revisions) return std::unexpected(revisions.error());
  auto closure = closure_json(call.services.query, schedules.calendars(), row.name);
  if (!closure) return closure;
  Json::Array items;
  for (const model::CalendarRow& each : revisions->items) items.push_back(revision_json(each));
  Json out = calendar_json(row, schedules, uses);
  out.set("source", row.source);
  out.set("definition", canonical_of(row));
  out.set("digest", row.digest);
  out.set("reason", row.reason);
  out.set("source_ref", row.source_ref);
  out.set("deleted", revisions->items.front().deleted);
  out.set("revisions", Json::array(std::move(items)));
  out.set("used_by", use_json(uses, row.name));
  out.set("closure", std::move(*closure));
  out.set("rests_on", rests_on_json(schedules.calendars(), row.name));
  return out;
}

}  // namespace

Json unverified_warnings(const calendar::Calendars& calendars, const model::CalendarRef& ref,
                         Day until) {
  const Day verified = calendars.verified_until(ref);
  const bool is_passed = verified < std::min(until, calendar::kCalendarDays.last);
  return unverified_json(is_passed ? std::optional{verified} : std::nullopt);
}

Json unverified_json(std::optional<Day> verified_until) {
  Json warnings = Json::array();
  if (verified_until) {
    warnings.push(Json::object(
        {{"code", "calendar.not_verified"}, {"verified_until", format_day(*verified_until)}}));
  }
  return warnings;
}

void list_calendars(Call call) {
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  const auto uses = find_uses(call, *schedules);
  if (!uses) return call.fail(uses.error());
  Json::Array items;
  store::Page next{.limit = 1000, .cursor = page->cursor};
  do {
    const auto listed = call.services.query.calendars(next);
    if (!listed) return call.fail(listed.error());
    for (const model::CalendarRow& row : listed->items) {
      if (row.deleted) continue;
      if (items.size() == page->limit)
        return call.answer(200, page_json(items, std::string{items.back().text_or("name", "")}));
      items.push_back(calendar_json(row, *schedules, *uses));
    }
    next.cursor = listed->next_cursor;
  } while (!next.cursor.empty());
  call.answer(200, page_json(std::move(items), {}));
}

void get_calendar(Call call) {
  const auto revision = number_parameter(call.request, "revision", 0, UINT32_MAX);
  if (!revision) return call.fail(revision.error());
  const auto row =
      call.services.query.calendar(call.param("calendar"), static_cast<std::uint32_t>(*revision));
  if (!row) return call.fail(row.error());
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  const auto uses = find_uses(call, *schedules);
  if (!uses) return call.fail(uses.error());
  const auto detail = detail_json(call, *row, *schedules, *uses);
  if (!detail) return call.fail(detail.error());
  call.answer(200, *detail);
}

void list_calendar_days(Call call) {
  const auto day = today(call.services);
  if (!day) return call.fail(day.error());
  const auto days = days_parameter(call.request, *day, kShownDays, calendar::kDayListMax);
  if (!days) return call.fail(days.error());
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  const std::string name{call.param("calendar")};
  auto answer = calendar::day_list(schedules->calendars(), name, *days);
  if (!answer) return call.fail(answer.error());
  answer->set("warnings",
              unverified_warnings(schedules->calendars(), model::ref_to(name), days->last));
  call.answer(200, *answer);
}

}  // namespace dandori::api
