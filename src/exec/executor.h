#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/agent.h"

namespace dandori::exec {

/// The code that knows how to run attempts. It never decides: no retries, no timeouts, no "was that
/// a failure?". What happens comes back as events (AttemptStarted, AttemptEnded, …) through the
/// inbox.
///
/// Orders are delivered at least once: repeating one does nothing new.
class Executor {
 public:
  virtual ~Executor() = default;
  /// An agent that said hello in this session may join, or may not. Before that it gets no orders.
  virtual void welcome(const std::string& agent, std::uint64_t session) = 0;
  virtual void refuse(std::uint64_t session, const Error& why) = 0;
  virtual void start(const std::string& agent, const model::StartOrder& order) = 0;
  virtual void stop(const std::string& agent, const model::StopOrder& order) = 0;
  virtual void acknowledge(const std::string& agent, const model::AckOrder& order) = 0;
};

}  // namespace dandori::exec
