#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

/// What the keeper asks of Linux.
namespace dandori::keeper {

/// Id of this boot of the host. Errors: keeper.io.
Result<Uuid> read_boot_id();
Now read_clocks();

/// Start of a process in clock ticks since boot (field 22 of /proc/PID/stat); nullopt: no such
/// process.
std::optional<std::uint64_t> process_start(pid_t pid);

/// Is the group `pid` (a job's) still that job's? `boot_us`: when the runner saw it start, 0: not
/// known.
///
/// False only if a process with the number exists and started at another time. While members of a
/// group are left, its number is not given to a new process.
bool is_same_group(pid_t pid, std::uint64_t boot_us);

/// Signals every process of the group.
void signal_group(pid_t pid, int signal);
/// Nothing of the group is left but zombies.
bool is_group_gone(pid_t pid);

/// A user to run jobs as; numeric, because a static program cannot look names up.
struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string name, home;
};
/// nullopt: there is no such user on this host.
std::optional<User> find_user(const std::string& name);

}  // namespace dandori::keeper
