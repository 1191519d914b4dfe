#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/remote.h"
#include "spec/spec.h"

namespace dandori::cli {

namespace {

std::string action_word(const Console& console, std::string_view action) {
  return find_text(console.lang, fmt::format("applied.{}", action)).value_or(printable(action));
}

/// Reason of a revision, and which one it brings back.
std::string why_text(const Console& console, const Json& revision) {
  std::string text{revision.text_or("reason", "")};
  const std::int64_t back = revision.integer_or("rollback_of", 0);
  if (back == 0) return text;
  const std::string note = console.text("note.rollback", {{"revision", std::to_string(back)}});
  return text.empty() ? note : note + ": " + text;
}

std::string value_text(const Json& value) {
  return value.is_string() ? value.as_string() : write_json(value);
}

}  // namespace

int print_schema(Console& console, const std::string& kind) {
  const auto schema = spec::schema(kind);
  if (!schema) return report(console, schema.error());
  console.line(*schema);
  return kOk;
}

int list_workflows(Console& console, std::uint64_t limit) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list("/api/v1/workflows", limit);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  Table table{{console.text("column.name"), console.text("column.title"),
               console.text("column.folder"), console.text("column.revision"),
               console.text("column.last_run"), console.with_zone("column.next")}};
  for (const Json& item : (*answer)["items"].items()) {
    const std::string name{item.text_or("name", "")};
    const std::int64_t number = item.integer_or("run_number", 0);
    const bool failed = item.bool_or("last_failed", false);
    table.add({name, std::string{item.text_or("title", "")},
               std::string{item.text_or("folder", "")},
               std::to_string(item.integer_or("revision", 0)),
               Cell{number > 0 ? fmt::format("{}#{}", name, number) : "",
                    failed ? Style::bad : Style::plain},
               console.instant(item["next_start"])});
  }
  if (table.empty()) console.say(console.text("message.no_workflows"));
  if (!table.empty()) console.print(table);
  return kOk;
}

int get_workflow(Console& console, const std::string& workflow, std::uint64_t revision) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  std::string path = "/api/v1/workflows/" + http::percent_encode(workflow);
  if (revision > 0) path += fmt::format("?revision={}", revision);
  const auto answer = remote->get(path);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "workflow")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  console.line(fmt::format("# {}  {} {}  {} ({})  {}", printable(answer->text_or("workflow", "")),
                           console.text("field.revision"), answer->integer_or("revision", 0),
                           console.instant((*answer)["applied_at"]), console.zone().name(),
                           printable(answer->text_or("applied_by", ""))));
  for (const Json& next :
       (*answer)["next"].is_array() ? (*answer)["next"].items() : Json::Array{}) {
    console.line(fmt::format("# {}: {} ({})  {}", console.text("field.next"),
                             console.instant(next["at"]), console.zone().name(),
                             printable(next.text_or("trigger", ""))));
  }
  std::string source{answer->text_or("source", "")};
  if (!source.ends_with('\n')) source += '\n';
  console.out(source);
  return kOk;
}

int list_revisions(Console& console, const std::string& workflow) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer =
      remote->list(fmt::format("/api/v1/workflows/{}/revisions", http::percent_encode(workflow)),
                   Remote::kWhole);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "revision")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  Table table{{console.text("column.revision"), console.with_zone("column.applied"),
               console.text("column.by"), console.text("column.why"), console.text("column.source"),
               console.text("column.digest")}};
  for (const Json& item :
       (*answer)["items"].is_array() ? (*answer)["items"].items() : Json::Array{}) {
    table.add({std::to_string(item.integer_or("revision", 0)), console.instant(item["applied_at"]),
               std::string{item.text_or("applied_by", "")}, why_text(console, item),
               std::string{item.text_or("source_ref", "")},
               std::string{item.text_or("digest", "").substr(0, 12)}});
  }
  console.print(table);
  return kOk;
}

int list_variables(Console& console) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list("/api/v1/variables", Remote::kWhole);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  Table table{
      {console.text("column.name"), console.text("column.folder"), console.text("column.value")}};
  for (const Json& item :
       (*answer)["items"].is_array() ? (*answer)["items"].items() : Json::Array{}) {
    table.add({std::string{item.text_or("name", "")}, std::string{item.text_or("folder", "")},
               value_text(item["value"])});
  }
  if (table.empty()) console.say(console.text("message.no_variables"));
  if (!table.empty()) console.print(table);
  return kOk;
}

int set_variable(Console& console, const VariableOptions& options) {
  Json value{options.value};
  if (options.is_json) {
    auto parsed = parse_json(options.value);
    if (!parsed) return report(console, parsed.error());
    value = std::move(*parsed);
  }
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  Json body = Json::object({{"value", std::move(value)}});
  if (!options.folder.empty()) body.set("folder", options.folder);
  const auto answer =
      remote->send("PUT", "/api/v1/variables/" + http::percent_encode(options.name), body);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  console.line(fmt::format("{}  {}", printable(options.name),
                           action_word(console, answer->text_or("action", ""))));
  return kOk;
}

int delete_variable(Console& console, const VariableOptions& options) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  std::string path = "/api/v1/variables/" + http::percent_encode(options.name);
  if (!options.folder.empty()) path += "?folder=" + http::percent_encode(options.folder);
  const auto answer = remote->send("DELETE", path, {});
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  console.line(fmt::format("{}  {}", printable(options.name),
                           action_word(console, answer->text_or("action", "removed"))));
  return kOk;
}

}  // namespace dandori::cli
