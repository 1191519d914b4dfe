#include "worlds.h"

#include <stdlib.h>

#include <filesystem>
#include <system_error>

#include "base/assert.h"

namespace dandori::store::test {

TemporaryFolder::TemporaryFolder() {
  std::string form = (std::filesystem::temp_directory_path() / "dandori-store-XXXXXX").string();
  DANDORI_ASSERT(::mkdtemp(form.data()) != nullptr, "no temporary folder");
  path_ = form;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace dandori::store::test
