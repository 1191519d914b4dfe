#include "api/run_list.h"

#include "wire/api.h"

namespace dandori::api {

Result<RunList> RunList::make(Services& services) {
  auto marks = services.query.marks();
  if (!marks) return std::unexpected(marks.error());
  return RunList{services, std::move(*marks)};
}

Result<Json> RunList::show(const model::Run& run) {
  auto workflow = workflows_.find(run.workflow);
  if (workflow == workflows_.end()) {
    auto row = services_.query.workflow(run.workflow);
    if (!row) return std::unexpected(row.error());
    workflow = workflows_.emplace(run.workflow, row->value_or(model::WorkflowRow{})).first;
  }
  bool held = false, suspended = false;
  for (const model::Mark& mark : marks_) {
    const bool is_its_own =
        mark.key.number == run.number && mark.key.workflow == run.workflow && mark.key.job.empty();
    if (!is_its_own) continue;
    held = held || mark.key.kind == model::MarkKind::hold;
    suspended = suspended || mark.key.kind == model::MarkKind::suspend;
  }
  Json item = wire::to_json(run);
  item.set("title", workflow->second.title);
  item.set("folder", workflow->second.folder);
  item.set("held", held);
  item.set("suspended", suspended);
  return item;
}

}  // namespace dandori::api
