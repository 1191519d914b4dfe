#pragma once

#include <cstdint>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace dandori::store::sqlite {

/// Runs that pass `filter` with an id below `before` (nil: all), newest first, at most `count_max`.
///
/// Active and ended runs are read by indexes in order of id and merged, one reading per state asked
/// for, so the cost follows count_max and not the length of the history.
Result<std::vector<model::Run>> list_runs(sqlite3* connection, StatementCache& cache,
                                          const RunFilter& filter, RunId before,
                                          std::uint32_t count_max);

/// Runs of a workflow by day. Ended ones are read from one index alone, which holds all it needs.
Result<std::vector<DayRuns>> tally_runs(sqlite3* connection, StatementCache& cache,
                                        const DayWindow& window);

}  // namespace dandori::store::sqlite
