#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/random.h"

namespace dandori::sim {

/// What a made-up workflow has; the text is built from it, so that a later revision can differ in
/// one thing.
struct WorkflowShape {
  std::string name;
  std::string text;  ///< without its name
  std::vector<std::string> jobs;
};

/// A workflow of random size and shape: chains, fans, diamonds and random graphs, with all that
/// jobs may say.
///
/// agents: names to choose from; the first is the server's own. with_triggers: false gives the same
/// jobs and rules without schedules.
WorkflowShape make_workflow(Random random, const std::string& name,
                            const std::vector<std::string>& agents, bool with_triggers,
                            std::uint32_t jobs_max);

}  // namespace dandori::sim
