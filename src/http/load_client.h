#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/client.h"

namespace dandori::http {

/// One request of a load; reused from call to call, so that filling it allocates little.
struct LoadRequest {
  std::string method = "GET";
  std::string target = "/";
  std::string headers = {};  ///< complete lines `Name: value\r\n`
  std::string body = {};
};

/// Fills the next request; false: no more.
using LoadGenerator = std::function<bool(LoadRequest&)>;
/// Sees each answer.
using LoadObserver =
    std::function<void(int status, std::string_view body, std::chrono::nanoseconds latency)>;

struct LoadOptions {
  std::size_t connections = 64;
  std::chrono::milliseconds duration_max{60'000};  ///< no new request is sent after that
  std::chrono::milliseconds timeout{10'000};       ///< of one request; it counts as failed
};

struct LoadReport {
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;  ///< without an answer: refused, cut, timed out
  std::map<int, std::uint64_t> by_status;
  std::chrono::nanoseconds elapsed{};
  std::chrono::nanoseconds client_cpu{};  ///< of the calling thread
  std::vector<std::uint32_t> latency_us;  ///< sorted, one per answer

  double per_second() const;
  /// fraction: 0.5, 0.99, …; µs; 0 without answers.
  std::uint32_t latency_quantile(double fraction) const;
};

/// Keeps `connections` busy with one request each, from the calling thread, until the generator or
/// the time ends. For benchmarks. Errors: http.connect (not one connection could be made).
Result<LoadReport> run_load(const ServerAddress& address, const LoadOptions& options,
                            const LoadGenerator& next, const LoadObserver& observe = {});

}  // namespace dandori::http
