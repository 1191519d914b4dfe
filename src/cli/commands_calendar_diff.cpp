#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "calendar/plan_diff.h"
#include "cli/calendar_commands.h"
#include "cli/calendar_source.h"
#include "cli/commands.h"
#include "cli/define_files.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

constexpr std::size_t kItemsMax = 10'000;

/// Definitions that belong together, and the schedules they make.
struct Side {
  std::vector<model::WorkflowPtr> workflows;
  calendar::Calendars calendars;
  std::vector<calendar::NamedSchedule> schedules;
};

Told<Side> make_side(Console& console, std::vector<model::WorkflowPtr> workflows,
                     std::vector<model::Calendar> definitions, std::string_view zone) {
  Side side{std::move(workflows), calendar::Calendars::make(std::move(definitions)), {}};
  for (const Error& problem : side.calendars.problems()) report(console, problem);
  if (!side.calendars.problems().empty()) return std::unexpected(kInvalid);
  const calendar::Surroundings around{calendar::TimeZone::load, zone, &side.calendars};
  for (const model::WorkflowPtr& workflow : side.workflows) {
    for (const model::Trigger& trigger : workflow->triggers) {
      auto schedule = calendar::Schedule::make(trigger, around, workflow->name);
      if (!schedule) {
        Error error = schedule.error();
        error.message = fmt::format("{}: {}: {}", workflow->name, trigger.id, error.message);
        return std::unexpected(report(console, error));
      }
      side.schedules.push_back({workflow->name, trigger.id, std::move(*schedule)});
    }
  }
  return side;
}

std::vector<model::Calendar> calendars_of(const spec::Parsed& parsed) {
  std::vector<model::Calendar> out;
  for (const model::CalendarDefinition& each : parsed.calendars) out.push_back(each.value);
  return out;
}

/// What holds after the files were applied: their workflows in place of those of the same name,
/// their calendars as newer revisions.
std::vector<model::WorkflowPtr> overlay(const spec::Parsed& before, const spec::Parsed& files) {
  std::vector<model::WorkflowPtr> out;
  for (const model::WorkflowDefinition& old : before.workflows) {
    const bool replaced = std::ranges::any_of(files.workflows, [&](const auto& fresh) {
      return fresh.workflow->name == old.workflow->name;
    });
    if (!replaced) out.push_back(old.workflow);
  }
  for (const model::WorkflowDefinition& fresh : files.workflows) out.push_back(fresh.workflow);
  return out;
}

/// Without a server: the files against other files.
Told<Json> diff_with_files(Console& console, const CalendarOptions& options, Day from) {
  const auto before = read_all(console, options.against);
  if (!before) return std::unexpected(before.error());
  const auto files = read_all(console, options.files);
  if (!files) return std::unexpected(files.error());
  const std::string zone = console.zone().name();
  std::vector<model::Calendar> definitions = calendars_of(*before);
  std::vector<model::WorkflowPtr> workflows;
  for (const model::WorkflowDefinition& each : before->workflows)
    workflows.push_back(each.workflow);
  const auto old = make_side(console, std::move(workflows), definitions, zone);
  if (!old) return std::unexpected(old.error());
  std::ranges::move(calendars_of(*files), std::back_inserter(definitions));
  const auto fresh = make_side(console, overlay(*before, *files), std::move(definitions), zone);
  if (!fresh) return std::unexpected(fresh.error());
  const auto midnight = [&](Day day) {
    return console.zone().from_local({std::int64_t{day.days} * 86'400}).first;
  };
  const Day until = from + static_cast<std::int32_t>(options.days);
  return calendar::to_json(
      calendar::plan_diff(old->schedules, fresh->schedules, midnight(from), midnight(until)),
      kItemsMax);
}

Told<Json> diff_with_server(Console& console, const CalendarOptions& options) {
  const auto files = read_definitions(console, options.files);
  if (!files) return std::unexpected(report(console, files.error()));
  auto remote = Remote::open(console);
  if (!remote) return std::unexpected(report(console, remote.error()));
  Json body = Json::object({{"files", files_json(*files)}, {"days", options.days}});
  if (!options.from.empty()) body.set("from", options.from);
  const auto answer = remote->post("/api/v1/calendars:diff", body);
  if (!answer) return std::unexpected(report(console, answer.error()));
  return *answer;
}

/// `2026-06-25 20:00` of `{local}`; `-` for null.
std::string local_text(const Json& side) {
  const std::string local{side.text_or("local", "")};
  return local.size() < 16 ? std::string{} : local.substr(0, 10) + " " + local.substr(11, 5);
}

void print_plan_changes(const Console& console, const Json& answer) {
  Table table{{console.text("column.change"), console.text("column.before"),
               console.text("column.after"), console.text("column.timezone"),
               console.text("column.workflow"), console.text("column.trigger"),
               console.text("column.why")}};
  const Json& items = answer["items"];
  for (const Json& item : items.is_array() ? items.items() : Json::Array{}) {
    const std::string_view change = item.text_or("change", "");
    const std::string_view reason = item.text_or("reason", "");
    const Style style = change == "added"     ? Style::good
                        : change == "removed" ? Style::bad
                                              : Style::attention;
    table.add({Cell{find_text(console.lang, fmt::format("change.{}", change)).value_or(""), style},
               local_text(item["before"]), local_text(item["after"]),
               std::string{item.text_or("timezone", "")}, std::string{item.text_or("workflow", "")},
               std::string{item.text_or("trigger", "")},
               reason.empty() ? std::string{" "}
                              : find_text(console.lang, fmt::format("miss.{}", reason))
                                    .value_or(std::string{reason})});
  }
  if (!table.empty()) console.print(table);
}

}  // namespace

int diff_calendars(Console& console, const CalendarOptions& options) {
  const auto now = today(console);
  if (!now) return now.error();
  const auto from = option_day(console, options.from, *now);
  if (!from) return from.error();
  const auto answer = options.against.empty() ? diff_with_server(console, options)
                                              : diff_with_files(console, options, *from);
  if (!answer) return answer.error();
  if (print_raw(console, *answer, "workflow")) return kOk;
  print_plan_changes(console, *answer);
  const auto count = [&](std::string_view key) {
    return std::to_string(answer->integer_or(key, 0));
  };
  if ((*answer)["items"].size() == 0) {
    console.say(console.text("message.no_plan_changes", {{"days", std::to_string(options.days)},
                                                         {"from", format_day(*from)}}));
    return kOk;
  }
  console.say(console.text(
      "message.plan_changes",
      {{"added", count("added")}, {"removed", count("removed")}, {"moved", count("moved")}}));
  if (answer->bool_or("truncated", false)) {
    console.say(
        console.text("message.plan_truncated", {{"n", std::to_string((*answer)["items"].size())}}));
  }
  return kOk;
}

}  // namespace dandori::cli
