#pragma once

#include <string>

#include "base/result.h"

namespace dandori::app {

/// Puts a backup in place of the store of `data`. Errors: store.*, server.data_folder.
Result<void> restore_store(const std::string& file, const std::string& data);

/// Reads every page of the store of `data`, which no server may own; false: there is none yet.
/// Errors: store.corrupt, store.newer, store.failed.
Result<bool> check_store(const std::string& data);

}  // namespace dandori::app
