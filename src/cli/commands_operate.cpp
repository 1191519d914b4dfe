#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <set>

#include "base/id.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/explain.h"
#include "cli/preview_text.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

/// What has a number or is an id is a run; without a target it is the server.
std::string operation_path(const std::string& target) {
  if (target.empty() || target == "server") return "/api/v1/server";
  const Target parsed = parse_target(target);
  const bool is_run = parsed.run.contains('#') || parse_uuid(parsed.run).has_value();
  if (is_run) return target_path(parsed);
  std::string path = "/api/v1/workflows/" + http::percent_encode(parsed.run);
  if (!parsed.job.empty()) path += "/jobs/" + http::percent_encode(parsed.job);
  return path;
}

/// `NAME=VALUE`: JSON where it is JSON, else text.
Result<Json> read_values(const Console& console, const std::vector<std::string>& values) {
  Json out = Json::object();
  for (const std::string& value : values) {
    const std::size_t equal = value.find('=');
    if (equal == std::string::npos || equal == 0) {
      return fail("cli.usage", console.text("problem.value", {{"value", printable(value)}}),
                  console.text("hint.value"));
    }
    const std::string text = value.substr(equal + 1);
    auto parsed = parse_json(text);
    out.set(value.substr(0, equal), parsed ? std::move(*parsed) : Json{text});
  }
  return out;
}

Result<Json> operation_body(const Console& console, const OperateOptions& options) {
  Json body = Json::object();
  if (!options.until.empty()) body.set("until", options.until);
  if (!options.state.empty()) body.set("state", options.state);
  if (options.leave_running) body.set("leave_running", true);
  if (!options.plan.empty()) body.set("plan_id", options.plan);
  if (!console.globals.reason.empty()) body.set("reason", console.globals.reason);
  if (options.values.empty()) return body;
  auto values = read_values(console, options.values);
  if (!values) return values;
  body.set("outputs", std::move(*values));
  return body;
}

/// Ends work or changes what counts: shown first, and asked for.
bool is_grave(std::string_view action) {
  return action == "set-state" || action == "drain" || action == "kill" || action == "cancel";
}

std::string shown_target(const std::string& target) {
  return target.empty() ? "server" : printable(target);
}

}  // namespace

int operate(Console& console, const OperateOptions& options) {
  auto body = operation_body(console, options);
  if (!body) return report(console, body.error());
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const std::string path = fmt::format("{}:{}", operation_path(options.target), options.action);
  const bool asks = is_grave(options.action) && !console.globals.yes;
  if (options.dry_run || asks) {
    Json question = *body;
    question.set("dry_run", true);
    const auto preview = remote->post(path, question);
    if (!preview) return report(console, preview.error());
    if (options.dry_run) {
      if (!print_raw(console, *preview, "plan_id")) console.out(preview_text(console, *preview));
      return kOk;
    }
    console.warn(preview_text(console, *preview));
    const std::string text = console.text(
        "question.operate", {{"action", options.action}, {"target", shown_target(options.target)}});
    if (!is_confirmed(console, text)) return kUsage;
  }
  const auto answer = remote->post(path, *body);
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  const auto done = find_text(console.lang, "message.done." + options.action,
                              {{"target", shown_target(options.target)}});
  console.line(done.value_or(options.action));
  return kOk;
}

int list_differences(Console& console) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->get("/api/v1/differences");
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "target")) return kOk;
  if (const auto zone = remote->load_zone(console); !zone) return report(console, zone.error());
  const Json& items = (*answer)["items"];
  if (!items.is_array() || items.size() == 0) {
    console.say(console.text("message.no_differences"));
    return kOk;
  }
  Table table{{console.text("column.target"), console.text("column.kind"),
               console.text("column.by"), console.with_zone("column.since"),
               console.text("column.until"), console.text("column.reason"),
               console.text("column.undo")}};
  for (const Json& item : items.items()) {
    const std::string kind{item.text_or("kind", "")};
    table.add({std::string{item.text_or("target", "")},
               find_text(console.lang, "mark." + kind).value_or(kind),
               std::string{item.text_or("by", "")}, console.instant(item["at"]),
               console.instant(item["until"]), std::string{item.text_or("reason", "")},
               std::string{item["undo"].text_or("command", "")}});
  }
  console.out(table.render(console.color_out));
  return kOk;
}

