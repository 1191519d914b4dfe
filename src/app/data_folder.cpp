#include "app/data_folder.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/json.h"
#include "base/text.h"

namespace dandori::app {

namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot(const std::string& what, const std::string& path, int error) {
  return fail("server.data_folder",
              fmt::format("cannot {} {}: {}", what, path, std::strerror(error)),
              "the data folder must belong to the user that runs dandori, on a disk with room");
}

/// The whole file, or nullopt with errno set.
std::optional<std::string> read_small_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::array<char, 4096> buffer;
  const ssize_t size = ::read(fd, buffer.data(), buffer.size());
  const int error = errno;
  ::close(fd);
  errno = error;
  if (size < 0) return std::nullopt;
  return std::string{buffer.data(), static_cast<std::size_t>(size)};
}

Result<std::string> make_token() {
  std::string bytes(32, '\0');
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return fail("server.token", "the system has no random numbers", "");
  }
  return to_hex(bytes);
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

Result<void> make_data_folder(const std::string& data) {
  std::error_code error;
  const bool is_there = fs::is_directory(data, error);
  if (is_there) return {};
  fs::create_directories(data, error);
  if (error) return cannot("make", data, error.value());
  if (::chmod(data.c_str(), 0700) != 0) return cannot("set the rights of", data, errno);
  return {};
}

Result<void> replace_file(const std::string& path, std::string_view content, unsigned mode) {
  const std::string draft = path + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return cannot("write", draft, errno);
  const bool good = ::fchmod(fd, mode) == 0 && write_all(fd, content);
  const int error = errno;
  ::close(fd);
  if (!good) return cannot("write", draft, error);
  if (::rename(draft.c_str(), path.c_str()) != 0) return cannot("replace", path, errno);
  return {};
}

Result<std::string> load_admin_token(const std::string& data) {
  const std::string path = data + "/admin.token";
  const auto content = read_small_file(path);
  if (content) {
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & 077U) != 0) {
      return fail("server.token", fmt::format("{} can be read by other users", path),
                  fmt::format("chmod 600 {}", path));
    }
    const std::string token{trim(*content)};
    if (token.size() >= 32) return token;
    return fail("server.token", fmt::format("{} holds no token", path),
                "remove the file; the next start makes a new one");
  }
  if (errno != ENOENT) {
    return fail(
        "server.token", fmt::format("cannot read {}: {}", path, std::strerror(errno)),
        fmt::format("it must belong to the user that runs dandori (chown, chmod 600 {})", path));
  }
  const auto token = make_token();
  if (!token) return token;
  const auto written = replace_file(path, *token + "\n", 0600);
  if (!written) return std::unexpected(written.error());
  return token;
}

Result<void> write_server_file(const std::string& data, const std::string& url, std::int64_t pid) {
  const Json content = Json::object({{"url", url}, {"pid", pid}});
  return replace_file(data + "/server.json", write_json(content) + "\n", 0644);
}

void remove_server_file(const std::string& data) {
  std::error_code ignored;
  fs::remove(data + "/server.json", ignored);
}

std::string machine_timezone() {
  const char* variable = std::getenv("TZ");
  if (variable != nullptr && *variable != '\0') {
    return *variable == ':' ? variable + 1 : variable;
  }
  std::error_code error;
  const std::string target = fs::canonical("/etc/localtime", error).string();
  constexpr std::string_view kMark = "zoneinfo/";
  const auto at = target.find(kMark);
  return error || at == std::string::npos ? "UTC" : target.substr(at + kMark.size());
}

}  // namespace dandori::app
