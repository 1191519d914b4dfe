#include "http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <cstring>

#include "base/log.h"
#include "http/peer.h"
#include "http/worker.h"

namespace dandori::http::detail {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kBufferStart = 4U << 10U;
constexpr std::size_t kBufferSpare = 1U << 10U;     // beyond the largest header
constexpr std::size_t kLingerBytesMax = 4U << 20U;  // of what a refused client may still send
constexpr std::size_t kSmallBody = 8U << 10U;       // copied behind its head: one buffer to write
constexpr Ticks kLinger = 2'000;
constexpr Ticks kLingerAtStop = 300;
constexpr std::size_t kRequestIdMax = 64;

/// Fit to be written into headers and logs.
bool is_sane_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kRequestIdMax && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

/// No value can end its own header line.
void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const std::size_t start = out.size();
  out += value;
  for (std::size_t i = start; i < out.size(); ++i) {
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
  }
  out += "\r\n";
}

Pulled ask_source(ChunkSource& source, std::string& out) {
  constexpr std::size_t kChunkBytes = 64U << 10U;
  try {
    return source.next(out, kChunkBytes);
  } catch (const std::exception& exception) {
    log(LogLevel::error, "http.stream_failed", {{"what", exception.what()}});
    return Pulled::abort;
  }
}

void make_body(Response& response) {
  if (!response.make_body) return;
  try {
    response.body = response.make_body();
  } catch (const std::exception& exception) {
    log(LogLevel::error, "http.body_failed", {{"what", exception.what()}});
    const std::string_view label = response.label;
    std::string user = std::move(response.user);
    response = problem(500, {"http.no_answer", "the answer could not be made",
                             "look for the request id in the server's log"});
    response.label = label;
    response.user = std::move(user);
  }
}

bool status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

Connection::Connection(Worker& worker, Socket socket, std::uint64_t id)
    : worker_{worker},
      socket_{std::move(socket)},
      id_{id},
      parser_{ParserLimits{.header_bytes_max = worker.options().header_bytes_max,
                           .body_bytes_max = worker.options().body_bytes_max}},
      buffer_(kBufferStart) {
  error_code unknown;
  const auto endpoint = socket_.remote_endpoint(unknown);
  Peer peer = unknown ? Peer{"unknown", false} : peer_of(*endpoint.data());
  peer_ = std::move(peer.name);
  peer_is_loopback_ = peer.is_loopback;
  error_code ignored;
  socket_.non_blocking(true, ignored);
}

void Connection::open() {
  pump();
}

void Connection::turn_away() {
  refuse(ParseFault{503, Error{.code = "http.busy",
                               .message = fmt::format("there are more than {} connections",
                                                      worker_.options().connections_max),
                               .hint = "try again later"}});
  pump();
}

// Reading

void Connection::start_read() {
  if (!is_open() || reading_ || peer_ended_ || end_ == buffer_.size()) return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
                          [self = shared_from_this()](const error_code& ec, std::size_t count) {
                            self->on_read(ec, count);
                          });
}

void Connection::on_read(const error_code& ec, std::size_t count) {
  reading_ = false;
  if (!is_open()) return;
  if (ec) return on_read_failed(ec == asio::error::eof);
  if (phase_ == Phase::lingering) {
    lingered_bytes_ += count;
    if (lingered_bytes_ > kLingerBytesMax) return close();
    begin_ = end_ = 0;
    return start_read();
  }
  end_ += count;
  pump();
}

void Connection::on_read_failed(bool ended) {
  const bool answer_may_arrive =
      ended && (phase_ == Phase::handling || (phase_ == Phase::writing && !stream_));
  if (!answer_may_arrive) return close();
  peer_ended_ = true;  // half-closed: it may still want its answer
  keep_ = false;
}

/// Handles what the buffer holds, then reads on. Called whenever something has moved.
void Connection::pump() {
  while (phase_ == Phase::reading && begin_ < end_) {
    const std::size_t before = begin_;
    read_request();
    if (phase_ == Phase::reading && begin_ == before) break;
  }
  if (!is_open()) return;
  if (phase_ != Phase::lingering) make_room();
  arm_read_deadline();
  start_read();
}

