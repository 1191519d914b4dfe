#include "keeper/embedded_runner.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/core.h>

#include "keeper/fd.h"

extern "C" const char dandori_embedded_runner_begin[];
extern "C" const char dandori_embedded_runner_end[];

namespace dandori::keeper {
namespace {

bool holds(const std::string& path, std::string_view wanted) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return false;
  if (status.st_size != std::ssize(wanted) || (status.st_mode & 0100) == 0) return false;
  std::string bytes(wanted.size(), '\0');
  return ::pread(file.get(), bytes.data(), bytes.size(), 0) == std::ssize(wanted) &&
         bytes == wanted;
}

}  // namespace

std::string_view embedded_runner() {
  return {dandori_embedded_runner_begin,
          static_cast<std::size_t>(dandori_embedded_runner_end - dandori_embedded_runner_begin)};
}

Result<void> install_runner(const std::string& path) {
  const std::string_view program = embedded_runner();
  if (holds(path, program)) return {};
  // Never overwritten in place: a runner of an older version may be executing it.
  const std::string fresh = fmt::format("{}.{}", path, ::getpid());
  const auto failed = [&] {
    const int error = errno;
    ::unlink(fresh.c_str());
    return fail("keeper.runner_install",
                fmt::format("cannot write {}: {}", path, std::strerror(error)),
                "the data folder must be writable and on a file system that allows programs");
  };
  Fd file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755)};
  if (!file) return failed();
  if (::write(file.get(), program.data(), program.size()) != std::ssize(program)) return failed();
  ::fchmod(file.get(), 0755);
  file.reset();
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed();
  return {};
}

}  // namespace dandori::keeper
