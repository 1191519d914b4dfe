#include "keeper/host.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fmt/core.h>

#include "base/text.h"
#include "keeper/fd.h"

namespace dandori::keeper {
namespace {

/// The runner looks at the clock when the program runs, /proc counts from the clone; execve can
/// take long.
constexpr std::int64_t kStartToleranceUs = 2'000'000;

std::string read_small(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::array<char, 1024> bytes;
  const ssize_t got = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  return got > 0 ? std::string{bytes.data(), static_cast<std::size_t>(got)} : std::string{};
}

/// Fields of /proc/PID/stat after the name, from field 3 (the state); empty: no such process.
std::vector<std::string> stat_fields(std::string_view pid) {
  const std::string text = read_small(fmt::format("/proc/{}/stat", pid));
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return {};
  std::vector<std::string> fields;
  for (const std::string_view field : split(std::string_view{text}.substr(name_end + 2), ' ')) {
    fields.emplace_back(field);
  }
  return fields;
}

std::int64_t clock_us(clockid_t clock) {
  timespec t{};
  ::clock_gettime(clock, &t);
  return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

}  // namespace

Now read_clocks() {
  return {Timestamp{clock_us(CLOCK_REALTIME)}, Steady{clock_us(CLOCK_MONOTONIC)}};
}

Result<Uuid> read_boot_id() {
  const std::string text = read_small("/proc/sys/kernel/random/boot_id");
  if (text.empty()) return fail("keeper.io", "cannot read the host's boot id", "is /proc mounted?");
  return parse_uuid(trim(text));
}

std::optional<std::uint64_t> process_start(pid_t pid) {
  const std::vector<std::string> fields = stat_fields(std::to_string(pid));
  return fields.size() > 19 ? to_number<std::uint64_t>(fields[19]) : std::nullopt;
}

bool is_same_group(pid_t pid, std::uint64_t boot_us) {
  const std::optional<std::uint64_t> ticks = process_start(pid);
  if (!ticks || boot_us == 0) return true;
  static const long ticks_per_second = ::sysconf(_SC_CLK_TCK);
  const auto started_us = static_cast<std::int64_t>(*ticks) * 1'000'000 / ticks_per_second;
  return std::llabs(started_us - static_cast<std::int64_t>(boot_us)) <= kStartToleranceUs;
}

void signal_group(pid_t pid, int signal) {
  if (pid > 1) ::kill(-pid, signal);
}

bool is_group_gone(pid_t pid) {
  if (pid <= 1) return true;
  if (::kill(-pid, 0) != 0 && errno == ESRCH) return true;
  // A container's first process may never wait for orphans: zombies do not count.
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return false;
  bool gone = true;
  while (const dirent* entry = ::readdir(folder)) {
    if (!to_number<pid_t>(entry->d_name)) continue;
    const std::vector<std::string> fields = stat_fields(entry->d_name);
    if (fields.size() < 3 || to_number<pid_t>(fields[2]) != pid) continue;
    if (fields[0] != "Z" && fields[0] != "X") gone = false;
  }
  ::closedir(folder);
  return gone;
}

std::optional<User> find_user(const std::string& name) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr) {
    return std::nullopt;
  }
  User user{entry.pw_uid, entry.pw_gid, {}, name, entry.pw_dir};
  int count = 64;
  user.groups.resize(64);
  while (::getgrouplist(name.c_str(), entry.pw_gid, user.groups.data(), &count) < 0) {
    user.groups.resize(static_cast<std::size_t>(std::max(count, 1)));
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

}  // namespace dandori::keeper
