#include "api/bulk_action.h"

#include <fmt/core.h>

#include <optional>
#include <variant>

#include "base/id.h"
#include "base/text.h"

namespace dandori::api {

namespace {

using Of = BulkAction::Of;

// Options and names are copied for every item.
constexpr std::size_t kOptionsBytesMax = 65'536;
constexpr std::size_t kTargetBytesMax = 300;

Error unknown_action(const std::string& word) {
  return {"request.bad_field", fmt::format("'{}' is no action", excerpt(word)),
          "for example run.rerun, run.cancel, run.suspend, job.hold, workflow.disable", "/action"};
}

std::optional<Of> parse_of(std::string_view word) {
  if (word == "run") return Of::run;
  if (word == "job") return Of::job;
  if (word == "workflow") return Of::workflow;
  return std::nullopt;
}

std::string_view form_of(Of of) {
  switch (of) {
    case Of::run:
      return "RUN, as in nightly#3";
    case Of::job:
      return "RUN/JOB, as in nightly#3/load, or WORKFLOW/JOB";
    case Of::workflow:
      return "WORKFLOW, as in nightly";
  }
  return "";
}

Result<model::StartRun> read_start(const Json& options) {
  const Json& params = options["params"];
  if (!params.is_null() && !params.is_object()) {
    return fail("request.bad_field", "the field 'params' must be an object", "", "/params");
  }
  model::StartRun start;
  start.params = params;
  return start;
}

}  // namespace

Result<BulkAction> BulkAction::read(const std::string& word, const Json& options) {
  const std::size_t dot = word.find('.');
  const auto of = parse_of(std::string_view{word}.substr(0, dot));
  if (dot == std::string::npos || !of) return std::unexpected(unknown_action(word));
  if (!options.is_null() && !options.is_object()) {
    return fail("request.bad_field", "the field 'options' must be an object",
                "{\"options\": {\"from\": \"start\"}}", "/options");
  }
  BulkAction made;
  made.word_ = word;
  made.of_ = *of;
  made.options_ = options.is_null() ? Json::object() : options;
  if (write_json(made.options_).size() > kOptionsBytesMax) {
    return fail("request.bad_field",
                fmt::format("the options are longer than {} bytes", kOptionsBytesMax),
                "they count for every item: keep them short", "/options");
  }
  if (auto read = made.read_request(std::string_view{word}.substr(dot + 1)); !read) {
    Error error = std::move(read.error());
    if (error.path != "/action") error.path = "/options" + error.path;
    return std::unexpected(std::move(error));
  }
  return made;
}

/// Options are read as the body of the one operation is.
Result<void> BulkAction::read_request(std::string_view verb) {
  const auto take = [&](auto read) -> Result<void> {
    if (!read) return std::unexpected(std::move(read.error()));
    request_ = std::move(*read);
    return {};
  };
  const auto check = [&](std::span<const std::string_view> known) {
    return check_members(options_, known, "the options");
  };
  if (of_ == Of::run && verb == "rerun") {
    if (const auto known = check(kRerunFields); !known) return known;
    return take(read_rerun(options_));
  }
  if (of_ == Of::workflow && verb == "start") {
    constexpr std::string_view kStartFields[] = {"params"};
    if (const auto known = check(kStartFields); !known) return known;
    return take(read_start(options_));
  }
  if (of_ == Of::run && verb == "cancel") {
    request_ = model::CancelRun{};
    return check({});
  }
  if (of_ == Of::run && verb == "confirm") {
    request_ = model::ConfirmRun{};
    return check({});
  }
  if (of_ != Of::workflow && verb == "kill") {
    request_ = model::KillRun{};
    return check({});
  }
  const auto action = model::parse_word<model::Operation>(verb);
  if (!action) return std::unexpected(unknown_action(word_));
  if (const auto known = check(operation_fields(*action)); !known) return known;
  return take(read_operate(options_, *action));
}

Result<BulkTarget> BulkAction::target(const std::string& text, std::string path) const {
  const std::size_t slash = text.find('/');
  const std::string head = text.substr(0, slash);
  BulkTarget target;
  const bool is_run = head.contains('#') || parse_uuid(head).has_value();
  (is_run ? target.run : target.workflow) = head;
  if (slash != std::string::npos) target.job = text.substr(slash + 1);
  const bool has_job = slash != std::string::npos;
  // A kill of a job is of one run's.
  const bool may_be_workflow =
      of_ == Of::workflow || (of_ == Of::job && !std::holds_alternative<model::KillRun>(request_));
  const bool fits = text.size() <= kTargetBytesMax && !head.empty() &&
                    has_job == (of_ == Of::job) && (!has_job || !target.job.empty()) &&
                    (is_run ? of_ != Of::workflow : may_be_workflow);
  if (fits) return target;
  return fail("request.bad_field",
              fmt::format("'{}' is nothing that {} can be done to", excerpt(text), word_),
              fmt::format("name it as {}", form_of(of_)), std::move(path));
}

model::Request BulkAction::request_for(const BulkTarget& target) const {
  model::Request request = request_;
  if (auto* rerun = std::get_if<model::RerunRun>(&request)) rerun->run = target.run;
  if (auto* cancel = std::get_if<model::CancelRun>(&request)) cancel->run = target.run;
  if (auto* kill = std::get_if<model::KillRun>(&request)) *kill = {target.run, target.job};
  if (auto* confirm = std::get_if<model::ConfirmRun>(&request)) confirm->run = target.run;
  if (auto* start = std::get_if<model::StartRun>(&request)) start->workflow = target.workflow;
  if (auto* operate = std::get_if<model::Operate>(&request)) {
    operate->run = target.run;
    operate->workflow = target.workflow;
    operate->job = target.job;
  }
  return request;
}

}  // namespace dandori::api
