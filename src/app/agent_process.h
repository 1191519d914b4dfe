#pragma once

#include "cli/cli.h"

namespace dandori::app {

/// `dandori agent`: keeps the jobs of this host until SIGTERM. Returns the exit code.
int run_agent(const cli::AgentConfig& config);

}  // namespace dandori::app
