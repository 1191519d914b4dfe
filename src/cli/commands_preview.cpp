#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "calendar/preview.h"
#include "calendar/together.h"
#include "cli/commands.h"
#include "cli/define_files.h"
#include "cli/remote.h"
#include "cli/trace_text.h"
#include "spec/spec.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kStepIndent = 4;

std::string triggers_text(const Json& triggers) {
  std::string out;
  for (const Json& trigger : triggers.is_array() ? triggers.items() : Json::Array{}) {
    if (trigger.is_string()) out += (out.empty() ? "" : ", ") + trigger.as_string();
  }
  return out;
}

std::string note_text(const Console& console, const Json& item) {
  const std::string_view dropped = item.text_or("dropped", "");
  if (!dropped.empty())
    return console.text("note.dropped", {{"reason", miss_word(console, dropped)}});
  if (!item.bool_or("shifted", false)) return " ";
  return console.text("note.shifted", {{"nominal", std::string{item.text_or("nominal", "")}}});
}

std::vector<Cell> row_of(const Console& console, const Json& item) {
  std::string at = item.text_or("local", "").empty() ? "" : local_text(item.text_or("local", ""));
  if (!console.globals.timezone.empty()) at = console.instant(item["at"]);
  const std::string zone{console.globals.timezone.empty()
                             ? item.text_or("timezone", "")
                             : std::string_view{console.zone().name()}};
  const Style style = item.text_or("dropped", "").empty() ? Style::plain : Style::faint;
  return {Cell{fmt::format("{} {}", at, zone), style},
          Cell{std::string{item.text_or("business_date", "")}, style},
          Cell{triggers_text(item["triggers"]), style}, Cell{note_text(console, item), style}};
}

/// The table; under each of its lines the steps, where there are some.
void print_lines(const Console& console, const Json& items) {
  Table table{{console.text("column.at"), console.text("column.business_date"),
               console.text("column.trigger"), console.text("column.note")}};
  for (const Json& item : items.items()) table.add(row_of(console, item));
  const std::string text = table.render(console.color_out, console.ambiguous);
  std::string out;
  std::size_t begin = 0, line = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1);
    out += text.substr(begin, end + 1 - begin);
    if (line > 0) out += trace_text(console, items.items()[line - 1]["trace"], kStepIndent);
    begin = end + 1;
    ++line;
  }
  console.out(out);
}

int print_preview(const Console& console, const Json& answer, std::string_view workflow) {
  const Json& items = answer["items"];
  if (!items.is_array() || items.size() == 0) {
    console.say(console.text("message.no_starts", {{"workflow", printable(workflow)}}));
    return kOk;
  }
  print_lines(console, items);
  const Json& warnings = answer["warnings"];
  for (const Json& warning : warnings.is_array() ? warnings.items() : Json::Array{}) {
    console.say(console.text("message.plan_unverified",
                             {{"until", printable(warning.text_or("verified_until", ""))}}));
  }
  return kOk;
}

