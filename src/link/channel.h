#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "wire/agent_protocol.h"

namespace dandori::link {

inline constexpr Duration kHeartbeatEvery = 5s;  ///< while nothing else is said
inline constexpr Duration kSilenceMax = 15s;     ///< after it the other side counts as gone

/// What both halves of a session share: frames in, bytes out, and the two timers. Pure: time comes
/// in with `receive` and `step`; what is sent between them counts as sent then.
class Channel {
 public:
  /// A new connection: what was left of an older one is forgotten.
  void open(Steady now);
  /// Nothing is taken in any more; `why` is the reason people see. What was put before is still
  /// taken.
  void close(Error why);
  bool is_open() const { return is_open_; }
  /// Why it was closed; code empty while open or when never opened.
  const Error& closed_by() const { return closed_by_; }

  void put(std::string_view frame);
  std::string take_bytes() { return std::exchange(out_, {}); }
  std::size_t bytes_waiting() const { return out_.size(); }

  void heard(std::string_view bytes, Steady now);
  /// The next whole message body; closes the channel when the stream is broken.
  std::optional<std::string_view> next_body();

  /// Closes after a silence. True: it is time for a heartbeat.
  bool step(Steady now);
  /// When step() has something to do; INT64_MAX when closed. greeted: heartbeats are sent from then
  /// on.
  Steady next_wake(bool greeted) const;

 private:
  wire::FrameReader reader_;
  std::string out_;
  bool is_open_ = false;
  Error closed_by_;
  Steady now_;
  Steady heard_at_;
  Steady said_at_;
};

}  // namespace dandori::link
