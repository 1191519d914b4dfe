#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/define.h"
#include "api/etag.h"
#include "api/routes.h"
#include "base/text.h"
#include "spec/diff.h"
#include "spec/lint.h"
#include "spec/spec.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::size_t kFilesMax = 10'000;
constexpr std::size_t kNameMax = 200;  // characters of a set or a reference

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

Result<void> check_files(const Json& files) {
  if (!files.is_array() || files.size() == 0 || files.size() > kFilesMax) {
    return fail("request.bad_field", "the field 'files' must list 1 to 10000 files",
                "{\"files\": [{\"name\": \"a.yaml\", \"text\": \"…\"}]}", "/files");
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Json& file = files.items()[i];
    if (file["name"].is_string() && file["text"].is_string() && file.size() == 2) continue;
    return fail("request.bad_field", "a file is {\"name\": text, \"text\": text}", "",
                fmt::format("/files/{}", i));
  }
  return {};
}

}  // namespace

Result<spec::Parsed> read_files(const Json& body) {
  const Json& files = body["files"];
  if (const auto good = check_files(files); !good) return std::unexpected(good.error());
  spec::Parsed all;
  for (const Json& file : files.items()) {
    spec::append(all, spec::parse_definitions(file["name"].as_string(), file["text"].as_string()));
  }
  spec::check_set(all);
  return all;
}

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

namespace {

Result<std::string> short_field(const Json& body, std::string_view name) {
  Result<std::string> text = text_field(body, name);
  if (text && text->size() > kNameMax) {
    return fail("request.bad_field",
                fmt::format("the field '{}' is longer than {} characters", name, kNameMax), "",
                fmt::format("/{}", name));
  }
  return text;
}

/// A whole number from 0; absent is 0.
Result<std::uint32_t> count_field(const Json& body, std::string_view name) {
  const Json* value = body.find(name);
  if (value == nullptr || value->is_null()) return 0;
  if (value->is_integer() && value->as_integer() >= 0 && value->as_integer() <= UINT32_MAX)
    return static_cast<std::uint32_t>(value->as_integer());
  return fail("request.bad_field", fmt::format("the field '{}' must be a whole number", name), "",
              fmt::format("/{}", name));
}

/// A revision's number from the path.
Result<std::uint32_t> path_number(const std::string& text, std::string_view name) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number > 0) return number;
  return fail("request.bad_parameter", fmt::format("'{}' is no revision", excerpt(text)),
              "revisions are counted from 1", std::string{name});
}

/// What an apply is to do besides the definitions themselves.
Result<model::ApplyDefinitions> read_options(Call& call, const Json& body) {
  model::ApplyDefinitions request;
  const auto dry_run = bool_field(body, "dry_run");
  if (!dry_run) return std::unexpected(dry_run.error());
  const auto prune = bool_field(body, "prune");
  if (!prune) return std::unexpected(prune.error());
  const auto prune_max = count_field(body, "prune_max");
  if (!prune_max) return std::unexpected(prune_max.error());
  const auto set = short_field(body, "set");
  if (!set) return std::unexpected(set.error());
  const auto reference = short_field(body, "source_ref");
  if (!reference) return std::unexpected(reference.error());
  const auto plan = text_field(body, "plan_id");
  if (!plan) return std::unexpected(plan.error());
  const auto reason = reason_field(body);
  if (!reason) return std::unexpected(reason.error());
  const auto base = base_revision(call.request);
  if (!base) return std::unexpected(base.error());
  if (!reason->empty()) call.caller.actor.reason = *reason;
  request.dry_run = *dry_run;
  request.prune = *prune;
  request.prune_max = *prune_max;
  request.source_set = *set;
  request.source_ref = *reference;
  request.plan = *plan;
  request.base = *base;
  return request;
}

void take_definitions(model::ApplyDefinitions& request, spec::Parsed parsed) {
  request.workflows = std::move(parsed.workflows);
  request.variables = std::move(parsed.variables);
  request.folders = std::move(parsed.folders);
  request.calendars = std::move(parsed.calendars);
  request.business_dates = std::move(parsed.business_dates);
}

Json changes_json(const std::vector<spec::Difference>& differences) {
  Json::Array changes;
  for (const spec::Difference& each : differences) changes.push_back(spec::to_json(each));
  return Json::array(std::move(changes));
}

Json change_json(std::string_view subject, std::string_view path, Json before, Json after) {
  return Json::object({{"op", before.is_null() ? "added" : "changed"},
                       {"subject", subject},
                       {"path", path},
                       {"before", std::move(before)},
                       {"after", std::move(after)}});
}

Json canonical_json(const std::string& text) {
  auto canonical = parse_json(text, {.bytes_max = text.size() + 1});
  return canonical ? std::move(*canonical) : Json{};
}

/// The canonical form in force, or null.
Json canonical_now(Services& services, const std::string& workflow) {
  const auto row = services.query.revision(workflow, 0);
  if (!row) return {};
  return canonical_json(row->canonical);
}

