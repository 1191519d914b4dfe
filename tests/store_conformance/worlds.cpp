#include "worlds.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/assert.h"

namespace dandori::store::test {

namespace {

/// In memory where there is such a file system: no case here needs a disk that keeps what was
/// synced.
std::filesystem::path base_folder() {
  const std::filesystem::path memory{"/dev/shm"};
  return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string form = (base_folder() / "dandori-store-XXXXXX").string();
  DANDORI_ASSERT(::mkdtemp(form.data()) != nullptr, "no temporary folder");
  path_ = form;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace dandori::store::test
