#include "http/client_socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace dandori::http::detail {

namespace {

using Clock = std::chrono::steady_clock;

std::string what_of(int number) {
  return std::generic_category().message(number);
}

std::string name_of(const ServerAddress& address) {
  return address.unix_path.empty() ? fmt::format("http://{}", address.authority)
                                   : fmt::format("unix:{}", address.unix_path);
}

std::unexpected<Error> unreachable(const ServerAddress& address, std::string_view why) {
  return fail("http.connect",
              fmt::format("the server at {} cannot be reached: {}", name_of(address), why),
              "is the server running, and is this its address?");
}

std::unexpected<Error> timed_out(std::string_view what) {
  return fail("http.timeout", fmt::format("{} took too long", what),
              "the server may be overloaded; try again or allow more time");
}

std::unexpected<Error> broken(int number) {
  return fail("http.protocol", fmt::format("the connection broke: {}", what_of(number)));
}

/// Waits for `events`; false when the time is over.
bool wait_for(int fd, short events, Clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(until - Clock::now());
    pollfd waited{fd, events, 0};
    const int wait_ms = static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, INT32_MAX));
    const int ready = ::poll(&waited, 1, wait_ms);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (Clock::now() >= until) return false;
  }
}

/// 0 when connected, else an errno value; ETIMEDOUT when the time is over.
int finish_connect(int fd, const sockaddr* to, socklen_t size, Clock::time_point until) {
  if (::connect(fd, to, size) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (!wait_for(fd, POLLOUT, until)) return ETIMEDOUT;
  int error = 0;
  socklen_t error_size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
  return error;
}

ClientSocket open_socket(int family) {
  return ClientSocket{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
}

Result<ClientSocket> connect_unix(const ServerAddress& address, Clock::time_point until) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (address.unix_path.size() >= sizeof to.sun_path) {
    return unreachable(address, "the path of a unix socket has at most 107 characters");
  }
  std::memcpy(to.sun_path, address.unix_path.data(), address.unix_path.size());
  ClientSocket socket = open_socket(AF_UNIX);
  if (!socket.is_open()) return unreachable(address, what_of(errno));
  const int error =
      finish_connect(socket.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof to, until);
  if (error != 0) return unreachable(address, what_of(error));
  return socket;
}

Result<ClientSocket> connect_tcp(const ServerAddress& address, Clock::time_point until) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failure = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &wanted, &list);
  if (failure != 0) return unreachable(address, ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{list, ::freeaddrinfo};

  int error = ECONNREFUSED;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    ClientSocket socket = open_socket(entry->ai_family);
    if (!socket.is_open()) continue;
    error = finish_connect(socket.fd(), entry->ai_addr, entry->ai_addrlen, until);
    if (error != 0) continue;
    const int on = 1;
    ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  return unreachable(address, what_of(error));
}

}  // namespace

ClientSocket& ClientSocket::operator=(ClientSocket&& other) noexcept {
  if (this == &other) return *this;
  close();
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

void ClientSocket::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<ClientSocket> ClientSocket::connect(const ServerAddress& address, Milliseconds timeout) {
  const Clock::time_point until = Clock::now() + timeout;
  return address.unix_path.empty() ? connect_tcp(address, until) : connect_unix(address, until);
}

bool ClientSocket::is_quiet() const {
  pollfd looked{fd_, POLLIN, 0};
  return ::poll(&looked, 1, 0) == 0;
}

Result<void> ClientSocket::send_all(std::string_view bytes, Milliseconds timeout) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      const Clock::time_point until =
          timeout > Milliseconds::zero() ? Clock::now() + timeout : Clock::time_point::max();
      if (!wait_for(fd_, POLLOUT, until)) return timed_out("sending the request");
    } else if (errno != EINTR) {
      return broken(errno);
    }
  }
  return {};
}

Result<std::size_t> ClientSocket::receive(char* to, std::size_t size_max,
                                          Milliseconds timeout) const {
  const bool is_limited = timeout > Milliseconds::zero();
  const Clock::time_point until = is_limited ? Clock::now() + timeout : Clock::time_point::max();
  for (;;) {
    const ssize_t received = ::recv(fd_, to, size_max, 0);
    if (received >= 0) return static_cast<std::size_t>(received);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(fd_, POLLIN, until)) return timed_out("the answer of the server");
    } else if (errno != EINTR) {
      return broken(errno);
    }
  }
}

std::string request_text(const ServerAddress& address, std::string_view method,
                         std::string_view target, const Headers& headers, std::string_view body) {
  std::string text = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\n", method, address.base, target,
                                 address.authority);
  for (const auto& [name, value] : headers) {
    fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
  }
  const bool may_have_body = method != "GET" && method != "HEAD";
  if (!body.empty() || may_have_body) {
    fmt::format_to(std::back_inserter(text), "Content-Length: {}\r\n", body.size());
  }
  text += "\r\n";
  text += body;
  return text;
}

}  // namespace dandori::http::detail
