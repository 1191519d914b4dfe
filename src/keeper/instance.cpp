#include "keeper/instance.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fmt/core.h>

#include "base/text.h"
#include "keeper/fd.h"

namespace dandori::keeper {
namespace {

std::unexpected<Error> file_error(const std::string& path) {
  return fail("keeper.io", fmt::format("{}: {}", path, std::strerror(errno)),
              "check the disk and the rights of the data folder");
}

Result<Uuid> parse_instance(const std::string& path, std::string_view text) {
  if (const Result<Uuid> id = parse_uuid(trim(text)); id && !id->is_nil()) return *id;
  return fail(
      "keeper.instance", fmt::format("{} holds no id", path),
      "put it back from a backup; or remove it: then this agent is a new one to its server");
}

Result<void> write_synced(const std::string& path, std::string_view text) {
  const Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!file) return file_error(path);
  const ssize_t wrote = ::write(file.get(), text.data(), text.size());
  if (wrote != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0)
    return file_error(path);
  return {};
}

/// Under a draft's name first: a power cut leaves the whole file or none.
Result<Uuid> make_instance(const std::string& path) {
  Uuid id;
  std::array<std::uint64_t, 2> random{};
  const auto size = static_cast<ssize_t>(sizeof random);
  if (::getrandom(random.data(), sizeof random, 0) != size) return file_error("getrandom");
  id.high = (random[0] & ~0xF000ULL) | 0x4000ULL;                    // version 4
  id.low = (random[1] & ~(3ULL << 62U)) | 0x8000'0000'0000'0000ULL;  // variant
  const std::string draft = path + ".new";
  if (const Result<void> written = write_synced(draft, format_uuid(id) + "\n"); !written)
    return std::unexpected(written.error());
  if (::rename(draft.c_str(), path.c_str()) != 0) return file_error(path);
  const std::string folder = path.substr(0, path.rfind('/'));
  const Fd place{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!place || ::fsync(place.get()) != 0) return file_error(folder);
  return id;
}

}  // namespace

Result<Uuid> load_instance(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file && errno == ENOENT) return make_instance(path);
  if (!file) return file_error(path);
  std::array<char, 128> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return file_error(path);
  return parse_instance(path, {text.data(), static_cast<std::size_t>(size)});
}

}  // namespace dandori::keeper
