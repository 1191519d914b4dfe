#include "api/workflow_facts.h"

#include <algorithm>

#include "api/marks.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr Duration kLookAhead = std::chrono::hours{24 * 400};

Json labels_json(const model::Workflow& workflow) {
  Json labels = Json::object();
  for (const auto& [name, value] : workflow.labels) labels.set(name, value);
  return labels;
}

}  // namespace

namespace {

std::optional<calendar::PlannedStart> next_from_end(const Schedules& schedules,
                                                    const KnownTrigger& trigger,
                                                    const model::WorkflowRow& row, bool is_active) {
  const Timestamp base = std::max(row.last_ended_at, row.from_end_at);
  if (is_active || base.us == 0) return std::nullopt;
  return trigger.schedule.next_from_end(base, &schedules);
}

}  // namespace

std::vector<NextStart> next_starts(const Schedules& schedules, const KnownWorkflow& workflow,
                                   const model::WorkflowRow& row, bool is_active, Timestamp from) {
  std::vector<NextStart> next;
  for (const KnownTrigger& trigger : workflow.triggers) {
    const auto start = trigger.schedule.is_from_end()
                           ? next_from_end(schedules, trigger, row, is_active)
                           : first_start(trigger, from, from + kLookAhead, schedules);
    if (start && start->fire.at >= from)
      next.push_back({trigger.id, start->fire.at, trigger.schedule.zone().name()});
  }
  return next;
}

WorkflowFacts::WorkflowFacts(Services& services, std::vector<model::Mark> marks,
                             Schedules schedules)
    : services_{services},
      marks_{std::move(marks)},
      schedules_{std::move(schedules)},
      runs_{services, marks_},
      now_{services.engine.now()} {}

Result<WorkflowFacts> WorkflowFacts::make(Services& services) {
  auto marks = services.query.marks();
  if (!marks) return std::unexpected(marks.error());
  auto schedules = Schedules::make(services);
  if (!schedules) return std::unexpected(schedules.error());
  return WorkflowFacts{services, std::move(*marks), std::move(*schedules)};
}

Timestamp WorkflowFacts::starts_from(const model::WorkflowRow& row) const {
  if (row.deleted) return kFarFuture;
  Timestamp from = now_;
  for (const model::Mark& mark : marks_) {
    const bool disables = mark.key.workflow == row.name && mark.key.number == 0 &&
                          mark.key.job.empty() && mark.key.kind == model::MarkKind::disable;
    if (disables) from = mark.until.us == 0 ? kFarFuture : std::max(from, mark.until);
  }
  return from;
}

Result<Json> WorkflowFacts::show(const model::WorkflowRow& row) {
  auto runs = services_.query.workflow_runs(row.name);
  if (!runs) return std::unexpected(runs.error());
  Json newest;
  if (runs->newest) {
    auto shown = runs_.show(*runs->newest);
    if (!shown) return shown;
    newest = std::move(*shown);
  }
  const auto definition = services_.definitions.of(services_.query, row.name, row.revision);
  Json labels = definition ? labels_json(**definition) : Json::object();
  Timestamp next;
  if (const Timestamp from = starts_from(row); definition && from < kFarFuture) {
    const KnownWorkflowPtr known = schedules_.of(**definition, row.revision);
    for (const NextStart& start : next_starts(schedules_, *known, row, runs->active > 0, from)) {
      if (next.us == 0 || start.at < next) next = start.at;
    }
  }
  Json item = wire::to_json(row);
  add_marks(item, row.name, marks_);
  item.set("labels", std::move(labels));
  item.set("last_run", std::move(newest));
  item.set("next_start", instant_json(next));
  item.set("runs_active", runs->active);
  return item;
}

}  // namespace dandori::api
