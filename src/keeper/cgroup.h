#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "keeper/fd.h"

/// Control groups (v2) of jobs: what leaves the process group by setsid() is still found and ended
/// here.
namespace dandori::keeper {

/// The cgroup that a slot's job runs in; without a path: none, and everything about it is empty.
class Cgroup {
 public:
  Cgroup() = default;
  explicit Cgroup(std::string path);

  explicit operator bool() const { return !path_.empty(); }
  const std::string& path() const { return path_; }
  /// For CLONE_INTO_CGROUP.
  Fd directory() const;
  /// Nothing lives in it or below it. Zombies do not count.
  bool is_empty() const;
  /// Processes in it and below.
  std::size_t count() const;
  /// Signals every process in it and below, except those of the process group `except` (0: none),
  /// which were signalled already. KILL goes through cgroup.kill, where no fork can get away;
  /// kernels without it (before 5.14) need this repeated until is_empty().
  void signal(int signal, pid_t except) const;

 private:
  std::string path_;
  Fd events_;  ///< cgroup.events
};

/// Makes the cgroups of a keeper's slots, in a folder of its own below the keeper's cgroup:
/// `dandori-NAME-TAG/slot-N`, reused by job after job. No controller is enabled, so nothing about
/// resources changes and the keeper may stay where it is.
///
/// Where something is left in a slot's cgroup that must live on (a daemon of a job that ended by
/// itself), or after a kill, the slot moves to the next generation, `slot-N.g2`, and the one before
/// is removed once it is empty. The newest generation is that of the slot's current job, also
/// across keepers that were started in different cgroups: `folder`/cgroups names all places with
/// something left.
class Cgroups {
 public:
  /// Looks whether there is a cgroup v2 that we may write, once and quietly; never fails.
  ///
  /// folder: the keeper's, locked by it; its identity makes the names unique on the host.
  void open(const std::string& agent_name, const std::string& folder);
  /// New jobs get a cgroup.
  bool available() const { return !base_.empty(); }

  /// What the slot's latest job was started in, by this keeper or an earlier one; may be none.
  Cgroup current(std::uint32_t slot) const;
  /// A new one for the slot's next jobs; none if it cannot be made.
  Cgroup fresh(std::uint32_t slot);
  /// Removes what is empty and no longer current.
  void tidy();
  /// Removes the slot's, if nothing lives in it; and with the last one the folder.
  void remove(std::uint32_t slot);

 private:
  struct Place {
    std::string path;  ///< empty: none yet
    std::uint32_t generation = 0;
  };
  void scan(const std::string& base);
  Place& place(std::uint32_t slot);

  std::string base_;
  std::vector<std::string> former_;  ///< bases of earlier keepers
  std::vector<Place> places_;        ///< by slot
  std::vector<std::string> old_;     ///< earlier generations that may be empty by now
};

/// Paths, in this process's view, of its own cgroup in each mounted v2 hierarchy.
///
/// self_cgroup: content of /proc/self/cgroup; mountinfo: of /proc/self/mountinfo.
std::vector<std::string> own_cgroups(std::string_view self_cgroup, std::string_view mountinfo);

}  // namespace dandori::keeper
