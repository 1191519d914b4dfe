#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "calendar/preview.h"
#include "cli/commands.h"
#include "cli/remote.h"
#include "spec/spec.h"

namespace dandori::cli {

namespace {

std::string triggers_text(const Json& triggers) {
  std::string out;
  for (const Json& trigger : triggers.is_array() ? triggers.items() : Json::Array{}) {
    if (trigger.is_string()) out += (out.empty() ? "" : ", ") + trigger.as_string();
  }
  return out;
}

/// `2026-11-20 22:00 +09:00` of an RFC 3339 text with offset.
std::string local_text(std::string_view at) {
  if (at.size() < 20) return std::string{at};
  const std::string_view offset = at.substr(19);
  const std::string_view shown = offset == "Z" ? std::string_view{"+00:00"} : offset;
  return fmt::format("{} {} {}", at.substr(0, 10), at.substr(11, 8), shown);
}

int print_preview(const Console& console, const Json& answer, std::string_view workflow) {
  const Json& items = answer["items"];
  if (!items.is_array() || items.size() == 0) {
    console.say(console.text("message.no_starts", {{"workflow", printable(workflow)}}));
    return kOk;
  }
  Table table{{console.text("column.at"), console.text("column.business_date"),
               console.text("column.trigger"), console.text("column.note")}};
  for (const Json& item : items.items()) {
    std::string at = item.text_or("local", "").empty() ? "" : local_text(item.text_or("local", ""));
    if (!console.globals.timezone.empty()) at = console.instant(item["at"]);
    const std::string zone{console.globals.timezone.empty()
                               ? item.text_or("timezone", "")
                               : std::string_view{console.zone().name()}};
    const bool shifted = item.bool_or("shifted", false);
    table.add({fmt::format("{} {}", at, zone), std::string{item.text_or("business_date", "")},
               triggers_text(item["triggers"]),
               shifted ? console.text("note.shifted",
                                      {{"nominal", std::string{item.text_or("nominal", "")}}})
                       : std::string{" "}});
  }
  console.print(table);
  return kOk;
}

Timestamp wall_now() {
  return Timestamp{
      std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
}

Result<Timestamp> preview_begin(const std::string& from) {
  if (from.empty()) return wall_now();
  return parse_rfc3339(from);
}

int preview_file(Console& console, const PreviewOptions& options) {
  const auto text = read_file(console, options.target, spec::kTextBytesMax);
  if (!text) return report(console, text.error());
  spec::Parsed parsed = spec::parse_definitions(options.target, *text);
  spec::check_set(parsed);
  for (const spec::Problem& problem : parsed.problems) report(console, problem);
  if (!parsed.problems.empty()) return kInvalid;
  const auto from = preview_begin(options.from);
  if (!from) return report(console, from.error());
  std::string zone = console.globals.timezone.empty() ? local_zone() : console.globals.timezone;
  auto loaded = calendar::TimeZone::load(zone);
  if (!loaded && !console.globals.timezone.empty()) return report(console, loaded.error());
  if (!loaded) zone = "UTC";
  if (loaded) console.set_zone(*loaded);
  for (const model::WorkflowDefinition& definition : parsed.workflows) {
    const model::Workflow& workflow = *definition.workflow;
    const auto lines =
        calendar::preview(workflow.name, workflow.triggers, {calendar::TimeZone::load, zone},
                          {.from = *from, .count = options.count});
    if (!lines) return report(console, lines.error());
    Json::Array items;
    for (const calendar::PreviewLine& line : *lines) items.push_back(calendar::to_json(line));
    const Json answer =
        Json::object({{"workflow", workflow.name}, {"items", Json::array(std::move(items))}});
    if (print_raw(console, answer, "at")) continue;
    if (parsed.workflows.size() > 1) console.line(workflow.name);
    print_preview(console, answer, workflow.name);
  }
  return kOk;
}

bool is_file(const std::string& target) {
  std::error_code error;
  return target == "-" || target.contains('/') || target.ends_with(".yaml") ||
         target.ends_with(".yml") || target.ends_with(".json") ||
         std::filesystem::is_regular_file(target, error);
}

}  // namespace

std::string local_zone() {
  const char* named = std::getenv("TZ");
  if (named != nullptr && *named != '\0') return *named == ':' ? named + 1 : named;
  std::error_code error;
  const std::string link = std::filesystem::read_symlink("/etc/localtime", error).string();
  constexpr std::string_view kFolder = "zoneinfo/";
  const std::size_t at = link.find(kFolder);
  return error || at == std::string::npos ? "UTC" : link.substr(at + kFolder.size());
}

int preview_schedule(Console& console, const PreviewOptions& options) {
  if (is_file(options.target)) return preview_file(console, options);
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  std::string path = fmt::format("/api/v1/workflows/{}/preview?n={}",
                                 http::percent_encode(options.target), options.count);
  if (!options.from.empty()) path += "&from=" + http::percent_encode(options.from);
  const auto answer = remote->get(path);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "at")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  return print_preview(console, *answer, options.target);
}

int list_plan(Console& console, const std::string& date) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const std::string query = date.empty() ? "" : "?date=" + http::percent_encode(date);
  const auto answer = remote->list("/api/v1/plan" + query, Remote::kWhole);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "workflow")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  Table table{{console.with_zone("column.at"), console.text("column.workflow"),
               console.text("column.trigger"), console.text("column.state"),
               console.text("column.business_date"), console.text("column.reason")}};
  for (const Json& item :
       (*answer)["items"].is_array() ? (*answer)["items"].items() : Json::Array{}) {
    const std::string_view state = item.text_or("state", "");
    const std::string reason{item.text_or("reason", "")};
    std::string why =
        reason.empty() ? "" : find_text(console.lang, "miss." + reason).value_or(reason);
    if (const auto detail = item.text_or("detail", ""); !detail.empty()) {
      why += fmt::format("{}{}", why.empty() ? "" : ": ", detail);
    }
    table.add({console.instant(item["at"]), std::string{item.text_or("workflow", "")},
               std::string{item.text_or("trigger", "")},
               Cell{console.state_cell(state), state_style(state)},
               std::string{item.text_or("business_date", "")},
               why.empty() ? std::string{" "} : why});
  }
  if (table.empty()) console.say(console.text("message.no_plan"));
  if (!table.empty()) console.print(table);
  return kOk;
}

}  // namespace dandori::cli
