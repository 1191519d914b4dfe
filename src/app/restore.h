#pragma once

#include <string>

#include "base/result.h"

namespace dandori::app {

/// Puts a backup in place of the store of `data`. Errors: store.*, server.data_folder.
Result<void> restore_store(const std::string& file, const std::string& data);

}  // namespace dandori::app