namespace {

/// What a target is; with --job also a run or workflow stands for its job.
std::string_view kind_of(const std::string& target) {
  if (target.contains('/')) return "job";
  return target.contains('#') || parse_uuid(target) ? "run" : "workflow";
}

/// `rerun` on runs is `run.rerun`; on RUN/JOB `hold` is `job.hold`; on workflows `workflow.hold`.
/// Errors: cli.usage when the targets are of several kinds.
Result<std::string> action_word(const Console& console, const BulkOptions& options) {
  std::string verb = options.action;
  std::ranges::replace(verb, '-', '_');
  if (verb.contains('.')) return verb;
  if (!options.job.empty()) return "job." + verb;
  if (options.targets.empty()) return "run." + verb;
  const std::string& first = options.targets.front();
  for (const std::string& target : options.targets) {
    if (kind_of(target) == kind_of(first)) continue;
    return fail("cli.usage",
                console.text("problem.mixed_targets",
                             {{"first", printable(first)}, {"target", printable(target)}}),
                console.text("hint.mixed_targets"));
  }
  return std::string{kind_of(first)} + "." + verb;
}

Json bulk_filter(const BulkOptions& options) {
  Json filter = Json::object();
  for (const std::string& target : options.targets) {
    const std::string list = std::string{kind_of(target)} + "s";
    Json names = filter.find(list) == nullptr ? Json::array() : filter[list];
    names.push(target);
    filter.set(list, std::move(names));
  }
  if (!options.targets.empty()) return filter;
  if (!options.workflow.empty()) filter.set("workflow", options.workflow);
  if (!options.date.empty()) filter.set("date", options.date);
  if (!options.since.empty()) filter.set("from", options.since);
  if (!options.until.empty()) filter.set("to", options.until);
  if (options.state.empty()) return filter;
  Json states = Json::array();
  for (const std::string_view word : split(options.state, ',')) states.push(word);
  filter.set("state", std::move(states));
  return filter;
}

Result<Json> bulk_body(const Console& console, const BulkOptions& options) {
  const auto action = action_word(console, options);
  if (!action) return std::unexpected(action.error());
  Json body = Json::object({{"action", *action}, {"filter", bulk_filter(options)}});
  if (!options.job.empty()) body.set("job", options.job);
  Json more = Json::object();
  if (!options.from.empty()) more.set("from", options.from);
  if (!options.revision.empty()) more.set("revision", options.revision);
  if (options.hold_first) more.set("hold_first", true);
  if (more.size() > 0) body.set("options", std::move(more));
  if (!console.globals.reason.empty()) body.set("reason", console.globals.reason);
  return body;
}

void print_bulk(const Console& console, const Json& answer, bool to_stderr) {
  std::string text;
  std::set<std::string, std::less<>> told;  // what a code means is said once
  for (const Json& item : answer["items"].is_array() ? answer["items"].items() : Json::Array{}) {
    const bool ok = item.bool_or("ok", false);
    text += fmt::format("  {} {}", ok ? "✓" : "✕", printable(item.text_or("target", "")));
    if (!ok) {
      const std::string code{item["problem"].text_or("code", "")};
      text += fmt::format("  {} [{}]", printable(item["problem"].text_or("detail", "")),
                          printable(code));
      if (told.insert(code).second) text += page_summary(code, console.lang);
    } else if (item.find("preview") != nullptr) {
      text += "  " + preview_counts(console, item["preview"]);
    }
    text += "\n";
  }
  const Args args{{"count", std::to_string(answer.integer_or("matched", 0))},
                  {"ok", std::to_string(answer.integer_or("succeeded", 0))},
                  {"refused", std::to_string(answer.integer_or("failed", 0))}};
  const bool dry = answer.bool_or("dry_run", false);
  text += dry ? console.text("message.bulk_preview", args) : console.text("message.bulk", args);
  to_stderr ? console.warn(text) : console.line(text);
}

}  // namespace

int bulk(Console& console, const BulkOptions& options) {
  auto body = bulk_body(console, options);
  if (!body) return report(console, body.error());
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  // Always counted first, and bound to what was counted.
  Json question = *body;
  question.set("dry_run", true);
  const auto preview = remote->post("/api/v1/bulk", question);
  if (!preview) return report(console, preview.error());
  if (options.dry_run) {
    if (!print_raw(console, *preview, "target")) print_bulk(console, *preview, false);
    return kOk;
  }
  if (!console.globals.yes) {
    print_bulk(console, *preview, true);
    const std::string text = console.text(
        "question.bulk",
        {{"action", options.action}, {"count", std::to_string(preview->integer_or("matched", 0))}});
    if (!is_confirmed(console, text)) return kUsage;
  }
  body->set("plan_id", std::string{preview->text_or("plan_id", "")});
  const auto answer = remote->post("/api/v1/bulk", *body);
  if (!answer) return report(console, answer.error());
  if (!print_raw(console, *answer, "target")) print_bulk(console, *answer, false);
  return answer->integer_or("failed", 0) == 0 ? kOk : kConflict;
}

}  // namespace dandori::cli
