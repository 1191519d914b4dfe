#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/client.h"
#include "observe/metrics.h"
#include "observe/spans.h"

namespace dandori::observe {

/// Where spans go. By the names of OpenTelemetry's environment variables.
struct ExporterConfig {
  std::string endpoint;  ///< whole URL of the traces: `http://collector:4318/v1/traces`
  http::Headers headers;
  std::string service = "dandori";
  std::string version;
};

/// Reads OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT, …_HEADERS and
/// OTEL_SERVICE_NAME through `get` (empty: not set); `endpoint` wins over the variables. Nothing
/// named: an empty endpoint. Errors: server.otlp_endpoint.
using GetVariable = std::function<std::string(const char*)>;
Result<ExporterConfig> read_exporter(const std::string& endpoint, const GetVariable& get);

/// Sends spans to a collector from a thread of its own. Never waited for: what finds no room or no
/// taker is dropped and counted.
class Exporter {
 public:
  static constexpr std::size_t kSpansMax = 16'384;  ///< waiting
  static constexpr std::size_t kBatchMax = 512;

  /// Errors: server.otlp_endpoint.
  static Result<std::unique_ptr<Exporter>> open(ExporterConfig config, Metrics& metrics);
  ~Exporter() { stop(); }
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  /// Any thread; never waits.
  void add(std::vector<Span> spans);
  /// Sends what waits, for a few seconds at most, then ends.
  void stop();

 private:
  Exporter(ExporterConfig config, http::ServerAddress address, std::string target,
           Metrics& metrics);
  void run();
  enum class Sent : std::uint8_t { taken, refused, failed };
  Sent send(const std::vector<Span>& spans);
  std::vector<Span> take_batch();

  const ExporterConfig config_;
  const std::string target_;
  http::Client client_;
  Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Span> waiting_;  ///< guarded by mutex_
  bool stopping_ = false;     ///< guarded by mutex_
  bool told_ = false;         ///< the log knows that nobody takes them
  std::jthread thread_;
};

}  // namespace dandori::observe
