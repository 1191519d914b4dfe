#include <fmt/core.h>

#include <charconv>
#include <chrono>
#include <memory>

#include "api/event_hub.h"
#include "api/routes.h"
#include "base/text.h"

namespace dandori::api {

namespace {

constexpr std::uint32_t kStoredMax = 500;
constexpr std::size_t kSliceMax = 1000;

Steady steady_now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return Steady{std::chrono::duration_cast<Duration>(since).count()};
}

/// Where a stream begins.
struct Begin {
  std::uint64_t after = 0;
  std::string first;  ///< what is said before the first event
};

/// Server-sent events from the journal: what is stored after a position, then what is committed
/// from now on. Ids are journal sequence numbers, so a client resumes with Last-Event-ID and misses
/// nothing.
class EventSource final : public http::ChunkSource {
 public:
  EventSource(EventHub& hub, EventCursor cursor, std::string first, std::optional<RunId> run)
      : hub_{hub}, cursor_{std::move(cursor)}, first_{std::move(first)}, run_{run} {}

  void start(http::Wake wake) override { following_ = hub_.follow(std::move(wake)); }

  http::Pulled next(std::string& out, std::size_t bytes_max) override {
    out += std::exchange(first_, {});
    EventHub::Slice slice = hub_.after(cursor_.position(), kSliceMax);
    if (slice.left_ring) return is_live_ ? drop() : read_stored(out);
    is_live_ = true;
    const bool waits = cursor_.take(slice.events, steady_now(), out, bytes_max);
    if (waits) hub_.look_again();
    const bool has_more = !waits && slice.events.size() == kSliceMax;
    return has_more || !out.empty() ? http::Pulled::chunk : http::Pulled::wait;
  }

 private:
  /// Too slow: the others go on. The client resumes by its last id.
  http::Pulled drop() {
    hub_.note_dropped();
    return http::Pulled::abort;
  }

  /// One piece at a time, so that others get their turn; an empty one is asked for again.
  http::Pulled read_stored(std::string& out) {
    const std::uint64_t last = hub_.last();  // read first: all up to here is stored by now
    const auto events = hub_.stored(cursor_.position(), kStoredMax, run_);
    if (!events) return http::Pulled::abort;
    cursor_.take(*events, std::nullopt, out, SIZE_MAX);
    if (events->size() < kStoredMax) cursor_.move_to(std::max(cursor_.position(), last));
    return http::Pulled::chunk;
  }

  EventHub& hub_;
  EventCursor cursor_;
  std::string first_;
  std::optional<RunId> run_;  ///< all that is wanted is about this run
  bool is_live_ = false;
  std::shared_ptr<void> following_;
};

/// The position a client has seen: Last-Event-ID, else `after`, else nullopt.
Result<std::optional<std::uint64_t>> read_position(const http::Request& request) {
  const std::string_view last = request.headers.value("Last-Event-ID");
  if (last.empty()) {
    if (!request.query.has("after")) return std::nullopt;
    const auto after = number_parameter(request, "after", 0, UINT64_MAX / 2);
    if (!after) return std::unexpected(after.error());
    return *after;
  }
  std::uint64_t position = 0;
  const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), position);
  if (error != std::errc{} || end != last.data() + last.size()) {
    return fail("request.bad_parameter",
                fmt::format("Last-Event-ID is '{}', not a sequence number", last),
                "send the id of the last event, or leave it out to begin now");
  }
  return position;
}

std::string special_event(std::string_view event, std::uint64_t seq, std::string_view reason) {
  Json data = Json::object({{"seq", seq}});
  if (!reason.empty()) data.set("reason", reason);
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", seq, event, write_json(data));
}

/// One that has seen what never was here (a restored backup) is told to read everything anew.
std::optional<Begin> reset_of_unknown(std::uint64_t last, std::optional<std::uint64_t> position) {
  if (position.value_or(0) <= last) return std::nullopt;
  return Begin{last, special_event("reset", last, "unknown")};
}

/// So is one that is too far back.
Begin begin_at(const EventHub& hub, std::optional<std::uint64_t> position) {
  const std::uint64_t last = hub.last();
  if (!position) return {last, special_event("ready", last, {})};
  if (auto reset = reset_of_unknown(last, position)) return *std::move(reset);
  if (last - *position > hub.resume_max()) return {last, special_event("reset", last, "too_old")};
  return {*position, {}};
}

void stream_events(Call call, Begin begin, Topics topics, bool coalesces) {
  std::optional<RunId> run;
  if (topics.runs.size() == 1 && topics.workflows.empty() && topics.rooms.empty()) {
    run = topics.runs.front();
  }
  EventHub& hub = call.services.events;
  http::Response response = http::streamed(
      "text/event-stream",
      std::make_unique<EventSource>(hub, EventCursor{std::move(topics), coalesces, begin.after},
                                    std::move(begin.first), run));
  response.stream->idle_chunk = ":\n\n";
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("X-Accel-Buffering", "no");
  call.stream(std::move(response));
}

}  // namespace

void get_events(Call call) {
  const auto known = check_parameters(call.request, {"after", "topics"});
  if (!known) return call.fail(known.error());
  const auto position = read_position(call.request);
  if (!position) return call.fail(position.error());
  auto topics = parse_topics(call.request.query.value("topics"), call.services.query);
  if (!topics) return call.fail(topics.error());
  const Begin begin = begin_at(call.services.events, *position);
  stream_events(std::move(call), begin, std::move(*topics), true);
}

/// The whole journal of one run, from its beginning unless told otherwise; nothing is left out.
void get_run_events(Call call) {
  const auto known = check_parameters(call.request, {"after"});
  if (!known) return call.fail(known.error());
  const auto position = read_position(call.request);
  if (!position) return call.fail(position.error());
  auto topics = parse_topics("run:" + call.param("run"), call.services.query);
  if (!topics) return call.fail(topics.error());
  Begin begin = reset_of_unknown(call.services.events.last(), *position)
                    .value_or(Begin{position->value_or(0), {}});
  stream_events(std::move(call), std::move(begin), std::move(*topics), false);
}

void list_run_events(Call call) {
  const auto known = check_parameters(call.request, {"limit", "cursor"});
  if (!known) return call.fail(known.error());
  const auto page = read_page(call.request);
  if (!page) return call.fail(page.error());
  std::uint64_t after = 0;
  const char* const end = page->cursor.data() + page->cursor.size();
  const auto read = std::from_chars(page->cursor.data(), end, after);
  if (!page->cursor.empty() && (read.ec != std::errc{} || read.ptr != end)) {
    return call.fail({"request.bad_cursor",
                      fmt::format("'{}' is no cursor of this list", excerpt(page->cursor)),
                      "use `next_cursor` of the page before", "?cursor"});
  }
  const auto topics = parse_topics("run:" + call.param("run"), call.services.query);
  if (!topics) return call.fail(topics.error());
  const auto rows = call.services.query.journal(after, page->limit + 1, topics->runs.front());
  if (!rows) return call.fail(rows.error());
  const std::size_t count = std::min<std::size_t>(rows->size(), page->limit);
  Json::Array items;
  for (std::size_t i = 0; i < count; ++i)
    items.push_back(call.services.events.line_json((*rows)[i]));
  call.answer(200, page_json(std::move(items),
                             rows->size() > count ? std::to_string((*rows)[count - 1].seq) : ""));
}

}  // namespace dandori::api
