#include "http/worker.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <ctime>
#include <random>

#include "base/log.h"

namespace dandori::http::detail {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kTurnedAwayMax = 64;  // beyond connections_max, these still get a polite 503

std::chrono::milliseconds tick_span(const ServerOptions& options) {
  const std::chrono::milliseconds shortest = std::min(
      {options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{1000});
}

std::string random_prefix() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

}  // namespace

void ServerLoad::remove() {
  if (connections_.fetch_sub(1) != 1) return;
  {
    const std::lock_guard lock{mutex_};
  }
  none_.notify_all();
}

bool ServerLoad::wait_for_none(std::chrono::milliseconds span) {
  std::unique_lock lock{mutex_};
  return none_.wait_for(lock, span, [&] { return connections_.load() == 0; });
}

std::size_t ServerLoad::change_body_bytes(std::size_t before, std::size_t after) {
  if (before == after) return body_bytes_.load(std::memory_order_relaxed);
  return body_bytes_.fetch_add(after - before) + after - before;  // wraps around to a subtraction
}

Worker::Worker(const ServerOptions& options, const Handler& handler, ServerLoad& load)
    : options_{options},
      handler_{handler},
      load_{load},
      guard_{asio::make_work_guard(io_)},
      tick_{io_},
      tick_every_{tick_span(options)},
      mailbox_{
          std::make_shared<Mailbox>([this] { asio::post(io_, [this] { deliver_letters(); }); })},
      id_prefix_{random_prefix()} {}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  refresh_date();
  schedule_tick();
  thread_ = std::thread{[this] { run(); }};
}

void Worker::run() {
  mailbox_->set_owner();
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception& exception) {
      log(LogLevel::error, "http.loop_failed", {{"what", exception.what()}});
    }
  }
}

void Worker::adopt(Socket socket) {
  asio::post(io_, [this, taken = std::move(socket)]() mutable { take_in(std::move(taken)); });
}

void Worker::take_in(Socket socket) {
  if (winding_down_) return;
  const std::size_t open = load_.add();
  if (open > options_.connections_max + kTurnedAwayMax) return load_.remove();
  const std::uint64_t id = next_connection_++;
  const auto connection = std::make_shared<Connection>(*this, std::move(socket), id);
  connections_.emplace(id, connection);
  if (open > options_.connections_max) return connection->turn_away();
  connection->open();
}

void Worker::wind_down() {
  asio::post(io_, [this] {
    winding_down_ = true;
    const auto connections = connections_;  // winding down removes some
    for (const auto& [id, connection] : connections) connection->wind_down();
  });
}

void Worker::stop() {
  mailbox_->close();
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    winding_down_ = true;
    const auto connections = connections_;
    for (const auto& [id, connection] : connections) connection->close();
    tick_.cancel();
    guard_.reset();
    io_.stop();
  });
  thread_.join();
}

Ticks Worker::now() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string Worker::make_request_id() {
  return fmt::format("{}{:08x}", id_prefix_, next_request_++);
}

void Worker::forget(std::uint64_t connection) {
  if (connections_.erase(connection) > 0) load_.remove();
}

void Worker::deliver_letters() {
  for (Letter& letter : mailbox_->take()) {
    const auto found = connections_.find(letter.connection);
    if (found == connections_.end()) continue;
    const std::shared_ptr<Connection> connection = found->second;
    connection->receive(std::move(letter));
  }
}

void Worker::schedule_tick() {
  tick_.expires_after(tick_every_);
  tick_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    on_tick();
    schedule_tick();
  });
}

void Worker::on_tick() {
  refresh_date();
  const Ticks at = now();
  std::vector<std::shared_ptr<Connection>> connections;
  connections.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) connections.push_back(connection);
  for (const auto& connection : connections) connection->on_tick(at);
}

void Worker::refresh_date() {
  const std::time_t second = std::time(nullptr);
  if (second == date_second_) return;
  date_second_ = second;
  date_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(second));
}

}  // namespace dandori::http::detail
