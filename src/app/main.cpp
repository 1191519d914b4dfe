#include "app/agent_process.h"
#include "app/restore.h"
#include "app/server.h"
#include "app/version.h"
#include "cli/cli.h"

int main(int argc, char** argv) {
  using namespace dandori;
  return cli::run(argc, argv,
                  {.server = app::run_server,
                   .agent = app::run_agent,
                   .restore = app::restore_store,
                   .check_store = app::check_store,
                   .version = std::string{app::kVersion}});
}
