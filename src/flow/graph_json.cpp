#include "flow/graph_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <map>

#include "flow/card.h"

namespace dandori::flow {

namespace {

using model::JobState;

/// From what needs a person most to what needs nobody.
constexpr JobState kByUrgency[] = {JobState::failed,     JobState::unknown,   JobState::killed,
                                   JobState::not_run,    JobState::warning,   JobState::held,
                                   JobState::disabled,   JobState::stopping,  JobState::retry_wait,
                                   JobState::running,    JobState::starting,  JobState::wait_pool,
                                   JobState::wait_event, JobState::wait_time, JobState::wait_pred,
                                   JobState::skipped,    JobState::bypassed,  JobState::succeeded};

Json::Object box_members(const Box& box) {
  return {{"x", box.x}, {"y", box.y}, {"width", box.width}, {"height", box.height}};
}

Json node_json(const Graph& graph, const Layout& layout, std::size_t index) {
  const Node& node = graph.nodes[index];
  Json::Object out{{"job", node.id},
                   {"title", node.title},
                   {"type", node.type},
                   {"layer", layout.layer_of[index]},
                   {"block", layout.layer_of[index]}};
  for (auto& member : box_members(layout.nodes[index])) out.push_back(std::move(member));
  if (node.state) out.emplace_back("state", to_string(*node.state));
  return Json::object(std::move(out));
}

Json edge_json(const Graph& graph, const Edge& edge, const std::vector<Point>& route) {
  Json::Object out{{"from", graph.nodes[edge.from].id}, {"to", graph.nodes[edge.to].id}};
  if (edge.states != model::kSatisfied) {
    Json::Array states;
    for (std::uint32_t left = edge.states; left != 0; left &= left - 1) {
      states.emplace_back(to_string(static_cast<JobState>(std::countr_zero(left))));
    }
    out.emplace_back("states", Json::array(std::move(states)));
  }
  Json::Array points;
  for (const Point& point : route) points.push_back(Json::array({point.x, point.y}));
  out.emplace_back("points", Json::array(std::move(points)));
  return Json::object(std::move(out));
}

Json counts_json(const Graph& graph, const Layer& layer) {
  std::map<JobState, std::int64_t> counts;
  for (const std::uint32_t job : layer.jobs) {
    if (graph.nodes[job].state) ++counts[*graph.nodes[job].state];
  }
  Json::Object out;
  for (const auto& [state, count] : counts) out.emplace_back(to_string(state), count);
  return Json::object(std::move(out));
}

Json block_json(const Graph& graph, const Layer& layer) {
  std::string title;
  if (!layer.jobs.empty()) title = headline(graph.nodes[layer.jobs.front()]);
  if (layer.jobs.size() > 1) title += fmt::format(" +{}", layer.jobs.size() - 1);
  Json::Array jobs;
  for (const std::uint32_t job : layer.jobs) jobs.emplace_back(graph.nodes[job].id);
  Json::Object out{{"title", title}, {"kind", "layer"}, {"jobs", Json::array(std::move(jobs))}};
  for (auto& member : box_members(layer.box)) out.push_back(std::move(member));
  if (const auto worst = worst_state(graph, layer)) {
    out.emplace_back("counts", counts_json(graph, layer));
    out.emplace_back("worst", to_string(*worst));
  }
  return Json::object(std::move(out));
}

}  // namespace

std::optional<JobState> worst_state(const Graph& graph, const Layer& layer) {
  std::optional<JobState> worst;
  auto rank = std::end(kByUrgency);
  for (const std::uint32_t job : layer.jobs) {
    if (!graph.nodes[job].state) continue;
    const auto at = std::ranges::find(kByUrgency, *graph.nodes[job].state);
    if (worst && at >= rank) continue;
    worst = *graph.nodes[job].state;
    rank = at;
  }
  return worst;
}

Json to_json(const Graph& graph, const Layout& layout, const GraphSource& source) {
  Json::Array nodes;
  Json::Array edges;
  Json::Array blocks;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) nodes.push_back(node_json(graph, layout, i));
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    edges.push_back(edge_json(graph, graph.edges[i], layout.routes[i]));
  }
  for (const Layer& layer : layout.layers) blocks.push_back(block_json(graph, layer));
  Json::Object out{{"workflow", source.workflow}, {"revision", source.revision}};
  if (!source.run.empty()) out.emplace_back("run", source.run);
  out.emplace_back("width", layout.width);
  out.emplace_back("height", layout.height);
  out.emplace_back("nodes", Json::array(std::move(nodes)));
  out.emplace_back("edges", Json::array(std::move(edges)));
  out.emplace_back("blocks", Json::array(std::move(blocks)));
  return Json::object(std::move(out));
}

}  // namespace dandori::flow
