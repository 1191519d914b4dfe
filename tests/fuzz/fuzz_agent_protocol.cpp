#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "link/agent_session.h"
#include "link/server_session.h"
#include "wire/agent_protocol.h"

namespace {

using namespace dandori;

/// What one side takes, it writes again in the same bytes each time.
template <class Decode>
void check_stable(std::string_view body, Decode decode) {
  const auto message = decode(body);
  if (!message) {
    DANDORI_ASSERT(message.error().code == "protocol.bad_message", "one code for every fault");
    return;
  }
  const std::string frame = wire::encode(*message);
  const auto again = decode(std::string_view{frame}.substr(4));
  DANDORI_ASSERT(again.has_value(), "what is written is taken");
  DANDORI_ASSERT(wire::encode(*again) == frame, "writing is stable");
}

/// Both halves take any bytes, cut anywhere, and stay within their bounds.
void feed_halves(std::string_view bytes, std::size_t step) {
  std::size_t events = 0;
  link::ServerSession server{1,
                             {.admit = [](const model::AgentHello&) -> Result<void> { return {}; },
                              .event = [&](model::Event) { ++events; }},
                             Steady{0}};
  link::AgentSession agent{{.start = [](const model::StartOrder&) {},
                            .stop = [](const model::StopOrder&) {},
                            .acknowledge = [](const model::AckOrder&) {},
                            .read_log = [](const model::LogRequest&) { return model::LogChunk{}; },
                            .find_log = [](const model::LogFind&) { return model::LogFound{}; }}};
  agent.connect({}, Steady{0});
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    server.receive(bytes.substr(at, step), Steady{0});
    server.welcome();  // nothing before a hello
    agent.receive(bytes.substr(at, step), Steady{0});
  }
  server.step(Steady{0} + link::kSilenceMax);
  agent.step(Steady{0} + link::kSilenceMax);
  DANDORI_ASSERT(!server.is_open() && !agent.is_open(), "silence ends both");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check_stable(bytes, wire::decode_agent);
  check_stable(bytes, wire::decode_server);
  if (size > 0) feed_halves(bytes, 1 + data[0] % 16U);
  return 0;
}
