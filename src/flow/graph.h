#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/workflow.h"

namespace dandori::flow {

/// One job of a drawing.
struct Node {
  std::string id;
  std::string title;
  std::string type;
  std::optional<model::JobState> state;  ///< of a run; nullopt: only the definition is drawn
};

/// `to` waits for `from`.
struct Edge {
  std::uint32_t from = 0, to = 0;            ///< indices in Graph::nodes
  std::uint32_t states = model::kSatisfied;  ///< bit set of states of `from` that let `to` start
  bool operator==(const Edge&) const = default;
};

/// What is drawn: a workflow, or one run of it. Edges must not form a circle.
struct Graph {
  std::string name;   ///< `daily_close`, `daily_close#3`
  std::string title;  ///< for people; may be empty
  std::vector<Node> nodes;
  std::vector<Edge> edges;
};

/// The jobs in order of writing, the edges by their target, then by their source.
Graph graph_of(const model::Workflow& workflow);

/// `failed, killed` when the edge waits for other states than usual, else empty.
std::string condition_of(const Edge& edge);

}  // namespace dandori::flow
