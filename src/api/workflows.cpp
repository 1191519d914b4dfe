#include <fmt/core.h>

#include "api/etag.h"
#include "api/marks.h"
#include "api/routes.h"
#include "api/workflow_facts.h"
#include "base/text.h"
#include "wire/api.h"

namespace dandori::api {

void add_marks(Json& item, const std::string& workflow, const std::vector<model::Mark>& marks) {
  Json::Array own;
  bool disabled = false, held = false, draining = false;
  for (const model::Mark& mark : marks) {
    if (mark.key.workflow != workflow || mark.key.number != 0) continue;
    own.push_back(wire::to_json(mark));
    if (!mark.key.job.empty()) continue;
    disabled = disabled || mark.key.kind == model::MarkKind::disable;
    held = held || mark.key.kind == model::MarkKind::hold;
    draining = draining || mark.key.kind == model::MarkKind::drain;
  }
  item.set("disabled", disabled);
  item.set("held", held);
  item.set("draining", draining);
  item.set("marks", Json::array(std::move(own)));
}

void get_workflow(Call call) {
  const auto revision = number_parameter(call.request, "revision", 0, UINT32_MAX);
  if (!revision) return call.fail(revision.error());
  const auto row =
      call.services.query.revision(call.param("workflow"), static_cast<std::uint32_t>(*revision));
  if (!row) return call.fail(row.error());
  const auto definition =
      call.services.definitions.get(row->workflow, row->revision, row->canonical);
  if (!definition) return call.fail(definition.error());
  Json body = wire::with_source(*row);
  const auto schedules = Schedules::make(call.services);
  if (!schedules) return call.fail(schedules.error());
  Json::Array next;
  const auto standing = call.services.query.workflow(row->workflow);
  if (!standing) return call.fail(standing.error());
  const auto runs = call.services.query.workflow_runs(row->workflow);
  if (!runs) return call.fail(runs.error());
  const KnownWorkflowPtr known = schedules->of(**definition, row->revision);
  for (const NextStart& start :
       next_starts(*schedules, *known, standing->value_or(model::WorkflowRow{}), runs->active > 0,
                   call.services.engine.now())) {
    next.push_back(Json::object({{"trigger", start.trigger},
                                 {"at", format_rfc3339(start.at)},
                                 {"timezone", start.timezone}}));
  }
  body.set("next", Json::array(std::move(next)));
  const auto marks = call.services.query.marks();
  if (!marks) return call.fail(marks.error());
  add_marks(body, row->workflow, *marks);
  http::Response response = http::json(200, write_json(body) + "\n");
  response.headers.set("ETag", etag_of(*row));
  call.respond(std::move(response));
}

void list_revisions(Call call) {
  const auto page = read_page(call.request, kLongPage);
  if (!page) return call.fail(page.error());
  const auto listed = call.services.query.revisions(call.param("workflow"), *page);
  if (!listed) return call.fail(listed.error());
  Json::Array items;
  for (const model::RevisionRow& row : listed->items) items.push_back(wire::to_json(row));
  call.answer(200, page_json(std::move(items), listed->next_cursor));
}

void list_variables(Call call) {
  const auto page = read_page(call.request, kLongPage);
  if (!page) return call.fail(page.error());
  const auto listed = call.services.query.variables(*page);
  if (!listed) return call.fail(listed.error());
  Json::Array items;
  for (const model::Variable& variable : listed->items) items.push_back(wire::to_json(variable));
  call.answer(200, page_json(std::move(items), listed->next_cursor));
}

void put_variable(Call call) {
  const auto body = read_body(call.request, {"value", "folder"});
  if (!body) return call.fail(body.error());
  const auto folder = text_field(*body, "folder");
  if (!folder) return call.fail(folder.error());
  model::SetVariable set{{call.param("variable"), *folder, (*body)["value"]}, false};
  if (!is_identifier(set.variable.name)) {
    return call.fail({"request.bad_parameter",
                      fmt::format("'{}' is no name of a variable", set.variable.name),
                      "names are lower-case letters, digits and _, a letter first"});
  }
  submit(std::move(call), std::move(set));
}

void delete_variable(Call call) {
  model::SetVariable remove{
      {call.param("variable"), std::string{call.request.query.value("folder")}, {}}, true};
  submit(std::move(call), std::move(remove));
}

}  // namespace dandori::api
