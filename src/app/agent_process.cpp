#include "app/agent_process.h"

#include <fmt/core.h>

#include <cstdio>

#include "agent/agent.h"
#include "app/allocator.h"
#include "app/data_folder.h"
#include "app/log_sink.h"
#include "app/scheduling.h"
#include "app/version.h"

namespace dandori::app {

int run_agent(const cli::AgentConfig& config) {
  log_to_stderr();
  keep_freed_memory();
  schedule_as_jobs();
  auto done = make_data_folder(config.data);
  if (done) {
    done = agent::run_agent({.data = config.data,
                             .name = config.name,
                             .version = std::string{kVersion},
                             .work = config.work,
                             .slots = config.slots,
                             .running_max = config.running_max});
  }
  if (done) return cli::kOk;
  fmt::print(stderr, "{} [{}]\n", done.error().message, done.error().code);
  if (!done.error().hint.empty()) fmt::print(stderr, "  {}\n", done.error().hint);
  return done.error().code == "keeper.locked" ? cli::kConflict : cli::kInternal;
}

}  // namespace dandori::app
