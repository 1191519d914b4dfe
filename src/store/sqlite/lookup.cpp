#include "store/sqlite/lookup.h"

#include "store/rows.h"

namespace dandori::store::sqlite {

namespace {

template <class T>
Result<std::vector<T>> rows_of_run(sqlite3* connection, StatementCache& cache, const Table& table,
                                   RunId run, std::string_view order) {
  std::string tail = "WHERE run_id=? ORDER BY ";
  const auto statement = cache.get(select(table, tail.append(order)));
  if (!statement) return std::unexpected(statement.error());
  Binder query{*statement};
  query.uuid(run.value);
  std::vector<T> rows;
  const auto done =
      read_all<T>(connection, query, table.name, [&](T row) { rows.push_back(std::move(row)); });
  if (!done) return std::unexpected(done.error());
  return rows;
}

}  // namespace

Result<std::optional<model::Run>> find_run(sqlite3* connection, StatementCache& cache,
                                           const Table& table, const std::string& name) {
  const auto parsed = parse_run_name(name);
  if (!parsed) return std::nullopt;
  const bool by_id = !parsed->id.is_nil();
  const auto statement =
      cache.get(select(table, by_id ? "WHERE id=?" : "WHERE workflow=? AND number=?"));
  if (!statement) return std::unexpected(statement.error());
  Binder query{*statement};
  if (by_id) {
    query.uuid(parsed->id.value);
  } else {
    query.text(parsed->workflow).bits(parsed->number);
  }
  std::optional<model::Run> found;
  const auto done = read_all<model::Run>(connection, query, table.name,
                                         [&](model::Run run) { found = std::move(run); });
  if (!done) return std::unexpected(done.error());
  return found;
}

Result<std::vector<model::JobRow>> jobs_of(sqlite3* connection, StatementCache& cache, RunId run) {
  return rows_of_run<model::JobRow>(connection, cache, kJob, run, "path");
}

Result<std::vector<model::AttemptRow>> attempts_of(sqlite3* connection, StatementCache& cache,
                                                   RunId run) {
  return rows_of_run<model::AttemptRow>(connection, cache, kAttempt, run, "path,n");
}

Result<std::optional<model::RevisionRow>> find_revision(sqlite3* connection, StatementCache& cache,
                                                        const std::string& workflow,
                                                        std::uint32_t revision) {
  const auto statement = cache.get(select(kRevision, "WHERE workflow=? AND revision=?"));
  if (!statement) return std::unexpected(statement.error());
  Binder query{*statement};
  query.text(workflow).integer(revision);
  std::optional<model::RevisionRow> found;
  const auto done = read_all<model::RevisionRow>(
      connection, query, kRevision.name, [&](model::RevisionRow row) { found = std::move(row); });
  if (!done) return std::unexpected(done.error());
  return found;
}

}  // namespace dandori::store::sqlite
