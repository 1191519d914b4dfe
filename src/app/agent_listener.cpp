#include "app/agent_listener.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "app/clocks.h"
#include "base/log.h"

namespace dandori::app {

namespace {

constexpr std::uint64_t kListenerId = 0;
constexpr std::uint64_t kEndedId = UINT64_MAX;
constexpr std::size_t kReadBytes = 64U << 10U;
constexpr int kReadsMax = 4;  // of one connection in a row: others wait meanwhile
constexpr int kAcceptsMax = 64;

std::unexpected<Error> socket_error(const std::string& folder, std::string_view call) {
  return fail("server.agent_socket",
              fmt::format("{}/agent.sock: {}: {}", folder, call, std::strerror(errno)),
              "the data folder must be on a local file system and belong to the server's user");
}

/// A short name for a socket in a folder whose own name may be longer than a socket address.
sockaddr_un address_of(int folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}/agent.sock", folder);
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

bool is_trusted(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

Error gone() {
  return {"link.gone", "the agent's connection has ended"};
}

}  // namespace

Result<void> AgentListener::open(const std::string& folder) {
  const keeper::Fd place{::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!place) return socket_error(folder, "open");
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  ended_.reset(::eventfd(0, EFD_CLOEXEC));
  if (!listener_ || !epoll_ || !ended_) return socket_error(folder, "socket");
  ::unlinkat(place.get(), "agent.sock", 0);
  const sockaddr_un address = address_of(place.get());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(listener_.get(), generic, sizeof(address)) != 0) return socket_error(folder, "bind");
  if (::chmod(address.sun_path, 0600) != 0) return socket_error(folder, "chmod");
  if (::listen(listener_.get(), SOMAXCONN) != 0) return socket_error(folder, "listen");

  epoll_event event{.events = EPOLLIN, .data = {.u64 = kEndedId}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, ended_.get(), &event);
  event = {.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = kListenerId}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &event);
  thread_ = std::jthread{[this](std::stop_token stop) { watch(std::move(stop)); }};
  return {};
}

void AgentListener::close() {
  if (thread_.joinable()) {
    thread_.request_stop();
    const std::uint64_t one = 1;
    (void)!::write(ended_.get(), &one, sizeof(one));
    thread_.join();
  }
  while (!connections_.empty()) drop(connections_.begin()->first, gone());
  listener_.reset();
}

void AgentListener::watch(std::stop_token stop) {
  ::pthread_setname_np(::pthread_self(), "agents");
  std::array<epoll_event, 64> events{};
  while (!stop.stop_requested()) {
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
      if (id == kEndedId) return;
      if (!runtime_.post_task([this, id] { on_ready(id); })) return;
    }
  }
}

void AgentListener::on_ready(std::uint64_t id) {
  if (!listener_) return;  // closed meanwhile
  if (id == kListenerId) return accept_all();
  const auto at = connections_.find(id);
  if (at != connections_.end()) read_from(id, at->second);
}

void AgentListener::accept_all() {
  for (int i = 0; i < kAcceptsMax; ++i) {
    keeper::Fd socket{::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!socket) break;
    if (connections_.size() >= kAgentConnectionsMax || !is_trusted(socket.get())) continue;
    const std::uint64_t id = links_.open(read_clocks().steady);
    epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = id}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &event) != 0) {
      links_.forget(id, gone());
      continue;
    }
    connections_[id].socket = std::move(socket);
  }
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = kListenerId}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener_.get(), &event);
}

void AgentListener::read_from(std::uint64_t id, Connection& connection) {
  connection.waits_to_write = false;
  connection.is_stalled = false;
  std::array<char, kReadBytes> buffer;  // NOLINT: filled by recv
  for (int i = 0; i < kReadsMax && links_.is_open(id); ++i) {
    if (runtime_.is_congested()) {
      connection.is_stalled = true;
      break;
    }
    const ssize_t count =
        ::recv(connection.socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) {
      links_.receive(id, {buffer.data(), static_cast<std::size_t>(count)}, read_clocks().steady);
      if (static_cast<std::size_t>(count) == buffer.size()) continue;
      break;
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) break;
    return drop(id, gone());
  }
  if (flush(id, connection) && !connection.is_stalled) arm(id, connection);
}

/// Writes what can be written. False: the connection was dropped.
bool AgentListener::flush(std::uint64_t id, Connection& connection) {
  for (;;) {
    if (connection.out_at == connection.out.size()) {
      connection.out = links_.take_bytes(id);
      connection.out_at = 0;
      if (connection.out.empty()) break;
    }
    const std::string_view rest = std::string_view{connection.out}.substr(connection.out_at);
    const ssize_t count =
        ::send(connection.socket.get(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      connection.out_at += static_cast<std::size_t>(count);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN && links_.is_open(id)) {
      if (!std::exchange(connection.waits_to_write, true)) arm(id, connection);
      return true;
    }
    drop(id, gone());
    return false;
  }
  if (links_.is_open(id)) return true;
  const Error why = links_.closed_by(id);
  log(LogLevel::warning, "agent.session_ended",
      {{"session", std::to_string(id)}, {"code", why.code}, {"message", why.message}});
  drop(id, why);
  return false;
}

void AgentListener::arm(std::uint64_t id, const Connection& connection) {
  std::uint32_t events = EPOLLONESHOT | EPOLLIN;
  if (connection.waits_to_write) events |= EPOLLOUT;
  epoll_event event{.events = events, .data = {.u64 = id}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
}

void AgentListener::pump() {
  std::vector<std::uint64_t> ids;
  ids.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    const auto at = connections_.find(id);
    if (at == connections_.end()) continue;
    if (at->second.is_stalled && !runtime_.is_congested()) {
      read_from(id, at->second);
    } else if (!at->second.waits_to_write) {
      flush(id, at->second);
    }
  }
}

void AgentListener::drop(std::uint64_t id, Error why) {
  connections_.erase(id);  // closes the socket, which leaves the epoll set by that
  links_.forget(id, std::move(why));
}

}  // namespace dandori::app
