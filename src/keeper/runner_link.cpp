#include "keeper/runner_link.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>

namespace dandori::keeper {
namespace {

/// Above all numbers that the runner's own descriptors take, so that dup2 overwrites none of them.
constexpr int kSpareFd = 64;

int spawn_runner(const std::string& program, std::uint64_t slot_offset, int socket, int slots,
                 int spool, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&actions, 0, 1);
  ::posix_spawn_file_actions_adddup2(&actions, 0, 2);
  ::posix_spawn_file_actions_adddup2(&actions, socket, DX_FD_SOCKET);
  ::posix_spawn_file_actions_adddup2(&actions, slots, DX_FD_SLOTS);
  ::posix_spawn_file_actions_adddup2(&actions, spool, DX_FD_SPOOL);
  std::string name = "dandori-exec", offset = std::to_string(slot_offset);
  std::array<char*, 3> argv = {name.data(), offset.data(), nullptr};
  std::array<char*, 1> env = {nullptr};
  const int error =
      ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), env.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

/// A memory file holding `bytes`, read from its start. -1: errno says why.
int memory_file(std::string_view bytes) {
  Fd file{::memfd_create("dandori", MFD_CLOEXEC)};
  if (!file) return -1;
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file.get(), bytes.data(), bytes.size());
    if (wrote <= 0) return -1;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return -1;
  return file.release();
}

void add_string(std::string& body, std::string_view text) {
  body.append(text);
  body.push_back('\0');
}

std::string body_of(const RunnerLink::Order& order) {
  std::string body;
  if (order.user != nullptr) {
    for (const gid_t group : order.user->groups) {
      body.append(reinterpret_cast<const char*>(&group), sizeof group);
    }
  }
  for (const std::string& argument : *order.argv) add_string(body, argument);
  for (const auto& [name, value] : order.env) {
    body.append(name);
    body.push_back('=');
    add_string(body, value);
  }
  add_string(body, order.folder);
  add_string(body, order.search);
  return body;
}

bool has_zero(const RunnerLink::Order& order) {
  const auto zero = [](std::string_view text) { return text.find('\0') != std::string_view::npos; };
  for (const std::string& argument : *order.argv) {
    if (zero(argument)) return true;
  }
  for (const auto& [name, value] : order.env) {
    if (zero(name) || zero(value) || name.find('=') != std::string_view::npos) return true;
  }
  return zero(order.folder) || zero(order.search);
}

}  // namespace

int RunnerLink::start(const std::string& program, int slots_fd, std::uint64_t slot_offset,
                      int spool_fd) {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0) return errno;
  Fd ours{pair[0]};
  const Fd theirs{pair[1]};
  const Fd socket{::fcntl(theirs.get(), F_DUPFD_CLOEXEC, kSpareFd)};
  const Fd slots{::fcntl(slots_fd, F_DUPFD_CLOEXEC, kSpareFd)};
  const Fd spool{::fcntl(spool_fd, F_DUPFD_CLOEXEC, kSpareFd)};
  if (!socket || !slots || !spool) return errno;
  pid_t pid = 0;
  if (const int error =
          spawn_runner(program, slot_offset, socket.get(), slots.get(), spool.get(), pid)) {
    return error;
  }
  socket_ = std::move(ours);
  pid_ = pid;
  started_ = process_start(pid).value_or(0);
  return 0;
}

bool RunnerLink::adopt(pid_t pid, std::uint64_t started) {
  if (pid <= 0 || started == 0) return false;
  Fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  // Looked at after the pidfd is open: now the number cannot be given to another process unnoticed.
  if (!pidfd || process_start(pid) != started) return false;
  pollfd ended{pidfd.get(), POLLIN, 0};
  if (::poll(&ended, 1, 0) != 0) return false;
  pidfd_ = std::move(pidfd);
  pid_ = pid;
  started_ = started;
  return true;
}

int RunnerLink::send(const Order& order) {
  if (has_zero(order)) return EINVAL;
  std::string body = body_of(order);
  dx_order head{};
  head.magic = DX_ORDER_MAGIC;
  head.sequence = order.sequence;
  head.log_max = order.log_max;
  head.body_bytes = body.size();
  head.argc = static_cast<std::uint32_t>(order.argv->size());
  head.envc = static_cast<std::uint32_t>(order.env.size());
  if (order.user != nullptr) {
    head.flags |= DX_ORDER_USER;
    head.groups = static_cast<std::uint32_t>(order.user->groups.size());
    head.uid = order.user->uid;
    head.gid = order.user->gid;
  }
  std::array<Fd, 2> files;
  std::array<int, DX_ORDER_FDS_MAX> fds{};
  std::size_t count = 0;
  const auto attach = [&](std::string_view bytes, std::uint32_t flag) {
    files[count].reset(memory_file(bytes));
    head.flags |= flag;
    fds[count] = files[count].get();
    return fds[count++] >= 0;
  };
  const bool body_apart = body.size() > DX_ORDER_INLINE_MAX;
  if (body_apart && !attach(body, DX_ORDER_BODY_FD)) return errno;
  if (order.input != nullptr && !attach(*order.input, DX_ORDER_STDIN)) return errno;
  if (order.cgroup) head.flags |= DX_ORDER_CGROUP;
  if (order.cgroup && order.cgroup_fd >= 0) {
    head.flags |= DX_ORDER_CGROUP_FD;
    fds[count++] = order.cgroup_fd;
  }

  std::array<iovec, 2> parts = {iovec{&head, sizeof head}, iovec{body.data(), body.size()}};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(DX_ORDER_FDS_MAX * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = body_apart ? 1 : 2;
  if (count > 0) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memcpy(CMSG_DATA(rights), fds.data(), count * sizeof(int));
  }
  while (::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return errno == ECONNRESET ? EPIPE : errno;
  }
  return 0;
}

RunnerLink::Received RunnerLink::receive(dx_report& report) {
  if (!socket_) {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    return ::poll(&ended, 1, 0) == 1 ? Received::gone : Received::nothing;
  }
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), &report, sizeof report, MSG_DONTWAIT);
    if (got == static_cast<ssize_t>(sizeof report)) return Received::report;
    if (got < 0 && errno == EINTR) continue;
    return got < 0 && errno == EAGAIN ? Received::nothing : Received::gone;
  }
}

void RunnerLink::bury() {
  if (socket_ && pid_ > 0) {
    ::kill(pid_, SIGKILL);  // it closed its socket, so it is ending anyway
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  socket_.reset();
  pidfd_.reset();
  pid_ = 0;
}

}  // namespace dandori::keeper
