#pragma once

#include <string>

#include "base/json.h"
#include "flow/layout.h"

namespace dandori::flow {

/// What the drawing is of, for programs.
struct GraphSource {
  std::string workflow;
  std::uint32_t revision = 0;  ///< 0: a file that is not applied
  std::string run = {};        ///< `daily_close#3`; empty: the definition
};

/// `{workflow, revision, run, width, height, nodes, edges, blocks}` as in schemas/openapi.yaml:
/// near and middle level draw the nodes, the far level draws the blocks, one for each layer.
Json to_json(const Graph& graph, const Layout& layout, const GraphSource& source);

/// The state that deserves attention first; nullopt: none has a state.
std::optional<model::JobState> worst_state(const Graph& graph, const Layer& layer);

}  // namespace dandori::flow
