#include "keeper/keeper.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/core.h>

#include "keeper/test_host.h"

using namespace dandori;
using namespace dandori::keeper;
using keeper::test::attempt;
using keeper::test::Host;

namespace {

pid_t pid_in(const std::string& path) {
  std::ifstream file{path};
  pid_t pid = 0;
  file >> pid;
  return file && pid > 0 ? pid : 0;
}

}  // namespace

TEST_CASE("an exit code comes back as the job gave it") {
  Host host;
  host.open();
  CHECK(host.finish(host.order(1, {"/bin/true"})).exit.exit_code == 0);
  const model::ExitRecord seven = host.finish(host.shell(2, "exit 7")).exit;
  CHECK(seven.exit_code == 7);
  CHECK(seven.signal == 0);
  CHECK(seven.started_at.us > 0);
  CHECK(seven.ended_at >= seven.started_at);
  CHECK(seven.memory_peak_bytes > 0);
  CHECK(host.finish(host.shell(3, "exit 255")).exit.exit_code == 255);
}

TEST_CASE("a job ended by a signal reports the signal and no exit code") {
  Host host;
  host.open();
  const model::ExitRecord exit = host.finish(host.shell(1, "kill -SEGV $$")).exit;
  CHECK(exit.signal == SIGSEGV);
  CHECK(exit.exit_code == -1);
}

TEST_CASE("a program that cannot be started says why in the record and in its log") {
  Host host;
  host.open();
  CHECK(host.finish(host.order(1, {"/no/such/program"})).exit.spawn_errno == ENOENT);
  CHECK(host.log(1) == "dandori: cannot run '/no/such/program': No such file or directory\n");
  CHECK(host.finish(host.order(2, {"/etc/passwd"})).exit.spawn_errno == EACCES);
  CHECK(host.finish(host.order(3, {"no_such_program_at_all"})).exit.spawn_errno == ENOENT);

  model::StartOrder bad_folder = host.order(4, {"/bin/true"});
  bad_folder.cwd = "/no/such/folder";
  CHECK(host.finish(bad_folder).exit.spawn_errno == ENOENT);
  CHECK(host.log(4) ==
        "dandori: cannot use the working folder '/no/such/folder': No such file or directory\n");

  model::StartOrder bad_user = host.order(5, {"/bin/true"});
  bad_user.run_as = "no_such_user_here";
  CHECK(host.finish(bad_user).exit.spawn_errno == ESRCH);
  CHECK(host.log(5) == "dandori: run_as: no user 'no_such_user_here' on this host\n");
  CHECK(host.finish(host.order(6, {"/bin/true"})).exit.spawn_errno == 0);
}

