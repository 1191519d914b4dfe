#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace dandori::cli {

/// Exit codes of the program (docs/cli.md).
enum ExitCode : int {
  kOk = 0,
  kInternal = 1,
  kUsage = 2,
  kNotFound = 3,
  kDenied = 4,
  kConflict = 5,
  kInvalid = 6,
  kUnreachable = 7,
  kRunFailed = 10,
  kRunWarning = 11,
  kRunKilled = 12,
  kStillRunning = 13,
};

/// Which requests the server writes to its log, a JSON line each.
enum class AccessLog : std::uint8_t { off, problems, all };

/// `dandori server` and `dandori dev`.
struct ServerConfig {
  std::string data;  ///< absolute folder
  std::string host = "127.0.0.1";
  std::uint16_t port = 7010;  ///< 0: any free one, printed and written to DATA/server.json
  std::string timezone;       ///< IANA name; empty: TZ or /etc/localtime, else UTC
  std::optional<Timestamp> test_clock;  ///< stands still; loopback only
  std::uint32_t slots = 0;              ///< of the local agent; 0: 16 × cores
  std::uint32_t running_max = 0;        ///< 0: 12 × cores
  std::string otlp_endpoint;            ///< of a collector of traces; empty: as OTEL_… say
  std::string log_level = "info";       ///< debug, info, warning or error
  Duration sync_delay{0};               ///< added to every sync of the store (measuring only)
  AccessLog access_log = AccessLog::problems;  ///< problems: answered with 400 or more
  bool dev = false;  ///< jobs' default folder is the current one; ends with its agent
};

/// `dandori agent`.
struct AgentConfig {
  std::string data;  ///< absolute folder; its agent part is DATA/agent
  std::string name = "local";
  std::string work;  ///< default cwd of jobs; empty: DATA/agent/work
  std::uint32_t slots = 0;
  std::uint32_t running_max = 0;
};

/// What only the composition root can do; each returns the exit code.
struct Hosts {
  std::function<int(const ServerConfig&)> server;
  std::function<int(const AgentConfig&)> agent;
  /// Puts a backup file in place of the store of DATA (no server may own it). Errors: store.*.
  std::function<Result<void>(const std::string& file, const std::string& data)> restore;
  /// Reads the whole store of DATA, which no server may own. False: there is none yet.
  /// Errors: store.corrupt, store.newer, store.failed.
  std::function<Result<bool>(const std::string& data)> check_store = {};
  std::string version;
};

/// Runs one command line. Data goes to stdout, messages to stderr.
int run(int argc, char** argv, const Hosts& hosts);

}  // namespace dandori::cli
