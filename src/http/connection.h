#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/mailbox.h"
#include "http/parser.h"
#include "http/server.h"

namespace dandori::http::detail {

class Worker;

using Socket = boost::asio::generic::stream_protocol::socket;

/// Milliseconds of the steady clock.
using Ticks = std::int64_t;
inline constexpr Ticks kNever = INT64_MAX;

/// One client's connection: a state machine on its worker's thread, one request at a time.
///
/// A read is nearly always under way, so that the client's leaving is noticed; octets of the next
/// request wait in the buffer, and when it is full the socket is left alone.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Worker& worker, Socket socket, std::uint64_t id);

  /// Starts reading.
  void open();
  /// Answers 503 at once: there are too many connections.
  void turn_away();
  /// A letter for it: an answer, or news of its stream.
  void receive(Letter letter);
  /// Ends what has taken too long; sends the stream's idle chunk when due.
  void on_tick(Ticks now);
  /// The server stops: goes now, unless a request is in flight.
  void wind_down();
  void close();

 private:
  enum class Phase : std::uint8_t { reading, handling, writing, stream_waiting, lingering, closed };
  enum class Stage : std::uint8_t { none, fresh, header, body, idle };  // what a deadline is for

  void start_read();
  void on_read(const boost::system::error_code& ec, std::size_t count);
  void on_read_failed(bool ended);
  void pump();
  void read_request();
  void make_room();
  void arm_read_deadline();
  Stage read_stage() const;
  bool account_body(std::size_t bytes);
  void send_continue();
  void dispatch();
  void refuse(const ParseFault& fault);

  void begin_answer(Response response);
  void tell_answered(const Response& response) const;
  void append_head(const Response& response, bool has_body);
  /// True when everything is written; false when it goes on later or the connection is closed.
  bool write_out();
  void wait_writable();
  void after_written();
  void pull_stream();
  /// False: the stream is due to be asked whether it may go on, and may not.
  bool stream_may_go_on(Ticks now);
  bool send_chunk(std::string_view chunk, bool is_last);
  void linger();

  bool is_open() const { return phase_ != Phase::closed; }

  Worker& worker_;
  Socket socket_;
  const std::uint64_t id_;
  std::string peer_;
  bool peer_is_loopback_ = false;

  Phase phase_ = Phase::reading;
  Stage stage_ = Stage::none;
  Ticks deadline_ = kNever;
  bool reading_ = false;     // an async read is under way
  bool peer_ended_ = false;  // the client has shut down its side
  bool keep_ = true;         // go on after this answer
  bool served_ = false;      // at least one request was answered
  bool continued_ = false;   // 100 was sent for this request
  std::size_t lingered_bytes_ = 0;
  std::size_t body_bytes_ = 0;  // counted for the body that is being read

  RequestParser parser_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // unread octets: buffer_[begin_, end_)
  std::size_t end_ = 0;

  std::uint64_t sequence_ = 0;  // of the request in work
  std::string request_id_;
  std::string method_, target_;  // of the request in work, where somebody wants to know
  std::chrono::steady_clock::time_point taken_at_;
  bool is_head_ = false;
  bool is_http_1_0_ = false;

  std::string head_;  // to be written first
  std::string body_;  // then this
  std::size_t written_ = 0;
  std::optional<BodyStream> stream_;
  std::shared_ptr<WakeTarget> wake_target_;
  std::string chunk_;
  bool stream_ended_ = false;
  Ticks stream_quiet_since_ = 0;
  Ticks stream_checked_at_ = 0;
};

}  // namespace dandori::http::detail