TEST_CASE("a job gets its own environment, folder and input, and nothing else of the agent's") {
  Host host;
  ::setenv("DANDORI_TEST_LEAK", "leaked", 1);
  host.config.home = "/nowhere";
  host.open();
  model::StartOrder order =
      host.shell(1, "pwd; cat; env | sort | cut -d= -f1 | tr '\\n' ' '; echo $A $HOME");
  order.cwd = "/usr";
  order.env = {{"A", "one two"}};
  order.stdin_text = std::string(100'000, 'x');
  CHECK(host.finish(order).exit.exit_code == 0);
  CHECK(host.log(1) ==
        "/usr\n" + std::string(100'000, 'x') +
            "A DANDORI_METRICS DANDORI_OUTPUT DANDORI_SUMMARY HOME LANG PATH PWD USER "
            "one two /nowhere\n");
}

TEST_CASE("arguments larger than a message reach the job whole") {
  Host host;
  host.open();
  const std::string big(120'000, 'a');
  CHECK(
      host.finish(host.order(1, {"/bin/sh", "-c", "printf %s \"$1\"", "sh", big})).exit.exit_code ==
      0);
  CHECK(host.log(1) == big);
  CHECK(host.finish(host.order(2, {"/bin/echo", std::string(3'000'000, 'a')})).exit.spawn_errno ==
        E2BIG);
}

TEST_CASE(
    "a job starts with default signal handlers, an empty mask, no core file and no foreign "
    "descriptor") {
  Host host;
  host.open();
  host.finish(host.order(1, {"/bin/cat", "/proc/self/status"}));
  const std::string status = host.log(1);
  for (const char* line : {"SigBlk:\t", "SigIgn:\t", "SigCgt:\t"}) {
    CHECK(status.find(std::string{line} + "0000000000000000\n") != std::string::npos);
  }
  host.finish(host.shell(2, "ulimit -c; ls /proc/self/fd | wc -l"));
  CHECK(host.log(2) == "0\n4\n");
}

TEST_CASE("output is kept byte for byte, whatever it holds") {
  Host host;
  host.open();
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  {
    std::ofstream file{host.path("bytes"), std::ios::binary};
    file << all;
  }
  host.finish(host.order(1, {"/bin/cat", host.path("bytes")}));
  CHECK(host.log(1) == all);
  CHECK(host.find<model::AttemptEnded>(1)->exit.log_bytes == 256);
}

TEST_CASE("a job that closes its output runs on and ends with its process") {
  Host host;
  host.open();
  const model::ExitRecord exit =
      host.finish(host.shell(1, "exec >&- 2>&-; sleep 0.05; exit 3")).exit;
  CHECK(exit.exit_code == 3);
}

TEST_CASE("a job ends with its process: a daemon left behind holds up nothing and lives on") {
  Host host;
  host.open();
  const std::string pid_file = host.path("daemon");
  host.finish(host.shell(1, fmt::format("sleep 60 & echo $! > {}; echo said", pid_file)));
  CHECK(host.log(1) == "said\n");
  const pid_t daemon = pid_in(pid_file);
  REQUIRE(daemon > 0);
  CHECK(::kill(daemon, 0) == 0);
  ::kill(daemon, SIGKILL);
}

TEST_CASE("what a job writes to DANDORI_OUTPUT is reported, and its files are removed") {
  Host host;
  host.open();
  const model::AttemptEnded end = host.finish(host.shell(
      1, "echo rows=3 > $DANDORI_OUTPUT; echo m > $DANDORI_METRICS; echo s > $DANDORI_SUMMARY"));
  CHECK(end.output == "rows=3\n");
  CHECK(std::filesystem::is_empty(host.path("agent/out")));
  const model::AttemptEnded big =
      host.finish(host.shell(2, "head -c 100000 /dev/zero > $DANDORI_OUTPUT"));
  CHECK(big.output.size() == 65537);
}

TEST_CASE("a longer running job reports that it started") {
  Host host;
  host.open();
  host.start(host.shell(1, "read line"));  // its input is empty: ends at once
  host.ended(1);
  model::StartOrder order = host.shell(2, "sleep 60");
  host.start(order);
  REQUIRE(host.until([&] { return host.find<model::AttemptStarted>(2) != nullptr; }));
  const pid_t pid = static_cast<pid_t>(host.find<model::AttemptStarted>(2)->pid);
  CHECK(::getpgid(pid) == pid);
  CHECK(::getsid(pid) == pid);
  host.keeper->stop({attempt(2), Duration{0}});
  const model::ExitRecord exit = host.ended(2).exit;
  CHECK(exit.signal == SIGKILL);
  CHECK(exit.group_gone);
}

TEST_CASE("a job that ignores TERM is killed after the grace, with its whole group") {
  Host host;
  host.open();
  const std::string pid_file = host.path("child");
  host.start(host.shell(
      1, fmt::format("trap '' TERM; sleep 60 & echo $! > {}.tmp; mv {}.tmp {}; wait; wait",
                     pid_file, pid_file, pid_file)));
  REQUIRE(host.until(
      [&] { return host.exists("child") && host.find<model::AttemptStarted>(1) != nullptr; }));
  const pid_t child = pid_in(pid_file);
  host.keeper->stop({attempt(1), Duration{100'000}});
  const model::ExitRecord exit = host.ended(1).exit;
  CHECK(exit.signal == SIGKILL);
  CHECK(exit.group_gone);
  CHECK(is_group_gone(::getpgid(child) > 0 ? ::getpgid(child) : 0));
  CHECK((::kill(child, 0) != 0 ||
         process_start(child).has_value()));  // gone, or a zombie nobody waited for
}

TEST_CASE("a job that ends on TERM takes the children that ignore it along") {
  Host host;
  host.open();
  host.start(host.shell(1, "(trap '' TERM; touch ready; sleep 60) & sleep 60"));
  REQUIRE(host.until([&] {
    return host.exists("agent/work/ready") && host.find<model::AttemptStarted>(1) != nullptr;
  }));
  const auto pid = static_cast<pid_t>(host.find<model::AttemptStarted>(1)->pid);
  host.keeper->stop({attempt(1), Duration{150'000}});
  const model::ExitRecord exit = host.ended(1).exit;
  CHECK(exit.signal == SIGTERM);
  CHECK(exit.group_gone);
  CHECK(is_group_gone(pid));
}

TEST_CASE("a slot is used again after the acknowledgement, and not before") {
  Host host{1, 1};
  host.open();
  host.finish(host.order(1, {"/bin/true"}));
  host.start(host.order(2, {"/bin/true"}));
  REQUIRE(host.find<model::AttemptNeverStarted>(2) != nullptr);
  CHECK(host.find<model::AttemptNeverStarted>(2)->reason == "busy");
  host.keeper->acknowledge({attempt(1)});
  CHECK(host.finish(host.shell(3, "exit 4")).exit.exit_code == 4);
}

TEST_CASE("more assigned than may run wait and start in their order") {
  Host host{8, 1};
  host.open();
  for (std::uint32_t i = 1; i <= 5; ++i)
    host.start(host.shell(i, fmt::format("echo {} >> order", i)));
  host.ended(5);
  std::ifstream file{host.path("agent/work/order")};
  std::string all{std::istreambuf_iterator<char>{file}, {}};
  CHECK(all == "1\n2\n3\n4\n5\n");
}

TEST_CASE("a job runs as the user of run_as and may write its output") {
  if (::geteuid() != 0 || !find_user("nobody")) return;
  Host host;
  std::filesystem::permissions(host.config.data, std::filesystem::perms{0711});
  host.open();
  model::StartOrder order = host.shell(1, "id -un; echo a=1 > $DANDORI_OUTPUT");
  order.run_as = "nobody";
  const model::AttemptEnded end = host.finish(order);
  CHECK(host.log(1) == "nobody\n");
  CHECK(end.output == "a=1\n");
}

TEST_CASE("an end says whether a stop had reached the job") {
  Host host;
  host.open();
  CHECK_FALSE(host.finish(host.shell(1, "exit 0")).signalled);
  host.start(host.shell(2, "trap 'exit 0' TERM; touch ready; while :; do sleep 0.01; done"));
  REQUIRE(host.until([&] {
    return host.exists("agent/work/ready") && host.find<model::AttemptStarted>(2) != nullptr;
  }));
  host.keeper->stop({attempt(2), Duration{10'000'000}});
  const model::AttemptEnded orderly = host.ended(2);
  CHECK(orderly.exit.exit_code == 0);
  CHECK(orderly.signalled);
}

TEST_CASE("a stop that comes after the job's end, but before its report, has not reached it") {
  Host host;
  host.open();
  REQUIRE(::mkfifo(host.path("agent/work/go").c_str(), 0600) == 0);
  host.start(host.shell(1, "read x < go; exit 0"));
  REQUIRE(host.until([&] { return host.find<model::AttemptStarted>(1) != nullptr; }));
  std::ofstream{host.path("agent/work/go")} << "on\n";
  pollfd report{host.keeper->poll_fd(), POLLIN, 0};
  REQUIRE(::poll(&report, 1, 30'000) == 1);  // it lies in the socket: the keeper has not read it
  host.keeper->stop({attempt(1), Duration{10'000'000}});
  const model::AttemptEnded end = host.ended(1);
  CHECK(end.exit.exit_code == 0);
  CHECK_FALSE(end.signalled);
}

TEST_CASE("a data folder has one id for good, and no other folder has it") {
  Host host, other;
  const Uuid id = host.open().hello().instance;
  CHECK_FALSE(id.is_nil());
  CHECK(other.open().hello().instance != id);
  host.config.boot_id = Uuid{8, 8};
  CHECK(host.open().hello().instance == id);
  host.keeper.reset();
  std::ofstream{host.path("agent/instance")} << "nothing\n";
  const auto broken = Keeper::open(host.config, {});
  REQUIRE(!broken);
  CHECK(broken.error().code == "keeper.instance");
}

TEST_CASE("a keeper sees that its folder was removed or replaced, and takes no more orders") {
  Host host;
  host.open();
  CHECK_FALSE(host.keeper->folder_is_gone());
  std::filesystem::rename(host.path("agent"), host.path("away"));
  CHECK(host.keeper->folder_is_gone());
  std::filesystem::create_directory(host.path("agent"));
  std::ofstream{host.path("agent/lock")} << "";
  CHECK(host.keeper->folder_is_gone());
  host.keeper->take_no_more();
  host.start(host.shell(1, "exit 0"));
  REQUIRE(host.find<model::AttemptNeverStarted>(1) != nullptr);
  CHECK(host.find<model::AttemptNeverStarted>(1)->reason == "busy");
  CHECK(is_idle(host.keeper->state(), true));
}

TEST_CASE("two keepers cannot share a data folder") {
  Host host;
  host.open();
  const auto second = Keeper::open(host.config, {});
  REQUIRE(!second);
  CHECK(second.error().code == "keeper.locked");
}
