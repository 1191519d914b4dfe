#include "engine/expressions.h"

#include <fmt/core.h>

#include "engine/job_state.h"
#include "expr/expr.h"

namespace dandori::engine {

using expr::JobField;
using expr::PathRef;
using expr::Root;

const model::Variable* find_variable(const State& state, std::string_view name,
                                     std::string_view folder) {
  while (true) {
    const auto found = state.variables.find(VariableKey{std::string{name}, std::string{folder}});
    if (found != state.variables.end()) return &found->second;
    if (folder.empty()) return nullptr;
    const std::size_t slash = folder.rfind('/');
    folder = slash == std::string_view::npos ? std::string_view{} : folder.substr(0, slash);
  }
}

namespace {

class EngineScope final : public expr::Scope {
 public:
  explicit EngineScope(const Context& context) : context_{context} {}

  std::optional<Json> find(const PathRef& path) const override {
    switch (path.root) {
      case Root::params:
        return param(path.name);
      case Root::vars:
        return variable(path.name);
      case Root::env:
        return env(path.name);
      case Root::run:
        return run_field(path.name);
      case Root::attempt:
        return attempt_field(path.name);
      case Root::jobs:
        return job_field(path);
    }
    return std::nullopt;
  }

 private:
  std::optional<Json> param(const std::string& name) const {
    const Json* value = context_.run.params.find(name);
    return value == nullptr ? std::nullopt : std::optional{*value};
  }

  std::optional<Json> variable(const std::string& name) const {
    const model::Variable* found =
        find_variable(context_.state, name, context_.run.definition->folder);
    return found == nullptr ? std::nullopt : std::optional{found->value};
  }

  std::optional<Json> env(const std::string& name) const {
    if (context_.env == nullptr) return std::nullopt;
    for (auto each = context_.env->rbegin(); each != context_.env->rend(); ++each) {
      if (each->first == name) return Json{each->second};
    }
    return std::nullopt;
  }

  std::optional<Json> run_field(const std::string& name) const {
    const model::Run& run = context_.run;
    const bool draft = run.id.is_nil();
    if ((name == "id" || name == "transaction_id") && !draft) return Json{to_string(run.id)};
    if (name == "number" && !draft) return Json{run.number};
    if (name == "scheduled_for") return Json{format_rfc3339(run.scheduled_for)};
    if (name == "started_at" && run.started_at.us != 0) return Json{format_rfc3339(run.started_at)};
    if (name == "trigger") return Json{run.trigger};
    if (name == "business_date") return Json{run.business_date};
    return std::nullopt;
  }

  std::optional<Json> attempt_field(const std::string& name) const {
    if (context_.attempt == nullptr || name != "number") return std::nullopt;
    return Json{context_.attempt->ref.number};
  }

  std::optional<Json> job_field(const PathRef& path) const {
    if (context_.active == nullptr) return std::nullopt;
    const auto index = model::find_job(*context_.run.definition, path.name);
    if (!index) return std::nullopt;
    const model::Attempt* attempt = context_.active->extra[*index].newest.get();
    switch (path.field) {
      case JobField::state:
        return Json{to_string(shown_state(context_.run, *index))};
      case JobField::exit_code:
        if (attempt == nullptr || attempt->exit.exit_code < 0) return std::nullopt;
        return Json{attempt->exit.exit_code};
      case JobField::outputs: {
        const Json* value = attempt == nullptr ? nullptr : attempt->outputs.find(path.output);
        return value == nullptr ? std::nullopt : std::optional{*value};
      }
      case JobField::none:
        return std::nullopt;
    }
    return std::nullopt;
  }

  const Context& context_;
};

/// Why a job that counts as done has not handed on what is read of it: people said that it does.
std::string cause_of(const Error& error, const Context& context) {
  if (error.code != "expr.missing" || context.active == nullptr) return {};
  const auto compiled = expr::compile(error.path);
  if (!compiled || compiled->path.field != JobField::outputs) return {};
  const auto index = model::find_job(*context.run.definition, compiled->path.name);
  if (!index) return {};
  const model::JobRun& job = context.run.jobs[*index];
  if (job.accepted) return ": its failure was accepted";
  if (job.phase != model::JobRun::Phase::ended || job.changed_by == nullptr) return {};
  return fmt::format(": it was made {} by hand ({})", to_string(job.ended), *job.changed_by);
}

}  // namespace

Result<Json> evaluate(std::string_view text, const Context& context) {
  Result<Json> value = expr::render(text, EngineScope{context});
  if (!value) value.error().message += cause_of(value.error(), context);
  return value;
}

}  // namespace dandori::engine
