// What the machine itself can do, without dandori: the anchors beside the figures of bench/run.py.
//
//   bench_anchors spawn JOBS           /bin/true by clone(VM|VFORK|PIDFD) from small processes
//   bench_anchors sync FOLDER COUNT    one 4 KiB block appended, then fdatasync
//   bench_anchors commit FOLDER COUNT  one row in one SQLite transaction, WAL, synchronous=FULL
//
// Each prints one line of JSON.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}

[[noreturn]] void stop(const char* what) {
  std::perror(what);
  std::exit(1);
}

// ---- spawn

constexpr std::size_t kStackBytes = 64U << 10U;
constexpr auto kPidfd = static_cast<idtype_t>(3);  // P_PIDFD, which older headers do not name

int become_true(void*) {
  static char program[] = "/bin/true";
  static char* argv[] = {program, nullptr};
  static char* env[] = {nullptr};
  ::execve(program, argv, env);
  ::_exit(127);
}

/// Starts one job; its pidfd.
int spawn(char* stack) {
  int pidfd = -1;
  const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  if (::clone(become_true, stack + kStackBytes, flags, nullptr, &pidfd) < 0) stop("clone");
  return pidfd;
}

/// One process that spawns, polls pidfds and waits, and keeps nothing.
void spawn_and_wait(std::uint32_t jobs, std::uint32_t in_flight_max) {
  const auto stack = std::make_unique<std::array<char, kStackBytes>>();
  std::vector<pollfd> live;
  std::uint32_t started = 0, ended = 0;
  while (ended < jobs) {
    for (; started < jobs && live.size() < in_flight_max; ++started) {
      live.push_back({spawn(stack->data()), POLLIN, 0});
    }
    ::poll(live.data(), live.size(), -1);
    std::erase_if(live, [&](const pollfd& one) {
      if (one.revents == 0) return false;
      siginfo_t info{};
      if (::waitid(kPidfd, static_cast<id_t>(one.fd), &info, WEXITED) != 0) stop("waitid");
      ::close(one.fd);
      ++ended;
      return true;
    });
  }
}

/// Jobs per second of `processes` such processes side by side.
double spawn_rate(std::uint32_t jobs, std::uint32_t processes, std::uint32_t in_flight) {
  const auto since = Clock::now();
  const std::uint32_t share = jobs / processes;
  for (std::uint32_t i = 0; i < processes; ++i) {
    if (::fork() == 0) {
      spawn_and_wait(share, in_flight / processes);
      ::_exit(0);
    }
  }
  for (std::uint32_t i = 0; i < processes; ++i) ::wait(nullptr);
  return share * processes / seconds_since(since);
}

int measure_spawn(std::uint32_t jobs) {
  const std::uint32_t in_flight = 2 * std::max(1U, std::thread::hardware_concurrency());
  const double one = spawn_rate(jobs, 1, in_flight), two = spawn_rate(jobs, 2, in_flight);
  std::printf("{\"per_second\": %.1f, \"one_process\": %.1f, \"two_processes\": %.1f}\n",
              std::max(one, two), one, two);
  return 0;
}

// ---- what one call costs

constexpr double kSecondsMax = 3;  // a slow disk needs no more calls to show it

template <class F>
int measure_each(std::uint32_t count, F call) {
  std::vector<double> us;
  us.reserve(count);
  const auto begin = Clock::now();
  while (us.size() < count && seconds_since(begin) < kSecondsMax) {
    const auto since = Clock::now();
    call();
    us.push_back(seconds_since(since) * 1e6);
  }
  const double per_second = static_cast<double>(us.size()) / seconds_since(begin);
  std::ranges::sort(us);
  std::printf("{\"per_second\": %.1f, \"p50_us\": %.2f, \"p99_us\": %.2f}\n", per_second,
              us[us.size() / 2], us[us.size() * 99 / 100]);
  return 0;
}

int measure_sync(const std::string& folder, std::uint32_t count) {
  const std::string file = folder + "/anchor.bytes";
  const int fd = ::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) stop(file.c_str());
  const std::array<char, 4096> block{};
  const int done = measure_each(count, [&] {
    if (::write(fd, block.data(), block.size()) != 4096 || ::fdatasync(fd) != 0) stop("write");
  });
  ::close(fd);
  ::unlink(file.c_str());
  return done;
}

// ---- SQLite

void must(sqlite3* db, int code) {
  if (code == SQLITE_OK || code == SQLITE_DONE) return;
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
  std::exit(1);
}

int measure_commit(const std::string& folder, std::uint32_t count) {
  const std::string file = folder + "/anchor.db";
  sqlite3* db = nullptr;
  must(db, sqlite3_open(file.c_str(), &db));
  must(db, sqlite3_exec(db,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "CREATE TABLE job (id INTEGER PRIMARY KEY, body TEXT)",
                        nullptr, nullptr, nullptr));
  sqlite3_stmt* insert = nullptr;
  must(db, sqlite3_prepare_v2(db, "INSERT INTO job (body) VALUES (?)", -1, &insert, nullptr));
  const std::string body(200, 'x');
  const int done = measure_each(count, [&] {
    must(db, sqlite3_bind_text(insert, 1, body.data(), 200, SQLITE_STATIC));
    must(db, sqlite3_step(insert));
    sqlite3_reset(insert);
  });
  sqlite3_finalize(insert);
  sqlite3_close(db);
  for (const char* end : {"", "-wal", "-shm"}) ::unlink((file + end).c_str());
  return done;
}

std::uint32_t number(const char* text) {
  return std::max(1U, static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10)));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 2 ? argv[1] : "";
  if (what == "spawn") return measure_spawn(number(argv[2]));
  if (what == "sync" && argc > 3) return measure_sync(argv[2], number(argv[3]));
  if (what == "commit" && argc > 3) return measure_commit(argv[2], number(argv[3]));
  std::fputs("bench_anchors spawn JOBS | sync FOLDER COUNT | commit FOLDER COUNT\n", stderr);
  return 2;
}
