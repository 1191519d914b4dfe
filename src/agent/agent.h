#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace dandori::agent {

struct Config {
  std::string data;  ///< absolute folder; the agent's part is DATA/agent
  std::string name = "local";
  std::string version;            ///< of the program
  std::string work;               ///< default folder of jobs; empty: DATA/agent/work
  std::uint32_t slots = 0;        ///< 0: 16 × cores
  std::uint32_t running_max = 0;  ///< 0: 12 × cores
};

/// The agent of one host and data folder: keeps jobs, and keeps a session with the server that
/// listens on DATA/agent.sock, whichever it is and whenever it comes.
///
/// Returns when SIGTERM or SIGINT arrives (the caller must not have handlers for them), and when
/// the data folder has been removed and nothing runs any more. Jobs that run are left alone, then
/// and at any other death; the next agent on this folder takes them over. Errors: keeper.locked
/// (another agent has the folder), keeper.*, agent.io.
Result<void> run_agent(const Config& config);

}  // namespace dandori::agent
