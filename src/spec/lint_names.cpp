#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"
#include "spec/lint_rules.h"

namespace dandori::spec {

namespace {

constexpr auto kGeneric = std::to_array<std::string_view>(
    {"job",   "jobs",    "task", "step", "dag",     "flow",   "workflow", "wf",
     "batch", "jobnet",  "net",  "proc", "process", "script", "shell",    "sh",
     "cmd",   "command", "run",  "node", "test",    "exec"});
constexpr auto kEnvironments =
    std::to_array<std::string_view>({"dev", "develop", "development", "stg", "stage", "staging",
                                     "prod", "prd", "production", "uat", "qa", "sit"});
constexpr auto kVersions = std::to_array<std::string_view>({"v", "ver", "version", "rev"});
constexpr std::size_t kShownMax = 3;

template <class List>
bool holds(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

/// The name without the digits at its end and the `_` before them.
std::string_view stem_of(std::string_view name) {
  while (!name.empty() && is_digit(name.back())) name.remove_suffix(1);
  while (!name.empty() && name.back() == '_') name.remove_suffix(1);
  return name;
}

bool is_serial(std::string_view name) {
  const std::string_view stem = stem_of(name);
  if (stem.size() == name.size()) return false;
  return stem.size() <= 1 || holds(kGeneric, stem);
}

/// `v2`, `ver3`: letters of a version with digits behind them.
bool is_version(std::string_view part) {
  const std::string_view stem = stem_of(part);
  return stem.size() < part.size() && holds(kVersions, stem);
}

/// The first part of the name that says where or which, or empty.
template <class Test>
std::string_view find_part(std::string_view name, Test test) {
  const std::vector<std::string_view> parts = split(name, '_');
  if (parts.size() < 2) return {};
  for (const std::string_view part : {parts.front(), parts.back()}) {
    if (test(part)) return part;
  }
  return {};
}

void check_parts(Findings& findings, const LintedWorkflow& of, std::string_view what,
                 std::string_view name, Place place) {
  const std::string_view environment =
      find_part(name, [](std::string_view part) { return holds(kEnvironments, part); });
  if (!environment.empty()) {
    findings.add(
        of, "environment_in_name", place,
        fmt::format("the name of the {} '{}' says where it runs: '{}'", what, name, environment),
        "name the purpose; what differs between environments belongs into variables");
  }
  const std::string_view version = find_part(name, is_version);
  if (!version.empty()) {
    findings.add(of, "version_in_name", place,
                 fmt::format("the name of the {} '{}' says a version: '{}'", what, name, version),
                 "drop it: revisions are kept and can be rolled back");
  }
}

/// Jobs that are only numbered, told once for each word.
void check_serial_jobs(Findings& findings, const LintedWorkflow& of) {
  std::map<std::string_view, std::vector<std::string_view>> numbered;
  for (const model::Job& job : of.workflow->jobs) {
    if (is_serial(job.id)) numbered[stem_of(job.id)].push_back(job.id);
  }
  for (const auto& [stem, ids] : numbered) {
    std::string names;
    for (std::size_t i = 0; i < std::min(ids.size(), kShownMax); ++i) {
      names += fmt::format("{}'{}'", i == 0 ? "" : ", ", ids[i]);
    }
    if (ids.size() > kShownMax) names += fmt::format(", … ({} in all)", ids.size());
    findings.add(of, "serial_name", place_of(*of.root, {"jobs", ids.front()}),
                 fmt::format("jobs are named by a number, not by what they do: {}", names),
                 "name the purpose, such as load_orders: it stands in every alarm at night");
  }
}

}  // namespace

void check_names(Findings& findings, const LintedWorkflow& of) {
  const std::string& name = of.workflow->name;
  const Node* node = of.root->find("name");
  const Place place = node == nullptr ? of.root->place : node->place;
  if (is_serial(name)) {
    findings.add(of, "serial_name", place,
                 fmt::format("the workflow '{}' is named by a number, not by what it does", name),
                 "name the purpose, such as daily_close");
  }
  check_parts(findings, of, "workflow", name, place);
  check_serial_jobs(findings, of);
  for (const model::Job& job : of.workflow->jobs) {
    check_parts(findings, of, "job", job.id, place_of(*of.root, {"jobs", job.id}));
  }
}

}  // namespace dandori::spec
