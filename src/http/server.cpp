#include "http/server.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <vector>

#include "base/log.h"
#include "http/worker.h"

namespace dandori::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;
using boost::system::error_code;

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kAcceptPause{100};  // after running out of descriptors

std::unexpected<Error> cannot_listen(std::string_view where, std::string_view why) {
  return fail("http.listen", fmt::format("cannot listen on {}: {}", where, why),
              "another server may be running there; choose another address, port or socket path");
}

void set_no_delay(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
}

void set_no_delay(Local::socket& /*socket*/) {}

/// Accepts on one listening socket and deals the connections out.
template <class Protocol>
class Listener {
 public:
  using Deal = std::function<detail::Worker&()>;

  Listener(asio::io_context& io, Deal deal) : deal_{std::move(deal)}, acceptor_{io}, pause_{io} {}

  error_code open(const typename Protocol::endpoint& endpoint) {
    error_code ec;
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(asio::socket_base::reuse_address{true}, ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    return ec;
  }

  error_code listen() {
    error_code ec;
    acceptor_.listen(kBacklog, ec);
    return ec;
  }

  auto endpoint() const { return acceptor_.local_endpoint(); }

  void accept() {
    detail::Worker& worker = deal_();
    acceptor_.async_accept(worker.io(),
                           [this, &worker](const error_code& ec, typename Protocol::socket socket) {
                             if (ec == asio::error::operation_aborted || !acceptor_.is_open())
                               return;
                             if (ec && ec != asio::error::connection_aborted) return pause(ec);
                             if (!ec) {
                               set_no_delay(socket);
                               worker.adopt(detail::Socket{std::move(socket)});
                             }
                             accept();
                           });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void pause(const error_code& ec) {
    log(LogLevel::warning, "http.accept_failed", {{"what", ec.message()}});
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](const error_code& aborted) {
      if (!aborted) accept();
    });
  }

  Deal deal_;
  typename Protocol::acceptor acceptor_;
  asio::steady_timer pause_;
};

/// Is somebody listening on that unix socket, or is it left over from a server that died?
bool is_alive(const std::string& path) {
  asio::io_context io;
  Local::socket socket{io};
  error_code ec;
  socket.connect(Local::endpoint{path}, ec);
  return !ec;
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, Handler handler)
      : options_{std::move(options)}, handler_{std::move(handler)} {
    const unsigned threads = std::clamp(options_.threads, 1U, 16U);
    for (unsigned i = 0; i < threads; ++i) {
      workers_.push_back(std::make_unique<detail::Worker>(options_, handler_, load_));
    }
  }

  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> start() {
    if (!options_.address.empty()) {
      if (Result<void> opened = open_tcp(); !opened) return opened;
    }
    if (!options_.unix_path.empty()) {
      if (Result<void> opened = open_unix(); !opened) return opened;
    }
    for (const auto& worker : workers_) worker->start();
    asio::post(first_io(), [this] {
      if (tcp_) tcp_->accept();
      if (unix_) unix_->accept();
    });
    running_ = true;
    return {};
  }

  std::uint16_t port() const { return port_; }
  std::size_t connections() const { return load_.connections(); }

  void stop() {
    if (!running_) return;
    running_ = false;
    close_listeners();
    for (const auto& worker : workers_) worker->wind_down();
    load_.wait_for_none(options_.stop_timeout);
    for (const auto& worker : workers_) worker->stop();
    if (unix_) ::unlink(options_.unix_path.c_str());
  }

 private:
  asio::io_context& first_io() { return workers_.front()->io(); }

  detail::Worker& next_worker() { return *workers_[next_worker_++ % workers_.size()]; }

  Result<void> open_tcp() {
    const std::string where = fmt::format("{}:{}", options_.address, options_.port);
    error_code ec;
    const auto address = asio::ip::make_address(
        options_.address == "localhost" ? "127.0.0.1" : options_.address, ec);
    if (ec) return cannot_listen(where, "the address is not numeric");
    tcp_.emplace(first_io(), [this]() -> detail::Worker& { return next_worker(); });
    ec = tcp_->open(tcp::endpoint{address, options_.port});
    if (!ec) ec = tcp_->listen();
    if (ec) return cannot_listen(where, ec.message());
    port_ = tcp_->endpoint().port();
    return {};
  }

  Result<void> open_unix() {
    const std::string& path = options_.unix_path;
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      return cannot_listen(path, "the path of a unix socket has at most 107 characters");
    }
    struct ::stat found{};
    if (::lstat(path.c_str(), &found) == 0) {
      if (!S_ISSOCK(found.st_mode)) return cannot_listen(path, "there is a file, but no socket");
      if (is_alive(path)) return cannot_listen(path, "another server answers there");
      ::unlink(path.c_str());
    }
    auto listener = std::make_unique<Listener<Local>>(
        first_io(), [this]() -> detail::Worker& { return next_worker(); });
    if (const error_code ec = listener->open(Local::endpoint{path}); ec) {
      return cannot_listen(path, ec.message());
    }
    ::chmod(path.c_str(), S_IRUSR | S_IWUSR);  // before listen(): until then nobody can connect
    if (const error_code ec = listener->listen(); ec) return cannot_listen(path, ec.message());
    unix_ = std::move(listener);
    return {};
  }

  void close_listeners() {
    std::promise<void> closed;
    asio::post(first_io(), [this, &closed] {
      if (tcp_) tcp_->close();
      if (unix_) unix_->close();
      closed.set_value();
    });
    closed.get_future().wait();
  }

  const ServerOptions options_;
  const Handler handler_;
  detail::ServerLoad load_;
  std::vector<std::unique_ptr<detail::Worker>> workers_;
  std::size_t next_worker_ = 0;
  std::optional<Listener<tcp>> tcp_;  // destroyed before the workers
  std::unique_ptr<Listener<Local>> unix_;
  std::uint16_t port_ = 0;
  bool running_ = false;
};

Server::Server(ServerOptions options, Handler handler)
    : impl_{std::make_unique<Impl>(std::move(options), std::move(handler))} {}
Server::~Server() = default;

Result<void> Server::start() {
  return impl_->start();
}
std::uint16_t Server::port() const {
  return impl_->port();
}
std::size_t Server::connections() const {
  return impl_->connections();
}
void Server::stop() {
  impl_->stop();
}

}  // namespace dandori::http
