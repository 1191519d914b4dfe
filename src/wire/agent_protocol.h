#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "model/agent.h"
#include "model/log_find.h"

namespace dandori::wire {

/// The protocol between agent and server, version 1: frames of a 4-byte big-endian length and one
/// compact JSON object with `t` (the type). Unknown members are ignored, unknown types refused.
inline constexpr std::uint32_t kProtocol = 1;
inline constexpr std::size_t kFrameBytesMax = 8U << 20U;

/// The server accepts the agent.
struct Welcome {
  std::uint32_t protocol = kProtocol;
  std::uint64_t session = 0;
};
/// The server does not: wrong protocol, unknown name. The agent logs it and tries again later.
struct Refused {
  std::string code, message;
};
/// Either side, every 5 s while nothing else is sent; silence of 15 s ends the session.
struct Heartbeat {};

using AgentMessage = std::variant<model::AgentHello, model::AttemptStarted, model::AttemptEnded,
                                  model::AttemptNeverStarted, model::AttemptLost, model::LogChunk,
                                  model::LogFound, Heartbeat>;
using ServerMessage = std::variant<Welcome, Refused, model::StartOrder, model::StopOrder,
                                   model::AckOrder, model::LogRequest, model::LogFind, Heartbeat>;

/// One whole frame, length included.
std::string encode(const AgentMessage& message);
std::string encode(const ServerMessage& message);
/// `body`: a frame's JSON, without the length. Errors: protocol.bad_message.
Result<AgentMessage> decode_agent(std::string_view body);
Result<ServerMessage> decode_server(std::string_view body);

/// Cuts a byte stream into frame bodies. Errors: protocol.frame_too_big.
class FrameReader {
 public:
  void feed(std::string_view bytes);
  /// Next whole body, or nullopt; the view is valid until the next feed().
  Result<std::optional<std::string_view>> next();

 private:
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace dandori::wire
