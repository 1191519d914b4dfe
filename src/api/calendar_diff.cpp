#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/define.h"
#include "api/routes.h"
#include "api/schedules.h"
#include "calendar/plan_diff.h"

namespace dandori::api {

namespace {

constexpr std::int32_t kUsualDays = 400, kDaysMax = 800;
constexpr std::size_t kItemsMax = 10'000, kChangedDaysMax = 5'000;

using Names = std::set<std::string, std::less<>>;

/// What holds now and what would hold, of the workflows that a change can touch.
struct Sides {
  calendar::Calendars old_calendars, new_calendars;
  std::vector<calendar::NamedSchedule> before, after;
  Names calendars;  ///< that are changed, and those that rest on them
  DayRange days;
  Timestamp from, to;
};

/// The calendars of the files as newer revisions of those in force.
Result<calendar::Calendars> overlay(const calendar::Calendars& known, const spec::Parsed& files) {
  std::vector<model::Calendar> definitions;
  for (const std::string& name : known.names()) {
    for (const model::Calendar& revision : known.revisions(name)) definitions.push_back(revision);
  }
  for (const model::CalendarDefinition& each : files.calendars) definitions.push_back(each.value);
  auto made = calendar::Calendars::make(std::move(definitions), &known);
  if (!made.problems().empty()) return std::unexpected(made.problems().front());
  return made;
}

/// Those of the files that differ from the newest revision, and all that rest on them.
Names changed_calendars(const Sides& sides, const spec::Parsed& files) {
  Names changed;
  for (const model::CalendarDefinition& each : files.calendars) {
    const auto known = sides.old_calendars.revisions(each.value.name);
    if (known.empty() || !(known.back() == each.value)) changed.insert(each.value.name);
  }
  Names resting = changed;
  for (const std::string& name : sides.new_calendars.names()) {
    const auto closure = sides.new_calendars.closure(model::ref_to(name));
    if (std::ranges::any_of(closure, [&](const auto& each) { return changed.contains(each); }))
      resting.insert(name);
  }
  return resting;
}

using Workflows = std::map<std::string, std::pair<model::WorkflowRow, KnownWorkflowPtr>>;

Result<Workflows> workflows_of(const Schedules& schedules) {
  Workflows all;
  const auto done = schedules.each([&](const model::WorkflowRow& row, const KnownWorkflow&) {
    if (auto known = schedules.of(row)) all.emplace(row.name, std::pair{row, std::move(*known)});
  });
  if (!done) return std::unexpected(done.error());
  return all;
}

bool excludes_any(const KnownWorkflow& workflow, const Names& names) {
  return std::ranges::any_of(workflow.triggers, [&](const KnownTrigger& trigger) {
    return std::ranges::any_of(trigger.schedule.excluded_workflows(),
                               [&](const std::string& name) { return names.contains(name); });
  });
}

/// Workflows that may start otherwise: they name a calendar that changes, are in the files, or
/// exclude one that is.
Names touched(const Workflows& all, const Sides& sides, const spec::Parsed& files) {
  Names names;
  for (const model::WorkflowDefinition& each : files.workflows) names.insert(each.workflow->name);
  for (const auto& [name, known] : all) {
    const auto& used = known.second->calendars;
    if (std::ranges::any_of(used, [&](const auto& each) { return sides.calendars.contains(each); }))
      names.insert(name);
  }
  for (int depth = 0; depth < calendar::kExcludeDepthMax; ++depth) {
    const std::size_t before = names.size();
    for (const auto& [name, known] : all) {
      if (!names.contains(name) && excludes_any(*known.second, names)) names.insert(name);
    }
    if (names.size() == before) break;
  }
  return names;
}

void add_excluded(const KnownWorkflow& workflow, Names& names) {
  for (const KnownTrigger& trigger : workflow.triggers) {
    for (const std::string& name : trigger.schedule.excluded_workflows()) names.insert(name);
  }
}

/// The same with all that they look at.
Names with_excluded(const Workflows& all, Names names) {
  for (int depth = 0; depth < calendar::kExcludeDepthMax; ++depth) {
    Names more = names;
    for (const std::string& name : names) {
      const auto known = all.find(name);
      if (known != all.end()) add_excluded(*known->second.second, more);
    }
    if (more.size() == names.size()) break;
    names = std::move(more);
  }
  return names;
}

Result<void> add_schedules(const model::Workflow& workflow, const calendar::Surroundings& around,
                           std::vector<calendar::NamedSchedule>& out) {
  for (const model::Trigger& trigger : workflow.triggers) {
    auto schedule = calendar::Schedule::make(trigger, around, workflow.name);
    if (!schedule) {
      Error error = schedule.error();
      error.message = fmt::format("{}: {}: {}", workflow.name, trigger.id, error.message);
      return std::unexpected(std::move(error));
    }
    out.push_back({workflow.name, trigger.id, std::move(*schedule)});
  }
  return {};
}

model::WorkflowPtr find_file(const spec::Parsed& files, const std::string& name) {
  const auto found = std::ranges::find_if(
      files.workflows, [&](const auto& each) { return each.workflow->name == name; });
  return found == files.workflows.end() ? nullptr : found->workflow;
}

Result<void> fill_schedules(Services& services, const Workflows& all, const spec::Parsed& files,
                            Sides& sides) {
  const Names names = with_excluded(all, touched(all, sides, files));
  const calendar::Surroundings around{services.zone, services.settings.timezone,
                                      &sides.new_calendars};
  for (const std::string& name : names) {
    const auto known = all.find(name);
    if (known != all.end()) {
      for (const KnownTrigger& trigger : known->second.second->triggers)
        sides.before.push_back({name, trigger.id, trigger.schedule});
    }
    model::WorkflowPtr definition = find_file(files, name);
    if (!definition && known != all.end()) {
      const auto stored =
          services.definitions.of(services.query, name, known->second.first.revision);
      if (!stored) return std::unexpected(stored.error());
      definition = *stored;
    }
    if (!definition) continue;
    if (const auto done = add_schedules(*definition, around, sides.after); !done) return done;
  }
  return {};
}

/// Days that would be decided otherwise, of the calendars that are there now.
Json days_json(const Sides& sides, bool& truncated) {
  Json::Array items;
  for (const std::string& name : sides.calendars) {
    if (sides.old_calendars.revisions(name).empty()) continue;
    const model::CalendarRef ref = model::ref_to(name);
    for (Day day = sides.days.first; day <= sides.days.last; day = day + 1) {
      const auto before = sides.old_calendars.reason(ref, day);
      const auto after = sides.new_calendars.reason(ref, day);
      if (before.open == after.open) continue;
      if (items.size() == kChangedDaysMax) {
        truncated = true;
        return Json::array(std::move(items));
      }
      items.push_back(Json::object({{"calendar", name},
                                    {"date", format_day(day)},
                                    {"open", after.open},
                                    {"before", to_json(before)},
                                    {"after", to_json(after)}}));
    }
  }
  return Json::array(std::move(items));
}

Json warnings_json(const Sides& sides) {
  for (const std::string& name : sides.calendars) {
    Json found = unverified_warnings(sides.new_calendars, model::ref_to(name), sides.days.last);
    if (found.size() > 0) return found;
  }
  return Json::array();
}

Json diff_json(const Sides& sides) {
  Json out =
      to_json(calendar::plan_diff(sides.before, sides.after, sides.from, sides.to), kItemsMax);
  bool truncated = out.bool_or("truncated", false);
  Json::Array calendars;
  for (const std::string& name : sides.calendars) calendars.emplace_back(name);
  out.set("days", days_json(sides, truncated));
  out.set("truncated", truncated);
  out.set("calendars", Json::array(std::move(calendars)));
  out.set("from", format_day(sides.days.first));
  out.set("until", format_day(sides.days.last));
  out.set("warnings", warnings_json(sides));
  return out;
}

/// `from` and `days` of the body. Errors: request.bad_field.
Result<DayRange> window_of(const Services& services, const Json& body) {
  const auto day = today(services);
  if (!day) return std::unexpected(day.error());
  const auto text = text_field(body, "from");
  if (!text) return std::unexpected(text.error());
  const auto from = text->empty() ? Result<Day>{*day} : parse_day(*text);
  if (!from) {
    return fail("request.bad_field", fmt::format("'{}' is no date", *text),
                "write it as 2026-11-20", "/from");
  }
  const Json* count = body.find("days");
  if (count == nullptr || count->is_null()) return DayRange{*from, *from + (kUsualDays - 1)};
  if (count->is_integer() && count->as_integer() >= 1 && count->as_integer() <= kDaysMax)
    return DayRange{*from, *from + (static_cast<std::int32_t>(count->as_integer()) - 1)};
  return fail("request.bad_field",
              fmt::format("the field 'days' must be a whole number from 1 to {}", kDaysMax), "",
              "/days");
}

/// `source` is the short form of one file.
Result<spec::Parsed> read_definitions(const Json& body) {
  const auto source = text_field(body, "source");
  if (!source) return std::unexpected(source.error());
  if (source->empty()) return read_files(body);
  return read_files(Json::object(
      {{"files", Json::array({Json::object({{"name", "source"}, {"text", *source}})})}}));
}

}  // namespace

/// The comparison itself takes its time: it is made where the answer is written.
void diff_calendars(Call call) {
  const auto body = read_body(call.request, {"source", "files", "from", "days"});
  if (!body) return call.fail(body.error());
  const auto days = window_of(call.services, *body);
  if (!days) return call.fail(days.error());
  const auto files = read_definitions(*body);
  if (!files) return call.fail(files.error());
  if (refuse(call, *files)) return;
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  const auto zone = call.services.zone(call.services.settings.timezone);
  if (!zone) return call.fail(zone.error());
  auto fresh = overlay(schedules->calendars(), *files);
  if (!fresh) return call.fail(fresh.error());
  const auto workflows = workflows_of(*schedules);
  if (!workflows) return call.fail(workflows.error());

  auto sides = std::make_shared<Sides>();
  sides->old_calendars = schedules->calendars();
  sides->new_calendars = std::move(*fresh);
  sides->days = *days;
  sides->from = zone->from_local({days->first.days * kDaySeconds}).first;
  sides->to = zone->from_local({(days->last + 1).days * kDaySeconds}).first;
  sides->calendars = changed_calendars(*sides, *files);
  const auto filled = fill_schedules(call.services, *workflows, *files, *sides);
  if (!filled) return call.fail(filled.error());
  call.answer_later([sides] { return diff_json(*sides); });
}

}  // namespace dandori::api
