#pragma once

#include <cstdint>

#include "store/sqlite/connection.h"

namespace dandori::store::sqlite {

/// The schema this program writes: the number of its last migration.
std::uint32_t newest_schema();

/// The schema of an open file; 0 when it is empty. Errors: store.failed.
Result<std::uint32_t> schema_of(sqlite3* connection);

/// Brings the file to newest_schema(), each step in a transaction of its own.
/// Errors: store.newer, store.failed, store.full.
Result<void> migrate(sqlite3* connection);

}  // namespace dandori::store::sqlite
