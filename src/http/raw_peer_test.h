#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace dandori::http::test {

/// A client of the tests that sends what it is told, octet for octet. Waits at most 10 s for
/// anything.
class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawPeer() { close(); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  bool is_connected() const { return connected_; }
  void shrink_receive_buffer() const {
    const int bytes = 4096;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }

  RawPeer& send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  void end_sending() const { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  /// Reads until `text` has come (again, counting from the last call's end) or the server has
  /// ended.
  std::string until(std::string_view text) {
    std::size_t found = 0;
    while ((found = pending_.find(text)) == std::string::npos) {
      if (!read_more()) return take(pending_.size());
    }
    return take(found + text.size());
  }

  /// Reads until the server ends; `timed_out()` tells when it did not.
  std::string rest() {
    while (read_more()) {
    }
    return take(pending_.size());
  }
  bool timed_out() const { return timed_out_; }

 private:
  bool read_more() {
    pollfd waited{fd_, POLLIN, 0};
    if (::poll(&waited, 1, 10'000) <= 0) {
      timed_out_ = true;
      return false;
    }
    std::array<char, 16384> bytes{};
    const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    pending_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }

  std::string take(std::size_t size) {
    std::string taken = pending_.substr(0, size);
    pending_.erase(0, size);
    return taken;
  }

  int fd_ = -1;
  bool connected_ = false;
  bool timed_out_ = false;
  std::string pending_;
};

}  // namespace dandori::http::test
