#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace dandori::http {

/// Where a server is: `http://HOST[:PORT][/BASE]` or `unix:PATH`.
struct ServerAddress {
  std::string host;       ///< without brackets; empty for a unix socket
  std::string port;       ///< `80` unless told
  std::string base;       ///< put before every target; no slash at its end
  std::string unix_path;  ///< only for a unix socket
  std::string authority;  ///< for the Host field
};

/// Errors: http.bad_url.
Result<ServerAddress> parse_server_address(std::string_view url);

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  /// For the header of the answer, and between any two pieces of its body. 0: no limit.
  std::chrono::milliseconds timeout{30'000};
  std::size_t header_bytes_max = 64U << 10U;
  std::size_t body_bytes_max = 256U << 20U;  ///< of request(); streams are not bounded
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

/// Takes a piece of the body; false ends the reading (the connection is closed then).
using OnChunk = std::function<bool(std::string_view)>;

/// A blocking client of one server, for one thread. Keeps its connection open between requests.
///
/// A request is sent again, once, only when a kept connection turns out to be closed before any
/// octet of an answer came, and the method is idempotent or the request carries an Idempotency-Key.
class Client {
 public:
  explicit Client(ServerAddress address, ClientOptions options = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  /// Errors: http.connect (nobody answers there), http.timeout, http.protocol (not HTTP, cut, too
  /// big).
  Result<ClientResponse> request(std::string_view method, std::string_view target,
                                 const Headers& headers = {}, std::string_view body = {});

  /// As request(), but hands the body of a 2xx answer over piece by piece; other answers come
  /// whole.
  Result<ClientResponse> stream(std::string_view method, std::string_view target,
                                const Headers& headers, std::string_view body,
                                const OnChunk& on_chunk);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dandori::http