/// Canonical forms of the calendars and business dates in force; null: there is none.
Json calendar_now(Services& services, const std::string& name) {
  const auto row = services.query.calendar(name, 0);
  return row && !row->deleted ? canonical_json(row->canonical) : Json{};
}
Json business_date_now(Services& services, const std::string& name) {
  const auto row = services.query.business_date(name);
  return row && *row && !(*row)->deleted ? canonical_json((*row)->canonical) : Json{};
}

Result<std::vector<model::Variable>> all_variables(Services& services) {
  std::vector<model::Variable> all;
  store::Page page{.limit = 1000, .cursor = {}};
  do {
    auto listed = services.query.variables(page);
    if (!listed) return std::unexpected(listed.error());
    for (model::Variable& variable : listed->items) all.push_back(std::move(variable));
    page.cursor = listed->next_cursor;
  } while (!page.cursor.empty());
  return all;
}

/// For each thing of the request, in the order of the engine's answer, how it differs from what is
/// stored.
Result<std::vector<Json>> find_changes(Services& services, const model::ApplyDefinitions& request) {
  std::vector<Json> changes;
  const auto folders = services.query.folders();
  if (!folders) return std::unexpected(folders.error());
  for (const model::Folder& folder : request.folders) {
    const auto known = std::ranges::find(*folders, folder.name, &model::Folder::name);
    Json before = known == folders->end() ? Json{} : wire::to_json(*known);
    changes.push_back(
        Json::array({change_json("folder", "", std::move(before), wire::to_json(folder))}));
  }
  const auto variables = all_variables(services);
  if (!variables) return std::unexpected(variables.error());
  for (const model::Variable& variable : request.variables) {
    const auto known = std::ranges::find_if(*variables, [&](const model::Variable& other) {
      return other.name == variable.name && other.folder == variable.folder;
    });
    Json before = known == variables->end() ? Json{} : known->value;
    changes.push_back(
        Json::array({change_json("variable", "/value", std::move(before), variable.value)}));
  }
  for (const model::CalendarDefinition& definition : request.calendars) {
    changes.push_back(changes_json(spec::calendar_differences(
        calendar_now(services, definition.value.name), canonical_json(definition.canonical))));
  }
  for (const model::BusinessDateDefinition& definition : request.business_dates) {
    changes.push_back(changes_json(spec::business_date_differences(
        business_date_now(services, definition.value.name), canonical_json(definition.canonical))));
  }
  for (const model::WorkflowDefinition& definition : request.workflows) {
    changes.push_back(changes_json(spec::differences(
        canonical_now(services, definition.workflow->name), canonical_json(definition.canonical))));
  }
  return changes;
}

/// A refusal with the status that the real call would answer.
Json refused_json(const Json& refused) {
  Json out = refused;
  out.set("status", status_of(refused.text_or("code", "")));
  return out;
}

/// The answer of an apply, of a dry run too.
Json applied_json(const Json& answer) {
  const Json* refused = answer.find("refused");
  if (refused == nullptr) return answer;
  Json out = answer;
  out.set("refused", refused_json(*refused));
  return out;
}

/// The engine's dry run with the changes; what stays as it is is left out.
Json diff_json(const Json& answer, const std::vector<Json>& changes) {
  Json::Array items;
  const Json::Array& all = answer["items"].items();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string_view action = all[i].text_or("action", "");
    if (action == "unchanged") continue;
    const Json revision = all[i]["revision"];
    const std::int64_t number = revision.is_integer() ? revision.as_integer() : 0;
    Json item =
        Json::object({{"kind", all[i]["kind"]}, {"name", all[i]["name"]}, {"action", action}});
    if (action == "removed") {
      item.set("from_revision", number);
      item.set("to_revision", {});
    } else if (number > 0) {
      item.set("from_revision", action == "created" ? Json{} : Json{number - 1});
      item.set("to_revision", number);
    }
    item.set("changes", i < changes.size() ? changes[i] : Json::array());
    items.push_back(std::move(item));
  }
  Json out =
      Json::object({{"plan_id", answer["plan_id"]}, {"items", Json::array(std::move(items))}});
  if (const Json* refused = answer.find("refused")) out.set("refused", refused_json(*refused));
  return out;
}

spec::LintSettings lint_settings(Services& services) {
  spec::LintSettings settings{.from = services.engine.now(),
                              .timezone = services.settings.timezone,
                              .zone = services.zone,
                              .folders = {},
                              .calendars = {}};
  if (auto folders = services.query.folders()) settings.folders = std::move(*folders);
  if (const auto rows = services.query.live_calendars()) {
    for (const model::CalendarRow& row : *rows) {
      if (auto calendar = spec::compile_calendar(row.canonical))
        settings.calendars.push_back(std::move(*calendar));
    }
  }
  return settings;
}

void answer_findings(Call& call, const std::vector<spec::Finding>& findings) {
  Json::Array items;
  for (const spec::Finding& finding : findings) items.push_back(spec::to_json(finding));
  call.answer(200, Json::object({{"items", Json::array(std::move(items))}}));
}

}  // namespace

