#include "keeper/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

namespace dandori::keeper {
namespace {

/// A job with rights may make cgroups inside its own; deeper than this nobody looks.
constexpr int kDepthMax = 16;
/// Folders of earlier keepers that are remembered.
constexpr std::size_t kFormerMax = 16;

std::optional<std::string> read_whole(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

void for_folders(const std::string& path, const std::function<void(const std::string&)>& each) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') each(entry->d_name);
  }
  ::closedir(folder);
}

/// Adds the processes in `path` and below. false: some could not be listed.
bool add_processes(const std::string& path, int depth, std::set<pid_t>& pids) {
  const std::optional<std::string> list = read_whole(path + "/cgroup.procs");
  if (!list) return errno == ENOENT || errno == ENODEV;
  for (const std::string_view line : split(*list, '\n')) {
    if (const auto pid = to_number<pid_t>(line); pid && *pid > 0) pids.insert(*pid);
  }
  bool all = true;
  if (depth >= kDepthMax) return all;
  for_folders(path, [&](const std::string& name) {
    all = add_processes(path + "/" + name, depth + 1, pids) && all;
  });
  return all;
}

/// Refused by the kernel while anything lives in there.
void remove_tree(const std::string& path, int depth) {
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT || depth >= kDepthMax) return;
  for_folders(path, [&](const std::string& name) { remove_tree(path + "/" + name, depth + 1); });
  ::rmdir(path.c_str());
}

/// A path of mountinfo, where blanks are written as octal.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const bool octal = text[i] == '\\' && i + 3 < text.size() &&
                       std::from_chars(text.data() + i + 1, text.data() + i + 4, value, 8).ptr ==
                           text.data() + i + 4;
    plain.push_back(octal ? static_cast<char>(value) : text[i]);
    if (octal) i += 3;
  }
  return plain;
}

/// A folder's name from an agent's, which may hold anything.
std::string plain_name(std::string_view name) {
  std::string plain{name.substr(0, 64)};
  std::ranges::replace_if(
      plain,
      [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_';
      },
      '_');
  return plain;
}

/// `slot-7` (generation 1) or `slot-7.g3`.
struct SlotName {
  std::uint32_t slot = 0, generation = 1;
};
std::optional<SlotName> parse_name(std::string_view text) {
  if (!text.starts_with("slot-")) return std::nullopt;
  text.remove_prefix(5);
  const std::size_t dot = text.find(".g");
  const auto slot = to_number<std::uint32_t>(text.substr(0, dot));
  const auto generation = dot == std::string_view::npos
                              ? std::optional{1U}
                              : to_number<std::uint32_t>(text.substr(dot + 2));
  if (!slot || !generation) return std::nullopt;
  return SlotName{*slot, *generation};
}

constexpr std::uint32_t kSlotMax = 1U << 20U;

