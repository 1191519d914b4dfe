#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <tuple>

#include "api/routes.h"
#include "base/text.h"
#include "calendar/preview.h"
#include "calendar/schedule.h"
#include "store/rows.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::size_t kPlannedMax = 100'000;
constexpr std::uint64_t kPreviewMax = 10'000;

using PlanKey = std::tuple<Timestamp, std::string, std::string, std::string>;

/// A planned run as a cursor, and back. None of its parts has a slash. Errors: request.bad_cursor.
std::string cursor_of(const PlanKey& key) {
  const auto& [at, workflow, trigger, nominal] = key;
  return fmt::format("{}/{}/{}/{}", at.us, workflow, trigger, nominal);
}

Result<PlanKey> key_of(const store::Page& page) {
  if (page.cursor.empty()) return PlanKey{};
  const auto parts = split(page.cursor, '/');
  std::int64_t at = 0;
  const bool is_key =
      parts.size() == 4 &&
      std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), at).ec == std::errc{};
  if (!is_key) return std::unexpected(store::bad_cursor(page));
  return PlanKey{Timestamp{at}, parts[1], parts[2], parts[3]};
}

/// Computed starts of one workflow within [from, until), as planned outcomes.
void add_planned(Services& services, const model::Workflow& workflow, Timestamp from,
                 Timestamp until, std::map<PlanKey, model::PlannedOutcome>& plan) {
  for (const model::Trigger& trigger : workflow.triggers) {
    for (const auto& start : calendar::expand(trigger, {services.zone, services.settings.timezone},
                                              workflow.name, from, until, kPlannedMax)) {
      if (plan.size() >= kPlannedMax) return;
      model::PlannedOutcome outcome;
      outcome.workflow = workflow.name;
      outcome.trigger = trigger.id;
      outcome.nominal = origin_text(start);
      outcome.at = start.fire.at;
      outcome.business_date = format_day(start.business_date);
      outcome.state = model::PlannedState::planned;
      plan.try_emplace({outcome.at, outcome.workflow, outcome.trigger, outcome.nominal}, outcome);
    }
  }
}

/// Calls `visit` with every applied workflow, page by page.
template <class Visit>
Result<void> each_workflow(Services& services, Visit visit) {
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    const auto listed = services.query.workflows(page);
    if (!listed) return std::unexpected(listed.error());
    for (const model::WorkflowRow& row : listed->items) {
      if (row.deleted) continue;
      const auto definition = services.definitions.of(services.query, row.name, row.revision);
      if (definition) visit(**definition);
    }
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return {};
}

struct Window {
  Timestamp from, until;
};

Result<Window> window_of(const Services& services, std::string_view date) {
  const auto zone = services.zone(services.settings.timezone);
  if (!zone) return std::unexpected(zone.error());
  calendar::Day day;
  if (date.empty()) {
    const std::int64_t local = zone->to_local(services.engine.now()).seconds;
    day.days = static_cast<std::int32_t>((local - ((local % 86'400) + 86'400) % 86'400) / 86'400);
  } else {
    const auto parsed = parse_day(date);
    if (!parsed) return std::unexpected(parsed.error());
    day = *parsed;
  }
  const std::int64_t midnight = std::int64_t{day.days} * 86'400;
  return Window{zone->from_local({midnight}).first, zone->from_local({midnight + 86'400}).first};
}

}  // namespace

void get_plan(Call call) {
  const auto page = read_page(call.request, kLongPage);
  if (!page) return call.fail(page.error());
  const auto last = key_of(*page);
  if (!last) return call.fail(last.error());
  const auto window = window_of(call.services, call.request.query.value("date"));
  if (!window) return call.fail(window.error());

  std::map<PlanKey, model::PlannedOutcome> plan;
  const auto decided = call.services.query.outcomes(window->from, window->until);
  if (!decided) return call.fail(decided.error());
  for (const model::PlannedOutcome& outcome : *decided) {
    plan[{outcome.at, outcome.workflow, outcome.trigger, outcome.nominal}] = outcome;
  }
  // What has passed is a row already; only the future is computed.
  const Timestamp from = std::max(window->from, call.services.engine.now());
  if (from < window->until) {
    const auto done = each_workflow(call.services, [&](const model::Workflow& workflow) {
      add_planned(call.services, workflow, from, window->until, plan);
    });
    if (!done) return call.fail(done.error());
  }
  Json::Array items;
  auto place = page->cursor.empty() ? plan.begin() : plan.upper_bound(*last);
  for (; place != plan.end() && items.size() < page->limit; ++place) {
    items.push_back(wire::to_json(place->second));
  }
  const bool has_more = place != plan.end();
  Json body =
      page_json(std::move(items), has_more ? cursor_of(std::prev(place)->first) : std::string{});
  body.set("from", format_rfc3339(window->from));
  body.set("until", format_rfc3339(window->until));
  body.set("timezone", call.services.settings.timezone);
  call.answer(200, body);
}

void get_preview(Call call) {
  const auto known = check_parameters(call.request, {"n", "from"});
  if (!known) return call.fail(known.error());
  const auto count = number_parameter(call.request, "n", 10, kPreviewMax);
  if (!count) return call.fail(count.error());
  Timestamp from = call.services.engine.now();
  if (const auto text = call.request.query.find("from")) {
    const auto at = parse_rfc3339(*text);
    if (!at) return call.fail(at.error());
    from = *at;
  }
  const auto row = call.services.query.revision(call.param("workflow"), 0);
  if (!row) return call.fail(row.error());
  const auto definition =
      call.services.definitions.get(row->workflow, row->revision, row->canonical);
  if (!definition) return call.fail(definition.error());
  const auto starts = calendar::preview((*definition)->name, (*definition)->triggers,
                                        {call.services.zone, call.services.settings.timezone},
                                        {.from = from, .count = *count});
  if (!starts) return call.fail(starts.error());
  Json::Array items;
  for (const calendar::PreviewLine& line : *starts) items.push_back(calendar::to_json(line));
  call.answer(200, page_json(std::move(items), {}));
}

}  // namespace dandori::api
