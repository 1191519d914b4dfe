#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "api/routes.h"
#include "engine/engine.h"

namespace dandori::api {

namespace {

constexpr std::uint32_t kChunkBytes = 256U << 10U;

/// Which attempt a log request means, and where its log lies.
struct LogPlace {
  model::AttemptRef attempt;
  std::string agent;
  bool ended = false;
};

Result<LogPlace> find_log(Services& services, const std::string& run, const std::string& job,
                          std::uint64_t number) {
  const auto detail = services.query.run(run);
  if (!detail) return std::unexpected(detail.error());
  const model::Attempt* found = nullptr;
  for (const model::AttemptRow& row : detail->attempts) {
    if (row.path != job || (number != 0 && row.attempt.ref.number != number)) continue;
    if (found == nullptr || row.attempt.ref.number > found->ref.number) found = &row.attempt;
  }
  if (found == nullptr || found->agent.empty()) {
    return fail("log.unknown_attempt",
                fmt::format("{}/{} has no {}attempt with a log", run, job,
                            number == 0 ? "" : fmt::format("attempt {} and so no ", number)),
                "`dandori get RUN/JOB` lists the attempts");
  }
  return LogPlace{found->ref, found->agent, model::is_ended(found->state)};
}

/// Streams a log from an agent, piece by piece, only as fast as the client takes it.
///
/// Without `follow` it ends at what is there now. With it the agent answers when there is more.
class LogSource final : public http::ChunkSource {
 public:
  LogSource(Engine& engine, LogPlace place, std::uint64_t offset, bool follow)
      : state_{std::make_shared<State>()},
        engine_{engine},
        place_{std::move(place)},
        follow_{follow} {
    state_->offset = offset;
  }

  void start(http::Wake wake) override { state_->wake = std::move(wake); }

  http::Pulled next(std::string& out, std::size_t /*bytes_max*/) override {
    {
      const std::lock_guard lock{state_->mutex};
      if (!state_->bytes.empty()) {
        out.append(state_->bytes);
        state_->bytes.clear();
        return http::Pulled::chunk;
      }
      if (state_->failed) return http::Pulled::abort;
      if (state_->ended) return http::Pulled::end;
      if (state_->asked) return http::Pulled::wait;
      state_->asked = true;
    }
    ask();
    return http::Pulled::wait;
  }

 private:
  struct State {
    std::mutex mutex;
    http::Wake wake;
    std::string bytes;
    std::uint64_t offset = 0;
    bool asked = false, ended = false, failed = false;
  };

  void ask() {
    model::LogRequest request{.id = 0,
                              .attempt = place_.attempt,
                              .offset = state_->offset,
                              .bytes_max = kChunkBytes,
                              .wait = follow_};
    engine_.read_log(place_.agent, request,
                     [state = state_, follow = follow_](const model::LogChunk& chunk) {
                       {
                         const std::lock_guard lock{state->mutex};
                         state->asked = false;
                         state->failed = !chunk.error.empty();
                         state->bytes = chunk.bytes;
                         state->offset = chunk.offset + chunk.bytes.size();
                         state->ended = chunk.complete || (!follow && chunk.bytes.empty());
                       }
                       state->wake();
                     });
  }

  std::shared_ptr<State> state_;
  Engine& engine_;
  LogPlace place_;
  bool follow_;
};

}  // namespace

void get_log(Call call) {
  const auto known = check_parameters(call.request, {"attempt", "offset", "follow"});
  if (!known) return call.fail(known.error());
  const auto number = number_parameter(call.request, "attempt", 0, UINT32_MAX);
  if (!number) return call.fail(number.error());
  const auto offset = number_parameter(call.request, "offset", 0, UINT64_MAX / 2);
  if (!offset) return call.fail(offset.error());
  const auto follow = number_parameter(call.request, "follow", 0, 1);
  if (!follow) return call.fail(follow.error());
  const auto place = find_log(call.services, call.param("run"), call.param("job"), *number);
  if (!place) return call.fail(place.error());

  // The first piece is read before the answer starts, so that a missing log is a problem, not a cut
  // body.
  Engine& engine = call.services.engine;
  auto shared = std::make_shared<Call>(std::move(call));
  const model::LogRequest first{
      .id = 0, .attempt = place->attempt, .offset = *offset, .bytes_max = 1, .wait = false};
  engine.read_log(
      place->agent, first,
      [shared, &engine, place = *place, offset = *offset,
       follow = *follow == 1](const model::LogChunk& chunk) {
        if (!chunk.error.empty()) {
          return shared->fail({chunk.error,
                               fmt::format("the log cannot be read from agent '{}'", place.agent),
                               "`dandori doctor` shows the state of the agents"});
        }
        http::Response response = http::streamed(
            "application/octet-stream", std::make_unique<LogSource>(engine, place, offset, follow));
        response.headers.set("X-Dandori-Attempt", fmt::format("{}", place.attempt.number));
        shared->respond(std::move(response));
      });
}

}  // namespace dandori::api
