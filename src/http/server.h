#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace dandori::http {

namespace detail {
class Mailbox;
}

/// The duty to answer one request: exactly once, from any thread, now or later.
///
/// Move-only. Destroyed without an answer it answers 500 http.no_answer. After the server has
/// stopped or the client has gone, answering does nothing.
class Responder {
 public:
  Responder() = default;
  Responder(std::shared_ptr<detail::Mailbox> mailbox, std::uint64_t connection,
            std::uint64_t sequence);
  Responder(Responder&& other) noexcept;
  Responder& operator=(Responder&& other) noexcept;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder();

  /// Answers. A second call does nothing.
  void operator()(Response response);
  /// Not yet answered (and not moved from).
  bool is_pending() const { return mailbox_ != nullptr; }

 private:
  void abandon();

  std::shared_ptr<detail::Mailbox> mailbox_;
  std::uint64_t connection_ = 0;
  std::uint64_t sequence_ = 0;
};

/// Called on one of the server's threads (on several at once when `threads` > 1); must not block
/// long.
using Handler = std::function<void(Request, Responder)>;

/// One answer, as access log and metrics want it. Borrowed for the call.
struct Answered {
  std::string_view method;  ///< empty where the request could not be read
  std::string_view target;  ///< with its query; empty likewise
  std::string_view label;   ///< Response::label
  std::string_view user;    ///< Response::user
  std::string_view peer;
  std::string_view request_id;
  int status = 0;
  std::size_t body_bytes = 0;         ///< of a body that is not streamed
  bool streamed = false;              ///< the body goes on after this
  std::chrono::microseconds took{0};  ///< whole request to answer
};

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< numeric, or `localhost`; empty: no TCP
  std::uint16_t port = 0;             ///< 0: any free one, see Server::port()
  std::string unix_path = {};         ///< also listens there (mode 0600) when set
  unsigned threads = 1;               ///< 1 to 16
  std::size_t header_bytes_max = 16U
                                 << 10U;   ///< request line and fields together; 414 or 431 beyond
  std::size_t body_bytes_max = 8U << 20U;  ///< 413 beyond
  std::size_t bodies_bytes_max = 256U << 20U;        ///< of all bodies being received; 503 beyond
  std::size_t connections_max = 1024;                ///< 503 beyond
  std::chrono::milliseconds header_timeout{10'000};  ///< first octet to end of header; 408
  std::chrono::milliseconds body_timeout{120'000};   ///< end of header to end of body; 408
  std::chrono::milliseconds idle_timeout{60'000};    ///< between requests; closed silently
  std::chrono::milliseconds write_timeout{
      30'000};                                    ///< a client that takes nothing that long is cut
  std::chrono::milliseconds stop_timeout{5'000};  ///< what stop() leaves to requests in flight
  /// Told of every answer when it begins, on the server's threads: must be quick.
  std::function<void(const Answered&)> on_answered = {};
};

/// An HTTP/1.1 server (1.0 accepted) with keep-alive, pipelining and streamed answers.
///
/// Bad input of any kind is answered with problem JSON and the connection closed.
class Server {
 public:
  Server(ServerOptions options, Handler handler);
  ~Server();  ///< stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and serves. Errors: http.listen (address taken or unusable).
  Result<void> start();
  /// The TCP port listened on; 0 before start() or without TCP.
  std::uint16_t port() const;
  /// Connections open now.
  std::size_t connections() const;
  /// Stops accepting, cuts streams, lets requests in flight be answered within `stop_timeout`, then
  /// closes everything. Blocks; not to be called from a handler. Later calls do nothing.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dandori::http
