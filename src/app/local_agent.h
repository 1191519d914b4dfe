#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/time.h"

namespace dandori::app {

/// Sees to it that this machine's own agent runs: starts one, detached, when none answers.
///
/// The agent outlives the server: it gets its own session, and nothing of the server's descriptors
/// or signals. Two never run on one data folder: the agent's lock on DATA/agent/lock decides, and
/// while somebody holds it nobody is started. Engine thread only.
class LocalAgent {
 public:
  struct Config {
    std::string data;  ///< absolute
    std::string name = "local";
    std::string work;  ///< default folder of jobs; empty: the agent's own
    std::uint32_t slots = 0;
    std::uint32_t running_max = 0;
    bool ends_with_server = false;  ///< `dandori dev`
  };

  explicit LocalAgent(Config config) : config_{std::move(config)} {}

  /// connected: a session of this agent is open.
  void step(bool connected, Steady now);
  Steady next_wake() const { return next_at_; }
  /// With ends_with_server: asks the agent to end (its jobs go on until they end by themselves).
  void stop();

 private:
  void spawn();
  void reap();
  bool is_held() const;

  const Config config_;
  pid_t child_ = 0;  ///< ours to reap; 0: none, or started by an earlier server
  Steady next_at_{0};
  Duration wait_{0};
};

}  // namespace dandori::app
