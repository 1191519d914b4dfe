#include <fmt/core.h>

#include <bit>
#include <utility>

#include "base/json.h"
#include "spec/reader.h"
#include "spec/schedule_days.h"
#include "spec/schedule_json.h"
#include "spec/spec.h"
#include "spec/workflow_reader.h"

namespace dandori::spec {

namespace {

constexpr std::size_t kCanonicalBytesMax = 256U << 20U;  // defaults written out to every job

using model::JobState;

Json labels_json(const std::map<std::string, std::string>& labels) {
  Json out = Json::object();
  for (const auto& [key, value] : labels) out.set(key, value);
  return out;
}

Json env_json(const Env& env) {
  Json::Object members;
  for (const auto& [name, value] : env) members.emplace_back(name, Json{value.text});
  return Json::object(std::move(members));
}

Json texts_json(const std::vector<model::Template>& texts) {
  Json::Array items;
  for (const model::Template& text : texts) items.emplace_back(text.text);
  return Json::array(std::move(items));
}

Json ranges_json(const std::vector<model::ExitRange>& ranges) {
  Json::Array items;
  for (const model::ExitRange& range : ranges) {
    if (range.first == range.last) {
      items.emplace_back(range.first);
    } else {
      items.emplace_back(fmt::format("{}-{}", range.first, range.last));
    }
  }
  return Json::array(std::move(items));
}

Json retry_json(const model::RetryRule& rule) {
  const model::RetryRule plain;
  Json out = Json::object({{"max", rule.tries_max}});
  if (rule.interval != plain.interval) out.set("interval", span(rule.interval));
  if (rule.backoff != plain.backoff) out.set("backoff", Json{rule.backoff});
  if (rule.interval_max != plain.interval_max) out.set("max_interval", span(rule.interval_max));
  if (rule.jitter != plain.jitter) out.set("jitter", to_string(rule.jitter));
  Json::Array on;
  for (const model::FailureKind kind : rule.on_kinds) on.emplace_back(to_string(kind));
  for (const std::int32_t code : rule.on_exits) on.emplace_back(fmt::format("exit:{}", code));
  if (!on.empty()) out.set("on", Json::array(std::move(on)));
  return out;
}

Json dependency_json(const model::Workflow& workflow, const model::Dependency& dependency) {
  const std::string& id = workflow.jobs[dependency.job].id;
  if (dependency.states == model::kSatisfied) return Json{id};
  Json::Array states;
  for (std::uint32_t left = dependency.states; left != 0; left &= left - 1) {
    states.emplace_back(to_string(static_cast<JobState>(std::countr_zero(left))));
  }
  return Json::object({{"job", id}, {"state", Json::array(std::move(states))}});
}

void write_order(Json& out, const model::Workflow& workflow, const model::Job& job) {
  if (!job.depends_on.empty()) {
    Json::Array items;
    for (const auto& dependency : job.depends_on)
      items.push_back(dependency_json(workflow, dependency));
    out.set("depends_on", Json::array(std::move(items)));
  }
  switch (job.join) {
    case model::Join::all:
      break;
    case model::Join::any:
      out.set("join", "any");
      break;
    case model::Join::at_least:
      out.set("join", Json::object({{"at_least", job.join_count}}));
      break;
  }
}

Json business_date_json(const model::Job& job) {
  Json out = Json::object({{"name", job.business_date}});
  if (job.date_unit != model::DateUnit::open_day) out.set("unit", to_string(job.date_unit));
  return out;
}

void write_command(Json& out, const model::Job& job) {
  if (job.type != model::JobType::shell) {
    out.set("type", to_string(job.type));
    if (job.type == model::JobType::business_date) out.set("with", business_date_json(job));
    return;
  }
  out.set("run", job.shell ? Json{job.command.at(0).text} : texts_json(job.command));
  if (!job.args.empty()) out.set("args", texts_json(job.args));
  if (!job.env.empty()) out.set("env", env_json(job.env));
  if (job.cwd) out.set("cwd", job.cwd->text);
  if (job.stdin_text) out.set("stdin", job.stdin_text->text);
  set_text(out, "run_as", job.run_as);
  set_text(out, "agent", job.agent);
}

void write_limits(Json& out, const model::Job& job) {
  const model::Job plain;
  if (job.runs_on) out.set("runs_on", runs_on_json(*job.runs_on));
  if (job.timeout) out.set("timeout", span(*job.timeout));
  if (job.grace != plain.grace) out.set("grace", span(job.grace));
  if (job.start_within) out.set("start_within", span(*job.start_within));
  if (!job.retry.empty()) {
    Json::Array rules;
    for (const model::RetryRule& rule : job.retry) rules.push_back(retry_json(rule));
    out.set("retry", Json::array(std::move(rules)));
  }
  Json codes = Json::object();
  if (!job.exit_warning.empty()) codes.set("warning", ranges_json(job.exit_warning));
  if (!job.exit_success.empty()) codes.set("success", ranges_json(job.exit_success));
  if (codes.size() > 0) out.set("exit_codes", std::move(codes));
  if (!job.enabled) out.set("enabled", false);
  if (!job.idempotent) out.set("idempotent", false);
  if (job.on_lost != plain.on_lost) out.set("on_lost", to_string(job.on_lost));
  if (job.lost_limit != plain.lost_limit) out.set("lost_limit", job.lost_limit);
  if (job.priority != plain.priority) out.set("priority", job.priority);
  if (job.log_bytes_max != plain.log_bytes_max) out.set("log_limit", Json{job.log_bytes_max});
}

Json job_json(const model::Workflow& workflow, const model::Job& job) {
  Json out = Json::object();
  set_text(out, "title", job.title);
  write_command(out, job);
  write_order(out, workflow, job);
  write_limits(out, job);
  return out;
}

Json param_json(const model::Param& param) {
  Json out = Json::object();
  set_text(out, "title", param.title);
  out.set("type", to_string(param.type));
  if (!param.choices.empty()) out.set("enum", Json::array(param.choices));
  if (!param.required) out.set("default", param.default_value);
  return out;
}

Json overlap_json(const model::OverlapRule& rule) {
  Json out = Json::object({{"policy", to_string(rule.policy)},
                           {"max_queue", Json{static_cast<std::int64_t>(rule.queue_max)}}});
  if (rule.policy == model::Overlap::parallel) out.set("max", rule.parallel_max);
  return out;
}

void write_start_rules(Json& out, const model::Workflow& workflow) {
  if (!workflow.params.empty()) {
    Json params = Json::object();
    for (const model::Param& param : workflow.params) params.set(param.name, param_json(param));
    out.set("params", std::move(params));
  }
  if (!workflow.env.empty()) out.set("env", env_json(workflow.env));
  if (!workflow.triggers.empty()) {
    Json triggers = Json::object();
    for (const model::Trigger& trigger : workflow.triggers)
      triggers.set(trigger.id, trigger_json(trigger));
    out.set("triggers", std::move(triggers));
  }
  out.set("overlap", overlap_json(workflow.overlap));
  if (workflow.on_previous_failure != model::OnPreviousFailure::run) {
    out.set("on_previous_failure", to_string(workflow.on_previous_failure));
  }
  if (!workflow.manual) out.set("manual", false);
  if (workflow.on_mismatch != model::OnMismatch::hold) {
    out.set("business_date", Json::object({{"name", workflow.business_date},
                                           {"on_mismatch", to_string(workflow.on_mismatch)}}));
  } else {
    set_text(out, "business_date", workflow.business_date);
  }
}

}  // namespace

std::string write_canonical(const model::Workflow& workflow) {
  Json out = Json::object({{"name", workflow.name}});
  set_text(out, "title", workflow.title);
  set_text(out, "folder", workflow.folder);
  set_text(out, "owner", workflow.owner);
  set_text(out, "runbook", workflow.runbook);
  if (!workflow.labels.empty()) out.set("labels", labels_json(workflow.labels));
  set_text(out, "renamed_from", workflow.renamed_from);
  write_start_rules(out, workflow);
  Json::Object jobs;
  jobs.reserve(workflow.jobs.size());
  for (const model::Job& job : workflow.jobs) jobs.emplace_back(job.id, job_json(workflow, job));
  out.set("jobs", Json::object(std::move(jobs)));
  return write_json(out);
}

Result<model::WorkflowPtr> compile_canonical(std::string_view canonical_json) {
  const auto broken = [](std::string_view why) {
    return fail("spec.canonical", fmt::format("a stored revision cannot be read: {}", why),
                "it was stored by a newer version, or the database was changed by hand");
  };
  const Result<Json> json = parse_json(canonical_json, {.bytes_max = kCanonicalBytesMax});
  if (!json) return broken(json.error().message);
  Problems problems{"revision", ""};
  Context context{.problems = problems, .stored = true};
  Place name_place;
  const std::shared_ptr<model::Workflow> workflow =
      read_workflow(context, to_node(*json), name_place);
  if (workflow == nullptr) return broken(problems.take().at(0).message);
  return workflow;
}

}  // namespace dandori::spec
