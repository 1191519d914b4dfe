// A log as it was written: bytes by offset, the last lines, and what comes.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "api/log_place.h"
#include "api/routes.h"

namespace dandori::api {

namespace {

constexpr std::uint32_t kChunkBytes = 256U << 10U;
constexpr std::uint64_t kTailMax = 10'000;

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t length = UINT64_MAX;
  bool follow = false;
};

/// Streams a log from an agent, piece by piece, only as fast as the client takes it.
///
/// Without `follow` it ends at what is there now. With it the agent answers when there is more.
class LogSource final : public http::ChunkSource {
 public:
  LogSource(Engine& engine, LogPlace place, Range range)
      : state_{std::make_shared<State>()}, engine_{engine}, place_{std::move(place)} {
    state_->range = range;
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
      if (state_->ended || state_->range.length == 0) return http::Pulled::end;
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
    Range range;  ///< what is still wanted
    bool asked = false, ended = false, failed = false;

    void take(const model::LogChunk& chunk) {
      const std::lock_guard lock{mutex};
      asked = false;
      failed = !chunk.error.empty();
      const std::uint64_t dropped = std::min(chunk.offset - range.offset, range.length);
      range.length -= dropped;
      bytes = chunk.bytes.substr(0, std::min<std::uint64_t>(chunk.bytes.size(), range.length));
      range.length -= bytes.size();
      range.offset = chunk.offset + chunk.bytes.size();
      ended = chunk.complete || (!range.follow && chunk.bytes.empty());
    }
  };

  void ask() {
    const Range& range = state_->range;
    model::LogRequest request{
        .id = 0,
        .attempt = place_.attempt,
        .offset = range.offset,
        .bytes_max = static_cast<std::uint32_t>(std::min<std::uint64_t>(kChunkBytes, range.length)),
        .wait = range.follow};
    engine_.read_log(place_.agent, request, [state = state_](const model::LogChunk& chunk) {
      state->take(chunk);
      state->wake();
    });
  }

  std::shared_ptr<State> state_;
  Engine& engine_;
  LogPlace place_;
};

void answer_log(const SharedCall& call, const LogPlace& place, const Range& range) {
  // The first piece is read before the answer starts, so that a missing log is a problem, not a cut
  // body.
  Engine& engine = call->services.engine;
  const model::LogRequest first{
      .id = 0, .attempt = place.attempt, .offset = range.offset, .bytes_max = 1, .wait = false};
  engine.read_log(place.agent, first, [call, &engine, place, range](const model::LogChunk& chunk) {
    if (!chunk.error.empty()) return call->fail(log_error(chunk.error, place));
    http::Response response = http::streamed("application/octet-stream",
                                             std::make_unique<LogSource>(engine, place, range));
    response.headers.set("X-Dandori-Attempt", std::to_string(place.attempt.number));
    response.headers.set("X-Dandori-Offset", std::to_string(range.offset));
    call->stream(std::move(response));
  });
}

Result<Range> read_range(const http::Request& request) {
  const auto offset = number_parameter(request, "offset", 0, UINT64_MAX / 2);
  if (!offset) return std::unexpected(offset.error());
  const auto length = number_parameter(request, "length", UINT64_MAX / 2, UINT64_MAX / 2);
  if (!length) return std::unexpected(length.error());
  const auto follow = number_parameter(request, "follow", 0, 1);
  if (!follow) return std::unexpected(follow.error());
  return Range{*offset, *length, *follow == 1};
}

}  // namespace

void get_log(Call call) {
  const auto known =
      check_parameters(call.request, {"attempt", "offset", "length", "tail", "follow"});
  if (!known) return call.fail(known.error());
  const auto range = read_range(call.request);
  if (!range) return call.fail(range.error());
  const auto tail = number_parameter(call.request, "tail", 0, kTailMax);
  if (!tail) return call.fail(tail.error());
  const auto place = find_log(call);
  if (!place) return call.fail(place.error());
  const bool has_tail = call.request.query.has("tail");
  auto shared = std::make_shared<Call>(std::move(call));
  if (!has_tail) return answer_log(shared, *place, *range);
  with_place(
      shared, *place, {.what = model::LogFind::What::tail, .number = *tail},
      [place = *place, range = *range](const SharedCall& with, const model::LogFound& found) {
        answer_log(with, place, {found.offset, range.length, range.follow});
      });
}

}  // namespace dandori::api
