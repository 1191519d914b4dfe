#pragma once

#include <string>
#include <vector>

#include "cli/settings.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace dandori::cli {

/// A key of the configuration and the options that take its value.
struct Configurable {
  std::string key;
  std::string flag;  ///< `--listen`
  std::string help;
  std::vector<CLI::Option*> options;
  bool by_hand = false;  ///< where the server is: weighed by find_server(), not by the option
};

/// Every option of all commands, of `server`, `dev` and `agent` that is a lasting choice. The key
/// is the option's long name with `_` for `-`, but `format` for `--output` (a job has
/// DANDORI_OUTPUT) and `agent_name` for the agent's `--name`.
std::vector<Configurable> configurables(CLI::App& app);

/// Gives the options the values of environment and files, before the command line is read.
/// Problems (also config.bad_value, config.unknown_key) are added to the settings.
void configure(CLI::App& app, Settings& settings);

/// Every key with its value in force, after the command line was read.
std::vector<Setting> effective(CLI::App& app, const Settings& settings);

}  // namespace dandori::cli