/// Whether a process can be started into `path` and lives there: sandboxes refuse, and some kernels
/// kill it at once if our own cgroup was ever killed.
bool can_start_in(const std::string& path) {
  const Fd folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  struct {
    std::uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    std::uint64_t set_tid, set_tid_size, cgroup;
  } clone{};
  clone.flags = 0x200000000ULL;  // CLONE_INTO_CGROUP
  clone.exit_signal = SIGCHLD;
  clone.cgroup = static_cast<std::uint64_t>(folder.get());
  const long pid = folder ? ::syscall(SYS_clone3, &clone, sizeof clone) : -1;
  if (pid == 0) ::_exit(0);
  int status = 0;
  while (pid > 0 && ::waitpid(static_cast<pid_t>(pid), &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return pid > 0 && WIFEXITED(status);
}

}  // namespace

// ------------------------------------------------------------------------------------------- one
// of them

Cgroup::Cgroup(std::string path) : path_{std::move(path)} {
  events_.reset(::open((path_ + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  if (!events_) path_.clear();
}

Fd Cgroup::directory() const {
  return path_.empty() ? Fd{} : Fd{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

bool Cgroup::is_empty() const {
  if (!events_) return true;
  std::array<char, 128> text;
  const ssize_t got = ::pread(events_.get(), text.data(), text.size(), 0);
  if (got <= 0) return errno == ENODEV || errno == ENOENT;  // removed
  const std::string_view events{text.data(), static_cast<std::size_t>(got)};
  if (events.find("populated 0") != std::string_view::npos) return true;
  // Newer kernels tell of a process's end a moment before it leaves its cgroup.
  return count() == 0;
}

std::size_t Cgroup::count() const {
  if (path_.empty()) return 0;
  std::set<pid_t> pids;
  const bool all = add_processes(path_, 0, pids);
  return pids.empty() && !all ? 1 : pids.size();
}

void Cgroup::signal(int signal, pid_t except) const {
  if (path_.empty()) return;
  if (signal == SIGKILL) {
    const Fd kill{::open((path_ + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC)};
    if (kill && ::write(kill.get(), "1", 1) == 1) return;
  }
  std::set<pid_t> pids, again;
  add_processes(path_, 0, pids);
  std::vector<std::pair<pid_t, Fd>> processes;
  for (const pid_t pid : pids) {
    if (except > 0 && ::getpgid(pid) == except) continue;
    Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    if (process) processes.emplace_back(pid, std::move(process));
  }
  // Still listed once its pidfd is open: it is a process of the job, not another one with its
  // number.
  add_processes(path_, 0, again);
  for (const auto& [pid, process] : processes) {
    if (again.contains(pid)) ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
  }
}

// ------------------------------------------------------------------------------------------- all
// of them

std::vector<std::string> own_cgroups(std::string_view self_cgroup, std::string_view mountinfo) {
  std::string_view own;
  for (const std::string_view line : split(self_cgroup, '\n')) {
    if (line.starts_with("0::/")) own = line.substr(3);
  }
  std::vector<std::string> paths;
  if (own.empty() || own.starts_with("/..")) return paths;  // none, or outside of what we see
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::size_t dash = line.find(" - cgroup2 ");
    const auto fields = split(line, ' ');
    if (dash == std::string_view::npos || fields.size() < 6) continue;
    const std::string root = unescaped(fields[3]);
    std::string_view rest = own;
    if (root != "/") {
      if (!rest.starts_with(root) || (rest.size() > root.size() && rest[root.size()] != '/'))
        continue;
      rest.remove_prefix(root.size());
    }
    std::string path = unescaped(fields[4]);
    if (!rest.empty() && rest != "/") path += rest;
    paths.push_back(std::move(path));
  }
  return paths;
}

void Cgroups::open(const std::string& agent_name, const std::string& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return;
  const std::string name =
      fmt::format("dandori-{}-{:016x}", plain_name(agent_name),
                  mix64(static_cast<std::uint64_t>(status.st_ino), status.st_dev));
  const std::string self = read_whole("/proc/self/cgroup").value_or("");
  for (const std::string& own :
       own_cgroups(self, read_whole("/proc/self/mountinfo").value_or(""))) {
    const std::string base = own + "/" + name;
    // To put a process there, the kernel asks for the right to write both ends' common ancestor.
    if (::access((own + "/cgroup.procs").c_str(), W_OK) != 0) continue;
    if (::mkdir(base.c_str(), 0755) != 0 && errno != EEXIST) continue;
    if (::access((base + "/cgroup.procs").c_str(), W_OK) != 0) continue;
    const std::string trial = base + "/trial";
    const bool works =
        (::mkdir(trial.c_str(), 0755) == 0 || errno == EEXIST) && can_start_in(trial);
    ::rmdir(trial.c_str());
    if (!works) {
      ::rmdir(base.c_str());
      continue;
    }
    base_ = base;
    break;
  }
  const std::string file = folder + "/cgroups";
  const std::string before = read_whole(file).value_or("");
  std::string now = base_.empty() ? "" : base_ + "\n";
  for (const std::string_view line : split(before, '\n')) {
    if (line.empty() || line == base_ || former_.size() >= kFormerMax) continue;
    if (!line.ends_with("/" + name) || ::access(std::string{line}.c_str(), F_OK) != 0) continue;
    former_.emplace_back(line);
    now += former_.back() + "\n";
  }
  if (now != before) {
    const Fd out{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
    if (!out || ::write(out.get(), now.data(), now.size()) != std::ssize(now)) {
      log(LogLevel::debug, "keeper.cgroups_not_noted", {{"file", file}});
    }
  }
  if (available()) scan(base_);
  for (const std::string& base : former_) scan(base);
  tidy();
}

Cgroups::Place& Cgroups::place(std::uint32_t slot) {
  if (slot >= places_.size()) places_.resize(slot + 1);
  return places_[slot];
}

void Cgroups::scan(const std::string& base) {
  for_folders(base, [&](const std::string& text) {
    const std::optional<SlotName> name = parse_name(text);
    if (!name || name->slot > kSlotMax) return;
    Place& at = place(name->slot);
    std::string path = base + "/" + text;
    if (name->generation > at.generation) {
      std::swap(at.path, path);
      at.generation = name->generation;
    }
    if (!path.empty()) old_.push_back(std::move(path));
  });
}

Cgroup Cgroups::current(std::uint32_t slot) const {
  return slot < places_.size() && !places_[slot].path.empty() ? Cgroup{places_[slot].path}
                                                              : Cgroup{};
}

Cgroup Cgroups::fresh(std::uint32_t slot) {
  if (!available()) return {};
  Place& at = place(slot);
  if (!at.path.empty()) old_.push_back(std::exchange(at.path, {}));
  ++at.generation;
  const std::string path = at.generation == 1
                               ? fmt::format("{}/slot-{}", base_, slot)
                               : fmt::format("{}/slot-{}.g{}", base_, slot, at.generation);
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    log(LogLevel::warning, "keeper.cgroup_not_made",
        {{"path", path}, {"reason", std::to_string(errno)}});
    return {};
  }
  at.path = path;
  tidy();
  return Cgroup{path};
}

void Cgroups::tidy() {
  std::erase_if(old_, [](const std::string& path) {
    remove_tree(path, 0);
    return ::access(path.c_str(), F_OK) != 0;
  });
  for (const std::string& base : former_) ::rmdir(base.c_str());
}

void Cgroups::remove(std::uint32_t slot) {
  if (slot < places_.size() && !places_[slot].path.empty()) remove_tree(places_[slot].path, 0);
  if (available()) ::rmdir(base_.c_str());
}

}  // namespace dandori::keeper
