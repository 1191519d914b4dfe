// What jobs are given by the host, and a disk with no room.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/core.h>

#include "keeper/test_host.h"

using namespace dandori;
using namespace dandori::keeper;
using keeper::test::attempt;
using keeper::test::Host;

namespace {

/// A small disk of its own over DATA/agent.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_{std::move(folder)} {
    std::filesystem::create_directory(folder_);
    mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("none", folder_.c_str(), "tmpfs", 0, "size=1m") == 0;
    if (!mounted_) MESSAGE("skipped: no disk can be mounted here: ", std::strerror(errno));
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  /// Until nothing more fits.
  void fill() const {
    std::ofstream file{filler(), std::ios::binary};
    const std::string block(4096, 'x');
    while (file.write(block.data(), std::ssize(block)).flush()) {
    }
    struct statvfs now{};
    REQUIRE(::statvfs(folder_.c_str(), &now) == 0);
    REQUIRE(now.f_bavail == 0);
  }
  void make_room() const { std::filesystem::remove(filler()); }

 private:
  std::string filler() const { return folder_ + "/filler"; }

  std::string folder_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("jobs get a usual file mask and limits, however the agent was started") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit raised = before;
  raised.rlim_cur = before.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &raised);
  const mode_t mask = ::umask(0);
  Host host;
  host.open();
  host.finish(host.shell(1, "umask; ulimit -c; ulimit -n; nice"));
  ::umask(mask);
  ::setrlimit(RLIMIT_NOFILE, &before);
  const rlim_t files = std::min<rlim_t>(raised.rlim_cur, 1024);
  CHECK(host.log(1) ==
        fmt::format("0022\n0\n{}\n{}\n", files, std::max(::getpriority(PRIO_PROCESS, 0), 0)));
  CHECK(host.find<model::AttemptEnded>(1)->exit.exit_code == 0);
}

TEST_CASE("jobs of an agent with a high priority are ordinary work") {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  if (::setpriority(PRIO_PROCESS, 0, -5) != 0) {
    MESSAGE("skipped: no right to a higher priority");
    return;
  }
  Host host;
  host.open();
  host.finish(host.shell(1, "nice; chrt -p $$ || echo $?"));
  ::setpriority(PRIO_PROCESS, 0, before);
  CHECK(host.log(1).starts_with("0\n"));
  CHECK(host.log(1).find("SCHED_OTHER") != std::string::npos);
}

TEST_CASE(
    "on a full disk jobs run and end, exit codes are kept, dropped output is counted, nothing "
    "hangs") {
  Host host{4, 4};
  const SmallDisk disk{host.path("agent")};
  if (!disk.mounted()) return;
  host.config.work = "/";
  host.open();
  CHECK(host.finish(host.shell(1, "echo room; exit 3")).exit.exit_code == 3);
  CHECK(host.log(1) == "room\n");
  host.keeper->acknowledge({attempt(1)});
  disk.fill();

  // A warm slot and, as the first stays unacknowledged, two that never had a job.
  for (std::uint32_t i = 2; i <= 4; ++i) {
    const model::ExitRecord exit =
        host.finish(host.shell(i, fmt::format("head -c 2000000 /dev/zero; exit {}", 10 + i))).exit;
    CHECK(exit.spawn_errno == 0);
    CHECK(exit.exit_code == static_cast<std::int32_t>(10 + i));
    CHECK(exit.log_bytes == 2'000'000);
    CHECK(exit.log_dropped > 1'000'000);
    const model::LogChunk chunk = host.keeper->read_log({1, attempt(i), 0, 65536});
    CHECK(chunk.error.empty());
    CHECK(chunk.dropped == exit.log_dropped);
  }
  // An agent that starts on the full disk says the same.
  host.reports.clear();
  host.open();
  for (std::uint32_t i = 2; i <= 4; ++i) {
    REQUIRE(host.find<model::AttemptEnded>(i) != nullptr);
    CHECK(host.find<model::AttemptEnded>(i)->exit.exit_code == static_cast<std::int32_t>(10 + i));
    CHECK(host.find<model::AttemptEnded>(i)->exit.log_dropped > 1'000'000);
    host.keeper->acknowledge({attempt(i)});
  }
  disk.make_room();
  CHECK(host.finish(host.shell(5, "echo again")).exit.log_dropped == 0);
  CHECK(host.log(5) == "again\n");
}
