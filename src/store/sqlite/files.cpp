#include "store/sqlite/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fmt/core.h>

#include "base/text.h"

namespace dandori::store::sqlite {

namespace {

std::unexpected<Error> os_error(int code, const std::string& what, const std::string& path) {
  const std::string why = std::error_code{code, std::generic_category()}.message();
  return fail(code == ENOSPC ? "store.full" : "store.failed",
              fmt::format("{} {}: {}", what, path, why),
              "check the data folder: its disk, owner and rights");
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_{value} {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

std::string read_start(int descriptor) {
  std::array<char, 256> buffer{};
  const ssize_t bytes = ::pread(descriptor, buffer.data(), buffer.size(), 0);
  if (bytes <= 0) return {};
  return std::string{trim(std::string_view{buffer.data(), static_cast<std::size_t>(bytes)})};
}

Result<void> sync_path(const std::string& path, int flags) {
  const Descriptor file{::open(path.c_str(), flags | O_CLOEXEC)};
  if (file.get() < 0) return os_error(errno, "opening", path);
  if (::fsync(file.get()) != 0) return os_error(errno, "syncing", path);
  return {};
}

}  // namespace

Result<void> FileLock::lock(const std::string& path, const std::string& owner) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return os_error(errno, "opening", path);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    const std::string holder = read_start(file);
    ::close(file);
    if (code != EWOULDBLOCK) return os_error(code, "locking", path);
    return fail(
        "store.owned",
        fmt::format("the store belongs to another server: pid {}", holder.empty() ? "?" : holder),
        "stop that server first, or use another data folder");
  }
  const std::string line = fmt::format("{} {}\n", ::getpid(), owner);
  // Only for people: the lock counts, not the text, so a full disk does not matter here.
  if (::ftruncate(file, 0) == 0 && ::pwrite(file, line.data(), line.size(), 0) < 0) errno = 0;
  descriptor_ = file;
  return {};
}

void FileLock::unlock() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_folder(folder_of(path));
  if (errno == EEXIST) return {};
  return os_error(errno, "making the folder", path);
}

Result<void> make_file(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.get() >= 0) return sync_folder(folder_of(path));
  if (errno == EEXIST) return {};
  return os_error(errno, "making", path);
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

Result<void> sync_file(const std::string& path) {
  const Result<void> done = sync_path(path, O_RDONLY);
  return done ? sync_folder(folder_of(path)) : done;
}

Result<void> sync_folder(const std::string& path) {
  return sync_path(path, O_RDONLY | O_DIRECTORY);
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return os_error(errno, "renaming", from);
  return sync_folder(folder_of(to));
}

Result<void> copy_file(const std::string& from, const std::string& to) {
  remove_file(to);
  const Result<void> made = make_file(to);
  if (!made) return made;
  std::error_code error;
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error) return os_error(error.value(), "copying", from);
  if (::chmod(to.c_str(), 0600) != 0) return os_error(errno, "protecting", to);
  return sync_file(to);
}

void remove_file(const std::string& path) {
  ::unlink(path.c_str());
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace dandori::store::sqlite
