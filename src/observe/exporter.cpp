#include "observe/exporter.h"

#include <pthread.h>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "observe/otlp.h"

namespace dandori::observe {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kCollect{1'000};  // so long a few spans wait for more
constexpr milliseconds kTimeout{3'000};
constexpr milliseconds kRetryFirst{500}, kRetryMax{30'000};
constexpr milliseconds kStopMax{2'000};

std::unexpected<Error> bad_endpoint(std::string_view endpoint, std::string_view why) {
  return fail("server.otlp_endpoint",
              fmt::format("traces cannot be sent to '{}': {}", endpoint, why),
              "name a collector that takes OTLP over HTTP: http://127.0.0.1:4318");
}

/// `key=value,key=value`, values percent-encoded.
http::Headers read_headers(std::string_view text) {
  http::Headers headers;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const auto value = http::percent_decode(trim(part.substr(equals + 1)));
    if (value) headers.set(trim(part.substr(0, equals)), *value);
  }
  return headers;
}

}  // namespace

Result<ExporterConfig> read_exporter(const std::string& endpoint, const GetVariable& get) {
  ExporterConfig config;
  config.endpoint = endpoint.empty() ? get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") : "";
  if (config.endpoint.empty()) {
    std::string base = endpoint.empty() ? get("OTEL_EXPORTER_OTLP_ENDPOINT") : endpoint;
    if (base.empty()) return config;
    while (base.ends_with('/')) base.pop_back();
    config.endpoint = base.ends_with("/v1/traces") ? base : base + "/v1/traces";
  }
  if (!config.endpoint.starts_with("http://")) {
    return bad_endpoint(config.endpoint, "only http:// is spoken here");
  }
  config.headers = read_headers(get("OTEL_EXPORTER_OTLP_HEADERS"));
  if (const std::string name = get("OTEL_SERVICE_NAME"); !name.empty()) config.service = name;
  return config;
}

Result<std::unique_ptr<Exporter>> Exporter::open(ExporterConfig config, Metrics& metrics) {
  const std::size_t path = config.endpoint.find('/', std::string_view{"http://"}.size());
  auto address = http::parse_server_address(config.endpoint.substr(0, path));
  if (!address) return bad_endpoint(config.endpoint, address.error().message);
  std::string target = path == std::string::npos ? "/" : config.endpoint.substr(path);
  std::unique_ptr<Exporter> exporter{
      new Exporter{std::move(config), std::move(*address), std::move(target), metrics}};
  exporter->thread_ = std::jthread{[raw = exporter.get()] { raw->run(); }};
  return exporter;
}

Exporter::Exporter(ExporterConfig config, http::ServerAddress address, std::string target,
                   Metrics& metrics)
    : config_{std::move(config)},
      target_{std::move(target)},
      client_{std::move(address), {.connect_timeout = kTimeout, .timeout = kTimeout}},
      metrics_{metrics} {}

void Exporter::add(std::vector<Span> spans) {
  std::size_t dropped = 0;
  {
    const std::lock_guard lock{mutex_};
    for (Span& span : spans) {
      if (waiting_.size() >= kSpansMax) {
        ++dropped;
      } else {
        waiting_.push_back(std::move(span));
      }
    }
  }
  metrics_.spans_dropped.fetch_add(dropped, std::memory_order_relaxed);
  changed_.notify_one();
}

void Exporter::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Exporter::run() {
  ::pthread_setname_np(::pthread_self(), "traces");
  milliseconds retry = kRetryFirst;
  std::optional<std::chrono::steady_clock::time_point> end;
  std::vector<Span> batch;
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      if (batch.empty()) changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      changed_.wait_for(lock, batch.empty() ? kCollect : retry, [&] {
        return stopping_ || (batch.empty() && waiting_.size() >= kBatchMax);
      });
      if (stopping_ && !end) end = std::chrono::steady_clock::now() + kStopMax;
      if (batch.empty()) batch = take_batch();
    }
    if (batch.empty()) return;  // only when stopping
    const Sent sent = send(batch);
    retry = sent == Sent::failed ? std::min(retry * 2, kRetryMax) : kRetryFirst;
    if (sent != Sent::failed) {
      auto& count = sent == Sent::taken ? metrics_.spans_sent : metrics_.spans_dropped;
      count.fetch_add(batch.size(), std::memory_order_relaxed);
      batch.clear();
    }
    if (end && (!batch.empty() || std::chrono::steady_clock::now() >= *end)) break;
  }
  const std::lock_guard lock{mutex_};
  metrics_.spans_dropped.fetch_add(batch.size() + waiting_.size(), std::memory_order_relaxed);
}

std::vector<Span> Exporter::take_batch() {
  const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatchMax));
  std::vector<Span> batch(std::make_move_iterator(waiting_.begin()),
                          std::make_move_iterator(waiting_.begin() + count));
  waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  return batch;
}

/// What a collector refuses for its content is not sent twice.
Exporter::Sent Exporter::send(const std::vector<Span>& spans) {
  http::Headers headers = config_.headers;
  headers.set("Content-Type", "application/json");
  const auto answer = client_.request("POST", target_, headers,
                                      write_otlp(spans, config_.service, config_.version));
  const int status = answer ? answer->status : 0;
  if (status >= 200 && status < 300) {
    if (std::exchange(told_, false)) log(LogLevel::info, "traces.sent_again", {});
    return Sent::taken;
  }
  if (!std::exchange(told_, true)) {
    log(LogLevel::warning, "traces.not_sent",
        {{"endpoint", config_.endpoint},
         {"why", answer ? fmt::format("HTTP {}", status) : answer.error().message}});
  }
  const bool is_refused = status >= 400 && status < 500 && status != 408 && status != 429;
  return is_refused ? Sent::refused : Sent::failed;
}

}  // namespace dandori::observe
