#include "store/sqlite/run_list.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "store/sqlite/tables.h"

namespace dandori::store::sqlite {

namespace {

/// One reading: a table, perhaps narrowed to one state.
struct Reading {
  const Table& table;
  std::optional<model::RunState> state;
};

/// An id carries the millisecond in which it was made (RFC 9562, version 7). Clocks are set back at
/// times, so ids only narrow the search, by a day more than asked; created_at decides.
constexpr Duration kIdSlack = std::chrono::hours{24};
constexpr std::int64_t kYearTenThousandMs = 253'402'300'800'000;

Uuid first_id_of(Timestamp at) {
  const std::int64_t ms = std::clamp<std::int64_t>(at.us / 1000, 1, kYearTenThousandMs);
  return Uuid{static_cast<std::uint64_t>(ms) << 16U, 0};
}

Timestamp shifted(Timestamp at, Duration by) {
  const std::int64_t far = kYearTenThousandMs * 1000;
  return Timestamp{std::clamp<std::int64_t>(at.us, 0, far)} + by;
}

/// The `+` keeps SQLite from choosing an index on the column: the one of what comes first is
/// better.
std::string sql_of(const Reading& reading, const RunFilter& filter, bool has_before) {
  std::string tail = "WHERE 1";
  if (has_before) tail += " AND id<?";
  if (filter.created_from) tail += " AND id>=? AND created_at>=?";
  if (filter.created_until) tail += " AND id<? AND created_at<?";
  if (filter.workflow) tail += " AND workflow=?";
  if (filter.business_date)
    tail += filter.workflow ? " AND +business_date=?" : " AND business_date=?";
  if (reading.state) {
    tail += filter.workflow || filter.business_date ? " AND +state=?" : " AND state=?";
  }
  return select(reading.table, tail + " ORDER BY id DESC LIMIT ?");
}

void bind_filter(Binder& query, const Reading& reading, const RunFilter& filter, RunId before) {
  if (!before.is_nil()) query.uuid(before.value);
  if (filter.created_from) {
    query.uuid(first_id_of(shifted(*filter.created_from, -kIdSlack))).instant(*filter.created_from);
  }
  if (filter.created_until) {
    query.uuid(first_id_of(shifted(*filter.created_until, kIdSlack)))
        .instant(*filter.created_until);
  }
  if (filter.workflow) query.text(*filter.workflow);
  if (filter.business_date) query.text(*filter.business_date);
  if (reading.state) query.text(model::to_string(*reading.state));
}

}  // namespace

Result<std::vector<model::Run>> list_runs(sqlite3* connection, StatementCache& cache,
                                          const RunFilter& filter, RunId before,
                                          std::uint32_t count_max) {
  std::vector<Reading> readings;
  if (filter.states.empty()) {
    readings.push_back({kRunActive, std::nullopt});
    readings.push_back({kRunHistory, std::nullopt});
  }
  for (std::size_t i = 0; i < filter.states.size(); ++i) {
    const auto begin = filter.states.begin();
    const auto here = begin + static_cast<std::ptrdiff_t>(i);
    if (std::find(begin, here, *here) != here) continue;  // asked for twice
    readings.push_back({kRunActive, *here});
    readings.push_back({kRunHistory, *here});
  }
  std::vector<model::Run> found;
  for (const Reading& reading : readings) {
    const Result<sqlite3_stmt*> statement = cache.get(sql_of(reading, filter, !before.is_nil()));
    if (!statement) return std::unexpected(statement.error());
    Binder query{*statement};
    bind_filter(query, reading, filter, before);
    query.integer(count_max);
    const auto done =
        read_all<model::Run>(connection, query, reading.table.name,
                             [&](model::Run run) { found.push_back(std::move(run)); });
    if (!done) return std::unexpected(done.error());
  }
  std::ranges::sort(found, std::ranges::greater{}, &model::Run::id);
  if (found.size() > count_max) found.resize(count_max);
  return found;
}

}  // namespace dandori::store::sqlite
