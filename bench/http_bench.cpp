// How many small requests the HTTP server answers, and at what CPU cost: one server thread, one
// client thread, kept-alive connections.
//
//   http_bench [seconds] [connections] [server threads]

#include <fmt/core.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include "base/queue.h"
#include "http/load_client.h"
#include "http/server.h"

namespace {

using dandori::Result;
namespace http = dandori::http;

double process_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void print(std::string_view name, const http::LoadReport& report, double server_cpu) {
  const auto answered = static_cast<double>(report.answered);
  fmt::print(
      "{:<16} {:>8.0f} req/s  server {:.2f} us/req  client {:.2f} us/req  p50 {} us  p99 {} us"
      "  failed {}\n",
      name, report.per_second(), server_cpu * 1e6 / answered,
      static_cast<double>(report.client_cpu.count()) / 1e3 / answered, report.latency_quantile(0.5),
      report.latency_quantile(0.99), report.failed);
}

int measure(std::string_view name, const http::ServerAddress& address,
            const http::LoadOptions& options, const http::LoadRequest& request) {
  const double before = process_cpu_seconds();
  const Result<http::LoadReport> report =
      http::run_load(address, options, [&](http::LoadRequest& next) {
        next = request;
        return true;
      });
  if (!report) {
    fmt::print(stderr, "{}\n", report.error().message);
    return 1;
  }
  const double client = static_cast<double>(report->client_cpu.count()) / 1e9;
  print(name, *report, process_cpu_seconds() - before - client);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int index, long fallback) {
    return argc > index ? std::strtol(argv[index], nullptr, 10) : fallback;
  };
  http::LoadOptions options;
  options.duration_max = std::chrono::seconds{number(1, 3)};
  options.connections = static_cast<std::size_t>(number(2, 64));

  http::ServerOptions server_options;
  server_options.threads = static_cast<unsigned>(number(3, 1));
  // POST is answered by another thread, many at a time, as an engine does after its commit.
  std::atomic<bool> stopping{false};
  dandori::BoundedQueue<http::Responder> queue{4096};
  std::thread answering{[&] {
    for (;;) {
      std::vector<http::Responder> taken = queue.drain(std::chrono::seconds{1}, 256);
      if (taken.empty() && stopping) return;
      for (http::Responder& respond : taken)
        respond(http::json(202, R"({"id":"0193","number":142})"));
    }
  }};
  http::Server server{server_options, [&](http::Request request, http::Responder respond) {
                        if (request.method == "POST") {
                          queue.try_push(std::move(respond));
                        } else {
                          respond(http::json(200, R"({"id":"0193","number":142})"));
                        }
                      }};
  const Result<void> started = server.start();
  if (!started) {
    fmt::print(stderr, "{}\n", started.error().message);
    std::exit(1);
  }
  const Result<http::ServerAddress> address =
      http::parse_server_address(fmt::format("http://127.0.0.1:{}", server.port()));
  http::LoadRequest get;
  get.target = "/api/v1/runs/nightly%23142";
  get.headers = "Accept: application/json\r\nAuthorization: Bearer 0123456789abcdef\r\n";
  http::LoadRequest post = get;
  post.method = "POST";
  post.target = "/api/v1/runs";
  post.headers += "Content-Type: application/json\r\nIdempotency-Key: 0193-1\r\n";
  post.body = R"({"workflow":"nightly","inputs":{"day":"2026-11-24"}})";
  const int failures =
      measure("GET", *address, options, get) + measure("POST, queued", *address, options, post);
  stopping = true;
  queue.wake();
  answering.join();
  return failures;
}
