#include "store/sqlite/migrate.h"

#include <array>
#include <string>
#include <string_view>

#include <fmt/core.h>

extern "C" {
extern const char dandori_sqlite_0001[];
extern const char dandori_sqlite_0001_end[];
extern const char dandori_sqlite_0002[];
extern const char dandori_sqlite_0002_end[];
extern const char dandori_sqlite_0003[];
extern const char dandori_sqlite_0003_end[];
extern const char dandori_sqlite_0004[];
extern const char dandori_sqlite_0004_end[];
extern const char dandori_sqlite_0005[];
extern const char dandori_sqlite_0005_end[];
extern const char dandori_sqlite_0006[];
extern const char dandori_sqlite_0006_end[];
extern const char dandori_sqlite_0007[];
extern const char dandori_sqlite_0007_end[];
extern const char dandori_sqlite_0008[];
extern const char dandori_sqlite_0008_end[];
}

namespace dandori::store::sqlite {

namespace {

struct Migration {
  const char* begin;
  const char* end;
};
/// In order; the first makes schema 1.
const std::array kMigrations{Migration{dandori_sqlite_0001, dandori_sqlite_0001_end},
                             Migration{dandori_sqlite_0002, dandori_sqlite_0002_end},
                             Migration{dandori_sqlite_0003, dandori_sqlite_0003_end},
                             Migration{dandori_sqlite_0004, dandori_sqlite_0004_end},
                             Migration{dandori_sqlite_0005, dandori_sqlite_0005_end},
                             Migration{dandori_sqlite_0006, dandori_sqlite_0006_end},
                             Migration{dandori_sqlite_0007, dandori_sqlite_0007_end},
                             Migration{dandori_sqlite_0008, dandori_sqlite_0008_end}};

Result<std::int64_t> read_integer(sqlite3* connection, std::string_view sql) {
  const Result<StatementPtr> statement = prepare(connection, sql);
  if (!statement) return std::unexpected(statement.error());
  const int code = sqlite3_step(statement->get());
  if (code == SQLITE_DONE) return 0;
  if (code != SQLITE_ROW) {
    return std::unexpected(error_of(connection, code, "reading the schema version"));
  }
  return sqlite3_column_int64(statement->get(), 0);
}

Result<void> run_step(sqlite3* connection, std::size_t index) {
  const Migration& step = kMigrations[index];
  return execute(connection,
                 fmt::format("BEGIN IMMEDIATE;\n{}\nUPDATE schema_version SET version={};"
                             "COMMIT;",
                             std::string_view{step.begin, step.end}, index + 1));
}

}  // namespace

std::uint32_t newest_schema() {
  return static_cast<std::uint32_t>(kMigrations.size());
}

Result<std::uint32_t> schema_of(sqlite3* connection) {
  const auto tables = read_integer(
      connection,
      "SELECT count(*) FROM sqlite_schema WHERE type='table' AND name='schema_version'");
  if (!tables) return std::unexpected(tables.error());
  if (*tables == 0) return 0;
  const auto version = read_integer(connection, "SELECT version FROM schema_version");
  if (!version) return std::unexpected(version.error());
  return static_cast<std::uint32_t>(*version);
}

Result<void> migrate(sqlite3* connection) {
  const Result<std::uint32_t> found = schema_of(connection);
  if (!found) return std::unexpected(found.error());
  if (*found > newest_schema()) {
    return fail(
        "store.newer",
        fmt::format("the store has schema {}, this program knows only {}", *found, newest_schema()),
        "start the newer version of dandori that wrote it, or restore a backup of this one");
  }
  for (std::size_t index = *found; index < kMigrations.size(); ++index) {
    const Result<void> done = run_step(connection, index);
    if (done) continue;
    sqlite3_exec(connection, "ROLLBACK", nullptr, nullptr, nullptr);
    return done;
  }
  return {};
}

}  // namespace dandori::store::sqlite
