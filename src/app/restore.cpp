#include "app/restore.h"

#include "app/data_folder.h"
#include "store/sqlite/sqlite_store.h"

namespace dandori::app {

Result<void> restore_store(const std::string& file, const std::string& data) {
  const auto made = make_data_folder(data);
  if (!made) return made;
  return store::restore_sqlite(file, data);
}

}  // namespace dandori::app
