#pragma once

#include <cstdint>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace dandori::store::sqlite {

/// Lines below `before` that pass `filter`, newest first, at most `limit`. Lines are looked at in
/// order of their number, at most kAuditScanMax of them, so the cost does not follow the log's
/// length.
Result<Listed<model::AuditRow>> list_audit(sqlite3* connection, StatementCache& cache,
                                           const AuditFilter& filter, std::int64_t before,
                                           std::uint32_t limit);

}  // namespace dandori::store::sqlite
