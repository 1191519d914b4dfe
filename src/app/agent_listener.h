#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "base/time.h"
#include "keeper/fd.h"
#include "runtime/link_executor.h"
#include "runtime/runtime.h"

namespace dandori::app {

inline constexpr std::size_t kAgentConnectionsMax = 1024;

/// The server's listening side for agents: moves bytes between sockets and sessions.
///
/// Its own thread only waits (epoll, one shot) and tells the engine thread which socket is ready;
/// sockets are accepted, read, written and closed on the engine thread, never blocking. A
/// connection is not read while the runtime is congested, so a flood of reports waits in the
/// agent's own socket.
class AgentListener {
 public:
  AgentListener(runtime::Runtime& runtime, runtime::LinkExecutor& links)
      : runtime_{runtime}, links_{links} {}
  ~AgentListener() { close(); }

  /// Listens on the unix socket `folder`/agent.sock (0600; only this user and root may connect) and
  /// starts the thread. A socket left by a dead server is replaced: the store's lease says who is
  /// alive. Errors: server.agent_socket.
  Result<void> open(const std::string& folder);

  /// Engine thread, after every step: writes what the sessions have to say, closes what has ended.
  void pump();
  /// Engine thread, or after it has ended: closes every connection and ends the thread.
  void close();

 private:
  struct Connection {
    keeper::Fd socket;
    std::string out;
    std::size_t out_at = 0;
    bool is_stalled = false;  ///< readable, but the runtime was congested
    bool waits_to_write = false;
  };

  void watch(std::stop_token stop);
  void on_ready(std::uint64_t id);
  void accept_all();
  void read_from(std::uint64_t id, Connection& connection);
  bool flush(std::uint64_t id, Connection& connection);
  void arm(std::uint64_t id, const Connection& connection);
  void drop(std::uint64_t id, Error why);

  runtime::Runtime& runtime_;
  runtime::LinkExecutor& links_;
  keeper::Fd listener_, epoll_, ended_;
  std::map<std::uint64_t, Connection> connections_;  ///< by session number
  std::jthread thread_;
};

}  // namespace dandori::app
