// Load on a running server through its public API, for bench/run.py.
//
//   bench_load submit URL TOKEN_FILE COUNT WORKFLOW…   COUNT runs, round robin, 64 connections
//   bench_load finish URL TOKEN_FILE AFTER COUNT WORKFLOW…
//                      the same, then waits for the COUNT ends of runs in the events after AFTER
//   bench_load get URL TOKEN_FILE SECONDS PATH…        one connection, one request after the other
//
// Each prints one line of JSON; exit 1 unless every request was answered as it should be.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"
#include "http/load_client.h"

namespace {

using namespace dandori;
using Clock = std::chrono::steady_clock;

struct Call {
  http::ServerAddress address;
  std::string token;
  std::uint64_t count = 0;
  std::vector<std::string> names;  ///< workflows or paths
};

int refuse(std::string_view message) {
  fmt::print(stderr, "bench_load: {}\n", message);
  return 1;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string headers_of(const Call& call) {
  return fmt::format("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", call.token);
}

Result<http::LoadReport> submit(const Call& call) {
  std::vector<std::string> bodies;
  for (const std::string& name : call.names)
    bodies.push_back(fmt::format("{{\"workflow\":\"{}\"}}", name));
  std::uint64_t sent = 0;
  const std::string headers = headers_of(call);
  http::LoadOptions options;
  options.connections = 64;
  options.duration_max = std::chrono::minutes{10};
  options.timeout = std::chrono::seconds{60};
  return http::run_load(call.address, options, [&](http::LoadRequest& next) {
    if (sent == call.count) return false;
    if (sent == 0 || next.headers.empty()) {
      next.method = "POST";
      next.target = "/api/v1/runs";
      next.headers = headers;
    }
    next.body = bodies[sent++ % bodies.size()];
    return true;
  });
}

std::string in_words(const http::LoadReport& report) {
  std::string by_status;
  for (const auto& [status, count] : report.by_status)
    fmt::format_to(std::back_inserter(by_status), "{}\"{}\": {}", by_status.empty() ? "" : ", ",
                   status, count);
  return fmt::format(
      R"("answered": {}, "failed": {}, "by_status": {{{}}}, "per_second": {:.1f}, "p50_us": {}, "p99_us": {}, "client_cpu_us": {})",
      report.answered, report.failed, by_status, report.per_second(), report.latency_quantile(0.5),
      report.latency_quantile(0.99), report.client_cpu.count() / 1000);
}

bool all_good(const http::LoadReport& report, int status) {
  return report.failed == 0 && report.answered > 0 && report.by_status.size() == 1 &&
         report.by_status.begin()->first == status;
}

int run_submit(const Call& call) {
  const auto report = submit(call);
  if (!report) return refuse(report.error().message);
  fmt::print("{{{}}}\n", in_words(*report));
  return all_good(*report, 202) ? 0 : 1;
}

/// Counts lines that say that a run has ended, over pieces that may cut a line anywhere.
class EndCounter {
 public:
  std::uint64_t feed(std::string_view piece) {
    for (;;) {
      const std::size_t end = piece.find('\n');
      line_.append(piece.substr(0, end));
      if (end == std::string_view::npos) return count_;
      count_ += line_ == "event: run.ended";
      line_.clear();
      piece.remove_prefix(end + 1);
    }
  }

 private:
  std::string line_;
  std::uint64_t count_ = 0;
};

/// When the COUNT-th end of a run was told; the epoch: the stream was cut before.
Clock::time_point follow_ends(const Call& call, std::uint64_t after) {
  http::Client client{call.address, {.timeout = std::chrono::seconds{60}}};
  http::Headers headers;
  headers.set("Authorization", "Bearer " + call.token);
  EndCounter counter;
  Clock::time_point last{};
  const auto answer = client.stream("GET", fmt::format("/api/v1/events?after={}", after), headers,
                                    {}, [&](std::string_view piece) {
                                      if (counter.feed(piece) < call.count) return true;
                                      last = Clock::now();
                                      return false;
                                    });
  if (!answer && last == Clock::time_point{}) refuse(answer.error().message);
  return last;
}

int run_finish(const Call& call, std::uint64_t after) {
  const auto begin = Clock::now();
  auto ends = std::async(std::launch::async, [&] { return follow_ends(call, after); });
  const auto report = submit(call);
  const Clock::time_point last = ends.get();
  if (!report) return refuse(report.error().message);
  if (last == Clock::time_point{}) return refuse("the events ended before the runs did");
  fmt::print("{{{}, \"seconds\": {:.6f}}}\n", in_words(*report),
             std::chrono::duration<double>(last - begin).count());
  return all_good(*report, 202) ? 0 : 1;
}

int run_get(const Call& call) {
  http::LoadOptions options;
  options.connections = 1;
  options.duration_max = std::chrono::milliseconds{call.count * 1000};
  const std::string headers = headers_of(call);
  std::uint64_t sent = 0;
  const auto report = http::run_load(call.address, options, [&](http::LoadRequest& next) {
    next.target = call.names[sent++ % call.names.size()];
    next.headers = headers;
    return true;
  });
  if (!report) return refuse(report.error().message);
  fmt::print("{{{}}}\n", in_words(*report));
  return all_good(*report, 200) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  const std::string what = args.empty() ? "" : args[0];
  const std::size_t names_at = what == "finish" ? 5 : 4;
  if ((what != "submit" && what != "finish" && what != "get") || args.size() <= names_at) {
    return refuse(
        "submit URL TOKEN_FILE COUNT WORKFLOW… | finish URL TOKEN_FILE AFTER COUNT WORKFLOW… | "
        "get URL TOKEN_FILE SECONDS PATH…");
  }
  const auto address = http::parse_server_address(args[1]);
  if (!address) return refuse(address.error().message);
  std::string token;
  std::ifstream{args[2]} >> token;
  if (token.empty()) return refuse("no token in " + args[2]);
  const Call call{*address,
                  token,
                  number(args[names_at - 1]),
                  {args.begin() + static_cast<std::ptrdiff_t>(names_at), args.end()}};
  if (what == "submit") return run_submit(call);
  if (what == "finish") return run_finish(call, number(args[3]));
  return run_get(call);
}
