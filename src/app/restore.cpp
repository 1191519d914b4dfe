#include "app/restore.h"

#include <filesystem>

#include "app/data_folder.h"
#include "store/sqlite/sqlite_store.h"

namespace dandori::app {

Result<void> restore_store(const std::string& file, const std::string& data) {
  const auto made = make_data_folder(data);
  if (!made) return made;
  return store::restore_sqlite(file, data);
}

Result<bool> check_store(const std::string& data) {
  const std::string path = store::sqlite_path(data);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return false;
  const Result<void> checked = store::verify_sqlite(path);
  if (!checked) return std::unexpected(checked.error());
  return true;
}

}  // namespace dandori::app