void post_validate(Call call) {
  const auto body = read_body(call.request, {"files"});
  if (!body) return call.fail(body.error());
  const auto parsed = read_files(*body);
  if (!parsed) return call.fail(parsed.error());
  if (refuse(call, *parsed)) return;
  call.answer(200, Json::object({{"workflows", parsed->workflows.size()},
                                 {"calendars", parsed->calendars.size()},
                                 {"business_dates", parsed->business_dates.size()},
                                 {"variables", parsed->variables.size()},
                                 {"folders", parsed->folders.size()}}));
}

/// The request with its definitions. nullopt: refused, and answered.
std::optional<model::ApplyDefinitions> read_definitions(Call& call, const Json& body) {
  auto request = read_options(call, body);
  if (!request) {
    call.fail(request.error());
    return std::nullopt;
  }
  auto parsed = read_files(body);
  if (!parsed) {
    call.fail(parsed.error());
    return std::nullopt;
  }
  if (refuse(call, *parsed)) return std::nullopt;
  take_definitions(*request, std::move(*parsed));
  return std::move(*request);
}

void post_apply(Call call) {
  const auto body = read_body(call.request, {"files", "dry_run", "prune", "prune_max", "set",
                                             "source_ref", "plan_id", "reason"});
  if (!body) return call.fail(body.error());
  auto request = read_definitions(call, *body);
  if (!request) return;
  submit(std::move(call), std::move(*request), 200, {}, applied_json);
}

void post_diff(Call call) {
  const auto body = read_body(call.request, {"files", "prune", "prune_max", "set"});
  if (!body) return call.fail(body.error());
  auto request = read_definitions(call, *body);
  if (!request) return;
  request->dry_run = true;
  auto changes = find_changes(call.services, *request);
  if (!changes) return call.fail(changes.error());
  submit(
      std::move(call), std::move(*request), 200, {},
      [changes = std::move(*changes)](const Json& answer) { return diff_json(answer, changes); });
}

void rollback_workflow(Call call) {
  const auto body = read_body(call.request, {"revision", "reason", "dry_run", "plan_id"});
  if (!body) return call.fail(body.error());
  const auto revision = count_field(*body, "revision");
  if (!revision) return call.fail(revision.error());
  if (*revision == 0) {
    return call.fail({"request.missing_field", "the field 'revision' is missing",
                      "name the revision that is to count again", "/revision"});
  }
  auto request = read_options(call, *body);
  if (!request) return call.fail(request.error());
  const auto row = call.services.query.revision(call.param("workflow"), *revision);
  if (!row) return call.fail(row.error());
  const auto definition =
      call.services.definitions.get(row->workflow, row->revision, row->canonical);
  if (!definition) return call.fail(definition.error());
  request->rollback_of = *revision;
  request->source_ref = row->source_ref;
  request->workflows.push_back({*definition, row->source, row->canonical});
  submit(std::move(call), std::move(*request), 200, {}, applied_json);
}

void diff_revisions(Call call) {
  if (const auto known = check_parameters(call.request, {}); !known)
    return call.fail(known.error());
  Json sides[2];
  std::uint32_t numbers[2] = {0, 0};
  constexpr std::string_view kNames[] = {"from", "to"};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto number = path_number(call.param(kNames[i]), kNames[i]);
    if (!number) return call.fail(number.error());
    numbers[i] = *number;
    const auto row = call.services.query.revision(call.param("workflow"), *number);
    if (!row) return call.fail(row.error());
    auto canonical = parse_json(row->canonical, {.bytes_max = row->canonical.size() + 1});
    if (!canonical) return call.fail(canonical.error());
    sides[i] = std::move(*canonical);
  }
  const auto differences = spec::differences(sides[0], sides[1]);
  call.answer(200, Json::object({{"kind", "Workflow"},
                                 {"name", call.param("workflow")},
                                 {"action", differences.empty() ? "unchanged" : "changed"},
                                 {"from_revision", numbers[0]},
                                 {"to_revision", numbers[1]},
                                 {"changes", changes_json(differences)}}));
}

void post_lint(Call call) {
  const auto body = read_body(call.request, {"files"});
  if (!body) return call.fail(body.error());
  const auto parsed = read_files(*body);
  if (!parsed) return call.fail(parsed.error());
  if (refuse(call, *parsed)) return;
  std::vector<spec::LintFile> files;
  for (const Json& file : (*body)["files"].items()) {
    files.push_back({file["name"].as_string(), file["text"].as_string()});
  }
  answer_findings(call, spec::lint(files, lint_settings(call.services)));
}

void lint_workflow(Call call) {
  if (const auto known = check_parameters(call.request, {}); !known)
    return call.fail(known.error());
  const auto row = call.services.query.revision(call.param("workflow"), 0);
  if (!row) return call.fail(row.error());
  const std::string name = row->workflow + ".yaml";
  const std::vector<spec::LintFile> files{{name, row->source}};
  answer_findings(call, spec::lint(files, lint_settings(call.services)));
}

}  // namespace dandori::api