void Connection::read_request() {
  begin_ += parser_.feed({buffer_.data() + begin_, end_ - begin_});
  if (parser_.header_done() && !account_body(parser_.request().body.capacity())) {
    return refuse(ParseFault{503, Error{.code = "http.busy",
                                        .message = "too many large requests are being received",
                                        .hint = "try again later"}});
  }
  switch (parser_.state()) {
    case ParseState::failed:
      return refuse(parser_.fault());
    case ParseState::complete:
      return dispatch();
    case ParseState::reading:
      break;
  }
  if (parser_.wants_continue() && !continued_) send_continue();
}

/// Makes space behind the unread octets; a request that needs more than there can be is refused.
void Connection::make_room() {
  if (reading_) return;  // the space behind belongs to the read under way
  if (begin_ == end_) {
    begin_ = end_ = 0;
    return;
  }
  if (end_ < buffer_.size()) return;
  const std::size_t size_max =
      std::max(worker_.options().header_bytes_max + kBufferSpare, kBufferStart);
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  } else if (buffer_.size() < size_max) {
    buffer_.resize(std::min(buffer_.size() * 2, size_max));
  } else if (phase_ == Phase::reading) {
    refuse(ParseFault{400, Error{.code = "http.bad_request",
                                 .message = "a chunk's header or the trailer is too long"}});
  }
}

Connection::Stage Connection::read_stage() const {
  if (phase_ != Phase::reading) return Stage::none;
  if (parser_.header_done()) return Stage::body;
  if (begin_ < end_ || parser_.started()) return Stage::header;
  return served_ ? Stage::idle : Stage::fresh;
}

/// A stage's deadline is set when it begins and not moved by octets that trickle in.
void Connection::arm_read_deadline() {
  const Stage stage = read_stage();
  if (stage == stage_) return;
  stage_ = stage;
  const ServerOptions& options = worker_.options();
  switch (stage) {
    case Stage::none:
      return;
    case Stage::fresh:
    case Stage::header:
      deadline_ = worker_.now() + options.header_timeout.count();
      return;
    case Stage::body:
      deadline_ = worker_.now() + options.body_timeout.count();
      return;
    case Stage::idle:
      deadline_ = worker_.now() + options.idle_timeout.count();
      return;
  }
}

/// Counts what this request's body takes of the memory for all bodies; false: there is no more.
bool Connection::account_body(std::size_t bytes) {
  const std::size_t before = std::exchange(body_bytes_, bytes);
  return worker_.load().change_body_bytes(before, bytes) <= worker_.options().bodies_bytes_max;
}

void Connection::send_continue() {
  continued_ = true;
  head_ = "HTTP/1.1 100 Continue\r\n\r\n";
  body_.clear();
  written_ = 0;
  error_code ec;
  const std::size_t sent = socket_.write_some(asio::buffer(head_), ec);
  if (ec || sent != head_.size())
    close();  // an empty send buffer takes 25 octets, or the client is gone
}

void Connection::dispatch() {
  phase_ = Phase::handling;
  stage_ = Stage::none;
  deadline_ = kNever;
  ++sequence_;
  account_body(0);
  keep_ = parser_.keep_alive() && !worker_.is_winding_down();
  is_http_1_0_ = parser_.is_http_1_0();

  Request request = std::move(parser_.request());
  parser_.reset();
  continued_ = false;
  is_head_ = request.method == "HEAD";
  request.peer = peer_;
  request.peer_is_loopback = peer_is_loopback_;
  const std::string_view given_id = request.headers.value("X-Request-Id");
  request_id_ = is_sane_request_id(given_id) ? std::string{given_id} : worker_.make_request_id();
  request.request_id = request_id_;
  if (worker_.options().on_answered) {
    method_ = request.method;
    target_ = request.target;
    taken_at_ = std::chrono::steady_clock::now();
  }

  std::optional<Response> answer;
  worker_.mailbox()->open_slot(id_, sequence_, answer);
  try {
    worker_.handler()(std::move(request), Responder{worker_.mailbox(), id_, sequence_});
  } catch (const std::exception& exception) {
    log(LogLevel::error, "http.handler_failed",
        {{"request_id", request_id_}, {"what", exception.what()}});
  }
  worker_.mailbox()->close_slot();
  if (answer) begin_answer(std::move(*answer));
}

