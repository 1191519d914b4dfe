#include "api/schedules.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "api/services.h"
#include "spec/spec.h"

namespace dandori::api {

Result<ScheduleCache::CalendarsPtr> ScheduleCache::calendars(Engine& engine,
                                                             store::QueryStore& query) {
  // Asked before the rows: what is committed between the two is looked at again next time.
  const std::uint64_t seq = engine.journal_seq();
  const std::lock_guard lock{mutex_};
  if (calendars_ && seq == seen_) return calendars_;
  const auto rows = query.live_calendars();
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> digests;
  for (const model::CalendarRow& row : *rows)
    digests.push_back(fmt::format("{} {} {}", row.name, row.revision, row.digest));
  if (!calendars_ || digests != digests_) {
    std::vector<model::Calendar> definitions;
    for (const model::CalendarRow& row : *rows) {
      // One that a newer program has written decides no day here, as in the engine.
      if (auto definition = spec::compile_calendar(row.canonical))
        definitions.push_back(std::move(*definition));
    }
    calendars_ = std::make_shared<const calendar::Calendars>(
        calendar::Calendars::make(std::move(definitions), calendars_.get()));
    digests_ = std::move(digests);
  }
  seen_ = seq;
  return calendars_;
}

KnownWorkflowPtr ScheduleCache::find(const std::string& workflow, std::uint32_t revision,
                                     const CalendarsPtr& calendars) {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(workflow);
  if (found == entries_.end()) return nullptr;
  const Entry& entry = found->second;
  return entry.revision == revision && entry.calendars == calendars ? entry.workflow : nullptr;
}

namespace {

std::vector<std::string> calendars_of(const model::Workflow& workflow) {
  std::vector<std::string> names;
  for (const model::Trigger& trigger : workflow.triggers) each_name(trigger.calendar, names);
  for (const model::Job& job : workflow.jobs) {
    if (job.runs_on) each_name(job.runs_on->calendar, names);
  }
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
  return names;
}

}  // namespace

KnownWorkflowPtr ScheduleCache::make(const model::Workflow& workflow, std::uint32_t revision,
                                     const CalendarsPtr& calendars,
                                     const calendar::Surroundings& around) {
  auto made = std::make_shared<KnownWorkflow>();
  made->calendars = calendars_of(workflow);
  made->business_date = workflow.business_date;
  for (const model::Job& job : workflow.jobs) {
    if (job.type == model::JobType::business_date)
      made->moves.emplace_back(job.id, job.business_date);
  }
  for (const model::Trigger& trigger : workflow.triggers) {
    auto schedule = calendar::Schedule::make(trigger, around, workflow.name);
    if (schedule) made->triggers.push_back({trigger.id, trigger.calendar, std::move(*schedule)});
  }
  const std::lock_guard lock{mutex_};
  entries_[workflow.name] = {revision, calendars, made};
  return made;
}

Result<Schedules> Schedules::make(Services& services) {
  auto calendars = services.schedules.calendars(services.engine, services.query);
  if (!calendars) return std::unexpected(calendars.error());
  return Schedules{services, std::move(*calendars)};
}

calendar::Surroundings Schedules::around() const {
  return {services_->zone, services_->settings.timezone, calendars_.get()};
}

Result<KnownWorkflowPtr> Schedules::of(const model::WorkflowRow& row) const {
  if (KnownWorkflowPtr known = services_->schedules.find(row.name, row.revision, calendars_))
    return known;
  const auto definition = services_->definitions.of(services_->query, row.name, row.revision);
  if (!definition) return std::unexpected(definition.error());
  return services_->schedules.make(**definition, row.revision, calendars_, around());
}

KnownWorkflowPtr Schedules::of(const model::Workflow& workflow, std::uint32_t revision) const {
  KnownWorkflowPtr known = services_->schedules.find(workflow.name, revision, calendars_);
  return known ? known : services_->schedules.make(workflow, revision, calendars_, around());
}

Result<void> Schedules::each(
    const std::function<void(const model::WorkflowRow&, const KnownWorkflow&)>& visit) const {
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    const auto listed = services_->query.workflows(page);
    if (!listed) return std::unexpected(listed.error());
    for (const model::WorkflowRow& row : listed->items) {
      if (row.deleted) continue;
      if (const auto known = of(row)) visit(row, **known);
    }
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return {};
}

bool Schedules::is_planned(std::string_view workflow, calendar::Day date, int depth) const {
  auto found = others_.find(workflow);
  if (found == others_.end()) {
    KnownWorkflowPtr other;
    const std::string name{workflow};
    const auto row = services_->query.workflow(name);
    if (row && *row && !(*row)->deleted) {
      if (auto known = of(**row)) other = std::move(*known);
    }
    found = others_.emplace(name, std::move(other)).first;
  }
  if (!found->second) return false;
  return std::ranges::any_of(found->second->triggers, [&](const KnownTrigger& trigger) {
    return trigger.schedule.plans_on(date, this, depth);
  });
}

std::optional<calendar::PlannedStart> first_start(const KnownTrigger& trigger, Timestamp from,
                                                  Timestamp until,
                                                  const calendar::OtherPlans& others) {
  auto next = trigger.schedule.next(from - Duration{1}, &others);
  while (next && next->fire.at < until) {
    // A date that was dropped may share its instant with a start.
    for (const auto& each :
         trigger.schedule.expand(next->fire.at, next->fire.at + Duration{1}, SIZE_MAX, &others)) {
      if (each.is_start()) return each;
    }
    next = trigger.schedule.next(next->fire.at, &others);
  }
  return std::nullopt;
}

}  // namespace dandori::api
