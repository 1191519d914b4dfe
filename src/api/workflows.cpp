#include <fmt/format.h>

#include "api/marks.h"
#include "api/routes.h"
#include "base/text.h"
#include "calendar/schedule.h"
#include "spec/spec.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::size_t kFilesMax = 10'000;

Json problem_json(const spec::Problem& problem) {
  return Json::object({{"file", problem.file},
                       {"line", problem.line},
                       {"column", problem.column},
                       {"code", problem.code},
                       {"message", problem.message},
                       {"hint", problem.hint},
                       {"source_line", problem.source_line},
                       {"pointer", problem.pointer}});
}

/// Parses `files: [{name, text}]` as one set, so that a name defined twice is seen across files.
Result<spec::Parsed> read_files(const Json& body) {
  const Json& files = body["files"];
  if (!files.is_array() || files.size() == 0 || files.size() > kFilesMax) {
    return fail("request.bad_field", "the field 'files' must list 1 to 10000 files",
                "{\"files\": [{\"name\": \"a.yaml\", \"text\": \"…\"}]}", "/files");
  }
  spec::Parsed all;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Json& file = files.items()[i];
    if (!file["name"].is_string() || !file["text"].is_string() || file.size() != 2) {
      return fail("request.bad_field", "a file is {\"name\": text, \"text\": text}", "",
                  fmt::format("/files/{}", i));
    }
    spec::append(all, spec::parse_definitions(file["name"].as_string(), file["text"].as_string()));
  }
  return all;
}

/// 422 with every problem; true when there was one.
bool refuse(Call& call, const spec::Parsed& parsed) {
  if (parsed.problems.empty()) return false;
  const spec::Problem& first = parsed.problems.front();
  Json body = Json::object({{"code", first.code},
                            {"title", "the definitions have problems"},
                            {"detail", spec::format_problem(first, false)},
                            {"hint", first.hint},
                            {"request_id", call.request.request_id}});
  Json::Array problems;
  for (const spec::Problem& problem : parsed.problems) problems.push_back(problem_json(problem));
  body.set("problems", Json::array(std::move(problems)));
  call.respond(http::content(422, "application/problem+json", write_json(body) + "\n"));
  return true;
}

}  // namespace

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
  Json::Array next;
  for (const model::Trigger& trigger : (*definition)->triggers) {
    const auto zone = call.services.zone(trigger.timezone.empty() ? call.services.settings.timezone
                                                                  : trigger.timezone);
    if (!zone) continue;
    const Timestamp now = call.services.engine.now();
    for (const auto& start :
         calendar::expand(trigger, *zone, now, now + std::chrono::hours{24 * 400}, 1)) {
      next.push_back(Json::object({{"trigger", trigger.id},
                                   {"at", format_rfc3339(start.fire.at)},
                                   {"timezone", zone->name()}}));
    }
  }
  body.set("next", Json::array(std::move(next)));
  const auto marks = call.services.query.marks();
  if (!marks) return call.fail(marks.error());
  add_marks(body, row->workflow, *marks);
  call.answer(200, body);
}

void list_revisions(Call call) {
  const auto rows = call.services.query.revisions(call.param("workflow"));
  if (!rows) return call.fail(rows.error());
  Json::Array items;
  for (const model::RevisionRow& row : *rows) items.push_back(wire::to_json(row));
  call.answer(200, page_json(std::move(items), {}));
}

void post_validate(Call call) {
  const auto body = read_body(call.request, {"files"});
  if (!body) return call.fail(body.error());
  const auto parsed = read_files(*body);
  if (!parsed) return call.fail(parsed.error());
  if (refuse(call, *parsed)) return;
  call.answer(200, Json::object({{"workflows", parsed->workflows.size()},
                                 {"variables", parsed->variables.size()},
                                 {"folders", parsed->folders.size()}}));
}

void post_apply(Call call) {
  const auto body = read_body(call.request, {"files", "dry_run"});
  if (!body) return call.fail(body.error());
  const auto dry_run = bool_field(*body, "dry_run");
  if (!dry_run) return call.fail(dry_run.error());
  auto parsed = read_files(*body);
  if (!parsed) return call.fail(parsed.error());
  if (refuse(call, *parsed)) return;
  submit(std::move(call),
         model::ApplyDefinitions{std::move(parsed->workflows), std::move(parsed->variables),
                                 std::move(parsed->folders), *dry_run});
}

void list_variables(Call call) {
  const auto variables = call.services.query.variables();
  if (!variables) return call.fail(variables.error());
  Json::Array items;
  for (const model::Variable& variable : *variables) items.push_back(wire::to_json(variable));
  call.answer(200, page_json(std::move(items), {}));
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
