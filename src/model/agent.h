#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "model/run.h"

namespace dandori::model {

/// Everything a host needs to start one attempt. Rendered: no expression is left in it.
///
/// Delivered at least once; `boot_id` and `sequence` make a second delivery harmless (45-keeper).
struct StartOrder {
  AttemptRef attempt;
  std::string run_name;           ///< `daily_close#3`, for logs
  std::string path;               ///< job path
  Uuid boot_id;                   ///< of the agent's host when it was assigned
  std::uint64_t sequence = 0;     ///< per agent, from 1, strictly growing
  std::vector<std::string> argv;  ///< at least one
  std::vector<std::pair<std::string, std::string>>
      env;  ///< beside the agent's own PATH HOME USER LANG
  std::optional<std::string> cwd;
  std::optional<std::string> stdin_text;
  std::string run_as;
  std::uint64_t log_bytes_max = 64U << 20U;
  bool operator==(const StartOrder&) const = default;
};

/// TERM to the attempt's process group, KILL after `grace`. Repeating it does nothing new;
/// a smaller grace shortens the wait.
struct StopOrder {
  AttemptRef attempt;
  Duration grace{0};
};

/// The server has the end of this attempt durably: its slot may be used again.
struct AckOrder {
  AttemptRef attempt;
};

/// What the agent knows of an attempt when it connects.
struct HeldAttempt {
  AttemptRef attempt;
  std::uint64_t sequence = 0;
  bool ended = false;  ///< its end will be reported (again)
};

/// First message of an agent.
struct AgentHello {
  std::uint32_t protocol = 1;
  std::string name;
  Uuid instance;  ///< of the agent's data folder, for good; nil: an agent that has none yet
  std::string version;
  std::string host;
  Uuid boot_id;
  std::uint64_t sequence_high = 0;  ///< highest order sequence in the slot file's header
  std::uint32_t slots = 0;          ///< attempts that may be assigned
  std::uint32_t running_max = 0;    ///< of them, running at once
  std::int64_t pid = 0;
  std::vector<HeldAttempt> held;
};

/// Reports of an agent; each is repeated until acknowledged (ended, lost, never started) or
/// harmless to lose (started).
struct AttemptStarted {
  AttemptRef attempt;
  std::int64_t pid = 0;
  Timestamp started_at;
};
struct AttemptEnded {
  AttemptRef attempt;
  ExitRecord exit;
  std::string output;      ///< bytes of the DANDORI_OUTPUT file, at most kOutputBytesMax + 1
  bool signalled = false;  ///< a stop had reached it before it ended
};
/// Definite: under this boot id and sequence nothing was started and nothing will be.
struct AttemptNeverStarted {
  AttemptRef attempt;
  Uuid boot_id;
  std::uint64_t sequence = 0;
  std::string reason;  ///< `busy`, `stale_sequence`, `other_boot`
};
/// Its runner is gone without an exit record (killed, or the host was restarted): nobody knows.
struct AttemptLost {
  AttemptRef attempt;
  std::string reason;          ///< `runner_gone`, `host_restarted`
  std::uint64_t sequence = 0;  ///< of the order it was started under
};

struct AgentConnected {
  AgentHello hello;
  std::uint64_t session = 0;  ///< grows with every connection; reports of older ones are ignored
};
struct AgentDisconnected {
  std::string name;
  std::uint64_t session = 0;
};

/// A piece of an attempt's log, asked for by byte offset of the job's own output.
struct LogRequest {
  std::uint64_t id = 0;  ///< pairs request and answer within a session
  AttemptRef attempt;
  std::uint64_t offset = 0;
  std::uint32_t bytes_max = 65536;
  bool wait = false;  ///< nothing there yet: answer when there is, or when the attempt ends
};
struct LogChunk {
  std::uint64_t id = 0;
  std::uint64_t offset = 0;
  std::string bytes;          ///< stdout and stderr in the order they were read
  bool complete = false;      ///< the attempt has ended and `offset + bytes` is the end
  std::uint64_t dropped = 0;  ///< bytes lost by limit or full disk so far
  std::string error;          ///< code when it cannot be read (`log.unknown_attempt`)
};

}  // namespace dandori::model
