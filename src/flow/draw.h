#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "flow/layout.h"

namespace dandori::flow {

/// The word that people read for a state; the default is its name in API and YAML.
using StateWord = std::function<std::string(model::JobState)>;
std::string plain_state(model::JobState state);

/// A drawing that needs nothing else: no script, no font, no outside reference. The state of a job
/// has a colour, a shape, and words. layout: of this graph.
std::string write_svg(const Graph& graph, const Layout& layout,
                      const StateWord& word = plain_state);

/// The language of Graphviz.
std::string write_dot(const Graph& graph);

/// One line a job, layer by layer, with what it waits for.
std::string write_text(const Graph& graph, const Layout& layout,
                       const StateWord& word = plain_state);

}  // namespace dandori::flow
