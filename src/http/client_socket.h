#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "http/client.h"

namespace dandori::http::detail {

using Milliseconds = std::chrono::milliseconds;

/// A connected, non-blocking stream socket that is waited for with poll(). Closes itself.
class ClientSocket {
 public:
  ClientSocket() = default;
  explicit ClientSocket(int fd) : fd_{fd} {}
  ClientSocket(ClientSocket&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  ClientSocket& operator=(ClientSocket&& other) noexcept;
  ~ClientSocket() { close(); }

  /// Errors: http.connect, http.timeout.
  static Result<ClientSocket> connect(const ServerAddress& address, Milliseconds timeout);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  /// Nothing has come and the other side has not closed: fit for another request.
  bool is_quiet() const;
  /// Writes all. Errors: http.timeout, http.protocol.
  Result<void> send_all(std::string_view bytes, Milliseconds timeout) const;
  /// At least one octet, or 0 when the other side has ended. Errors: http.timeout, http.protocol.
  Result<std::size_t> receive(char* to, std::size_t size_max, Milliseconds timeout) const;
  void close();

 private:
  int fd_ = -1;
};

/// The request as octets, with Host, Content-Length and what the caller gave.
std::string request_text(const ServerAddress& address, std::string_view method,
                         std::string_view target, const Headers& headers, std::string_view body);

}  // namespace dandori::http::detail
