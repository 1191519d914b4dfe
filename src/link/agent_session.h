#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "link/channel.h"
#include "model/agent.h"
#include "model/log_find.h"

namespace dandori::link {

using Report = std::variant<model::AttemptStarted, model::AttemptEnded, model::AttemptNeverStarted,
                            model::AttemptLost>;
const model::AttemptRef& attempt_of(const Report& report);

inline constexpr std::size_t kRefusalsKeptMax =
    4096;  ///< "never started" reports that wait for their ack
inline constexpr std::size_t kReportBytesWaitingMax = 1U << 20U;  ///< encoded ahead of the socket
inline constexpr Duration kLogWaitMax = 10s;  ///< then a follower is told that there is nothing new

/// The agent's half: one object for the agent's life, over any number of connections.
///
/// Reports are kept, newest per attempt, until the server acknowledges them, and are all sent again
/// in every new session. What is kept is bounded: ends by the keeper's slots, refusals by a number
/// (the oldest goes; a repeated order would be refused again). Pure, as ServerSession.
class AgentSession {
 public:
  struct Hooks {
    std::function<void(const model::StartOrder&)> start;
    std::function<void(const model::StopOrder&)> stop;
    std::function<void(const model::AckOrder&)> acknowledge;
    std::function<model::LogChunk(const model::LogRequest&)> read_log;
    std::function<model::LogFound(const model::LogFind&)> find_log;
  };

  explicit AgentSession(Hooks hooks) : hooks_{std::move(hooks)} {}

  /// A connection is made: says hello.
  void connect(const model::AgentHello& hello, Steady now);
  /// It has gone, or must go.
  void disconnect(Error why);

  void receive(std::string_view bytes, Steady now);
  void step(Steady now);
  Steady next_wake() const;

  /// A final report (ended, lost, never started) replaces a start, and nothing replaces it; only
  /// that an older order never started gives way to what a newer one led to.
  void report(Report report);
  /// The log has grown or has come to its end: those who wait for that are answered.
  void log_grew(const model::AttemptRef& attempt);
  /// What is to be written; call again once that is written (encodes about kReportBytesWaitingMax a
  /// time).
  std::string take_bytes();

  bool is_open() const { return channel_.is_open(); }
  bool is_welcomed() const { return is_open() && session_ != 0; }
  /// Of the current session; 0 before the welcome.
  std::uint64_t session() const { return session_; }
  /// Why the last connection ended (a refusal: the server's own code).
  const Error& closed_by() const { return channel_.closed_by(); }
  std::size_t reports_kept() const { return kept_.size(); }

 private:
  struct Kept {
    Report report;
    bool is_queued = false;
  };

  void take(std::string_view body);
  void obey(wire::ServerMessage& message);
  void welcome(const wire::Welcome& welcome);
  bool answer_log(const model::LogRequest& request, bool at_once);
  void forget_older(const model::StartOrder& order);
  void queue(const model::AttemptRef& attempt, Kept& kept);
  void drop_old_refusals(const model::AttemptRef& newest);

  struct Follower {
    model::LogRequest request;
    Steady answer_by;
  };
  template <class Is>
  std::vector<Follower> take_out(Is is);

  Hooks hooks_;
  Channel channel_;
  Steady now_{0};
  std::uint64_t session_ = 0;
  std::vector<Follower> followers_;  ///< wait for their log to grow; bounded by the server's half
  std::map<model::AttemptRef, Kept> kept_;
  std::deque<model::AttemptRef> unsent_;    ///< of kept_, in the order they happened
  std::deque<model::AttemptRef> refusals_;  ///< of kept_, oldest first; may name acknowledged ones
};

}  // namespace dandori::link
