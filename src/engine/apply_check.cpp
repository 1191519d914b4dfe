#include <algorithm>
#include <functional>
#include <set>

#include <fmt/core.h>

#include "base/text.h"
#include "engine/apply.h"
#include "engine/calendars.h"

namespace dandori::engine {

namespace {

using Set = std::set<std::string, std::less<>>;

/// The names of one kind that there would be after the apply.
struct Names {
  Set added, removed;
  std::function<bool(std::string_view)> is_there;  ///< now
  std::function<std::vector<std::string>()> all_there;

  bool contains(std::string_view name) const {
    return added.contains(name) || (!removed.contains(name) && is_there(name));
  }
};

struct Coming {
  Names workflows, dates, calendars;
  calendar::Calendars compiled;
};

/// Something that uses a name: `workflow 'w', trigger 't'`.
struct Use {
  std::string place;
  std::string path;
};

template <class Visit>
void each_calendar_of(const model::CalendarRef& ref, const Use& use, Visit visit) {
  std::vector<std::string> names;
  each_name(ref, names);
  for (const std::string& name : names) visit(name, use);
}

/// Every calendar that a workflow names, with the place.
template <class Visit>
void each_calendar(const model::Workflow& workflow, Visit visit) {
  for (const model::Trigger& trigger : workflow.triggers) {
    each_calendar_of(trigger.calendar,
                     {fmt::format("workflow '{}', trigger '{}'", workflow.name, trigger.id),
                      fmt::format("/triggers/{}/calendar", trigger.id)},
                     visit);
  }
  for (const model::Job& job : workflow.jobs) {
    if (!job.runs_on) continue;
    each_calendar_of(job.runs_on->calendar,
                     {fmt::format("workflow '{}', job '{}'", workflow.name, job.id),
                      fmt::format("/jobs/{}/runs_on", job.id)},
                     visit);
  }
}

template <class Visit>
void each_calendar(const model::Calendar& calendar, Visit visit) {
  const Use use{fmt::format("calendar '{}'", calendar.name), "/extends"};
  each_calendar_of(calendar.extends, use, visit);
  for (std::size_t i = 0; i < calendar.rules.size(); ++i) {
    const std::string& name = calendar.rules[i].days.calendar;
    if (name.empty()) continue;
    visit(name, Use{fmt::format("calendar '{}', rule {}", calendar.name, i + 1),
                    fmt::format("/rules/{}", i)});
  }
}

template <class Visit>
void each_date(const model::Workflow& workflow, Visit visit) {
  if (!workflow.business_date.empty()) {
    visit(workflow.business_date,
          Use{fmt::format("workflow '{}'", workflow.name), "/business_date"});
  }
  for (const model::Job& job : workflow.jobs) {
    if (job.business_date.empty()) continue;
    visit(job.business_date, Use{fmt::format("workflow '{}', job '{}'", workflow.name, job.id),
                                 fmt::format("/jobs/{}/with/name", job.id)});
  }
}

template <class Visit>
void each_excluded(const model::Workflow& workflow, Visit visit) {
  for (const model::Trigger& trigger : workflow.triggers) {
    for (const std::string& name : trigger.exclude.workflows) {
      visit(name, Use{fmt::format("workflow '{}', trigger '{}'", workflow.name, trigger.id),
                      fmt::format("/triggers/{}/exclude/workflows", trigger.id)});
    }
  }
}

template <class Rows, class IsLive>
Names names_of(const Rows& rows, const std::vector<std::string>& removed, IsLive is_live) {
  Names names;
  names.removed.insert(removed.begin(), removed.end());
  names.is_there = [&rows, is_live](std::string_view name) {
    const auto found = rows.find(name);
    return found != rows.end() && is_live(found->second);
  };
  names.all_there = [&rows, is_live] {
    std::vector<std::string> all;
    for (const auto& [name, row] : rows) {
      if (is_live(row)) all.push_back(name);
    }
    return all;
  };
  return names;
}

Coming coming_after(const State& state, const model::ApplyDefinitions& request,
                    const ApplyPlan& plan) {
  Coming coming{
      .workflows =
          names_of(state.workflows, workflows_leaving(request, plan),
                   [](const WorkflowState& each) { return each.definition && !each.row.deleted; }),
      .dates = names_of(state.business_dates, plan.removed_dates,
                        [](const DateState& each) { return !each.row.deleted; }),
      .calendars = names_of(state.calendar_rows, plan.removed_calendars,
                            [](const auto& revisions) { return !revisions.back().deleted; }),
      .compiled = state.calendars};
  for (const auto& each : request.workflows) coming.workflows.added.insert(each.workflow->name);
  for (const auto& each : request.business_dates) coming.dates.added.insert(each.value.name);
  for (const auto& each : request.calendars) coming.calendars.added.insert(each.value.name);
  return coming;
}

calendar::Calendars compiled_after(const State& state, const model::ApplyDefinitions& request,
                                   const ApplyPlan& plan, const Names& names) {
  std::vector<model::Calendar> all;
  for (const auto& [name, revisions] : state.calendar_rows) {
    if (!names.contains(name)) continue;
    for (model::Calendar& each : definitions_of(revisions)) all.push_back(std::move(each));
  }
  for (std::size_t i = 0; i < request.calendars.size(); ++i) {
    if (plan.calendars[i].action != ApplyAction::unchanged)
      all.push_back(request.calendars[i].value);
  }
  return calendar::Calendars::make(std::move(all), &state.calendars);
}

/// Looks for the first name that is not there.
class Search {
 public:
  explicit Search(const Names& known) : known_{known} {}
  void operator()(const std::string& name, const Use& use) {
    if (!found_.empty() || known_.contains(name)) return;
    found_ = name;
    use_ = use;
  }
  bool has_found() const { return !found_.empty(); }
  /// Also of what the request itself would remove: files that name it and not its definition.
  Error unknown(std::string_view code, std::string_view kind, std::string_view command) const {
    if (known_.removed.contains(found_)) {
      Error error = in_use(
          kind == "business date" ? "business_date.in_use" : fmt::format("{}.in_use", kind), kind);
      error.hint = "name the file that defines it too, or take it out there";
      error.path = use_.path;
      return error;
    }
    std::vector<std::string> names = known_.all_there();
    names.insert(names.end(), known_.added.begin(), known_.added.end());
    const auto near = nearest(found_, names);
    return {std::string{code},
            fmt::format("{} names the {} '{}', and there is none", use_.place, kind, found_),
            near ? fmt::format("did you mean '{}'?", *near)
                 : fmt::format("apply it before or together with this; `dandori {} list` shows "
                               "those that exist",
                               command),
            use_.path};
  }
  Error in_use(std::string_view code, std::string_view kind) const {
    return {std::string{code},
            fmt::format("the {} '{}' would be removed, and {} uses it", kind, found_, use_.place),
            "take it out there first, or in the same apply"};
  }

