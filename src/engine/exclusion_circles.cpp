#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "engine/apply.h"

namespace dandori::engine {

namespace {

using WorkflowNames = std::vector<std::string>;

/// Who excludes whom after the apply.
class Exclusions {
 public:
  Exclusions(const State& state, const model::ApplyDefinitions& request) : state_{state} {
    for (const auto& each : request.workflows)
      coming_.emplace(each.workflow->name, each.workflow.get());
  }

  WorkflowNames of(const std::string& name) const {
    const model::Workflow* workflow = find(name);
    WorkflowNames names;
    if (workflow == nullptr) return names;
    for (const model::Trigger& trigger : workflow->triggers) {
      names.insert(names.end(), trigger.exclude.workflows.begin(), trigger.exclude.workflows.end());
    }
    return names;
  }

 private:
  const model::Workflow* find(const std::string& name) const {
    if (const auto coming = coming_.find(name); coming != coming_.end()) return coming->second;
    const auto found = state_.workflows.find(name);
    return found == state_.workflows.end() ? nullptr : found->second.definition.get();
  }

  const State& state_;
  std::map<std::string, const model::Workflow*, std::less<>> coming_;
};

/// A workflow on the way, and whom it excludes.
struct Step {
  std::string name;
  WorkflowNames excluded;
  std::size_t next = 0;
};

/// Depth first from `start`; what is `done` leads to no circle. The names on the circle, the first
/// one again at its end; empty: none.
WorkflowNames find_circle(const Exclusions& exclusions, const std::string& start,
                          std::set<std::string, std::less<>>& done) {
  std::vector<Step> path;
  std::set<std::string, std::less<>> on_path;
  const auto enter = [&](const std::string& name) {
    path.push_back({name, exclusions.of(name)});
    on_path.insert(name);
  };
  if (!done.contains(start)) enter(start);
  while (!path.empty()) {
    Step& step = path.back();
    if (step.next == step.excluded.size()) {
      done.insert(step.name);
      on_path.erase(step.name);
      path.pop_back();
      continue;
    }
    const std::string name = step.excluded[step.next++];
    if (on_path.contains(name)) {
      WorkflowNames circle;
      for (auto at = std::ranges::find(path, name, &Step::name); at != path.end(); ++at)
        circle.push_back(at->name);
      circle.push_back(name);
      return circle;
    }
    if (!done.contains(name)) enter(name);
  }
  return {};
}

}  // namespace

Result<void> check_exclusions(const State& state, const model::ApplyDefinitions& request) {
  const Exclusions exclusions{state, request};
  std::set<std::string, std::less<>> done;
  for (const auto& each : request.workflows) {
    const WorkflowNames circle = find_circle(exclusions, each.workflow->name, done);
    if (circle.empty()) continue;
    return fail(
        "workflow.exclusion_circle",
        fmt::format("workflows exclude each other in a circle: {}", fmt::join(circle, " → ")),
        "take one of them out of `exclude.workflows`: which of them drops a date could "
        "not be told",
        "/triggers");
  }
  return {};
}

}  // namespace dandori::engine
