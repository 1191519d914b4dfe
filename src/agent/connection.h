#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "keeper/fd.h"
#include "link/agent_session.h"

namespace dandori::agent {

/// The socket under an agent's session: connects again and again, moves bytes, never blocks.
class Connection {
 public:
  /// folder: the server listens on its `agent.sock`.
  Connection(std::string folder, link::AgentSession& session)
      : folder_{std::move(folder)}, session_{session} {}

  /// For poll(): -1 while not connected.
  int fd() const { return socket_.get(); }
  bool wants_to_write() const { return out_at_ < out_.size(); }
  Steady next_wake() const;

  /// Tries to connect when that is due. True: connected now, and hello is to be said.
  bool connect_if_due(Steady now);
  /// Takes in what has arrived.
  void receive(Steady now);
  /// Writes what the session has to say, as far as the socket takes it.
  void flush(Steady now);
  /// Cuts the connection when the session is closed.
  void settle(Steady now);

 private:
  void lose(Error why, Steady now);

  const std::string folder_;
  link::AgentSession& session_;
  keeper::Fd socket_;
  std::string out_;
  std::size_t out_at_ = 0;
  Steady retry_at_{0};
  Duration retry_wait_{0};
};

}  // namespace dandori::agent
