#include <fmt/core.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "cli/doctor.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

constexpr std::uint64_t kDiskFreeMin = 256U << 20U;
constexpr std::uint64_t kInodesFreeMin = 1000;

void check_rights(const Console& console, Findings& findings, Key what, const std::string& path,
                  unsigned wanted) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    return findings.bad(what, path, console.text("doctor.missing.remedy"));
  }
  const unsigned mode = info.st_mode & 0777U;
  const std::string detail = fmt::format("{} ({:04o})", path, mode);
  // Others must not read it; that its owner may do less is their choice.
  if ((mode & ~wanted) == 0) return findings.good(what, detail);
  findings.bad(what, detail,
               console.text("doctor.rights.remedy",
                            {{"mode", fmt::format("{:04o}", wanted)}, {"path", path}}));
}

bool is_dandori(std::int64_t pid) {
  std::error_code error;
  const std::string program =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), error).filename().string();
  // Another user's process does not tell its program; a program replaced since has ` (deleted)`.
  return error || program.starts_with("dandori");
}

}  // namespace

ServerFile read_server_file(const Console& console, const std::string& data) {
  ServerFile server;
  const auto text = read_file(console, data + "/server.json", 64U << 10U);
  const auto parsed = text ? parse_json(*text) : std::unexpected(text.error());
  if (!parsed) return server;
  server.is_there = true;
  server.url = parsed->text_or("url", "");
  server.pid = parsed->integer_or("pid", 0);
  const bool lives = server.pid > 0 && server.pid <= INT32_MAX &&
                     (::kill(static_cast<pid_t>(server.pid), 0) == 0 || errno == EPERM);
  server.is_alive = lives && is_dandori(server.pid);
  return server;
}

void check_data(const Console& console, Findings& findings, const std::string& data) {
  check_rights(console, findings, "doctor.data", data, 0700);
  check_rights(console, findings, "doctor.token", data + "/admin.token", 0600);
  const std::string socket = std::filesystem::absolute(data).lexically_normal() / "agent.sock";
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (socket.size() > kLongest) {
    findings.bad("doctor.socket", fmt::format("{} ({} > {})", socket, socket.size(), kLongest),
                 console.text("doctor.socket.remedy"));
  }
}

void check_disk(const Console& console, Findings& findings, const std::string& data) {
  struct statvfs info{};
  if (::statvfs(data.c_str(), &info) != 0) return;
  const std::uint64_t available = std::uint64_t{info.f_bavail} * info.f_frsize;
  const std::string detail = console.text("doctor.free", {{"bytes", bytes_text(available)}});
  if (available < kDiskFreeMin) {
    findings.bad("doctor.disk", detail, console.text("doctor.disk.remedy"));
  } else if (info.f_files > 0 && info.f_favail < kInodesFreeMin) {  // some file systems count none
    findings.bad("doctor.disk",
                 console.text("doctor.inodes", {{"n", std::to_string(info.f_favail)}}),
                 console.text("doctor.disk.remedy"));
  } else {
    findings.good("doctor.disk", detail);
  }
}

void check_programs(const Console& console, Findings& findings, const std::string& data) {
  struct statvfs volume{};
  if (::statvfs(data.c_str(), &volume) == 0 && (volume.f_flag & ST_NOEXEC) != 0) {
    return findings.bad("doctor.runner", console.text("doctor.noexec", {{"path", data}}),
                        console.text("doctor.noexec.remedy"));
  }
  const std::string runner = data + "/bin/dandori-exec";
  struct stat info{};
  const bool was_started = ::stat((data + "/agent").c_str(), &info) == 0;
  if (!was_started) return;  // the first agent writes it
  if (::stat(runner.c_str(), &info) != 0) {
    findings.bad("doctor.runner", runner, console.text("doctor.runner.missing"));
  } else if ((info.st_mode & 0100U) == 0) {
    findings.bad("doctor.runner", fmt::format("{} ({:04o})", runner, info.st_mode & 0777U),
                 console.text("doctor.runner.remedy", {{"path", runner}}));
  } else {
    findings.good("doctor.runner", runner);
  }
}

void check_process(const Console& console, Findings& findings, const std::string& data,
                   const ServerFile& server) {
  if (!server.is_there) {
    return findings.bad("doctor.server_file", data + "/server.json",
                        console.text("doctor.server_file.remedy", {{"data", data}}));
  }
  const std::string detail = fmt::format("{} (pid {})", printable(server.url), server.pid);
  if (server.is_alive) return findings.good("doctor.server_file", detail);
  findings.bad("doctor.server_file", detail,
               console.text("doctor.process.remedy", {{"data", data}}));
}

void check_store_file(const Console& console, Findings& findings, const Hosts& hosts,
                      const std::string& data) {
  if (!hosts.check_store) return;
  const auto checked = hosts.check_store(data);
  if (!checked) {
    const std::string& code = checked.error().code;
    const Key remedy = code == "store.newer"     ? Key{"doctor.newer.remedy"}
                       : code == "store.corrupt" ? Key{"doctor.corrupt.remedy"}
                                                 : Key{"doctor.unreadable.remedy"};
    return findings.bad("doctor.store",
                        fmt::format("{} [{}]", printable(checked.error().message), code),
                        console.text(remedy, {{"data", data}}));
  }
  if (*checked) findings.good("doctor.store", console.text("doctor.store_file.good"));
}

}  // namespace dandori::cli
