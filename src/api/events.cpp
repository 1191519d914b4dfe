#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <memory>

#include "api/routes.h"
#include "wire/api.h"

namespace dandori::api {

namespace {

constexpr std::uint32_t kLinesMax = 500;

/// Server-sent events from the journal: what is stored after `after`, then what is committed from
/// now on. Ids are journal sequence numbers, so a client resumes with Last-Event-ID and misses
/// nothing.
class JournalSource final : public http::ChunkSource {
 public:
  JournalSource(Services& services, std::uint64_t after, std::optional<RunId> run)
      : services_{services},
        after_{after},
        run_{run},
        changed_{std::make_shared<std::atomic<bool>>(true)} {}

  void start(http::Wake wake) override {
    subscription_ = services_.engine.on_journal([changed = changed_, wake] {
      changed->store(true);
      wake();
    });
  }

  http::Pulled next(std::string& out, std::size_t /*bytes_max*/) override {
    if (!changed_->exchange(false)) return http::Pulled::wait;
    const auto lines = services_.query.journal(after_, kLinesMax, run_);
    if (!lines) return http::Pulled::abort;
    for (const model::JournalRow& line : *lines) {
      after_ = line.seq;
      fmt::format_to(std::back_inserter(out), "id: {}\nevent: {}\ndata: ", line.seq, line.kind);
      append_json(out, wire::to_json(line));
      out += "\n\n";
    }
    if (lines->size() == kLinesMax) changed_->store(true);
    return lines->empty() ? http::Pulled::wait : http::Pulled::chunk;
  }

 private:
  Services& services_;
  std::uint64_t after_;
  std::optional<RunId> run_;
  std::shared_ptr<std::atomic<bool>> changed_;
  std::shared_ptr<void> subscription_;
};

void stream_events(Call call, std::optional<RunId> run) {
  const auto known = check_parameters(call.request, {"after"});
  if (!known) return call.fail(known.error());
  auto after = number_parameter(call.request, "after", 0, UINT64_MAX / 2);
  if (!after) return call.fail(after.error());
  const std::string last{call.request.headers.value("Last-Event-ID")};
  if (!last.empty()) {
    const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), *after);
    if (error != std::errc{} || end != last.data() + last.size()) {
      return call.fail({"request.bad_parameter",
                        fmt::format("Last-Event-ID is '{}', not a sequence number", last)});
    }
  }
  http::Response response = http::streamed(
      "text/event-stream", std::make_unique<JournalSource>(call.services, *after, run));
  response.stream->idle_chunk = ":\n\n";
  response.headers.set("Cache-Control", "no-store");
  call.respond(std::move(response));
}

}  // namespace

void get_events(Call call) {
  stream_events(std::move(call), std::nullopt);
}

void get_run_events(Call call) {
  const auto detail = call.services.query.run(call.param("run"));
  if (!detail) return call.fail(detail.error());
  const RunId id = detail->run.id;
  stream_events(std::move(call), id);
}

}  // namespace dandori::api
