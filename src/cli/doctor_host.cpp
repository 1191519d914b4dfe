#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "base/text.h"
#include "cli/doctor.h"

namespace dandori::cli {

namespace {

/// A server with a few hundred connections and its store needs this many.
constexpr std::uint64_t kDescriptorsMin = 512;

/// Soft limit of a process's descriptors by /proc/PID/limits; nullopt: cannot be read.
std::optional<std::uint64_t> descriptors_of(std::int64_t pid) {
  std::ifstream file{fmt::format("/proc/{}/limits", pid)};
  constexpr std::string_view kName = "Max open files";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(kName)) continue;
    const std::string_view rest = trim(std::string_view{line}.substr(kName.size()));
    std::uint64_t limit = 0;
    if (rest.starts_with("unlimited")) return UINT64_MAX;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), limit);
    if (error == std::errc{}) return limit;
  }
  return std::nullopt;
}

/// 0: the address is free; else why it cannot be had.
int try_to_listen(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return EADDRNOTAVAIL;
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int failed = fd < 0 ? errno : 0;
  const int yes = 1;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (fd >= 0 && ::bind(fd, found->ai_addr, found->ai_addrlen) != 0) failed = errno;
  if (fd >= 0 && failed == 0 && ::listen(fd, 1) != 0) failed = errno;
  if (fd >= 0) ::close(fd);
  ::freeaddrinfo(found);
  return failed;
}

}  // namespace

void check_time_zones(const Console& console, Findings& findings) {
  const auto zone = calendar::TimeZone::load("Asia/Tokyo");
  if (zone) return findings.good("doctor.zones", console.text("doctor.zones.good"));
  findings.bad("doctor.zones", zone.error().message, console.text("doctor.zones.remedy"));
}

void check_cgroup(const Console& console, Findings& findings) {
  std::ifstream mounts{"/proc/self/mountinfo"};
  std::string point;
  for (std::string line; std::getline(mounts, line);) {
    if (!line.contains(" - cgroup2 ")) continue;
    const auto fields = split(line, ' ');
    if (fields.size() > 4) point = fields[4];
  }
  const std::string detail = point.empty() ? console.text("doctor.cgroup.none") : point;
  const bool is_writable = !point.empty() && ::access(point.c_str(), W_OK) == 0;
  if (is_writable) return findings.good("doctor.cgroup", detail);
  findings.note("doctor.cgroup", detail, console.text("doctor.cgroup.remedy"));
}

void check_descriptors(const Console& console, Findings& findings, const ServerFile& server) {
  const auto limit = descriptors_of(server.is_alive ? server.pid : ::getpid());
  if (!limit) return;
  const std::string shown =
      *limit == UINT64_MAX ? std::string{"unlimited"} : std::to_string(*limit);
  if (*limit >= kDescriptorsMin) return findings.good("doctor.files", shown);
  findings.bad("doctor.files", shown,
               console.text("doctor.files.remedy", {{"n", std::to_string(kDescriptorsMin)}}));
}

void check_port(const Console& console, Findings& findings, const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = colon == std::string::npos ? "127.0.0.1" : listen.substr(0, colon);
  const std::string port = colon == std::string::npos ? listen : listen.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const int failed = try_to_listen(host, port);
  if (failed == 0) {
    return findings.good("doctor.port", console.text("doctor.port.free", {{"listen", listen}}));
  }
  findings.bad("doctor.port", fmt::format("{}: {}", listen, std::strerror(failed)),
               console.text("doctor.port.remedy"));
}

}  // namespace dandori::cli
