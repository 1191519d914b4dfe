#include <fmt/core.h>

#include <charconv>

#include "cli/changes_text.h"
#include "cli/commands.h"
#include "cli/define_files.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

std::string workflow_path(const std::string& workflow) {
  return "/api/v1/workflows/" + http::percent_encode(workflow);
}

/// The fields that diff and apply share.
Json body_of(const ApplyOptions& options, const std::vector<DefinitionFile>& files) {
  Json body = Json::object({{"files", files_json(files)}});
  if (options.prune) body.set("prune", true);
  if (options.prune_max > 0) body.set("prune_max", options.prune_max);
  if (!options.set.empty()) body.set("set", options.set);
  return body;
}

/// What the server says it would refuse; kOk: nothing.
int report_refused(const Console& console, const Json& answer) {
  const Json* refused = answer.find("refused");
  if (refused == nullptr) return kOk;
  return report(console, Problem{.error = {std::string{refused->text_or("code", "")},
                                           std::string{refused->text_or("message", "")},
                                           std::string{refused->text_or("hint", "")}},
                                 .status = static_cast<int>(refused->integer_or("status", 409))});
}

std::size_t count_removed(const Json& answer) {
  std::size_t removed = 0;
  for (const Json& item : answer["items"].is_array() ? answer["items"].items() : Json::Array{}) {
    if (item.text_or("action", "") == "removed") ++removed;
  }
  return removed;
}

void print_applied(const Console& console, const Json& answer) {
  for (const Json& item : answer["items"].is_array() ? answer["items"].items() : Json::Array{}) {
    const std::string action{item.text_or("action", "")};
    std::string line = fmt::format(
        "{} {}  {}", printable(item.text_or("kind", "")), printable(item.text_or("name", "")),
        find_text(console.lang, "applied." + action).value_or(printable(action)));
    if (const std::int64_t revision = item.integer_or("revision", 0); revision > 0) {
      line += fmt::format("  {} {}", console.text("field.revision"), revision);
    }
    console.line(line);
  }
}

/// `36...37` as two numbers; `..` does as well.
std::optional<std::pair<std::uint32_t, std::uint32_t>> parse_span(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  std::string_view last = text.substr(dots);
  while (last.starts_with('.')) last.remove_prefix(1);
  const auto number = [](std::string_view digits) -> std::uint32_t {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size() ? value : 0;
  };
  const std::pair span{number(text.substr(0, dots)), number(last)};
  if (span.first == 0 || span.second == 0) return std::nullopt;
  return span;
}

}  // namespace

int diff_files(Console& console, const ApplyOptions& options) {
  const auto files = read_definitions(console, options.files);
  if (!files) return report(console, files.error());
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->post("/api/v1/workflows:diff", body_of(options, *files));
  if (!answer) return report(console, answer.error());
  const bool is_printed = print_raw(console, *answer, "name");
  if (!is_printed && !print_changes(console, (*answer)["items"]))
    console.say(console.text("message.no_changes"));
  return report_refused(console, *answer);
}

int apply_files(Console& console, const ApplyOptions& options) {
  if (options.dry_run) {
    const int code = diff_files(console, options);
    if (code == kOk) console.say(console.text("message.dry_run"));
    return code;
  }
  const auto files = read_definitions(console, options.files);
  if (!files) return report(console, files.error());
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  Json body = body_of(options, *files);
  if (!options.reference.empty()) body.set("source_ref", options.reference);
  if (options.prune) {  // what goes is shown first, and only what was shown is done
    const auto preview = remote->post("/api/v1/workflows:diff", body_of(options, *files));
    if (!preview) return report(console, preview.error());
    if (const int code = report_refused(console, *preview); code != kOk) return code;
    const std::size_t removed = count_removed(*preview);
    if (removed > 0) {
      if (console.is_table()) print_changes(console, (*preview)["items"]);
      const std::string question = console.text("question.prune", {{"n", std::to_string(removed)}});
      if (!is_confirmed(console, question)) return kUsage;
    }
    body.set("plan_id", (*preview)["plan_id"]);
  }
  const auto answer = remote->post("/api/v1/workflows:apply", body);
  if (!answer) return report(console, answer.error());
  if (!print_raw(console, *answer, "name")) print_applied(console, *answer);
  return kOk;
}

int rollback_workflow(Console& console, const RollbackOptions& options) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const std::string path = workflow_path(options.workflow);
  const auto newest = remote->get(path);
  if (!newest) return report(console, newest.error());
  const std::int64_t now = newest->integer_or("revision", 0);
  const auto difference =
      remote->get(fmt::format("{}/revisions/{}/diff/{}", path, now, options.revision));
  if (!difference) return report(console, difference.error());
  const bool shows = console.is_table();
  if (shows) print_changes(console, Json::array({*difference}));
  Json body = Json::object({{"revision", options.revision}});
  if (options.dry_run) {
    body.set("dry_run", true);
  } else if (const std::string question = console.text(
                 "question.rollback", {{"workflow", printable(options.workflow)},
                                       {"revision", std::to_string(options.revision)}});
             !is_confirmed(console, question)) {
    return kUsage;
  }
  const auto answer = remote->post(path + ":rollback", body);
  if (!answer) return report(console, answer.error());
  if (!print_raw(console, *answer, "name")) print_applied(console, *answer);
  if (options.dry_run) console.say(console.text("message.dry_run"));
  return kOk;
}

int diff_revisions(Console& console, const std::string& workflow, const std::string& span) {
  const auto numbers = parse_span(span);
  if (!numbers) {
    return report(console,
                  Error{"cli.usage", console.text("problem.span", {{"span", printable(span)}}),
                        console.text("hint.span")});
  }
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->get(fmt::format("{}/revisions/{}/diff/{}", workflow_path(workflow),
                                              numbers->first, numbers->second));
  if (!answer) return report(console, answer.error());
  if (print_raw(console, *answer, "name")) return kOk;
  if ((*answer)["changes"].size() == 0) {
    console.say(console.text("message.no_changes"));
    return kOk;
  }
  print_changes(console, Json::array({*answer}));
  return kOk;
}

}  // namespace dandori::cli
