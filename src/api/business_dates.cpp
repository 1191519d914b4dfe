#include "api/business_dates.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/routes.h"
#include "api/schedules.h"
#include "calendar/business_dates.h"
#include "spec/spec.h"
#include "store/rows.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::uint32_t kMovesShown = 50;
constexpr std::size_t kUnfinishedShown = 20;

/// States of runs that have not ended.
std::vector<model::RunState> open_states() {
  using model::RunState;
  return {RunState::queued, RunState::running, RunState::suspended, RunState::stopping};
}

/// A stored business date with its definition and the calendar that counts for it.
struct Known {
  model::BusinessDateRow row;
  model::BusinessDate definition;
  calendar::BusinessCalendarPtr calendar;
  Day value;
};

Result<Known> known_of(model::BusinessDateRow row, const Schedules& schedules) {
  auto definition = spec::compile_business_date(row.canonical);
  if (!definition) return std::unexpected(definition.error());
  const auto value = parse_day(row.value);
  if (!value) return std::unexpected(value.error());
  auto calendar = calendar::calendar_of(schedules.calendars(), *definition);
  return Known{std::move(row), std::move(*definition), std::move(calendar), *value};
}

// ---- When it moves next.

Json after_json(const Known& known) {
  Json::Array items;
  for (const std::string& workflow : known.definition.advance.after) {
    const auto done = std::ranges::find_if(known.row.done, [&](const model::DateDone& each) {
      return each.date == known.row.value && each.workflow == workflow;
    });
    const bool is_done = done != known.row.done.end();
    items.push_back(Json::object({{"workflow", workflow},
                                  {"done", is_done},
                                  {"run", is_done ? Json{to_string(done->run)} : Json{}}}));
  }
  return Json::array(std::move(items));
}

std::string_view how_of(const model::AdvanceRule& rule) {
  if (rule.by_job()) return "job";
  if (!rule.at_s) return "after";
  return rule.after.empty() ? "clock" : "clock_and_after";
}

Json next_json(const Known& known, const calendar::Surroundings& around) {
  const auto next = calendar::next_date(*known.calendar, known.definition.unit, known.value);
  if (!next) return {};
  const auto at = calendar::advance_at(known.definition, *known.calendar, known.value, around);
  return Json::object({{"date", format_day(*next)},
                       {"how", how_of(known.definition.advance)},
                       {"at", at ? Json{format_rfc3339(*at)} : Json{}},
                       {"after", after_json(known)}});
}

Json date_json(const Known& known, const Schedules& schedules) {
  const model::BusinessDate& definition = known.definition;
  return Json::object(
      {{"name", known.row.name},
       {"title", definition.title},
       {"folder", definition.folder},
       {"value", known.row.value},
       {"calendar", definition.calendar},
       {"timezone", calendar::zone_name(definition, *known.calendar, schedules.around())},
       {"unit", to_string(definition.unit)},
       {"moved_at", instant_json(known.row.moved_at)},
       {"revision", known.row.revision},
       {"applied_at", instant_json(known.row.applied_at)},
       {"applied_by", known.row.applied_by},
       {"next", known.row.deleted ? Json{} : next_json(known, schedules.around())}});
}

Json move_json(const model::BusinessDateMoveRow& move) {
  return Json::object({{"number", move.number},
                       {"from", move.from.empty() ? Json{} : Json{move.from}},
                       {"to", move.to},
                       {"at", instant_json(move.at)},
                       {"how", to_string(move.how)},
                       {"actor", move.actor},
                       {"reason", move.reason},
                       {"run", move.run.is_nil() ? Json{} : Json{to_string(move.run)}}});
}

Result<Json> moves_json(store::QueryStore& query, const std::string& name,
                        const store::Page& page) {
  const auto listed = query.business_date_moves(name, page);
  if (!listed) return std::unexpected(listed.error());
  Json::Array items;
  for (const auto& move : listed->items) items.push_back(move_json(move));
  return page_json(std::move(items), listed->next_cursor);
}

// ---- Who works for it.

struct Readers {
  std::vector<std::string> workflows;  ///< that work for it
  Json::Array names, jobs;             ///< the same; and the jobs that move it
};

Result<Readers> readers_of(const Schedules& schedules, const std::string& name) {
  Readers readers;
  const auto done = schedules.each([&](const model::WorkflowRow& row, const KnownWorkflow& known) {
    if (known.business_date == name) {
      readers.workflows.push_back(row.name);
      readers.names.emplace_back(row.name);
    }
    for (const auto& [job, date] : known.moves) {
      if (date == name) readers.jobs.emplace_back(fmt::format("{}/{}", row.name, job));
    }
  });
  if (!done) return std::unexpected(done.error());
  return readers;
}

struct Unfinished {
  std::uint64_t count = 0;
  Json::Array newest;
};

