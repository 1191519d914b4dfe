#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "http/connection.h"

namespace dandori::http::detail {

/// What the server holds at once: connections, with a way to wait until there are none, and bodies.
class ServerLoad {
 public:
  std::size_t connections() const { return connections_.load(); }
  std::size_t add() { return connections_.fetch_add(1) + 1; }
  void remove();
  /// False when there are still some after `span`.
  bool wait_for_none(std::chrono::milliseconds span);
  /// A body being read takes `after` bytes now. Returns what all of them take.
  std::size_t change_body_bytes(std::size_t before, std::size_t after);

 private:
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> body_bytes_{0};
  std::mutex mutex_;
  std::condition_variable none_;
};

/// One event loop with its thread and its connections.
class Worker {
 public:
  Worker(const ServerOptions& options, const Handler& handler, ServerLoad& load);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  /// Any thread: takes over a socket.
  void adopt(Socket socket);
  /// Any thread: idle connections go now, others after their answer.
  void wind_down();
  /// Not the worker's thread: closes everything and ends the thread.
  void stop();

  boost::asio::io_context& io() { return io_; }

  // For its connections, on the worker's thread.
  const ServerOptions& options() const { return options_; }
  const Handler& handler() const { return handler_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  bool is_winding_down() const { return winding_down_; }
  ServerLoad& load() { return load_; }
  Ticks now() const;
  /// The present instant as a Date field has it; at most about a second old.
  const std::string& date() const { return date_; }
  std::string make_request_id();
  void forget(std::uint64_t connection);

 private:
  void run();
  void take_in(Socket socket);
  void deliver_letters();
  void schedule_tick();
  void on_tick();
  void refresh_date();

  const ServerOptions& options_;
  const Handler& handler_;
  ServerLoad& load_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer tick_;
  std::chrono::milliseconds tick_every_;
  std::shared_ptr<Mailbox> mailbox_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
  std::uint64_t next_connection_ = 1;
  std::uint64_t next_request_ = 1;
  std::string id_prefix_;
  std::string date_;
  std::int64_t date_second_ = -1;
  bool winding_down_ = false;
  std::thread thread_;
};

}  // namespace dandori::http::detail
