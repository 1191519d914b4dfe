#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/time.h"
#include "link/channel.h"
#include "model/agent.h"
#include "model/event.h"
#include "model/log_find.h"

namespace dandori::link {

inline constexpr std::size_t kLogRequestsMax = 1024;  ///< open at once in one session
inline constexpr Duration kLogAnswerMax = 30s;        ///< then the request is given up
inline constexpr std::size_t kOrderBytesWaitingMax =
    64U << 20U;  ///< then the agent does not read: closed

/// The server's half of one connection of one agent: hello, the engine's word on it, then orders
/// out and reports in.
///
/// Pure: bytes come in with receive() and go out with take_bytes(); time is what the caller says.
/// A session never comes back: a new connection is a new session with a greater number.
class ServerSession {
 public:
  using LogAnswer = std::function<void(model::LogChunk)>;
  using FindAnswer = std::function<void(model::LogFound)>;
  struct Hooks {
    /// May this agent join? Called once, with a hello of the right protocol and a sound name.
    std::function<Result<void>(const model::AgentHello&)> admit;
    /// AgentConnected at the hello, reports after welcome(), AgentDisconnected (only after
    /// AgentConnected).
    std::function<void(model::Event)> event;
  };

  ServerSession(std::uint64_t session, Hooks hooks, Steady now);

  void receive(std::string_view bytes, Steady now);
  /// Heartbeats, silence, log requests that nobody answered.
  void step(Steady now);
  Steady next_wake() const;
  /// The connection has gone or must go: open log requests are answered `log.agent_gone`.
  void close(Error why);

  /// The answer to AgentConnected.
  void welcome();
  void refuse(Error why);

  /// Orders of an agent that is not welcomed are dropped: it is told again when it connects.
  /// An order that no frame can hold is answered by AttemptNeverStarted (`order_too_big`).
  void start(const model::StartOrder& order);
  void stop(const model::StopOrder& order);
  void acknowledge(const model::AckOrder& order);
  /// Answers exactly once, also when the agent never does. request.id is given here.
  void request_log(model::LogRequest request, LogAnswer answer);
  void request_find(model::LogFind find, FindAnswer answer);

  /// What is to be written; also after close() (a refusal).
  std::string take_bytes() { return channel_.take_bytes(); }
  bool is_open() const { return channel_.is_open(); }
  bool is_welcomed() const { return welcomed_ && is_open(); }
  const Error& closed_by() const { return channel_.closed_by(); }
  std::uint64_t number() const { return session_; }
  /// Empty before the hello.
  const std::string& agent() const { return agent_; }
  Uuid instance() const { return instance_; }

 private:
  struct OpenLog {
    std::variant<LogAnswer, FindAnswer> answer;
    std::uint64_t offset = 0;
    Steady give_up_at;
  };

  void take(std::string_view body);
  void greet(model::AgentHello hello);
  template <class Answer>
  void answer_log(Answer answer);
  static void fail_log(std::uint64_t id, const OpenLog& open, std::string_view code);
  bool open_log(std::uint64_t id, OpenLog open);
  void put(const wire::ServerMessage& message);
  void end_if_closed();

  const std::uint64_t session_;
  Hooks hooks_;
  Channel channel_;
  Steady now_;
  std::string agent_;
  Uuid instance_;
  bool greeted_ = false;  ///< it has said hello
  bool welcomed_ = false;
  bool ended_ = false;
  std::uint64_t last_log_ = 0;
  std::map<std::uint64_t, OpenLog> logs_;
};

}  // namespace dandori::link
