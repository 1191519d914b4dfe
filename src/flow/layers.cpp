#include <algorithm>

#include "flow/parts.h"

namespace dandori::flow {

namespace {

constexpr std::size_t kLanesMax = 60'000;  // lane items of one drawing

/// For each node the furthest layer that an edge not longer than `span_max` leads to.
std::vector<std::uint32_t> reach(const Graph& graph, const std::vector<std::uint32_t>& layer_of,
                                 std::uint32_t span_max) {
  std::vector<std::uint32_t> furthest = layer_of;
  for (const Edge& edge : graph.edges) {
    const std::uint32_t to = layer_of[edge.to];
    if (to - layer_of[edge.from] <= span_max)
      furthest[edge.from] = std::max(furthest[edge.from], to);
  }
  return furthest;
}

std::size_t count_lanes(const std::vector<std::uint32_t>& furthest,
                        const std::vector<std::uint32_t>& layer_of) {
  std::size_t lanes = 0;
  for (std::size_t i = 0; i < layer_of.size(); ++i) {
    if (furthest[i] > layer_of[i]) lanes += furthest[i] - layer_of[i] - 1;
  }
  return lanes;
}

}  // namespace

std::vector<std::uint32_t> find_layers(const Graph& graph) {
  std::vector<std::vector<std::uint32_t>> after(graph.nodes.size());
  std::vector<std::uint32_t> open(graph.nodes.size(), 0);
  for (const Edge& edge : graph.edges) {
    after[edge.from].push_back(edge.to);
    ++open[edge.to];
  }
  std::vector<std::uint32_t> order;
  order.reserve(graph.nodes.size());
  for (std::uint32_t node = 0; node < open.size(); ++node) {
    if (open[node] == 0) order.push_back(node);
  }
  std::vector<std::uint32_t> layer_of(graph.nodes.size(), 0);
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const std::uint32_t next : after[order[i]]) {
      layer_of[next] = std::max(layer_of[next], layer_of[order[i]] + 1);
      if (--open[next] == 0) order.push_back(next);
    }
  }
  return layer_of;
}

Layered cut_into_layers(const Graph& graph, const std::vector<std::uint32_t>& layer_of) {
  std::uint32_t last = 0;
  for (const std::uint32_t layer : layer_of) last = std::max(last, layer);
  std::uint32_t span_max = std::max(last, 1U);
  std::vector<std::uint32_t> furthest = reach(graph, layer_of, span_max);
  while (span_max > 1 && count_lanes(furthest, layer_of) > kLanesMax) {
    span_max /= 2;
    furthest = reach(graph, layer_of, span_max);
  }

  Layered out;
  out.layers.resize(graph.nodes.empty() ? 0 : last + 1);
  out.items.resize(graph.nodes.size());
  std::vector<std::uint32_t> first_lane(graph.nodes.size(), kNone);
  const auto join = [&](std::uint32_t from, std::uint32_t to) {
    out.items[from].after.push_back(to);
    out.items[to].before.push_back(from);
  };
  for (std::uint32_t node = 0; node < graph.nodes.size(); ++node) {
    out.items[node].node = node;
    out.items[node].layer = layer_of[node];
    out.layers[layer_of[node]].push_back(node);
  }
  for (std::uint32_t node = 0; node < graph.nodes.size(); ++node) {
    std::uint32_t before = node;
    for (std::uint32_t layer = layer_of[node] + 1; layer < furthest[node]; ++layer) {
      const auto lane = static_cast<std::uint32_t>(out.items.size());
      out.items.push_back({.node = kNone, .layer = layer, .before = {}, .after = {}});
      out.layers[layer].push_back(lane);
      if (before == node) first_lane[node] = lane;
      join(before, lane);
      before = lane;
    }
  }
  out.lanes.resize(graph.edges.size());
  out.far.resize(graph.edges.size(), false);
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const Edge& edge = graph.edges[i];
    const std::uint32_t span = layer_of[edge.to] - layer_of[edge.from];
    out.far[i] = span > span_max;
    if (out.far[i]) continue;
    for (std::uint32_t step = 0; step + 1 < span; ++step) {
      out.lanes[i].push_back(first_lane[edge.from] + step);  // one node's lanes follow each other
    }
    join(out.lanes[i].empty() ? edge.from : out.lanes[i].back(), edge.to);
  }
  return out;
}

}  // namespace dandori::flow
