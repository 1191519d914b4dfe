#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <tuple>

#include "api/routes.h"
#include "api/schedules.h"
#include "base/text.h"
#include "calendar/preview.h"
#include "store/rows.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::size_t kPlannedMax = 100'000;

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

/// What the triggers of one workflow plan and drop within [from, until), as it will be decided.
void add_planned(const Schedules& schedules, const std::string& workflow,
                 const KnownWorkflow& known, Timestamp from, Timestamp until,
                 std::map<PlanKey, model::PlannedOutcome>& plan) {
  for (const KnownTrigger& trigger : known.triggers) {
    for (const auto& start : trigger.schedule.expand(from, until, kPlannedMax, &schedules)) {
      if (plan.size() >= kPlannedMax) return;
      model::PlannedOutcome outcome;
      outcome.workflow = workflow;
      outcome.trigger = trigger.id;
      outcome.nominal = origin_text(start);
      outcome.at = start.fire.at;
      outcome.business_date = format_day(start.business_date);
      outcome.state = calendar::state_of(start);
      outcome.reason = start.dropped;
      plan.try_emplace({outcome.at, outcome.workflow, outcome.trigger, outcome.nominal}, outcome);
    }
  }
}

/// The future of every workflow in force.
Result<void> add_future(Services& services, Timestamp from, Timestamp until,
                        std::map<PlanKey, model::PlannedOutcome>& plan) {
  const auto schedules = Schedules::make(services);
  if (!schedules) return std::unexpected(schedules.error());
  return schedules->each([&](const model::WorkflowRow& row, const KnownWorkflow& known) {
    add_planned(*schedules, row.name, known, from, until, plan);
  });
}

struct Window {
  Timestamp from, until;
};

Result<Window> window_of(const Services& services, std::string_view date) {
  const auto zone = services.zone(services.settings.timezone);
  if (!zone) return std::unexpected(zone.error());
  Day day = calendar::day_of(zone->to_local(services.engine.now()));
  if (!date.empty()) {
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
    const auto done = add_future(call.services, from, window->until, plan);
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

}  // namespace dandori::api
