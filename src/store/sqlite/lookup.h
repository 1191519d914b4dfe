#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/event.h"
#include "store/sqlite/tables.h"
#include "store/store.h"

namespace dandori::store::sqlite {

// Reads that the engine's connection and the query connections share.

/// The run of this name in one table (kRunActive or kRunHistory), or nullopt.
Result<std::optional<model::Run>> find_run(sqlite3* connection, StatementCache& cache,
                                           const Table& table, const std::string& name);
Result<std::vector<model::JobRow>> jobs_of(sqlite3* connection, StatementCache& cache, RunId run);
Result<std::vector<model::AttemptRow>> attempts_of(sqlite3* connection, StatementCache& cache,
                                                   RunId run);
Result<std::optional<model::RevisionRow>> find_revision(sqlite3* connection, StatementCache& cache,
                                                        const std::string& workflow,
                                                        std::uint32_t revision);

}  // namespace dandori::store::sqlite
