#pragma once

#include <string>

#include "base/id.h"
#include "base/result.h"

namespace dandori::keeper {

/// The id of an agent's data folder, by which a server tells two agents of one name apart: read
/// from the file `path`, made at random and synced where there is none. It outlives restarts and
/// reboots.
/// Errors: keeper.instance (the file holds something else), keeper.io.
Result<Uuid> load_instance(const std::string& path);

}  // namespace dandori::keeper
