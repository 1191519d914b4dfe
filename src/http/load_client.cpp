#include "http/load_client.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "http/client_socket.h"
#include "http/parser.h"

namespace dandori::http {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::size_t kBufferBytes = 32U << 10U;
constexpr std::chrono::milliseconds kSweepEvery{100};

nanoseconds thread_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto span = [](const timeval& time) {
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
  };
  return span(usage.ru_utime) + span(usage.ru_stime);
}

struct Lane {
  detail::ClientSocket socket;
  ResponseParser parser{ParserLimits{.header_bytes_max = 32U << 10U}};
  std::string out;
  std::size_t sent = 0;
  std::string in;  // octets the parser did not take yet
  Clock::time_point since;
  bool busy = false;
};

class Load {
 public:
  Load(const ServerAddress& address, const LoadOptions& options, const LoadGenerator& next,
       const LoadObserver& observe)
      : address_{address}, options_{options}, next_{next}, observe_{observe} {}

  Result<LoadReport> run() {
    const nanoseconds cpu_before = thread_cpu();
    if (Result<void> opened = open_lanes(); !opened) return std::unexpected(opened.error());
    started_ = Clock::now();
    stop_at_ = started_ + options_.duration_max;
    for (const auto& lane : lanes_) begin(*lane);
    while (busy_ > 0) turn();
    report_.elapsed = Clock::now() - started_;
    report_.client_cpu = thread_cpu() - cpu_before;
    std::ranges::sort(report_.latency_us);
    return std::move(report_);
  }

 private:
  Result<void> open_lanes() {
    for (std::size_t i = 0; i < std::max<std::size_t>(options_.connections, 1); ++i) {
      lanes_.push_back(std::make_unique<Lane>());
      if (Result<void> opened = open(*lanes_.back()); !opened) {
        if (i == 0) return opened;
        lanes_.pop_back();
        break;
      }
    }
    return {};
  }

  Result<void> open(Lane& lane) {
    Result<detail::ClientSocket> socket =
        detail::ClientSocket::connect(address_, std::chrono::seconds{5});
    if (!socket) return std::unexpected(std::move(socket.error()));
    lane.socket = std::move(*socket);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &lane}};
    ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, lane.socket.fd(), &event);
    return {};
  }

  /// Sends the lane's next request, if there is one.
  void begin(Lane& lane) {
    request_.body.clear();
    if (exhausted_ || Clock::now() >= stop_at_ || !next_(request_)) {
      exhausted_ = true;
      return;
    }
    if (!lane.socket.is_open() && !open(lane)) {
      ++report_.failed;
      exhausted_ = report_.failed > options_.connections;  // the server has gone
      return;
    }
    lane.out.clear();
    fmt::format_to(std::back_inserter(lane.out), "{} {}{} HTTP/1.1\r\nHost: {}\r\n{}",
                   request_.method, address_.base, request_.target, address_.authority,
                   request_.headers);
    if (request_.method != "GET" && request_.method != "HEAD") {
      fmt::format_to(std::back_inserter(lane.out), "Content-Length: {}\r\n", request_.body.size());
    }
    lane.out += "\r\n";
    lane.out += request_.body;
    lane.sent = 0;
    lane.in.clear();
    lane.parser.reset(request_.method == "HEAD");
    lane.since = Clock::now();
    lane.busy = true;
    ++busy_;
    send(lane);
  }

  void send(Lane& lane) {
    while (lane.sent < lane.out.size()) {
      const ssize_t count = ::send(lane.socket.fd(), lane.out.data() + lane.sent,
                                   lane.out.size() - lane.sent, MSG_NOSIGNAL);
      if (count > 0) {
        lane.sent += static_cast<std::size_t>(count);
        continue;
      }
      if (errno == EAGAIN) return watch(lane, EPOLLIN | EPOLLOUT);
      if (errno != EINTR) return drop(lane);
    }
  }

  void watch(Lane& lane, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.ptr = &lane}};
    ::epoll_ctl(epoll_.fd(), EPOLL_CTL_MOD, lane.socket.fd(), &event);
  }

  void turn() {
    std::array<epoll_event, 128> events{};
    const int count = ::epoll_wait(epoll_.fd(), events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(kSweepEvery.count()));
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      Lane& lane = *static_cast<Lane*>(event.data.ptr);
      if ((event.events & EPOLLOUT) != 0U && lane.busy) {
        watch(lane, EPOLLIN);
        send(lane);
      }
      if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0U) receive(lane);
    }
    sweep();
  }

  void receive(Lane& lane) {
    if (!lane.socket.is_open()) return;
    const ssize_t count = ::recv(lane.socket.fd(), buffer_.data(), buffer_.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (!lane.busy) return lane.socket.close();  // the server has ended an idle connection
    if (count <= 0) {
      lane.parser.feed_end();
      return lane.parser.state() == ParseState::complete ? finish(lane) : drop(lane);
    }
    const std::string_view got{buffer_.data(), static_cast<std::size_t>(count)};
    if (lane.in.empty()) {
      const std::size_t used = lane.parser.feed(got);
      lane.in = got.substr(used);
    } else {
      lane.in += got;
      lane.in.erase(0, lane.parser.feed(lane.in));
    }
    if (lane.parser.state() == ParseState::failed || lane.in.size() > kBufferBytes) {
      return drop(lane);
    }
    if (lane.parser.state() == ParseState::complete) finish(lane);
  }

  void finish(Lane& lane) {
    const nanoseconds latency = Clock::now() - lane.since;
    ++report_.answered;
    ++report_.by_status[lane.parser.status()];
    report_.latency_us.push_back(
        static_cast<std::uint32_t>(std::min<std::int64_t>(latency.count() / 1000, UINT32_MAX)));
    if (observe_) observe_(lane.parser.status(), lane.parser.body(), latency);
    if (!lane.parser.keep_alive()) lane.socket.close();
    lane.busy = false;
    --busy_;
    begin(lane);
  }

  void drop(Lane& lane) {
    ++report_.failed;
    lane.socket.close();
    lane.busy = false;
    --busy_;
    begin(lane);
  }

  void sweep() {
    const Clock::time_point now = Clock::now();
    if (now - swept_ < kSweepEvery) return;
    swept_ = now;
    for (const auto& lane : lanes_) {
      if (lane->busy && now - lane->since > options_.timeout) drop(*lane);
    }
  }

  const ServerAddress& address_;
  const LoadOptions& options_;
  const LoadGenerator& next_;
  const LoadObserver& observe_;
  detail::ClientSocket epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::array<char, kBufferBytes> buffer_{};
  LoadRequest request_;
  LoadReport report_;
  Clock::time_point started_;
  Clock::time_point stop_at_;
  Clock::time_point swept_;
  std::size_t busy_ = 0;
  bool exhausted_ = false;
};

}  // namespace

double LoadReport::per_second() const {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  return seconds > 0 ? static_cast<double>(answered) / seconds : 0;
}

std::uint32_t LoadReport::latency_quantile(double fraction) const {
  if (latency_us.empty()) return 0;
  const double last = static_cast<double>(latency_us.size() - 1);
  return latency_us[static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * last)];
}

Result<LoadReport> run_load(const ServerAddress& address, const LoadOptions& options,
                            const LoadGenerator& next, const LoadObserver& observe) {
  const auto load = std::make_unique<Load>(address, options, next, observe);
  return load->run();
}

}  // namespace dandori::http
