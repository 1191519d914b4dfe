#include "agent/connection.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include <fmt/core.h>

#include "base/log.h"

namespace dandori::agent {

namespace {

constexpr Duration kRetryFirst = 50ms;
constexpr Duration kRetryMax = 500ms;  // a server that comes back is found soon; a try costs 10 µs
constexpr Duration kRefusedWait = 5s;  // it will not change its mind at once
constexpr std::size_t kReadBytes = 64U << 10U;
constexpr int kReadsMax = 4;

Error gone() {
  return {"link.gone", "the connection to the server has ended"};
}

keeper::Fd connect_to(const std::string& folder) {
  const keeper::Fd place{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  keeper::Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!place || !socket) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/agent.sock", place.get());
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), generic, sizeof(address)) != 0) return {};
  return socket;
}

}  // namespace

Steady Connection::next_wake() const {
  return socket_ ? Steady{INT64_MAX} : retry_at_;
}

bool Connection::connect_if_due(Steady now) {
  if (socket_ || now < retry_at_) return false;
  socket_ = connect_to(folder_);
  if (socket_) return true;
  retry_wait_ = std::clamp(retry_wait_ * 2, kRetryFirst, kRetryMax);
  retry_at_ = now + retry_wait_;
  return false;
}

void Connection::receive(Steady now) {
  std::array<char, kReadBytes> buffer;  // NOLINT: filled by recv
  for (int i = 0; i < kReadsMax && socket_ && session_.is_open(); ++i) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count > 0) {
      session_.receive({buffer.data(), static_cast<std::size_t>(count)}, now);
      if (static_cast<std::size_t>(count) < buffer.size()) return;
      continue;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    return lose(gone(), now);
  }
}

void Connection::flush(Steady now) {
  while (socket_) {
    if (out_at_ == out_.size()) {
      out_ = session_.take_bytes();
      out_at_ = 0;
      if (out_.empty()) return;
    }
    const std::string_view rest = std::string_view{out_}.substr(out_at_);
    const ssize_t count = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count > 0) {
      out_at_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      return lose(gone(), now);
    }
  }
}

void Connection::settle(Steady now) {
  if (session_.is_welcomed()) retry_wait_ = Duration{0};
  if (socket_ && !session_.is_open()) lose(session_.closed_by(), now);
}

void Connection::lose(Error why, Steady now) {
  log(LogLevel::warning, "session.ended", {{"code", why.code}, {"message", why.message}});
  const bool is_refused = !why.code.starts_with("link.") && why.code != "protocol.silence";
  session_.disconnect(std::move(why));
  socket_.reset();
  out_.clear();
  out_at_ = 0;
  retry_wait_ = is_refused ? kRefusedWait : std::clamp(retry_wait_ * 2, kRetryFirst, kRetryMax);
  retry_at_ = now + retry_wait_;
}

}  // namespace dandori::agent
