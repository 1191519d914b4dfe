#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "exec/executor.h"
#include "link/server_session.h"

namespace dandori::runtime {

/// The executor of jobs on agents: the sessions of those that are connected, by name. Engine thread
/// only.
///
/// An order for an agent that is not connected is dropped: the attempt's row is its outbox, and the
/// engine orders again when the agent says hello. A second session of one agent ends the first;
/// whether another agent may have the name is the engine's to say.
class LinkExecutor final : public exec::Executor {
 public:
  using Post = std::function<void(model::Event)>;
  using Admit = std::function<Result<void>(const model::AgentHello&)>;

  explicit LinkExecutor(Post post, Admit admit = {})
      : post_{std::move(post)}, admit_{std::move(admit)} {}

  // ---- For whoever moves the bytes: one session per connection.

  /// A connection was made; returns its session number (from 1, growing).
  std::uint64_t open(Steady now);
  void receive(std::uint64_t session, std::string_view bytes, Steady now);
  /// What is to be written; also of a session that is closed and not yet forgotten.
  std::string take_bytes(std::uint64_t session);
  /// False: write what is left, then cut the connection and forget the session.
  bool is_open(std::uint64_t session) const;
  /// Why it was closed.
  Error closed_by(std::uint64_t session) const;
  /// The connection is gone.
  void forget(std::uint64_t session, Error why);

  void step(Steady now);
  Steady next_wake() const;
  /// The memory behind the sessions was dropped: every agent must say hello again.
  void close_all(const Error& why);

  bool is_connected(const std::string& agent) const { return welcomed(agent) != nullptr; }
  /// Answers exactly once; `log.agent_gone` when the agent is not connected.
  void request_log(const std::string& agent, model::LogRequest request,
                   link::ServerSession::LogAnswer answer);

  void welcome(const std::string& agent, std::uint64_t session) override;
  void refuse(std::uint64_t session, const Error& why) override;
  void request_find(const std::string& agent, model::LogFind find,
                    link::ServerSession::FindAnswer answer);

  void start(const std::string& agent, const model::StartOrder& order) override;
  void stop(const std::string& agent, const model::StopOrder& order) override;
  void acknowledge(const std::string& agent, const model::AckOrder& order) override;

 private:
  Result<void> admit(const model::AgentHello& hello);
  void supersede(link::ServerSession& older);
  link::ServerSession* welcomed(const std::string& agent) const;

  Post post_;
  Admit admit_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<link::ServerSession>> sessions_;
  std::map<std::string, std::uint64_t> agents_;  ///< newest session that was welcomed
};

}  // namespace dandori::runtime
