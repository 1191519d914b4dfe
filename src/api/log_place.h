#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/call.h"
#include "model/log_find.h"

namespace dandori::api {

/// Which attempt a log request means, and where its log lies.
struct LogPlace {
  model::AttemptRef attempt;
  std::string agent;
};

/// The attempt that the path and `attempt` of a request name; 0 or absent: the newest.
/// Errors: run.unknown, log.unknown_attempt, request.bad_parameter.
Result<LogPlace> find_log(const Call& call);
Result<LogPlace> find_log(const Call& call, std::uint64_t attempt);

/// What an agent's answer means to people; `code` as in LogChunk::error.
Error log_error(const std::string& code, const LogPlace& place);

/// A call that waits for agents; std::function wants copyable captures.
using SharedCall = std::shared_ptr<Call>;

/// Asks for a place; an error is answered, else `go_on` has the call and what was found.
void with_place(SharedCall call, const LogPlace& place, model::LogFind find,
                std::function<void(const SharedCall&, const model::LogFound&)> go_on);

}  // namespace dandori::api
