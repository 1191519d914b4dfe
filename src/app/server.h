#pragma once

#include "cli/cli.h"

namespace dandori::app {

/// `dandori server` and `dandori dev`: runs until SIGTERM or SIGINT. Prints `ready URL` on stdout
/// once commands are taken. Returns the exit code.
int run_server(const cli::ServerConfig& config);

}  // namespace dandori::app