void Connection::refuse(const ParseFault& fault) {
  ++sequence_;
  account_body(0);
  parser_.reset();
  keep_ = false;
  is_head_ = false;
  is_http_1_0_ = false;
  request_id_ = worker_.make_request_id();
  method_.clear();
  target_.clear();
  taken_at_ = std::chrono::steady_clock::now();
  Response response = problem(fault.status, fault.error, request_id_);
  if (fault.status == 503) response.headers.add("Retry-After", "1");
  begin_answer(std::move(response));
}

// Writing

void Connection::receive(Letter letter) {
  if (letter.sequence != sequence_ || !is_open()) return;
  if (letter.response) {
    if (phase_ != Phase::handling) return;
    begin_answer(std::move(*letter.response));
  } else {
    if (phase_ != Phase::stream_waiting) return;
    pull_stream();
  }
  pump();
}

void Connection::tell_answered(const Response& response) const {
  if (!worker_.options().on_answered) return;
  Answered answered{.method = method_,
                    .target = target_,
                    .label = response.label,
                    .user = response.user,
                    .peer = peer_,
                    .request_id = request_id_,
                    .status = response.status,
                    .body_bytes = response.body.size(),
                    .streamed = response.stream.has_value()};
  answered.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - taken_at_);
  worker_.options().on_answered(answered);
}

void Connection::begin_answer(Response response) {
  make_body(response);
  tell_answered(response);
  const bool has_body = status_has_body(response.status);
  if (response.stream && (is_http_1_0_ || worker_.is_winding_down())) keep_ = false;
  head_.clear();
  append_head(response, has_body);
  body_.clear();
  written_ = 0;
  if (response.stream && has_body && !is_head_) {
    stream_ = std::move(response.stream);
    stream_ended_ = false;
    stream_checked_at_ = worker_.now();
    wake_target_ = std::make_shared<WakeTarget>(worker_.mailbox(), id_, sequence_);
    stream_->source->start(Wake{wake_target_});
  } else if (has_body && !is_head_) {
    if (response.body.size() <= kSmallBody) {
      head_ += response.body;
    } else {
      body_ = std::move(response.body);
    }
  }
  if (write_out()) after_written();
}

void Connection::append_head(const Response& response, bool has_body) {
  fmt::format_to(std::back_inserter(head_), "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 reason_phrase(response.status), worker_.date());
  for (const auto& [name, value] : response.headers) append_field(head_, name, value);
  append_field(head_, "X-Request-Id", request_id_);
  if (response.stream && has_body) {
    if (!is_http_1_0_) head_ += "Transfer-Encoding: chunked\r\n";
  } else if (has_body) {
    fmt::format_to(std::back_inserter(head_), "Content-Length: {}\r\n", response.body.size());
  }
  if (!keep_) {
    head_ += "Connection: close\r\n";
  } else if (is_http_1_0_) {
    head_ += "Connection: keep-alive\r\n";
  }
  head_ += "\r\n";
}

bool Connection::write_out() {
  phase_ = Phase::writing;
  while (written_ < head_.size() + body_.size()) {
    const std::size_t from_head = std::min(written_, head_.size());
    const std::size_t from_body = written_ - from_head;
    const std::array<asio::const_buffer, 2> parts{
        asio::buffer(head_.data() + from_head, head_.size() - from_head),
        asio::buffer(body_.data() + from_body, body_.size() - from_body)};
    error_code ec;
    const std::size_t count =
        body_.empty() ? socket_.write_some(parts[0], ec) : socket_.write_some(parts, ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) {
      wait_writable();
      return false;
    }
    if (ec) {
      close();
      return false;
    }
    written_ += count;
  }
  return true;
}

void Connection::wait_writable() {
  deadline_ = worker_.now() + worker_.options().write_timeout.count();
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& ec) {
    if (!self->is_open()) return;
    if (ec) return self->close();
    if (!self->write_out()) return;
    self->after_written();
    self->pump();
  });
}

