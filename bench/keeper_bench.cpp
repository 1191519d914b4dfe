// /bin/true through the keeper (records, pipes, log collection) beside the bare limit: spawn and
// wait.
//
//   keeper_bench [JOBS [IN_FLIGHT [ROUNDS]]]
//
// Alternately (bare, process groups only, with cgroups, bare, …); prints jobs/s of each round and
// the medians' ratios. Where the host lets us make no cgroup the second and third are the same.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "keeper/keeper.h"

using namespace dandori;

namespace {

using Clock = std::chrono::steady_clock;

double per_second(std::uint32_t jobs, Clock::time_point since) {
  return jobs / std::chrono::duration<double>(Clock::now() - since).count();
}

constexpr std::size_t kStackBytes = 65536;

int become_true(void*) {
  static char program[] = "/bin/true";
  static char* argv[] = {program, nullptr};
  static char* env[] = {nullptr};
  ::execve(program, argv, env);
  ::_exit(127);
}

/// One job more; its pidfd.
int spawn_bare(char* stack) {
  int pidfd = -1;
  if (::clone(become_true, stack + kStackBytes, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
              nullptr, &pidfd) < 0) {
    std::perror("clone");
    std::exit(1);
  }
  return pidfd;
}

/// One process that spawns, polls pidfds and waits, and keeps nothing.
void spawn_and_wait(std::uint32_t jobs, std::uint32_t in_flight) {
  std::vector<char> stack(kStackBytes);
  std::vector<pollfd> live;
  std::uint32_t started = 0, ended = 0;
  while (ended < jobs) {
    while (started < jobs && live.size() < in_flight) {
      live.push_back({spawn_bare(stack.data()), POLLIN, 0});
      ++started;
    }
    ::poll(live.data(), live.size(), -1);
    std::erase_if(live, [&](const pollfd& one) {
      if (one.revents == 0) return false;
      siginfo_t info{};
      ::waitid(static_cast<idtype_t>(3), static_cast<id_t>(one.fd), &info, WEXITED);
      ::close(one.fd);
      ++ended;
      return true;
    });
  }
}

/// The limit: such processes side by side.
double run_bare(std::uint32_t jobs, std::uint32_t processes, std::uint32_t in_flight) {
  const auto since = Clock::now();
  for (std::uint32_t i = 0; i < processes; ++i) {
    if (::fork() == 0) {
      spawn_and_wait(jobs / processes, in_flight / processes);
      ::_exit(0);
    }
  }
  for (std::uint32_t i = 0; i < processes; ++i) ::wait(nullptr);
  return per_second(jobs, since);
}

/// The same jobs through a keeper that is told at once that the server has each end.
class KeptJobs {
 public:
  KeptJobs(std::uint32_t in_flight, bool use_cgroups) : in_flight_{in_flight} {
    std::string pattern = "/tmp/dandori_bench_XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::exit(1);
    folder_ = pattern;
    keeper::Config config;
    config.data = folder_;
    config.slots = in_flight * 2;
    config.running_max = in_flight;
    config.use_cgroups = use_cgroups;
    auto opened =
        keeper::Keeper::open(config, {[this](const keeper::Report& report) { take(report); }, {}});
    if (!opened) {
      std::fprintf(stderr, "%s\n", opened.error().message.c_str());
      std::exit(1);
    }
    keeper_ = std::move(*opened);
    keeper_->session_opened();
    boot_id_ = keeper_->hello().boot_id;
  }
  ~KeptJobs() {
    keeper_.reset();
    std::filesystem::remove_all(folder_);
  }
  KeptJobs(const KeptJobs&) = delete;
  KeptJobs& operator=(const KeptJobs&) = delete;

  double run(std::uint32_t jobs) {
    const auto since = Clock::now();
    left_ = jobs;
    ended_ = 0;
    for (std::uint32_t i = 0; i < in_flight_ * 2 && left_ > 0; ++i) start_one();
    while (ended_ < jobs) keeper_->step(Duration{1'000'000});
    return per_second(jobs, since);
  }

 private:
  void start_one() {
    model::StartOrder order;
    order.attempt = {RunId{Uuid{1, 1}}, 0, static_cast<std::uint32_t>(++sequence_)};
    order.boot_id = boot_id_;
    order.sequence = sequence_;
    order.argv = {"/bin/true"};
    --left_;
    keeper_->start(std::move(order));
  }
  void take(const keeper::Report& report) {
    const auto* end = std::get_if<model::AttemptEnded>(&report);
    if (end == nullptr) return;
    if (end->exit.exit_code != 0) std::exit(1);
    ++ended_;
    keeper_->acknowledge({end->attempt});
    if (left_ > 0) start_one();
  }

  std::uint32_t in_flight_;
  std::string folder_;
  std::unique_ptr<keeper::Keeper> keeper_;
  Uuid boot_id_;
  std::uint64_t sequence_ = 0;
  std::uint32_t left_ = 0, ended_ = 0;
};

/// Processor time of this process so far, in µs.
double own_cpu() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint32_t otherwise) {
    return argc > i ? static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)) : otherwise;
  };
  const std::uint32_t jobs = number(1, 5000), in_flight = number(2, 16), rounds = number(3, 5);
  KeptJobs groups{in_flight, false}, cgroups{in_flight, true};
  groups.run(in_flight * 4);  // starts the runners
  cgroups.run(in_flight * 4);
  std::vector<double> bare, without, with;
  for (std::uint32_t i = 0; i < rounds; ++i) {
    bare.push_back(std::max(run_bare(jobs, 1, 4), run_bare(jobs, 2, 4)));
    without.push_back(groups.run(jobs));
    const double cpu = own_cpu();
    with.push_back(cgroups.run(jobs));
    const double cpu_per_job = (own_cpu() - cpu) / jobs;
    std::printf(
        "bare %.0f/s  groups only %.0f/s  cgroups %.0f/s  %.3f  (keeper's own CPU: %.1f us a "
        "job)\n",
        bare.back(), without.back(), with.back(), with.back() / bare.back(), cpu_per_job);
  }
  std::printf("median: bare %.0f/s  groups only %.0f/s  ratio %.3f  cgroups %.0f/s  ratio %.3f\n",
              median(bare), median(without), median(without) / median(bare), median(with),
              median(with) / median(bare));
  return 0;
}
