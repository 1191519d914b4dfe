#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace dandori::http {

/// Why a message was refused. `status` is what a server answers; 0 for answers read by a client.
struct ParseFault {
  int status = 400;
  Error error;
};

struct ParserLimits {
  std::size_t header_bytes_max = 16U << 10U;
  std::size_t body_bytes_max = 8U << 20U;
  std::size_t fields_max = 128;
};

enum class ParseState : std::uint8_t { reading, complete, failed };

/// Reads one request after the other from the octets of a connection.
///
/// Strict where laxness lets two readers see different messages: one Host, Content-Length or
/// chunked but never both, no other transfer coding, no bare line feeds.
class RequestParser {
 public:
  explicit RequestParser(ParserLimits limits);
  ~RequestParser();

  /// Takes octets; returns how many were consumed. The rest must be offered again with more behind
  /// it.
  std::size_t feed(std::string_view bytes);

  ParseState state() const;
  bool header_done() const;
  /// Has any octet of a request been seen?
  bool started() const;
  /// The header is complete, its body not, and the client waits for 100.
  bool wants_continue() const;
  /// May the connection be used again? Only once the header is done.
  bool keep_alive() const;
  bool is_http_1_0() const;
  const ParseFault& fault() const;
  /// The complete request; peer and request_id are left to the caller.
  Request& request();
  /// Makes ready for the next request.
  void reset();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Reads one answer after the other. Interim answers (1xx) are skipped.
class ResponseParser {
 public:
  /// Takes a piece of the body; false stops the reading: failed, without a fault's error.
  using Sink = std::function<bool(std::string_view)>;

  explicit ResponseParser(ParserLimits limits);
  ~ResponseParser();

  std::size_t feed(std::string_view bytes);
  /// The connection has ended: completes an answer whose body goes on until then, else fails.
  void feed_end();

  ParseState state() const;
  bool header_done() const;
  /// Has any octet of an answer been seen?
  bool started() const;
  bool keep_alive() const;
  bool stopped_by_sink() const;
  const ParseFault& fault() const;
  int status() const;
  Headers& headers();
  /// The body, as far as it did not go to the sink.
  std::string& body();
  /// Makes ready for the answer to the next request.
  ///
  /// head: it was HEAD, so no body follows. sink: gets the body of a 2xx answer; kept until next
  /// reset.
  void reset(bool head, Sink sink = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dandori::http
