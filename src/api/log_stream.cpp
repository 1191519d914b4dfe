// A log as server-sent events: whole lines, as they are written.
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "api/log_place.h"
#include "api/log_text.h"
#include "api/routes.h"

namespace dandori::api {

namespace {

constexpr std::uint32_t kStreamChunkBytes = 256U << 10U;
constexpr std::uint64_t kStreamTailMax = 2000;

/// Pulls whole lines from an agent as fast as the client takes them. The id of an event is
/// `ATTEMPT:OFFSET` of what follows it, so a client resumes without a lost or doubled line, also at
/// another server.
class LineSource final : public http::ChunkSource {
 public:
  LineSource(Engine& engine, LogPlace place, const model::LogFound& begin)
      : state_{std::make_shared<State>()}, engine_{engine}, place_{std::move(place)} {
    cutter_ = {.offset = begin.offset, .number = begin.number, .rest = {}};
  }

  void start(http::Wake wake) override { state_->wake = std::move(wake); }

  http::Pulled next(std::string& out, std::size_t /*bytes_max*/) override {
    if (ended_) return http::Pulled::end;
    std::optional<model::LogChunk> chunk;
    {
      const std::lock_guard lock{state_->mutex};
      if (state_->asked) return http::Pulled::wait;
      chunk = std::exchange(state_->chunk, std::nullopt);
      state_->asked = !chunk;
    }
    if (!chunk) {
      ask();
      return http::Pulled::wait;
    }
    if (!chunk->error.empty()) return http::Pulled::abort;
    write(*chunk, out);
    return http::Pulled::chunk;  // then asked again: for the next piece
  }

 private:
  struct State {
    std::mutex mutex;
    http::Wake wake;
    std::optional<model::LogChunk> chunk;  ///< as it came: it is cut on the connection's thread
    bool asked = false;
  };

  void write(const model::LogChunk& chunk, std::string& out) {
    std::vector<model::LogLine> lines;
    cutter_.take(chunk.offset, chunk.bytes, SIZE_MAX, lines);
    if (chunk.complete) cutter_.finish(lines);
    if (!lines.empty()) put("lines", lines, chunk, out);
    if (!chunk.complete) return;
    put("end", {}, chunk, out);
    ended_ = true;
  }

  void put(std::string_view event, const std::vector<model::LogLine>& lines,
           const model::LogChunk& chunk, std::string& out) const {
    Json::Array items;
    for (const model::LogLine& line : lines) items.push_back(to_json(line));
    const Json body = Json::object({{"attempt", place_.attempt.number},
                                    {"items", Json::array(std::move(items))},
                                    {"next_offset", cutter_.offset},
                                    {"dropped", chunk.dropped},
                                    {"complete", chunk.complete}});
    fmt::format_to(std::back_inserter(out), "id: {}:{}\nevent: {}\ndata: ", place_.attempt.number,
                   cutter_.offset, event);
    append_json(out, body);
    out += "\n\n";
  }

  void ask() {
    const model::LogRequest request{.id = 0,
                                    .attempt = place_.attempt,
                                    .offset = cutter_.offset + cutter_.rest.size(),
                                    .bytes_max = kStreamChunkBytes,
                                    .wait = true};
    engine_.read_log(place_.agent, request, [state = state_](model::LogChunk chunk) {
      {
        const std::lock_guard lock{state->mutex};
        state->chunk = std::move(chunk);
        state->asked = false;
      }
      state->wake();
    });
  }

  std::shared_ptr<State> state_;
  Engine& engine_;
  LogPlace place_;
  LineCutter cutter_;
  bool ended_ = false;
};

/// Where a stream begins.
struct LogBegin {
  std::uint64_t attempt = 0;  ///< 0: the newest
  model::LogFind find{.what = model::LogFind::What::offset};
};

Result<LogBegin> read_begin(const http::Request& request) {
  const auto known = check_parameters(request, {"attempt", "offset", "tail"});
  if (!known) return std::unexpected(known.error());
  const auto attempt = number_parameter(request, "attempt", 0, UINT32_MAX);
  if (!attempt) return std::unexpected(attempt.error());
  const auto offset = number_parameter(request, "offset", 0, UINT64_MAX / 2);
  if (!offset) return std::unexpected(offset.error());
  const auto tail = number_parameter(request, "tail", 0, kStreamTailMax);
  if (!tail) return std::unexpected(tail.error());
  LogBegin begin{.attempt = *attempt};
  begin.find.offset = *offset;
  const std::string_view seen = request.headers.value("Last-Event-ID");
  if (!seen.empty()) {
    const char* const end = seen.data() + seen.size();
    const auto first = std::from_chars(seen.data(), end, begin.attempt);
    if (first.ec == std::errc{} && first.ptr != end && *first.ptr == ':') {
      const auto second = std::from_chars(first.ptr + 1, end, begin.find.offset);
      if (second.ec == std::errc{} && second.ptr == end) return begin;
    }
    return fail("request.bad_parameter",
                fmt::format("Last-Event-ID is '{}', not ATTEMPT:OFFSET", seen),
                "send the id of the last event of this stream, or leave it out");
  }
  if (request.query.has("tail")) begin.find = {.what = model::LogFind::What::tail, .number = *tail};
  return begin;
}

}  // namespace

void stream_log(Call call) {
  const auto begin = read_begin(call.request);
  if (!begin) return call.fail(begin.error());
  const auto place = find_log(call, begin->attempt);
  if (!place) return call.fail(place.error());
  with_place(std::make_shared<Call>(std::move(call)), *place, begin->find,
             [place = *place](const SharedCall& with, const model::LogFound& found) {
               http::Response response = http::streamed(
                   "text/event-stream",
                   std::make_unique<LineSource>(with->services.engine, place, found));
               response.stream->idle_chunk = ":\n\n";
               response.headers.set("Cache-Control", "no-store");
               response.headers.set("X-Accel-Buffering", "no");
               response.headers.set("X-Dandori-Attempt", std::to_string(place.attempt.number));
               with->stream(std::move(response));
             });
}

}  // namespace dandori::api
