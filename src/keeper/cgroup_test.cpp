// What leaves the process group is found by its cgroup; without cgroups it is as it always was.
#include "keeper/cgroup.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include <fmt/core.h>

#include "keeper/test_host.h"

using namespace dandori;
using namespace dandori::keeper;
using keeper::test::attempt;
using keeper::test::Host;

namespace {

std::string content(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool can_make_cgroups(const std::string& folder) {
  Cgroups cgroups;
  cgroups.open("trial", folder);
  const bool can = cgroups.available();
  cgroups.remove(0);
  return can;
}

/// True if this machine lets us have cgroups v2, mounted in a namespace of our own if need be.
bool have_cgroups(const std::string& folder) {
  static const bool have = [&] {
    if (can_make_cgroups(folder)) return true;
    const std::string mount = folder + "/cgroup2";
    std::filesystem::create_directory(mount);
    return ::unshare(CLONE_NEWNS) == 0 &&
           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("none", mount.c_str(), "cgroup2", 0, nullptr) == 0 && can_make_cgroups(folder);
  }();
  if (!have) MESSAGE("skipped: the kernel lets us have no cgroup v2 here");
  return have;
}

bool is_alive(pid_t pid) {
  const std::string stat = content(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && stat[name_end + 2] != 'Z';
}

pid_t pid_in(const std::string& path) {
  const std::string text = content(path);
  return text.empty() ? 0 : static_cast<pid_t>(std::stol(text));
}

/// Of a process, as the kernel calls it.
std::string cgroup_of(pid_t pid) {
  std::string all = content(fmt::format("/proc/{}/cgroup", pid));
  const std::size_t at = all.find("0::");
  return at == std::string::npos ? "" : all.substr(at + 3, all.find('\n', at) - at - 3);
}

/// Starts a job whose grandchild leaves group and session, ignores TERM, and writes its pid;
/// returns that.
pid_t start_with_escapee(Host& host, std::uint32_t number, const std::string& then) {
  const std::string file = host.path(fmt::format("escapee{}", number));
  host.start(host.shell(number, fmt::format("setsid sh -c \"trap '' TERM; echo \\$\\$ > {0}.new; "
                                            "mv {0}.new {0}; exec sleep 600\" & {1}",
                                            file, then)));
  REQUIRE(host.until(
      [&] { return pid_in(file) != 0 && host.find<model::AttemptStarted>(number) != nullptr; }));
  return pid_in(file);
}

void in_killed_process(const std::function<void()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
}

}  // namespace

TEST_CASE("the own cgroup is found in pure, hybrid and partly mounted hierarchies") {
  using Paths = std::vector<std::string>;
  const std::string pure =
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
  CHECK(own_cgroups("0::/system.slice/a.service\n", pure) ==
        Paths{"/sys/fs/cgroup/system.slice/a.service"});
  CHECK(own_cgroups("0::/\n", pure) == Paths{"/sys/fs/cgroup"});
  const std::string hybrid =
      "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n";
  CHECK(own_cgroups("4:memory:/x\n0::/user\n", hybrid) == Paths{"/sys/fs/cgroup/unified/user"});
  CHECK(own_cgroups("4:memory:/x\n", hybrid).empty());
  const std::string part = "50 31 0:38 /box /mnt/a\\040b rw - cgroup2 none rw\n";
  CHECK(own_cgroups("0::/box/inner\n", part) == Paths{"/mnt/a b/inner"});
  CHECK(own_cgroups("0::/box\n", part) == Paths{"/mnt/a b"});
  CHECK(own_cgroups("0::/boxes\n", part).empty());
  CHECK(own_cgroups("0::/../outside\n", pure).empty());
  CHECK(own_cgroups("0::/x", "").empty());
  CHECK(own_cgroups("0::/x", " - cgroup2 \n\\04 - cgroup2 x").empty());
}

TEST_CASE("a kill also ends what has left the job's process group") {
  Host host;
  if (!have_cgroups(host.config.data)) return;
  host.open();
  const pid_t escapee = start_with_escapee(host, 1, "wait");
  CHECK(::getpgid(escapee) != static_cast<pid_t>(host.find<model::AttemptStarted>(1)->pid));
  CHECK(cgroup_of(escapee).find("/dandori-local-") != std::string::npos);
  host.keeper->stop({attempt(1), Duration{0}});
  const model::ExitRecord exit = host.ended(1).exit;
  CHECK(exit.signal == SIGKILL);
  CHECK(exit.group_gone);
  CHECK(!is_alive(escapee));
  host.keeper->acknowledge({attempt(1)});
  CHECK(host.finish(host.shell(2, "exit 3")).exit.exit_code ==
        3);  // a killed cgroup kills nothing new
}

TEST_CASE("a timeout ends the job with TERM, and after the grace what escaped and ignores it") {
  Host host;
  if (!have_cgroups(host.config.data)) return;
  host.open();
  const pid_t escapee = start_with_escapee(host, 1, "wait");
  host.keeper->stop({attempt(1), Duration{100'000}});
  const model::ExitRecord exit = host.ended(1).exit;
  CHECK(exit.signal == SIGTERM);
  CHECK(exit.group_gone);
  CHECK(!is_alive(escapee));
}

TEST_CASE("TERM reaches each process once, in the group and out of it") {
  Host host;
  if (!have_cgroups(host.config.data)) return;
  host.open();
  std::ofstream{host.path("count.sh")}
      << "n=0; trap 'n=$((n+1))' TERM; touch ready$1\n"
         "while [ $n = 0 ]; do sleep 0.01; done; sleep 0.05; echo $n >> $2\n";
  host.start(host.shell(
      1, fmt::format("trap : TERM; sh {0} 1 {1} & setsid sh {0} 2 {1} & wait; wait; wait; wait",
                     host.path("count.sh"), host.path("counts"))));
  REQUIRE(host.until([&] {
    return host.exists("agent/work/ready1") && host.exists("agent/work/ready2") &&
           host.find<model::AttemptStarted>(1) != nullptr;
  }));
  host.keeper->stop({attempt(1), Duration{20'000'000}});
  CHECK(host.ended(1).exit.exit_code == 0);
  CHECK(content(host.path("counts")) == "1\n1\n");
}

TEST_CASE("without cgroups a stop ends the process group and what has left it lives on") {
  Host host;
  host.config.use_cgroups = false;
  host.open();
  const pid_t escapee = start_with_escapee(host, 1, "wait");
  CHECK(cgroup_of(escapee).find("dandori-local") == std::string::npos);
  host.keeper->stop({attempt(1), Duration{0}});
  CHECK(host.ended(1).exit.group_gone);
  CHECK(is_alive(escapee));
  ::kill(escapee, SIGKILL);
}

TEST_CASE("a daemon of a job that ended by itself survives the kill of the slot's next jobs") {
  Host host{1, 1};
  if (!have_cgroups(host.config.data)) return;
  host.open();
  host.finish(host.shell(1, fmt::format("setsid sleep 600 & echo $! > {}", host.path("daemon"))));
  const pid_t daemon = pid_in(host.path("daemon"));
  REQUIRE(is_alive(daemon));
  const std::string first = cgroup_of(daemon);
  CHECK(first.ends_with("/slot-0"));
  host.keeper->acknowledge({attempt(1)});
  const pid_t escapee = start_with_escapee(host, 2, "wait");
  CHECK(cgroup_of(escapee) == first + ".g2");
  host.keeper->stop({attempt(2), Duration{0}});
  CHECK(host.ended(2).exit.group_gone);
  CHECK(!is_alive(escapee));
  CHECK(is_alive(daemon));
  host.keeper->acknowledge({attempt(2)});

  host.open();  // another keeper knows which is which
  const pid_t next = start_with_escapee(host, 3, "wait");
  CHECK(cgroup_of(next).starts_with(first + ".g"));
  const std::string base = content(host.path("agent/cgroups"));
  const std::string folder = base.substr(0, base.find('\n'));
  CHECK(std::filesystem::exists(folder + "/slot-0"));
  ::kill(daemon, SIGKILL);
  REQUIRE(host.until([&] { return !is_alive(daemon) && Cgroup{folder + "/slot-0"}.is_empty(); }));
  host.keeper->stop({attempt(3), Duration{0}});
  CHECK(host.ended(3).exit.group_gone);
  host.keeper->acknowledge({attempt(3)});
  host.finish(host.order(4, {"/bin/true"}));
  CHECK(!std::filesystem::exists(folder + "/slot-0"));
  host.keeper.reset();
  CHECK(!std::filesystem::exists(folder));  // nothing is left behind
}

TEST_CASE("jobs that leave nothing behind share one cgroup") {
  Host host{1, 1};
  if (!have_cgroups(host.config.data)) return;
  host.open();
  for (std::uint32_t i = 1; i <= 5; ++i) {
    host.finish(host.order(i, {"/bin/grep", "0::", "/proc/self/cgroup"}));
    CHECK(host.log(i).ends_with("/slot-0\n"));
    host.keeper->acknowledge({attempt(i)});
  }
}

TEST_CASE("what escaped from a job whose runner was killed is gone before the loss is reported") {
  Host host;
  if (!have_cgroups(host.config.data)) return;
  host.open();
  const pid_t escapee = start_with_escapee(host, 1, "echo $PPID > runner; wait");
  REQUIRE(host.until([&] { return pid_in(host.path("agent/work/runner")) != 0; }));
  ::kill(pid_in(host.path("agent/work/runner")), SIGKILL);
  REQUIRE(host.until([&] { return host.find<model::AttemptLost>(1) != nullptr; }));
  CHECK(!is_alive(escapee));
  host.keeper->acknowledge({attempt(1)});
  CHECK(host.finish(host.order(2, {"/bin/true"})).exit.exit_code == 0);
}

TEST_CASE("runner and keeper killed together: the next keeper ends what escaped too") {
  Host host;
  if (!have_cgroups(host.config.data)) return;
  in_killed_process([&] {
    host.open();
    start_with_escapee(host, 1, "echo $PPID > runner; touch ready; wait");
    host.until([&] { return host.exists("agent/work/ready"); });
    ::kill(pid_in(host.path("agent/work/runner")), SIGKILL);
  });
  const pid_t escapee = pid_in(host.path("escapee1"));
  REQUIRE(is_alive(escapee));
  host.open();
  REQUIRE(host.until([&] { return host.find<model::AttemptLost>(1) != nullptr; }));
  CHECK(!is_alive(escapee));
}

TEST_CASE("an adopted job is killed with what escaped from it") {
  Host host;
  if (!have_cgroups(host.config.data)) return;
  in_killed_process([&] {
    host.open();
    start_with_escapee(host, 1, "wait");
  });
  const pid_t escapee = pid_in(host.path("escapee1"));
  host.open();
  host.keeper->stop({attempt(1), Duration{0}});
  CHECK(host.ended(1).exit.group_gone);
  CHECK(!is_alive(escapee));
}

TEST_CASE(
    "the end of a stopped job is not reported by the next keeper before the rest of it is gone") {
  for (const bool use_cgroups : {false, true}) {
    Host host;
    host.config.use_cgroups = use_cgroups;
    if (use_cgroups && !have_cgroups(host.config.data)) return;
    in_killed_process([&] {
      host.open();
      // The job ends on TERM, a child in its group does not.
      host.start(host.shell(
          1,
          "(trap '' TERM; echo x > ready; exec sleep 600) & child=$!; echo $child > child; wait"));
      host.until([&] {
        return !content(host.path("agent/work/ready")).empty() &&
               pid_in(host.path("agent/work/child")) != 0 &&
               host.find<model::AttemptStarted>(1) != nullptr;
      });
      host.keeper->stop({attempt(1), Duration{600'000'000}});
      const auto job = static_cast<pid_t>(host.find<model::AttemptStarted>(1)->pid);
      host.until([&] {
        return !is_alive(job) && host.keeper->state().slots[0].phase != Slot::Phase::running;
      });
    });
    const pid_t child = pid_in(host.path("agent/work/child"));
    REQUIRE(is_alive(child));
    host.open();
    CHECK(host.find<model::AttemptEnded>(1) == nullptr);
    REQUIRE(host.keeper->hello().held.size() == 1);
    CHECK(!host.keeper->hello().held[0].ended);
    host.keeper->stop(
        {attempt(1), Duration{0}});  // repeated by the server; else KILL comes by itself
    const model::ExitRecord exit = host.ended(1).exit;
    CHECK(exit.signal == SIGTERM);
    CHECK(exit.group_gone);
    CHECK(!is_alive(child));
  }
}
