#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/preview_text.h"
#include "cli/remote.h"
#include "cli/wait.h"

namespace dandori::cli {

namespace {

Result<Json> read_params(const Console& console, const std::vector<std::string>& params) {
  Json out = Json::object();
  for (const std::string& param : params) {
    const std::size_t equal = param.find('=');
    if (equal == std::string::npos || equal == 0) {
      return fail("cli.usage", console.text("problem.param", {{"param", printable(param)}}),
                  console.text("hint.param"));
    }
    out.set(param.substr(0, equal), param.substr(equal + 1));  // the server knows the types
  }
  return out;
}

/// Prints what was started, then waits for its end if that is wanted.
int after_start(Console& console, Remote& remote, const Json& answer,
                std::optional<Timestamp> since, bool wait, const std::string& timeout) {
  const std::string run{answer.text_or("name", "")};
  if (!wait) {
    if (print_raw(console, answer, "name")) return kOk;
    console.line(fmt::format("{}  {}  {}", printable(run),
                             console.state_cell(answer.text_or("state", "")),
                             answer.text_or("id", "")));
    console.say(console.text("message.follow", {{"run", printable(run)}}));
    return kOk;
  }
  if (console.is_table())
    console.line(fmt::format("{}  {}", printable(run), answer.text_or("id", "")));
  std::optional<Duration> limit;
  if (!timeout.empty()) {
    const auto span = parse_duration(timeout);
    if (!span) return report(console, span.error());
    limit = *span;
  }
  return wait_for_run(console, remote, {run, since, limit});
}

Result<void> check_timeout(const std::string& timeout) {
  if (timeout.empty()) return {};
  const auto span = parse_duration(timeout);
  return span ? Result<void>{} : std::unexpected(span.error());
}

/// Instant of the server: what the journal says from here on is about this command.
std::optional<Timestamp> server_now(Remote& remote) {
  const auto version = remote.get("/api/v1/version");
  return version ? read_instant((*version)["now"]) : std::nullopt;
}

int show_preview(Console& console, Remote& remote, const std::string& path, Json body) {
  body.set("dry_run", true);
  const auto preview = remote.post(path, body);
  if (!preview) return report(console, preview.error());
  if (!print_raw(console, *preview, "plan_id")) console.out(preview_text(console, *preview));
  return kOk;
}

int post_operation(Console& console, const std::string& path, Key done, const std::string& target) {
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  const auto answer = remote->post(path, Json::object());
  if (!answer) return report(console, answer.error());
  if (!print_raw(console, *answer, "name")) {
    console.line(console.text(done, {{"target", printable(target)}}));
  }
  return kOk;
}

}  // namespace

bool is_confirmed(const Console& console, const std::string& question) {
  if (console.globals.yes) return true;
  if (::isatty(STDIN_FILENO) != 1) {
    report(console, Error{"cli.confirm_needed", console.text("problem.confirm_needed"),
                          console.text("hint.confirm_needed")});
    return false;
  }
  std::fputs(fmt::format("{} [y/N] ", question).c_str(), stderr);
  std::fflush(stderr);
  char answer[16];
  const bool read = std::fgets(answer, sizeof answer, stdin) != nullptr;
  if (read && (answer[0] == 'y' || answer[0] == 'Y')) return true;
  console.warn(console.text("message.nothing_done"));
  return false;
}

Target parse_target(const std::string& target) {
  const std::size_t slash = target.find('/');
  if (slash == std::string::npos) return {target, {}};
  return {target.substr(0, slash), target.substr(slash + 1)};
}

std::string target_path(const Target& target) {
  if (target.job.empty()) return run_path(target.run);
  return fmt::format("{}/jobs/{}", run_path(target.run), http::percent_encode(target.job));
}

int start_run(Console& console, const StartOptions& options) {
  if (const auto good = check_timeout(options.timeout); !good) return report(console, good.error());
  auto params = read_params(console, options.params);
  if (!params) return report(console, params.error());
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  Json body = Json::object({{"workflow", options.workflow}});
  if (params->size() > 0) body.set("params", std::move(*params));
  if (!options.business_date.empty()) body.set("business_date", options.business_date);
  if (options.force) body.set("force", true);
  if (!options.only.empty()) body.set("only", options.only);
  if (!options.like.empty()) body.set("like", options.like);
  if (options.dry_run) return show_preview(console, *remote, "/api/v1/runs", std::move(body));
  const auto answer = remote->post("/api/v1/runs", body, options.key);
  if (!answer) return report(console, answer.error());
  return after_start(console, *remote, *answer, std::nullopt, options.wait, options.timeout);
}

int rerun_run(Console& console, const RerunOptions& options) {
  if (const auto good = check_timeout(options.timeout); !good) return report(console, good.error());
  auto remote = Remote::open(console);
  if (!remote) return report(console, remote.error());
  Json body = Json::object();
  if (!options.only.empty()) body.set("only", options.only);
  if (!options.from.empty()) body.set("from", options.from);
  if (!options.revision.empty()) body.set("revision", options.revision);
  if (!options.plan.empty()) body.set("plan_id", options.plan);
  if (options.hold_first) body.set("hold_first", true);
  if (!options.hold.empty()) {
    Json hold = Json::array();
    for (const std::string& job : options.hold) hold.push(job);
    body.set("hold", std::move(hold));
  }
  if (options.dry_run) {
    return show_preview(console, *remote, run_path(options.run) + ":rerun", std::move(body));
  }
  const std::optional<Timestamp> since = options.wait ? server_now(*remote) : std::nullopt;
  auto answer = remote->post(run_path(options.run) + ":rerun", body, options.key);
  if (!answer) return report(console, answer.error());
  if (answer->text_or("name", "").empty()) answer->set("name", options.run);
  return after_start(console, *remote, *answer, since, options.wait, options.timeout);
}

int cancel_run(Console& console, const std::string& run) {
  const std::string question = console.text("question.cancel", {{"target", printable(run)}});
  if (!is_confirmed(console, question)) return kUsage;
  return post_operation(console, run_path(run) + ":cancel", "message.cancelled", run);
}

int kill_run(Console& console, const std::string& target) {
  const std::string question = console.text("question.kill", {{"target", printable(target)}});
  if (!is_confirmed(console, question)) return kUsage;
  return post_operation(console, target_path(parse_target(target)) + ":kill", "message.killed",
                        target);
}

int confirm_run(Console& console, const std::string& run) {
  return post_operation(console, run_path(run) + ":confirm", "message.confirmed", run);
}

}  // namespace dandori::cli
