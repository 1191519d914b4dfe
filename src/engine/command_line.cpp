#include <algorithm>

#include <fmt/core.h>

#include "engine/preview.h"

namespace dandori::engine {

namespace {

/// As one word of a POSIX shell.
std::string quoted(std::string_view text) {
  std::string word = "'";
  for (const char each : text) {
    if (each == '\'')
      word += "'\\''";
    else
      word += each;
  }
  return word + "'";
}

/// ` OPTION NAME=VALUE` for each member: text as it is, anything else as JSON.
std::string assignments(std::string_view option, const Json& values) {
  std::string line;
  if (!values.is_object()) return line;
  for (const auto& [name, value] : values.members()) {
    const std::string text = value.is_string() ? value.as_string() : write_json(value);
    line += fmt::format(" {} {}", option, quoted(name + "=" + text));
  }
  return line;
}

std::string target(std::string_view of, std::string_view job) {
  return quoted(fmt::format("{}{}{}", of, job.empty() ? "" : "/", job));
}

struct CommandLine {
  std::string operator()(const model::StartRun& request) const {
    std::string line = "dandori run " + quoted(request.workflow);
    if (!request.only.empty()) line += " --only " + quoted(request.only);
    if (!request.like.empty()) line += " --like " + quoted(request.like);
    if (request.force) line += " --force";
    if (request.business_date) line += " --business-date " + quoted(*request.business_date);
    return line + assignments("-p", request.params);
  }
  std::string operator()(const model::RerunRun& request) const {
    using model::RerunScope;
    std::string line = "dandori rerun " + quoted(request.run);
    if (request.scope == RerunScope::failed) line += " --from failed";
    if (request.scope == RerunScope::after_failed) line += " --from after-failed";
    if (request.scope == RerunScope::whole) line += " --from start";
    if (request.scope == RerunScope::from) line += " --from job:" + request.job;
    if (request.scope == RerunScope::only) line += " --only " + request.job;
    for (const std::string& job : request.hold) line += " --hold " + job;
    if (request.hold_first) line += " --hold-first";
    if (request.newest) line += " --revision newest";
    return line;
  }
  std::string operator()(const model::CancelRun& request) const {
    return "dandori cancel " + quoted(request.run);
  }
  std::string operator()(const model::KillRun& request) const {
    return "dandori kill " + target(request.run, request.job);
  }
  std::string operator()(const model::ConfirmRun& request) const {
    return "dandori confirm " + quoted(request.run);
  }
  std::string operator()(const model::Operate& request) const {
    const std::string& of = request.run.empty() ? request.workflow : request.run;
    std::string action{to_string(request.action)};
    std::replace(action.begin(), action.end(), '_', '-');
    std::string line = "dandori " + action;
    if (!of.empty()) line += " " + target(of, request.job);
    if (request.action == model::Operation::set_state)
      line += fmt::format(" {}", to_string(request.state));
    if (request.leave_running) line += " --leave-running";
    if (request.until.us != 0) line += " --until " + format_rfc3339(request.until);
    return line + assignments("--value", request.values);
  }
  std::string operator()(const model::MoveBusinessDate& request) const {
    const std::string line = "dandori business-date move " + quoted(request.name);
    if (!request.to.empty()) return line + " --to " + request.to;
    return line + (request.step > 0 ? " --next" : " --back");
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

}  // namespace

std::string command_line(const model::Request& request) {
  return std::visit(CommandLine{}, request);
}

}  // namespace dandori::engine