/// Runs for the value that have not ended.
Result<Unfinished> unfinished_of(store::QueryStore& query,
                                 const std::vector<std::string>& workflows,
                                 const std::string& value) {
  Unfinished found;
  store::RunFilter filter;
  filter.states = open_states();
  filter.business_date = value;
  filter.workflows = workflows;
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    const auto listed = query.runs(filter, page);
    if (!listed) return std::unexpected(listed.error());
    for (const model::Run& run : listed->items) {
      if (++found.count > kUnfinishedShown) continue;
      found.newest.push_back(Json::object({{"id", to_string(run.id)},
                                           {"name", fmt::format("{}#{}", run.workflow, run.number)},
                                           {"state", to_string(run.state)}}));
    }
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return found;
}

Json previous_json(const Known& known) {
  const auto previous =
      calendar::previous_date(*known.calendar, known.definition.unit, known.value);
  return previous ? Json{format_day(*previous)} : Json{};
}

Result<Json> detail_json(const Call& call, const Known& known, const Schedules& schedules) {
  store::QueryStore& query = call.services.query;
  auto readers = readers_of(schedules, known.row.name);
  if (!readers) return std::unexpected(readers.error());
  auto unfinished = unfinished_of(query, readers->workflows, known.row.value);
  if (!unfinished) return std::unexpected(unfinished.error());
  auto moves = moves_json(query, known.row.name, {.limit = kMovesShown, .cursor = {}});
  if (!moves) return moves;
  auto canonical = parse_json(known.row.canonical, {.bytes_max = known.row.canonical.size() + 1});
  Json out = date_json(known, schedules);
  out.set("deleted", known.row.deleted);
  out.set("source", known.row.source);
  out.set("definition", canonical ? std::move(*canonical) : Json::object());
  out.set("previous", previous_json(known));
  out.set("workflows", Json::array(std::move(readers->names)));
  out.set("moved_by", Json::array(std::move(readers->jobs)));
  out.set("unfinished_count", unfinished->count);
  out.set("unfinished", Json::array(std::move(unfinished->newest)));
  out.set("moves", std::move(*moves));
  return out;
}

/// `next` is 1, `back` is -1, absent 0. Errors: request.bad_field.
Result<int> step_field(const Json& body) {
  const auto step = text_field(body, "step");
  if (!step) return std::unexpected(step.error());
  if (step->empty()) return 0;
  if (*step == "next") return 1;
  if (*step == "back") return -1;
  return fail("request.bad_field", fmt::format("'{}' is no step", *step), "next or back", "/step");
}

}  // namespace

Result<Json> business_date_values(Services& services) {
  Json::Array items;
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    const auto listed = services.query.business_dates(page);
    if (!listed) return std::unexpected(listed.error());
    for (const model::BusinessDateRow& row : listed->items) {
      if (row.deleted) continue;
      const auto definition = spec::compile_business_date(row.canonical);
      items.push_back(Json::object({{"name", row.name},
                                    {"title", definition ? definition->title : std::string{}},
                                    {"value", row.value}}));
    }
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return Json::array(std::move(items));
}

void list_business_dates(Call call) {
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  Json::Array items;
  store::Page next{.limit = 1000, .cursor = page->cursor};
  do {
    auto listed = call.services.query.business_dates(next);
    if (!listed) return call.fail(listed.error());
    for (model::BusinessDateRow& row : listed->items) {
      if (row.deleted) continue;
      if (items.size() == page->limit)
        return call.answer(200, page_json(items, std::string{items.back().text_or("name", "")}));
      const auto known = known_of(std::move(row), *schedules);
      if (!known) return call.fail(known.error());
      items.push_back(date_json(*known, *schedules));
    }
    next.cursor = listed->next_cursor;
  } while (!next.cursor.empty());
  call.answer(200, page_json(std::move(items), {}));
}

void get_business_date(Call call) {
  const std::string name = call.param("business_date");
  auto row = call.services.query.business_date(name);
  if (!row) return call.fail(row.error());
  if (!*row) return call.fail(store::business_date_unknown(name));
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  const auto known = known_of(std::move(**row), *schedules);
  if (!known) return call.fail(known.error());
  const auto detail = detail_json(call, *known, *schedules);
  if (!detail) return call.fail(detail.error());
  call.answer(200, *detail);
}

void list_business_date_moves(Call call) {
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  const auto moves = moves_json(call.services.query, call.param("business_date"), *page);
  if (!moves) return call.fail(moves.error());
  call.answer(200, *moves);
}

void move_business_date(Call call) {
  const auto body = read_body(call.request, {"to", "step", "dry_run", "plan_id", "reason"});
  if (!body) return call.fail(body.error());
  auto terms = read_terms(*body);
  if (!terms) return call.fail(terms.error());
  const auto to = text_field(*body, "to");
  if (!to) return call.fail(to.error());
  const auto step = step_field(*body);
  if (!step) return call.fail(step.error());
  if (to->empty() == (*step == 0)) {
    return call.fail({"request.bad_field", "name either 'to' or 'step'",
                      R"({"to": "2026-11-24"} or {"step": "next"})", "/to"});
  }
  model::MoveBusinessDate move{call.param("business_date"), *to, *step};
  submit(std::move(call), std::move(move), 202, std::move(*terms));
}

}  // namespace dandori::api