 private:
  const Names& known_;
  std::string found_;
  Use use_;
};

/// Definitions that stay as they are: not of the request, and not removed.
template <class Visit>
void each_staying_workflow(const State& state, const model::ApplyDefinitions& request,
                           const Coming& coming, Visit visit) {
  Set replaced;
  for (const auto& each : request.workflows) replaced.insert(each.workflow->name);
  for (const auto& [name, workflow] : state.workflows) {
    const bool stays = workflow.definition && !workflow.row.deleted && !replaced.contains(name) &&
                       coming.workflows.contains(name);
    if (stays) visit(*workflow.definition);
  }
}

template <class Visit>
void each_staying_date(const State& state, const model::ApplyDefinitions& request,
                       const Coming& coming, Visit visit) {
  Set replaced;
  for (const auto& each : request.business_dates) replaced.insert(each.value.name);
  for (const auto& [name, date] : state.business_dates) {
    const bool stays = date.row.definition && !date.row.deleted && !replaced.contains(name) &&
                       coming.dates.contains(name);
    if (stays) visit(*date.row.definition);
  }
}

/// What is removed must be used by nothing that stays.
Result<void> check_removed(const State& state, const model::ApplyDefinitions& request,
                           const ApplyPlan& plan, const Coming& coming) {
  if (plan.removed() == 0 && workflows_leaving(request, plan).empty()) return {};
  Search calendars{coming.calendars}, dates{coming.dates}, workflows{coming.workflows};
  each_staying_workflow(state, request, coming, [&](const model::Workflow& workflow) {
    each_calendar(workflow, std::ref(calendars));
    each_date(workflow, std::ref(dates));
    each_excluded(workflow, std::ref(workflows));
  });
  each_staying_date(state, request, coming, [&](const model::BusinessDate& date) {
    const Use use{fmt::format("business date '{}'", date.name), ""};
    if (!date.calendar.empty()) calendars(date.calendar, use);
    for (const std::string& name : date.advance.after) workflows(name, use);
  });
  for (const auto& [name, revisions] : state.calendar_rows) {
    if (!coming.calendars.contains(name) || coming.calendars.added.contains(name)) continue;
    for (const model::Calendar& each : definitions_of(revisions))
      each_calendar(each, std::ref(calendars));
  }
  if (calendars.has_found())
    return std::unexpected(calendars.in_use("calendar.in_use", "calendar"));
  if (dates.has_found())
    return std::unexpected(dates.in_use("business_date.in_use", "business date"));
  if (workflows.has_found())
    return std::unexpected(workflows.in_use("workflow.in_use", "workflow"));
  return {};
}

/// Every name that the request uses is there.
Result<void> check_named(const model::ApplyDefinitions& request, const Coming& coming) {
  for (const auto& definition : request.calendars) {
    Search calendars{coming.calendars};
    each_calendar(definition.value, std::ref(calendars));
    if (calendars.has_found())
      return std::unexpected(
          calendars.unknown("calendar.unknown_calendar", "calendar", "calendar"));
  }
  for (const auto& definition : request.business_dates) {
    const model::BusinessDate& date = definition.value;
    Search calendars{coming.calendars}, workflows{coming.workflows};
    const std::string place = fmt::format("business date '{}'", date.name);
    if (!date.calendar.empty()) calendars(date.calendar, {place, "/calendar"});
    for (const std::string& name : date.advance.after) workflows(name, {place, "/advance/after"});
    if (calendars.has_found())
      return std::unexpected(
          calendars.unknown("business_date.unknown_calendar", "calendar", "calendar"));
    if (workflows.has_found())
      return std::unexpected(
          workflows.unknown("business_date.unknown_workflow", "workflow", "workflow"));
  }
  for (const auto& definition : request.workflows) {
    const model::Workflow& workflow = *definition.workflow;
    Search calendars{coming.calendars}, dates{coming.dates}, workflows{coming.workflows};
    each_calendar(workflow, std::ref(calendars));
    each_date(workflow, std::ref(dates));
    each_excluded(workflow, std::ref(workflows));
    if (calendars.has_found())
      return std::unexpected(
          calendars.unknown("workflow.unknown_calendar", "calendar", "calendar"));
    if (dates.has_found())
      return std::unexpected(
          dates.unknown("workflow.unknown_business_date", "business date", "business-date"));
    if (workflows.has_found())
      return std::unexpected(
          workflows.unknown("workflow.unknown_workflow", "workflow", "workflow"));
  }
  return {};
}

/// A time that is written for a date belongs to it: not before the date begins.
Result<void> check_day_start(const State& state, const model::Workflow& workflow,
                             const calendar::Calendars& calendars) {
  for (const model::Trigger& trigger : workflow.triggers) {
    if (trigger.calendar.empty()) continue;
    const auto schedule = calendar::Schedule::make(
        trigger, {state.settings.zone, state.settings.timezone, &calendars}, workflow.name);
    if (schedule || schedule.error().code != "calendar.bad_time") continue;
    Error error = schedule.error();
    error.message =
        fmt::format("workflow '{}', trigger '{}': {}", workflow.name, trigger.id, error.message);
    error.path = fmt::format("/triggers/{}", trigger.id);
    return std::unexpected(std::move(error));
  }
  return {};
}

Result<void> check_day_starts(const State& state, const model::ApplyDefinitions& request,
                              const ApplyPlan& plan, const Coming& coming) {
  for (const auto& definition : request.workflows) {
    if (auto good = check_day_start(state, *definition.workflow, coming.compiled); !good)
      return good;
  }
  const std::vector<std::string> changed = changed_calendars(request, plan);
  if (changed.empty()) return {};
  const Set touched = resting_on(coming.compiled, changed);
  Result<void> all;
  each_staying_workflow(state, request, coming, [&](const model::Workflow& workflow) {
    if (all && names_calendar(workflow, touched))
      all = check_day_start(state, workflow, coming.compiled);
  });
  return all;
}

}  // namespace

Result<void> check_references(const State& state, const model::ApplyDefinitions& request,
                              const ApplyPlan& plan) {
  Coming coming = coming_after(state, request, plan);
  if (auto unused = check_removed(state, request, plan, coming); !unused) return unused;
  if (auto named = check_named(request, coming); !named) return named;
  if (!changed_calendars(request, plan).empty()) {
    coming.compiled = compiled_after(state, request, plan, coming.calendars);
    if (!coming.compiled.problems().empty())
      return std::unexpected(coming.compiled.problems().front());
  }
  if (auto straight = check_exclusions(state, request); !straight) return straight;
  return check_day_starts(state, request, plan, coming);
}

}  // namespace dandori::engine
