#include <fmt/core.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/files.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/sqlite_store.h"

namespace dandori::store {

namespace {

using sqlite::ConnectionPtr;

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

/// Copies all pages in one reading, so that commits made meanwhile neither show nor start it again.
Result<void> copy_pages(sqlite3* from, sqlite3* to) {
  std::unique_ptr<sqlite3_backup, FinishBackup> backup{
      sqlite3_backup_init(to, "main", from, "main")};
  if (!backup) return std::unexpected(sqlite::error_of(to, sqlite3_errcode(to), "the backup"));
  const int stepped = sqlite3_backup_step(backup.get(), -1);
  const int finished = sqlite3_backup_finish(backup.release());
  if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
  const int code = stepped == SQLITE_DONE ? finished : stepped;
  return std::unexpected(sqlite::error_of(to, code, "the backup"));
}

/// A connection that leaves no log file behind: for files at rest.
Result<ConnectionPtr> open_plain(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  ConnectionPtr connection{raw};
  if (code != SQLITE_OK) {
    return std::unexpected(sqlite::error_of(raw, code, fmt::format("opening {}", path)));
  }
  return connection;
}

Result<void> copy_database(const std::string& folder, const std::string& to_path,
                           const std::string& vfs) {
  const auto from =
      sqlite::open_connection({.path = sqlite_path(folder), .vfs = vfs, .readonly_queries = true});
  if (!from) return std::unexpected(from.error());
  const auto to = open_plain(to_path, SQLITE_OPEN_READWRITE);
  if (!to) return std::unexpected(to.error());
  const Result<void> copied = copy_pages(from->get(), to->get());
  if (!copied) return copied;
  // A file that is copied about should be one file.
  return sqlite::execute(to->get(), "PRAGMA journal_mode=DELETE");
}

Error broken(const std::string& path, std::string_view why) {
  return Error{.code = "store.corrupt",
               .message = fmt::format("{} is damaged: {}", path, why),
               .hint = "use another backup; keep the broken file for a report",
               .path = {}};
}

Result<void> check_pages(sqlite3* connection, const std::string& path) {
  const auto statement = sqlite::prepare(connection, "PRAGMA integrity_check(3)");
  if (!statement) return std::unexpected(broken(path, statement.error().message));
  const int code = sqlite3_step(statement->get());
  if (code != SQLITE_ROW) return std::unexpected(broken(path, sqlite3_errmsg(connection)));
  const std::string said = sqlite::Row{statement->get()}.text();
  if (said != "ok") return std::unexpected(broken(path, said));
  return {};
}

/// The agents of the machine that is put back may be new ones: their names are free to them. What
/// the old agents still ran is then found out as after any loss.
Result<void> free_agent_names(const std::string& path) {
  const auto connection = open_plain(path, SQLITE_OPEN_READWRITE);
  if (!connection) return std::unexpected(connection.error());
  const auto schema = sqlite::schema_of(connection->get());
  if (!schema) return std::unexpected(schema.error());
  if (*schema < 2) return {};
  return sqlite::execute(connection->get(), "UPDATE agent SET instance=NULL");
}

}  // namespace

Result<void> verify_sqlite(const std::string& path) {
  if (!sqlite::exists(path)) {
    return fail("store.failed", fmt::format("there is no file {}", path), "check the path");
  }
  const auto connection = open_plain(path, SQLITE_OPEN_READWRITE);
  if (!connection) return std::unexpected(connection.error());
  sqlite3_busy_timeout(connection->get(), 10'000);
  const Result<void> pages = check_pages(connection->get(), path);
  if (!pages) return pages;
  const auto schema = sqlite::schema_of(connection->get());
  if (!schema) return std::unexpected(broken(path, schema.error().message));
  if (*schema == 0) return std::unexpected(broken(path, "it is not a store of dandori"));
  if (*schema <= sqlite::newest_schema()) return {};
  return fail("store.newer",
              fmt::format("{} has schema {}, this program knows only {}", path, *schema,
                          sqlite::newest_schema()),
              "use the newer version of dandori that wrote it");
}

Result<void> backup_sqlite(const std::string& folder, const std::string& to_path,
                           const std::string& vfs) {
  if (!sqlite::exists(sqlite_path(folder))) {
    return fail("store.failed", fmt::format("there is no store in {}", folder),
                "name the data folder of the server");
  }
  if (sqlite::exists(to_path)) {
    return fail("store.failed", fmt::format("{} exists already", to_path),
                "give the path of a new file");
  }
  const std::string part = to_path + ".part";
  sqlite::remove_file(part);
  Result<void> done = sqlite::make_file(part);
  if (done) done = copy_database(folder, part, vfs);
  if (done) done = verify_sqlite(part);
  if (done) done = sqlite::sync_file(part);
  if (done) return sqlite::rename_file(part, to_path);
  sqlite::remove_file(part);
  return done;
}

Result<void> restore_sqlite(const std::string& from_path, const std::string& folder) {
  Result<void> done = verify_sqlite(from_path);
  if (done) done = sqlite::make_folder(folder);
  if (!done) return done;
  sqlite::FileLock lock;
  done = lock.lock(folder + "/dandori.lock", "restore");
  if (!done) return done;
  const std::string path = sqlite_path(folder);
  const std::string part = path + ".part";
  done = sqlite::copy_file(from_path, part);
  if (done) done = free_agent_names(part);
  if (done) done = sqlite::sync_file(part);
  if (!done) return done;
  if (sqlite::exists(path)) {
    // Bring what its log holds into the file, then put it aside.
    const auto old = open_plain(path, SQLITE_OPEN_READWRITE);
    if (old)
      sqlite3_wal_checkpoint_v2(old->get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  }
  if (sqlite::exists(path)) done = sqlite::rename_file(path, path + ".before");
  for (const char* tail : {"-wal", "-shm"}) {
    if (done && sqlite::exists(path + tail)) {
      done = sqlite::rename_file(path + tail, path + ".before" + tail);
    }
  }
  return done ? sqlite::rename_file(part, path) : done;
}

}  // namespace dandori::store
