// What a kill -9 of keeper or runner costs, and orders that must not start.
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>

#include <fmt/core.h>

#include "base/hash.h"
#include "keeper/test_host.h"

using namespace dandori;
using namespace dandori::keeper;
using keeper::test::attempt;
using keeper::test::Host;

namespace {

/// Runs `work` in a child process that is then killed with SIGKILL, as is a keeper in it.
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

std::string content(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE(
    "kill -9 of the keeper costs a running job nothing: the next one adopts it, with log and "
    "output") {
  Host host;
  in_killed_process([&] {
    host.open();
    host.start(
        host.shell(1,
                   "echo before; touch ready; while [ ! -e go ]; do sleep 0.01; done; echo after; "
                   "echo k=v > $DANDORI_OUTPUT; exit 5"));
    host.until([&] {
      return host.exists("agent/work/ready") && host.find<model::AttemptStarted>(1) != nullptr;
    });
  });
  Keeper& keeper = host.open();
  REQUIRE(keeper.hello().held.size() == 1);
  CHECK(keeper.hello().held[0].attempt == attempt(1));
  CHECK(!keeper.hello().held[0].ended);
  CHECK(host.find<model::AttemptStarted>(1) != nullptr);
  CHECK(host.log(1) == "before\n");
  std::ofstream{host.path("agent/work/go")};
  const model::AttemptEnded end = host.ended(1);
  CHECK(end.exit.exit_code == 5);
  CHECK(end.output == "k=v\n");
  CHECK(host.log(1) == "before\nafter\n");
  keeper.acknowledge({attempt(1)});
  CHECK(host.log(1) == "before\nafter\n");
  CHECK(host.finish(host.shell(2, "exit 6")).exit.exit_code == 6);
}

TEST_CASE("what ended while no keeper was there is reported by the next one") {
  Host host;
  in_killed_process([&] {
    host.open();
    host.start(host.shell(1, "sleep 0.1; echo done; touch ended; exit 9"));
    host.until([&] { return host.find<model::AttemptStarted>(1) != nullptr; });
  });
  while (!host.exists("agent/work/ended")) ::sched_yield();
  host.open();
  CHECK(host.ended(1).exit.exit_code == 9);
  CHECK(host.log(1) == "done\n");
}

TEST_CASE("an end is reported again by every keeper until it is acknowledged") {
  Host host;
  host.open();
  host.finish(host.shell(1, "exit 3"));
  for (int i = 0; i < 3; ++i) {
    host.reports.clear();
    host.open();
    REQUIRE(host.find<model::AttemptEnded>(1) != nullptr);
    CHECK(host.find<model::AttemptEnded>(1)->exit.exit_code == 3);
  }
  host.keeper->acknowledge({attempt(1)});
  host.reports.clear();
  host.open();
  CHECK(host.reports.empty());
  CHECK(host.keeper->hello().held.empty());
}

TEST_CASE("a job adopted from a dead keeper can be stopped") {
  Host host;
  in_killed_process([&] {
    host.open();
    host.start(host.shell(1, "trap '' TERM; touch ready; while :; do sleep 1; done"));
    host.until([&] {
      return host.exists("agent/work/ready") && host.find<model::AttemptStarted>(1) != nullptr;
    });
  });
  host.open();
  host.keeper->stop({attempt(1), Duration{50'000}});
  const model::ExitRecord exit = host.ended(1).exit;
  CHECK(exit.signal == SIGKILL);
  CHECK(exit.group_gone);
}

TEST_CASE(
    "kill -9 of the runner loses its one job, whose whole group is killed before the slot is "
    "free") {
  Host host;
  host.open();
  host.start(host.shell(1, "sleep 60 & touch ready; wait"));
  REQUIRE(host.until([&] {
    return host.exists("agent/work/ready") && host.find<model::AttemptStarted>(1) != nullptr;
  }));
  const auto job = static_cast<pid_t>(host.find<model::AttemptStarted>(1)->pid);
  std::ifstream stat{fmt::format("/proc/{}/stat", job)};
  std::string field;
  pid_t runner = 0;
  for (int i = 0; i < 3; ++i) stat >> field;
  stat >> runner;
  REQUIRE(runner > 1);
  REQUIRE(content(fmt::format("/proc/{}/comm", runner)) == "dandori-exec\n");
  ::kill(runner, SIGKILL);
  REQUIRE(host.until([&] { return host.find<model::AttemptLost>(1) != nullptr; }));
  CHECK(host.find<model::AttemptLost>(1)->reason == "runner_gone");
  CHECK(host.count<model::AttemptEnded>(1) == 0);
  CHECK(is_group_gone(job));
  host.keeper->acknowledge({attempt(1)});
  CHECK(host.finish(host.order(2, {"/bin/true"})).exit.exit_code == 0);
}

TEST_CASE("runner and keeper killed together: the next keeper says lost, and ends the orphan") {
  Host host;
  in_killed_process([&] {
    host.open();
    host.start(host.shell(1, "sleep 60 & echo $$ > pid; echo $PPID > runner; touch ready; wait"));
    host.until([&] {
      return host.exists("agent/work/ready") && host.find<model::AttemptStarted>(1) != nullptr;
    });
    ::kill(static_cast<pid_t>(std::stol(content(host.path("agent/work/runner")))), SIGKILL);
  });
  const auto job = static_cast<pid_t>(std::stol(content(host.path("agent/work/pid"))));
  host.open();
  REQUIRE(host.until([&] { return host.find<model::AttemptLost>(1) != nullptr; }));
  CHECK(is_group_gone(job));
}

TEST_CASE(
    "after a restart of the host an attempt without an exit record is lost, one with it has "
    "ended") {
  Host host;
  host.config.boot_id = Uuid{1, 1};
  host.open();
  host.finish(host.shell(1, "exit 3"));
  host.start(host.shell(2, "sleep 60"));
  REQUIRE(host.until([&] { return host.find<model::AttemptStarted>(2) != nullptr; }));
  const auto job = static_cast<pid_t>(host.find<model::AttemptStarted>(2)->pid);
  host.reports.clear();
  host.config.boot_id = Uuid{2, 2};
  host.open();
  REQUIRE(host.find<model::AttemptEnded>(1) != nullptr);
  REQUIRE(host.find<model::AttemptLost>(2) != nullptr);
  CHECK(host.find<model::AttemptLost>(2)->reason == "host_restarted");
  CHECK(host.keeper->hello().sequence_high == 2);
  ::kill(-job, SIGKILL);
}

TEST_CASE("a second delivery, an old sequence and another boot start nothing") {
  Host host;
  host.open();
  const model::StartOrder order = host.shell(1, "echo ran >> ledger");
  host.finish(order);
  host.start(order);
  CHECK(host.count<model::AttemptEnded>(1) == 2);  // known: said again
  host.keeper->acknowledge({attempt(1)});
  host.start(order);
  REQUIRE(host.find<model::AttemptNeverStarted>(1) != nullptr);
  CHECK(host.find<model::AttemptNeverStarted>(1)->reason == "stale_sequence");

  model::StartOrder other = host.shell(2, "echo ran >> ledger");
  other.boot_id = Uuid{9, 9};
  host.start(other);
  REQUIRE(host.find<model::AttemptNeverStarted>(2) != nullptr);
  CHECK(host.find<model::AttemptNeverStarted>(2)->reason == "other_boot");
  host.finish(host.order(3, {"/bin/true"}));
  CHECK(content(host.path("agent/work/ledger")) == "ran\n");

  host.open();  // the sequence outlives the keeper
  model::StartOrder late = host.shell(4, "echo ran >> ledger");
  late.sequence = 3;
  host.start(late);
  REQUIRE(host.find<model::AttemptNeverStarted>(4) != nullptr);
}

TEST_CASE("an order written down but never taken by a runner is definitely never started") {
  Host host;
  host.open();
  host.finish(host.order(1, {"/bin/true"}));  // makes slot file and spool
  host.keeper->acknowledge({attempt(1)});
  const Uuid boot = host.keeper->hello().boot_id;
  host.keeper.reset();
  {
    Result<SlotFile> file =
        SlotFile::open(host.path("agent/slots"), host.config.slots, boot, host.config.name);
    REQUIRE(file);
    Result<Spool> spool = Spool::open(host.path("agent/spool/0"));
    REQUIRE(spool);
    spool->expect_order();
    file->write_start(0, attempt(2), 2, 0, 0);
  }
  host.open();
  REQUIRE(host.find<model::AttemptNeverStarted>(2) != nullptr);
  CHECK(host.find<model::AttemptNeverStarted>(2)->reason == "not_taken");
}

namespace {

/// The server's half in miniature: what it has assigned and what it knows to have ended, in a file.
class Ledger {
 public:
  Ledger(Host& host, std::uint32_t jobs)
      : host_{host}, path_{host.path("server")}, sequence_(jobs + 1, 0) {
    std::ifstream file{path_};
    char kind = 0;
    std::uint32_t job = 0;
    std::uint64_t sequence = 0;
    while (file >> kind >> job >> sequence) {
      if (kind == 'e') ended_.insert(job);
      if (kind == 'l') ++lost;
      if (kind == 'a') assigned(job, sequence);
    }
  }
  std::size_t ended() const { return ended_.size(); }

  /// One life of an agent; killed from outside at any instant.
  void live() {
    Keeper& keeper = host_.open();
    std::set<std::uint32_t> held;
    const model::AgentHello hello = keeper.hello();
    for (const model::HeldAttempt& one : hello.held) held.insert(one.attempt.number);
    for (std::uint32_t job = 1; job < sequence_.size(); ++job) {
      if (!ended_.contains(job) && !held.contains(job)) deliver(job);
    }
    while (ended_.size() + 1 < sequence_.size()) {
      keeper.step(Duration{50'000});
      take_reports();
    }
  }

  std::uint32_t lost = 0;

 private:
  void note(char kind, std::uint32_t job, std::uint64_t sequence) {
    std::ofstream{path_, std::ios::app} << fmt::format("{} {} {}\n", kind, job, sequence);
  }
  void assigned(std::uint32_t job, std::uint64_t sequence) {
    sequence_[job] = sequence;
    sequence_high_ = std::max(sequence_high_, sequence);
  }
  void assign(std::uint32_t job) {
    assigned(job, sequence_high_ + 1);
    note('a', job, sequence_[job]);
  }
  void deliver(std::uint32_t job) {
    if (sequence_[job] == 0) assign(job);
    model::StartOrder order = host_.shell(job, fmt::format("echo {} >> ledger; echo log", job));
    order.sequence = sequence_[job];
    host_.start(std::move(order));
  }
  void take_reports() {
    for (const Report& report : std::exchange(host_.reports, {})) {
      std::visit([this](const auto& one) { take(one); }, report);
    }
  }
  void take(const model::AttemptStarted&) {}
  void take(const model::AttemptEnded& end) {
    if (ended_.insert(end.attempt.number).second) note('e', end.attempt.number, 0);
    host_.keeper->acknowledge({end.attempt});
  }
  void take(const model::AttemptLost& lost_one) {
    note('l', lost_one.attempt.number, 0);
    ended_.insert(lost_one.attempt.number);
    note('e', lost_one.attempt.number, 0);
    host_.keeper->acknowledge({lost_one.attempt});
  }
  void take(const model::AttemptNeverStarted& never) {
    host_.keeper->acknowledge({never.attempt});
    if (ended_.contains(never.attempt.number)) return;
    assign(never.attempt.number);
    deliver(never.attempt.number);
  }

  Host& host_;
  std::string path_;
  std::vector<std::uint64_t> sequence_;  ///< by job; 0: not assigned
  std::uint64_t sequence_high_ = 0;
  std::set<std::uint32_t> ended_;
};

}  // namespace

TEST_CASE("agents killed at any instant lose no job and start none twice") {
  constexpr std::uint32_t kJobs = 200;
  Host host{6, 3};
  std::uint32_t kills = 0;
  for (bool done = false; !done;) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        Ledger{host, kJobs}.live();
      } catch (...) {
        std::perror("the agent's life");
        ::_exit(1);
      }
      ::_exit(0);
    }
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    pollfd ended{pidfd, POLLIN, 0};
    // Not a wait for anything: the instant of the kill. Lives grow longer, for slow machines.
    ::poll(&ended, 1, static_cast<int>(20 + mix64(kills) % 60 + kills / 4));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    ::close(pidfd);
    REQUIRE((!WIFEXITED(status) || WEXITSTATUS(status) == 0));
    ++kills;
    done = Ledger{host, kJobs}.ended() == kJobs;
    REQUIRE(kills < 1000);
  }
  CHECK(kills > 2);
  CHECK(Ledger(host, kJobs).lost == 0);
  std::ifstream file{host.path("agent/work/ledger")};
  std::map<std::uint32_t, int> times;
  for (std::uint32_t job = 0; file >> job;) ++times[job];
  CHECK(times.size() == kJobs);
  for (const auto& [job, count] : times) CHECK_MESSAGE(count == 1, job);
}

TEST_CASE("a torn slot record is noticed by its checksum") {
  Host host;
  host.open();
  host.finish(host.shell(1, "exit 3"));
  host.keeper.reset();
  const Uuid boot = *read_boot_id();
  Result<SlotFile> file =
      SlotFile::open(host.path("agent/slots"), host.config.slots, boot, host.config.name);
  REQUIRE(file);
  REQUIRE(file->read(0));
  const auto flip = [&](std::size_t at) {
    char byte = 0;
    const auto offset = static_cast<off_t>(SlotFile::offset_of(0) + at);
    REQUIRE(::pread(file->fd(), &byte, 1, offset) == 1);
    byte = static_cast<char>(byte ^ 0x40);
    REQUIRE(::pwrite(file->fd(), &byte, 1, offset) == 1);
  };
  flip(offsetof(dx_slot, exit) + 2);
  REQUIRE(file->read(0));
  CHECK(file->read(0)->exit.ended_at == 0);
  CHECK(file->read(0)->running.job_pid != 0);
  flip(offsetof(dx_slot, start));
  CHECK(!file->read(0));
  file->write_sequence(7);
  file->write_sequence(8);
  CHECK(SlotFile::open(host.path("agent/slots"), 4, boot, host.config.name)->sequence_high() == 8);
  CHECK(SlotFile::open(host.path("agent/slots"), 4, boot, "other").error().code ==
        "keeper.slot_file_foreign");
}

TEST_CASE("a torn sequence in the header leaves the one before it") {
  Host host;
  const std::string path = host.path("slots");
  Result<SlotFile> file = SlotFile::open(path, 2, Uuid{1, 2}, "local");
  REQUIRE(file);
  file->write_sequence(5);
  file->write_sequence(6);
  // Two copies in turn: one of them, torn, costs at most the last step.
  for (const off_t at : {64, 128}) {
    char kept[16];
    REQUIRE(::pread(file->fd(), kept, 16, at) == 16);
    REQUIRE(::pwrite(file->fd(), "torn torn", 9, at) == 9);
    const Result<SlotFile> again = SlotFile::open(path, 2, Uuid{1, 2}, "local");
    REQUIRE(again);
    CHECK(again->sequence_high() >= 5);
    REQUIRE(::pwrite(file->fd(), kept, 16, at) == 16);
  }
}
