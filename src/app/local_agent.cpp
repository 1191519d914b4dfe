#include "app/local_agent.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/core.h>

#include "base/log.h"
#include "keeper/fd.h"

namespace dandori::app {

namespace {

constexpr Duration kLookEvery = 1s;          // while it is connected or somebody holds the lock
constexpr Duration kSpawnWaitFirst = 250ms;  // doubled up to the maximum while it does not stay
constexpr Duration kSpawnWaitMax = 10s;

std::string own_program() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "/proc/self/exe";
}

/// Own session, no blocked or ignored signals, output into its log: nothing of ours holds it.
int spawn_detached(const std::vector<std::string>& args, const std::string& log_file,
                   pid_t& child) {
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
  ::posix_spawn_file_actions_adddup2(&files, 1, 2);
  ::posix_spawn_file_actions_addclosefrom_np(&files, 3);
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  const int error =
      ::posix_spawn(&child, args[0].c_str(), &files, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

}  // namespace

void LocalAgent::step(bool connected, Steady now) {
  if (connected) {
    wait_ = Duration{0};
    next_at_ = now + kLookEvery;
    if (child_ != 0) reap();
    return;
  }
  if (now < next_at_) return;
  reap();
  if (child_ != 0 || is_held()) {  // it runs; it connects by itself
    next_at_ = now + kSpawnWaitFirst;
    return;
  }
  spawn();
  wait_ = std::clamp(wait_ * 2, kSpawnWaitFirst, kSpawnWaitMax);
  next_at_ = now + wait_;
}

void LocalAgent::spawn() {
  const std::string folder = config_.data + "/agent";
  ::mkdir(folder.c_str(), 0700);
  std::vector<std::string> args{own_program(), "agent",  "--data",
                                config_.data,  "--name", config_.name};
  const auto add = [&args](const char* flag, std::string value) {
    args.emplace_back(flag);
    args.push_back(std::move(value));
  };
  if (!config_.work.empty()) add("--work", config_.work);
  if (config_.slots != 0) add("--slots", std::to_string(config_.slots));
  if (config_.running_max != 0) add("--running-max", std::to_string(config_.running_max));
  const int error = spawn_detached(args, folder + "/agent.log", child_);
  if (error != 0) child_ = 0;
  log(error == 0 ? LogLevel::info : LogLevel::error,
      error == 0 ? "agent.started" : "agent.start_failed",
      {{"agent", config_.name},
       {"pid", std::to_string(child_)},
       {"error", error == 0 ? "" : std::strerror(error)}});
}

void LocalAgent::reap() {
  if (child_ == 0) return;
  int status = 0;
  if (::waitpid(child_, &status, WNOHANG) == 0) return;
  log(LogLevel::warning, "agent.ended",
      {{"agent", config_.name},
       {"pid", std::to_string(child_)},
       {"status", std::to_string(status)}});
  child_ = 0;
}

/// An agent of this data folder lives: it locks the file for as long as it does.
bool LocalAgent::is_held() const {
  const keeper::Fd file{::open((config_.data + "/agent/lock").c_str(), O_RDWR | O_CLOEXEC)};
  if (!file) return false;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return false;  // released with the descriptor
  return true;
}

void LocalAgent::stop() {
  if (!config_.ends_with_server) return;
  pid_t pid = child_;
  if (pid == 0 && is_held()) std::ifstream{config_.data + "/agent/pid"} >> pid;
  if (pid > 0) ::kill(pid, SIGTERM);
}

}  // namespace dandori::app
