#include "cli/calendar_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/commands.h"
#include "cli/define_files.h"

namespace dandori::cli {

namespace {

/// Problems between calendars: names that are not there, circles.
Told<CalendarChoice> make(Console& console, std::vector<model::Calendar> definitions,
                          std::string name) {
  CalendarChoice out{calendar::Calendars::make(std::move(definitions)), std::move(name)};
  for (const Error& problem : out.calendars.problems()) report(console, problem);
  if (!out.calendars.problems().empty()) return std::unexpected(kInvalid);
  return out;
}

Told<std::string> choose(Console& console, const std::vector<std::string>& names,
                         const std::string& wanted) {
  const auto told = [&](std::string code, std::string message, std::string hint, int exit) {
    report(console, Error{std::move(code), std::move(message), std::move(hint)});
    return std::unexpected(exit);
  };
  if (names.empty()) {
    return told("calendar.unknown", console.text("problem.no_calendar"),
                console.text("hint.no_calendar"), kNotFound);
  }
  const std::string known = fmt::format("{}", fmt::join(names, ", "));
  if (wanted.empty() && names.size() == 1) return names.front();
  if (wanted.empty()) {
    return told("cli.usage",
                console.text("problem.calendar_choice", {{"n", fmt::to_string(names.size())}}),
                console.text("hint.calendar_choice", {{"names", known}}), kUsage);
  }
  if (std::ranges::find(names, wanted) != names.end()) return wanted;
  return told("calendar.unknown",
              console.text("problem.calendar_unknown", {{"name", printable(wanted)}}),
              console.text("hint.calendar_choice", {{"names", known}}), kNotFound);
}

}  // namespace

Told<spec::Parsed> read_all(Console& console, const std::vector<std::string>& paths) {
  const auto files = read_definitions(console, paths);
  if (!files) return std::unexpected(report(console, files.error()));
  spec::Parsed all;
  for (const DefinitionFile& file : *files) {
    spec::append(all, spec::parse_definitions(file.name, file.text));
  }
  spec::check_set(all);
  for (const spec::Problem& problem : all.problems) report(console, problem);
  if (!all.problems.empty()) return std::unexpected(kInvalid);
  return all;
}

Told<CalendarChoice> calendars_of_files(Console& console, const std::vector<std::string>& paths,
                                        const std::string& name) {
  auto parsed = read_all(console, paths);
  if (!parsed) return std::unexpected(parsed.error());
  std::vector<model::Calendar> definitions;
  std::vector<std::string> names;
  for (model::CalendarDefinition& each : parsed->calendars) {
    names.push_back(each.value.name);
    definitions.push_back(std::move(each.value));
  }
  auto chosen = choose(console, names, name);
  if (!chosen) return std::unexpected(chosen.error());
  return make(console, std::move(definitions), std::move(*chosen));
}

Told<CalendarChoice> calendars_of_server(Console& console, Remote& remote,
                                         const std::string& name) {
  const auto answer = remote.get("/api/v1/calendars/" + http::percent_encode(name));
  if (!answer) return std::unexpected(report(console, answer.error()));
  const Json& closure = (*answer)["closure"];
  std::vector<model::Calendar> definitions;
  for (const Json& item : closure.is_array() ? closure.items() : Json::Array{}) {
    auto calendar = spec::compile_calendar(write_json(item));
    if (!calendar) return std::unexpected(report(console, calendar.error()));
    definitions.push_back(std::move(*calendar));
  }
  return make(console, std::move(definitions), name);
}

Told<Day> today(Console& console) {
  const std::string& given = console.globals.timezone;
  const auto zone = calendar::TimeZone::load(given.empty() ? local_zone() : given);
  if (!zone && !given.empty()) return std::unexpected(report(console, zone.error()));
  if (zone) console.set_zone(*zone);
  return calendar::day_of(console.zone().to_local(wall_now()));
}

Told<Day> option_day(Console& console, const std::string& text, Day otherwise) {
  if (text.empty()) return otherwise;
  const auto day = parse_day(text);
  if (!day) return std::unexpected(report(console, day.error()));
  return *day;
}

}  // namespace dandori::cli
