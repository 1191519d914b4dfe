#include <fmt/core.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/business_date_commands.h"
#include "cli/commands.h"
#include "cli/grammar.h"
#include "cli/preview_text.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

constexpr const char* kPath = "/api/v1/business-dates";

std::string date_path(const std::string& name) {
  return fmt::format("{}/{}", kPath, http::percent_encode(name));
}

std::string after_text(const Console& console, const Json& after) {
  std::string out;
  for (const Json& each : items_of(after)) {
    const std::string workflow = printable(each.text_or("workflow", ""));
    out += out.empty() ? "" : ", ";
    out += each.bool_or("done", false) ? console.text("date.done", {{"workflow", workflow}})
                                       : workflow;
  }
  return out;
}

/// What moves it on, as a phrase; empty: nothing does.
std::string next_text(const Console& console, const Json& next) {
  if (!next.is_object()) return {};
  const Args args{{"at", console.instant(next["at"])},
                  {"after", after_text(console, next["after"])}};
  const std::string how{next.text_or("how", "")};
  return find_text(console.lang, "date.by_" + how, args).value_or(how);
}

std::string names_text(const Json& names) {
  std::string out;
  for (const Json& name : items_of(names)) {
    if (name.is_string()) out += (out.empty() ? "" : ", ") + printable(name.as_string());
  }
  return out;
}

std::string runs_text(const Json& date) {
  std::string out = std::to_string(date.integer_or("unfinished_count", 0));
  std::string names;
  for (const Json& run : items_of(date["unfinished"]))
    names += (names.empty() ? "" : ", ") + printable(run.text_or("name", ""));
  return names.empty() ? out : fmt::format("{} ({})", out, names);
}

void print_moves(const Console& console, const Json& moves) {
  Table table{{console.with_zone("column.at"), console.text("column.from_date"),
               console.text("column.to_date"), console.text("column.how"),
               console.text("column.by"), console.text("column.reason")}};
  for (const Json& move : items_of(moves)) {
    const std::string how{move.text_or("how", "")};
    table.add({console.instant(move["at"]), std::string{move.text_or("from", "")},
               std::string{move.text_or("to", "")},
               find_text(console.lang, "move." + how).value_or(how),
               std::string{move.text_or("actor", "")}, std::string{move.text_or("reason", "")}});
  }
  if (!table.empty()) console.print(table);
}

Json move_body(const Console& console, const BusinessDateOptions& options) {
  Json body = Json::object();
  if (!options.to.empty()) body.set("to", options.to);
  if (options.next) body.set("step", "next");
  if (options.back) body.set("step", "back");
  if (!options.plan.empty()) body.set("plan_id", options.plan);
  if (!console.globals.reason.empty()) body.set("reason", console.globals.reason);
  return body;
}

}  // namespace

int list_business_dates(Console& console) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->list(kPath, Remote::kWhole);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  Table table{{console.text("column.name"), console.text("column.value"),
               console.text("column.next_date"), console.with_zone("column.moves_at"),
               console.text("column.calendar_used"), console.text("column.title")}};
  for (const Json& date : items_of((*answer)["items"])) {
    table.add({std::string{date.text_or("name", "")}, std::string{date.text_or("value", "")},
               std::string{date["next"].is_object() ? date["next"].text_or("date", "") : ""},
               next_text(console, date["next"]), std::string{date.text_or("calendar", "")},
               std::string{date.text_or("title", "")}});
  }
  if (table.empty()) console.say(console.text("message.no_business_dates"));
  if (!table.empty()) console.print(table);
  return kOk;
}

int get_business_date(Console& console, const BusinessDateOptions& options) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto date = remote->get(date_path(options.name));
  if (!date) return report(console, date.error());
  if (print_raw(console, *date, "value")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  const Json& next = (*date)["next"];
  print_fields(console,
               {{console.text("column.business_date"), std::string{date->text_or("name", "")}},
                {console.text("column.title"), std::string{date->text_or("title", "")}},
                {console.text("field.value"), std::string{date->text_or("value", "")}},
                {console.text("field.moved_at"), console.instant((*date)["moved_at"])},
                {console.text("field.next_date"),
                 std::string{next.is_object() ? next.text_or("date", "") : ""}},
                {console.text("field.moves_by"), next_text(console, next)},
                {console.text("field.previous_date"), std::string{date->text_or("previous", "")}},
                {console.text("field.date_calendar"), std::string{date->text_or("calendar", "")}},
                {console.text("field.read_by"), names_text((*date)["workflows"])},
                {console.text("field.moved_by_jobs"), names_text((*date)["moved_by"])},
                {console.text("field.unfinished_runs"), runs_text(*date)}});
  print_moves(console, (*date)["moves"]["items"]);
  return kOk;
}

/// Shown first and asked for: what runs now may belong to the date before.
int move_business_date(Console& console, const BusinessDateOptions& options) {
  if (options.to.empty() && !options.next && !options.back) {
    return report(console, Error{"cli.usage", console.text("problem.move_target"),
                                 console.text("hint.move_target")});
  }
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const std::string path = date_path(options.name) + ":move";
  const Json body = move_body(console, options);
  if (options.dry_run || !console.globals.yes) {
    Json question = body;
    question.set("dry_run", true);
    const auto preview = remote->post(path, question);
    if (!preview) return report(console, preview.error());
    if (options.dry_run) {
      if (!print_raw(console, *preview, "plan_id")) console.out(preview_text(console, *preview));
      return kOk;
    }
    console.warn(preview_text(console, *preview));
    const std::string text =
        console.text("question.move_date", {{"name", printable(options.name)}});
    if (!is_confirmed(console, text)) return kUsage;
  }
  const auto answer = remote->post(path, body);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "to")) return kOk;
  console.line(
      console.text("message.date_moved", {{"name", printable(answer->text_or("business_date", ""))},
                                          {"from", printable(answer->text_or("from", ""))},
                                          {"to", printable(answer->text_or("to", ""))}}));
  return kOk;
}

void add_business_date_commands(Grammar& grammar, BusinessDateOptions& options) {
  CLI::App* noun = grammar.add_noun("business-date", "help.business_date_noun");
  grammar.add(*noun, "list", "help.business_date_list", list_business_dates);
  CLI::App* get = grammar.add(*noun, "get", "help.business_date_get",
                              [&options](Console& c) { return get_business_date(c, options); });
  grammar.option(get, "NAME", options.name, "help.arg.business_date")->required();
  CLI::App* move = grammar.add(*noun, "move", "help.business_date_move",
                               [&options](Console& c) { return move_business_date(c, options); });
  grammar.option(move, "NAME", options.name, "help.arg.business_date")->required();
  CLI::Option* to = grammar.option(move, "--to", options.to, "help.date_to");
  CLI::Option* next =
      move->add_flag("--next", options.next, text(grammar.lang(), "help.date_next"))->excludes(to);
  move->add_flag("--back", options.back, text(grammar.lang(), "help.date_back"))
      ->excludes(to)
      ->excludes(next);
  grammar.flag(move, "--dry-run", options.dry_run, "help.preview");
  grammar.option(move, "--plan", options.plan, "help.plan_id");
}

}  // namespace dandori::cli