/// An instant, or a date: its midnight in the console's zone.
Result<Timestamp> read_when(const Console& console, const std::string& text) {
  if (const auto day = parse_day(text))
    return console.zone().from_local({std::int64_t{day->days} * 86'400}).first;
  if (const auto at = parse_rfc3339(text)) return *at;
  return fail("cli.usage", console.text("problem.bad_instant", {{"text", printable(text)}}),
              console.text("hint.bad_instant"));
}

Result<calendar::PreviewRange> read_range(const Console& console, const PreviewOptions& options) {
  calendar::PreviewRange range{.from = wall_now(), .count = options.count, .why = options.why};
  if (!options.from.empty()) {
    const auto from = read_when(console, options.from);
    if (!from) return std::unexpected(from.error());
    range.from = *from;
  }
  if (!options.to.empty()) {
    const auto to = read_when(console, options.to);
    if (!to) return std::unexpected(to.error());
    range.to = *to;
  }
  return range;
}

/// Every definition of the files, or what is wrong in them, told; kInvalid then.
Result<spec::Parsed> read_set(const Console& console, const std::vector<std::string>& paths) {
  const auto files = read_definitions(console, paths);
  if (!files) return std::unexpected(files.error());
  spec::Parsed all;
  for (const DefinitionFile& file : *files) {
    spec::append(all, spec::parse_definitions(file.name, file.text));
  }
  spec::check_set(all);
  return all;
}

/// What the files plan, seen together: calendars and workflows know each other.
class FilePlans {
 public:
  FilePlans(const spec::Parsed& parsed, std::string zone) : zone_{std::move(zone)} {
    std::vector<model::Calendar> definitions;
    for (const auto& each : parsed.calendars) definitions.push_back(each.value);
    calendars_ = calendar::Calendars::make(std::move(definitions));
    around_ = {calendar::TimeZone::load, zone_, &calendars_};
  }
  FilePlans(const FilePlans&) = delete;
  FilePlans& operator=(const FilePlans&) = delete;

  const calendar::Surroundings& around() const { return around_; }
  const calendar::Calendars& calendars() const { return calendars_; }

 private:
  std::string zone_;
  calendar::Calendars calendars_;
  calendar::Surroundings around_;
};

Result<std::vector<calendar::NamedSchedule>> schedules_of(const spec::Parsed& parsed,
                                                          const calendar::Surroundings& around) {
  std::vector<calendar::NamedSchedule> schedules;
  for (const model::WorkflowDefinition& definition : parsed.workflows) {
    const model::Workflow& workflow = *definition.workflow;
    for (const model::Trigger& trigger : workflow.triggers) {
      auto schedule = calendar::Schedule::make(trigger, around, workflow.name);
      if (!schedule) return std::unexpected(schedule.error());
      schedules.push_back({workflow.name, trigger.id, *std::move(schedule)});
    }
  }
  return schedules;
}

/// A zone for what names none: --tz, else this machine's.
Result<std::string> choose_zone(Console& console) {
  std::string zone = console.globals.timezone.empty() ? local_zone() : console.globals.timezone;
  auto loaded = calendar::TimeZone::load(zone);
  if (!loaded && !console.globals.timezone.empty()) return std::unexpected(loaded.error());
  if (!loaded) return std::string{"UTC"};
  console.set_zone(*loaded);
  return zone;
}

int preview_files(Console& console, const PreviewOptions& options) {
  const auto parsed = read_set(console, options.targets);
  if (!parsed) return report(console, parsed.error());
  for (const spec::Problem& problem : parsed->problems) report(console, problem);
  if (!parsed->problems.empty()) return kInvalid;
  auto zone = choose_zone(console);
  if (!zone) return report(console, zone.error());
  const auto range = read_range(console, options);
  if (!range) return report(console, range.error());
  const FilePlans plans{*parsed, *std::move(zone)};
  for (const Error& problem : plans.calendars().problems()) report(console, problem);
  if (!plans.calendars().problems().empty()) return kInvalid;
  const auto schedules = schedules_of(*parsed, plans.around());
  if (!schedules) return report(console, schedules.error());
  const calendar::Together others{*schedules};
  for (const model::WorkflowDefinition& definition : parsed->workflows) {
    const model::Workflow& workflow = *definition.workflow;
    const auto lines =
        calendar::preview(workflow.name, workflow.triggers, plans.around(), *range, &others);
    if (!lines) return report(console, lines.error());
    Json::Array items;
    for (const calendar::PreviewLine& line : *lines) items.push_back(calendar::to_json(line));
    Json warnings = Json::array();
    if (const auto until = calendar::unverified_after(*lines, workflow.triggers, plans.around()))
      warnings.push(Json::object(
          {{"code", "calendar.not_verified"}, {"verified_until", format_day(*until)}}));
    const Json answer = Json::object({{"workflow", workflow.name},
                                      {"items", Json::array(std::move(items))},
                                      {"warnings", std::move(warnings)}});
    if (print_raw(console, answer, "at")) continue;
    if (parsed->workflows.size() > 1) console.line(workflow.name);
    print_preview(console, answer, workflow.name);
  }
  return kOk;
}

int preview_workflow(Console& console, const PreviewOptions& options) {
  const std::string& workflow = options.targets.front();
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  std::string path = fmt::format("/api/v1/workflows/{}/preview?n={}",
                                 http::percent_encode(workflow), options.count);
  if (!options.from.empty() || !options.to.empty()) {
    if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  }
  const auto range = read_range(console, options);
  if (!range) return report(console, range.error());
  if (!options.from.empty()) path += "&from=" + format_rfc3339(range->from);
  if (!options.to.empty()) path += "&to=" + format_rfc3339(range->to);
  if (options.why) path += "&why=true";
  const auto answer = remote->get(path);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "at")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  return print_preview(console, *answer, workflow);
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
  const auto& targets = options.targets;
  if (targets.size() == 1 && !names_file(targets.front()))
    return preview_workflow(console, options);
  const auto other = std::ranges::find_if_not(targets, names_file);
  if (other == targets.end()) return preview_files(console, options);
  return report(
      console,
      Error{"cli.usage", console.text("problem.preview_mixed", {{"target", printable(*other)}}),
            console.text("hint.preview_mixed")});
}

}  // namespace dandori::cli
