#include "api/log_place.h"

#include <fmt/core.h>

#include <utility>

namespace dandori::api {

Result<LogPlace> find_log(const Call& call) {
  const auto number = number_parameter(call.request, "attempt", 0, UINT32_MAX);
  if (!number) return std::unexpected(number.error());
  return find_log(call, *number);
}

Result<LogPlace> find_log(const Call& call, std::uint64_t number) {
  const std::string run = call.param("run"), job = call.param("job");
  const auto found = call.services.query.attempt(run, job, static_cast<std::uint32_t>(number));
  if (!found) return std::unexpected(found.error());
  if (!*found || (*found)->attempt.agent.empty()) {
    return fail("log.unknown_attempt",
                fmt::format("{}/{} has no {}attempt with a log", run, job,
                            number == 0 ? "" : fmt::format("attempt {} and so no ", number)),
                "`dandori get RUN/JOB` lists the attempts");
  }
  return LogPlace{(*found)->attempt.ref, (*found)->attempt.agent};
}

Error log_error(const std::string& code, const LogPlace& place) {
  if (code == "log.bad_pattern") {
    return {code, "what is searched for is no regular expression",
            "mask signs with a backslash, or search for it as plain text", "?q"};
  }
  return {code, fmt::format("the log cannot be read from agent '{}'", place.agent),
          "`dandori doctor` shows the state of the agents"};
}

void with_place(SharedCall call, const LogPlace& place, model::LogFind find,
                std::function<void(const SharedCall&, const model::LogFound&)> go_on) {
  find.attempt = place.attempt;
  Engine& engine = call->services.engine;
  engine.find_log(
      place.agent, std::move(find),
      [call = std::move(call), place, go_on = std::move(go_on)](const model::LogFound& found) {
        if (!found.error.empty()) return call->fail(log_error(found.error, place));
        go_on(call, found);
      });
}

}  // namespace dandori::api
