#include "engine/render_order.h"

#include <algorithm>

#include <fmt/core.h>

#include "engine/expressions.h"
#include "model/trace.h"

namespace dandori::engine {

using model::Template;
using Env = std::vector<std::pair<std::string, std::string>>;

std::string text_of(const Json& value) {
  return value.is_string() ? value.as_string() : write_json(value);
}

std::string traceparent(const model::Run& run, const model::AttemptRef& attempt) {
  model::TraceContext context = trace_of(run);
  context.span = attempt_span(attempt);
  return format_traceparent(context);
}

std::string job_key(const ActiveRun& run, std::uint32_t job) {
  return fmt::format("{}/{}", to_string(run.run.id), run.definition(job).id);
}

namespace {

/// Renders the fields of one order; remembers the first error.
class Renderer {
 public:
  Renderer(const State& state, const ActiveRun& run, const model::Attempt& attempt)
      : job_{run.definition(attempt.ref.job)}, context_{state, run.run, &run, &attempt, &env_} {}

  std::string text(const Template& source, std::string_view field) {
    if (!source.has_expression) return source.text;
    const Result<Json> value = evaluate(source.text, context_);
    if (value) {
      std::string text = text_of(*value);
      if (text.find('\0') == std::string::npos) return text;
      note("expr.nul", fmt::format("{}: the value holds a NUL character", field), {});
      return {};
    }
    note(value.error().code, fmt::format("{}: {}", field, value.error().message),
         value.error().hint);
    return {};
  }

  void add(std::string name, std::string value) {
    const auto same = std::find_if(env_.begin(), env_.end(),
                                   [&](const auto& each) { return each.first == name; });
    if (same == env_.end()) {
      env_.emplace_back(std::move(name), std::move(value));
    } else {
      same->second = std::move(value);
    }
  }

  void add_all(const std::vector<std::pair<std::string, Template>>& declared) {
    for (const auto& [name, value] : declared) add(name, text(value, fmt::format("env {}", name)));
  }

  Env take_env() { return std::move(env_); }
  const std::optional<Error>& error() const { return error_; }

 private:
  void note(std::string code, std::string message, std::string hint) {
    if (error_) return;
    error_ = Error{std::move(code), fmt::format("job '{}', {}", job_.id, message), std::move(hint)};
  }

  const model::Job& job_;
  Env env_;
  Context context_;
  std::optional<Error> error_;
};

void add_own_env(Renderer& render, const ActiveRun& run, const model::Attempt& attempt) {
  const model::Run& of = run.run;
  std::string id = to_string(of.id);
  std::string date = of.business_date;
  date.erase(std::remove(date.begin(), date.end(), '-'), date.end());
  const auto gives_date = [](const auto& env) {
    return std::ranges::any_of(env, [](const auto& each) { return each.first == "BIZ_YMD"; });
  };
  const bool has_own_date =
      gives_date(of.definition->env) || gives_date(run.definition(attempt.ref.job).env);
  render.add("DANDORI_TRANSACTION_ID", id);
  render.add("DANDORI_IDEMPOTENCY_KEY", job_key(run, attempt.ref.job));
  render.add("DANDORI_RUN_ID", std::move(id));
  render.add("DANDORI_WORKFLOW", of.workflow);
  render.add("DANDORI_JOB", run.definition(attempt.ref.job).id);
  render.add("DANDORI_ATTEMPT", std::to_string(attempt.ref.number));
  render.add("DANDORI_SCHEDULED_FOR", format_rfc3339(of.scheduled_for));
  render.add("TRACEPARENT", traceparent(run.run, attempt.ref));
  if (!has_own_date) render.add("BIZ_YMD", std::move(date));
}

std::vector<std::string> render_argv(Renderer& render, const model::Job& job) {
  std::vector<std::string> argv;
  if (job.shell) {
    argv = {"/bin/sh", "-c", job.command.empty() ? std::string{} : job.command.front().text,
            job.id};
  } else {
    for (const Template& part : job.command) argv.push_back(render.text(part, "run"));
  }
  for (const Template& part : job.args) argv.push_back(render.text(part, "args"));
  return argv;
}

}  // namespace

Result<model::StartOrder> render_order(const State& state, const ActiveRun& run,
                                       const model::Attempt& attempt) {
  const model::Job& job = run.definition(attempt.ref.job);
  Renderer render{state, run, attempt};
  render.add_all(run.run.definition->env);
  render.add_all(job.env);
  add_own_env(render, run, attempt);
  model::StartOrder order;
  order.attempt = attempt.ref;
  order.run_name = run_name(run.run);
  order.path = job.id;
  order.boot_id = attempt.boot_id;
  order.sequence = attempt.sequence;
  order.argv = render_argv(render, job);
  if (job.cwd) order.cwd = render.text(*job.cwd, "cwd");
  if (job.stdin_text) order.stdin_text = render.text(*job.stdin_text, "stdin");
  order.run_as = job.run_as;
  order.log_bytes_max = job.log_bytes_max;
  if (render.error()) return std::unexpected(*render.error());
  order.env = render.take_env();
  return order;
}

}  // namespace dandori::engine