/// All of head_ and body_ is out: go on with the stream, the next request, or the end.
void Connection::after_written() {
  if (stream_ && !stream_ended_) return pull_stream();
  stream_.reset();
  wake_target_.reset();
  served_ = true;
  if (body_.capacity() > kBufferStart) body_ = std::string{};
  if (!keep_) return linger();
  phase_ = Phase::reading;
  stage_ = Stage::none;
}

/// Asks the source until it has nothing more for now. One that never pauses lets others go in
/// between.
void Connection::pull_stream() {
  constexpr int kRoundsMax = 16;
  if (worker_.is_winding_down()) return close();
  for (int round = 0; round < kRoundsMax; ++round) {
    wake_target_->arrived();
    chunk_.clear();
    const Pulled pulled = ask_source(*stream_->source, chunk_);
    if (pulled == Pulled::abort) return close();
    stream_ended_ = pulled == Pulled::end;
    if (!send_chunk(chunk_, stream_ended_)) return;
    if (stream_ended_) return after_written();
    if (pulled == Pulled::wait) {
      phase_ = Phase::stream_waiting;
      deadline_ = kNever;
      stream_quiet_since_ = worker_.now();
      return;
    }
  }
  phase_ = Phase::stream_waiting;
  deadline_ = kNever;
  wake_target_->wake();
}

bool Connection::send_chunk(std::string_view chunk, bool is_last) {
  head_.clear();
  body_.clear();
  written_ = 0;
  if (is_http_1_0_) {
    head_ = chunk;
  } else {
    if (!chunk.empty()) {
      fmt::format_to(std::back_inserter(head_), "{:x}\r\n{}\r\n", chunk.size(), chunk);
    }
    if (is_last) head_ += "0\r\n\r\n";
  }
  return write_out();
}

// Ending

/// Says that nothing more comes, and reads on for a while: closing at once would reset the
/// connection and could take the answer away from a client that is still sending.
void Connection::linger() {
  if (peer_ended_) return close();
  error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
  if (ec) return close();
  phase_ = Phase::lingering;
  deadline_ = worker_.now() + (worker_.is_winding_down() ? kLingerAtStop : kLinger);
  if (!reading_) begin_ = end_ = 0;
}

bool Connection::stream_may_go_on(Ticks now) {
  if (!stream_ || !stream_->may_go_on) return true;
  if (now - stream_checked_at_ < stream_->check_every.count()) return true;
  stream_checked_at_ = now;
  return stream_->may_go_on();
}

void Connection::on_tick(Ticks now) {
  if (!is_open()) return;
  if (!stream_may_go_on(now)) return close();
  if (phase_ == Phase::stream_waiting && !stream_->idle_chunk.empty() &&
      now - stream_quiet_since_ >= stream_->idle_every.count()) {
    if (!send_chunk(stream_->idle_chunk, false)) return;
    phase_ = Phase::stream_waiting;
    deadline_ = kNever;
    stream_quiet_since_ = now;
    return;
  }
  if (now < deadline_) return;
  const bool in_request = stage_ == Stage::header || stage_ == Stage::body;
  if (phase_ != Phase::reading || !in_request) return close();
  refuse(ParseFault{408, Error{.code = "http.request_timeout",
                               .message = "the request did not arrive in time",
                               .hint = "send the request faster, or split it"}});
  pump();
}

void Connection::wind_down() {
  keep_ = false;
  switch (phase_) {
    case Phase::reading:
    case Phase::stream_waiting:
      return close();
    case Phase::writing:
      if (stream_) close();
      return;
    case Phase::handling:
    case Phase::lingering:
    case Phase::closed:
      return;
  }
}

void Connection::close() {
  if (!is_open()) return;
  phase_ = Phase::closed;
  const std::shared_ptr<Connection> self = shared_from_this();
  account_body(0);
  error_code ignored;
  socket_.close(ignored);
  stream_.reset();
  wake_target_.reset();
  worker_.forget(id_);
}

}  // namespace dandori::http::detail
