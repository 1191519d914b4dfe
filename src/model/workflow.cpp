#include "model/workflow.h"

#include <algorithm>
#include <numeric>

namespace dandori::model {
namespace {

/// Naming one predecessor twice asks for a state that both entries accept.
void add_edge(Job& predecessor, std::uint32_t successor, std::uint32_t states) {
  if (!predecessor.successors.empty() && predecessor.successors.back() == successor) {
    predecessor.successor_states.back() &= states;
    return;
  }
  predecessor.successors.push_back(successor);
  predecessor.successor_states.push_back(states);
}

std::uint32_t count_distinct(std::vector<Dependency> dependencies) {
  std::sort(dependencies.begin(), dependencies.end(),
            [](const Dependency& a, const Dependency& b) { return a.job < b.job; });
  const auto last =
      std::unique(dependencies.begin(), dependencies.end(),
                  [](const Dependency& a, const Dependency& b) { return a.job == b.job; });
  return static_cast<std::uint32_t>(last - dependencies.begin());
}

}  // namespace

void finish_workflow(Workflow& workflow) {
  workflow.first_jobs.clear();
  workflow.job_index.clear();
  for (Job& job : workflow.jobs) {
    job.successors.clear();
    job.successor_states.clear();
  }
  for (std::uint32_t index = 0; index < workflow.jobs.size(); ++index) {
    Job& job = workflow.jobs[index];
    workflow.job_index.emplace(job.id, index);
    job.predecessors = count_distinct(job.depends_on);
    if (job.depends_on.empty()) workflow.first_jobs.push_back(index);
    for (const Dependency& dependency : job.depends_on) {
      add_edge(workflow.jobs[dependency.job], index, dependency.states);
    }
  }
}

std::optional<std::uint32_t> find_job(const Workflow& workflow, std::string_view id) {
  const auto found = workflow.job_index.find(id);
  if (found == workflow.job_index.end()) return std::nullopt;
  return found->second;
}

}  // namespace dandori::model
