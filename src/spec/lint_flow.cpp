#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string>

#include "calendar/schedule.h"
#include "expr/expr.h"
#include "spec/lint_rules.h"

namespace dandori::spec {

namespace {

constexpr std::size_t kNamesMax = 8;  // workflows named in a hint
constexpr Duration kWatched = std::chrono::hours{24 * 8};
constexpr std::size_t kMinutesMax = 8 * 24 * 60;

void note_params(std::set<std::string>& used, const model::Template& text) {
  if (!text.has_expression) return;
  const auto pieces = expr::parse_template(text.text);
  if (!pieces) return;
  for (const expr::PathRef& path : expr::references(*pieces)) {
    if (path.root == expr::Root::params) used.insert(path.name);
  }
}

std::set<std::string> used_params(const model::Workflow& workflow) {
  std::set<std::string> used;
  for (const auto& [name, value] : workflow.env) note_params(used, value);
  for (const model::Job& job : workflow.jobs) {
    for (const model::Template& part : job.command) note_params(used, part);
    for (const model::Template& argument : job.args) note_params(used, argument);
    for (const auto& [name, value] : job.env) note_params(used, value);
    if (job.cwd) note_params(used, *job.cwd);
    if (job.stdin_text) note_params(used, *job.stdin_text);
  }
  return used;
}

struct Start {
  std::int64_t minute = 0;
  std::size_t workflow = 0;
  std::size_t trigger = 0;
  auto operator<=>(const Start&) const = default;
};

std::vector<Start> starts_of(const std::vector<LintedWorkflow>& all, const LintSettings& settings,
                             const calendar::Calendars& calendars) {
  std::vector<Start> starts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& triggers = all[i].workflow->triggers;
    for (std::size_t t = 0; t < triggers.size(); ++t) {
      for (const auto& start : calendar::expand(
               triggers[t], {settings.zone, settings.timezone, &calendars}, all[i].workflow->name,
               settings.from, settings.from + kWatched, kMinutesMax)) {
        if (start.is_start()) starts.push_back({start.fire.at.us / 60'000'000, i, t});
      }
    }
  }
  std::ranges::sort(starts);
  return starts;
}

}  // namespace

void check_structure(Findings& findings, const LintedWorkflow& of) {
  const model::Workflow& workflow = *of.workflow;
  const std::set<std::string> used = used_params(workflow);
  for (const model::Param& param : workflow.params) {
    if (used.contains(param.name)) continue;
    findings.add(
        of, "unused_param", place_of(*of.root, {"params", param.name}),
        fmt::format("nothing reads the parameter '{}'", param.name),
        fmt::format("hand it on, such as `env: {{NAME: \"${{{{ params.{} }}}}\"}}`, or remove it",
                    param.name));
  }
  const auto is_alone = [](const model::Job& job) {
    return job.depends_on.empty() && job.successors.empty();
  };
  const auto alone = static_cast<std::size_t>(std::ranges::count_if(workflow.jobs, is_alone));
  if (alone == workflow.jobs.size()) return;  // a plain list of jobs is meant so
  for (const model::Job& job : workflow.jobs) {
    if (!is_alone(job)) continue;
    findings.add(of, "unconnected_job", place_of(*of.root, {"jobs", job.id}),
                 fmt::format("the job '{}' waits for nothing, and nothing waits for it", job.id),
                 "add depends_on, or move it into a workflow of its own");
  }
}

void check_crowding(Findings& findings, const std::vector<LintedWorkflow>& all,
                    const LintSettings& settings, const calendar::Calendars& calendars) {
  const std::vector<Start> starts = starts_of(all, settings, calendars);
  std::size_t worst = 0;
  std::size_t worst_count = 0;
  for (std::size_t begin = 0; begin < starts.size();) {
    std::size_t end = begin;
    while (end < starts.size() && starts[end].minute == starts[begin].minute) ++end;
    if (end - begin > worst_count) {
      worst = begin;
      worst_count = end - begin;
    }
    begin = end;
  }
  for (std::size_t i = 0; i < worst_count; ++i) {
    const LintedWorkflow& of = all[starts[worst + i].workflow];
    const std::int64_t limit = findings.limit("crowded_minute", of.workflow->folder);
    if (static_cast<std::int64_t>(i) < limit) continue;
    std::string names;
    for (std::size_t n = 0; n < std::min(worst_count, kNamesMax); ++n) {
      names += (n == 0 ? "" : ", ") + all[starts[worst + n].workflow].workflow->name;
    }
    if (worst_count > kNamesMax) names += ", …";
    const std::string& trigger = of.workflow->triggers[starts[worst + i].trigger].id;
    findings.add(of, "crowded_minute", place_of(*of.root, {"triggers", trigger}),
                 fmt::format("{} starts share one minute ({}); {} are the limit", worst_count,
                             format_rfc3339(Timestamp{starts[worst].minute * 60'000'000}), limit),
                 fmt::format("move some of them: {}", names));
    return;
  }
}

}  // namespace dandori::spec
