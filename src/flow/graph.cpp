#include "flow/graph.h"

#include <bit>

namespace dandori::flow {

Graph graph_of(const model::Workflow& workflow) {
  Graph graph{.name = workflow.name, .title = workflow.title, .nodes = {}, .edges = {}};
  graph.nodes.reserve(workflow.jobs.size());
  for (std::uint32_t index = 0; index < workflow.jobs.size(); ++index) {
    const model::Job& job = workflow.jobs[index];
    graph.nodes.push_back({job.id, job.title, std::string{to_string(job.type)}, std::nullopt});
    for (const model::Dependency& dependency : job.depends_on) {
      graph.edges.push_back({dependency.job, index, dependency.states});
    }
  }
  return graph;
}

std::string condition_of(const Edge& edge) {
  if (edge.states == model::kSatisfied) return {};
  std::string words;
  for (std::uint32_t left = edge.states; left != 0; left &= left - 1) {
    if (!words.empty()) words += ", ";
    words += to_string(static_cast<model::JobState>(std::countr_zero(left)));
  }
  return words;
}

}  // namespace dandori::flow
