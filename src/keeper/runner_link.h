#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "keeper/fd.h"
#include "keeper/host.h"
#include "keeper/runner/protocol.h"

namespace dandori::keeper {

/// The keeper's end of one runner: a process of its own session and a socket pair.
///
/// An adopted runner (of an earlier keeper) has a pidfd and no socket: it finishes its job and
/// leaves.
class RunnerLink {
 public:
  /// Starts a runner. Returns 0 or the errno of what failed.
  int start(const std::string& program, int slots_fd, std::uint64_t slot_offset, int spool_fd);
  /// Takes on a runner that an earlier keeper started; false: it is gone or is another process.
  bool adopt(pid_t pid, std::uint64_t started);

  bool alive() const { return pid_ > 0; }
  bool adopted() const { return alive() && !socket_; }
  pid_t pid() const { return pid_; }
  std::uint64_t started() const { return started_; }  ///< clock ticks since boot
  /// To poll: the socket, or an adopted runner's pidfd.
  int poll_fd() const { return socket_ ? socket_.get() : pidfd_.get(); }

  /// What one order needs, all of it decided already.
  struct Order {
    std::uint64_t sequence = 0;
    std::uint64_t log_max = 0;
    const std::vector<std::string>* argv = nullptr;
    std::vector<std::pair<std::string_view, std::string_view>> env;
    std::string_view folder, search;
    const User* user = nullptr;          ///< null: as the keeper
    const std::string* input = nullptr;  ///< standard input; null: none
    bool cgroup = false;                 ///< start it in the slot's cgroup
    int cgroup_fd = -1;                  ///< of that, if the runner has not got it yet
  };
  /// Returns 0 or an errno; EPIPE: the runner is gone and has not got the order.
  int send(const Order& order);

  enum class Received { nothing, report, gone };
  Received receive(dx_report& report);
  /// The runner is gone: reaps it if it was our child.
  void bury();

 private:
  Fd socket_, pidfd_;
  pid_t pid_ = 0;
  std::uint64_t started_ = 0;
};

}  // namespace dandori::keeper
