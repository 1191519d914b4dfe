#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/store.h"

namespace dandori::store {

struct SqliteOptions {
  std::string folder;             ///< DATA; made with mode 0700 when missing
  std::string vfs;                ///< name of a registered SQLite VFS; empty: the system's own
  Duration sync_delay{0};         ///< added to each sync, to measure as if the disk were slower
  std::uint32_t readers_max = 4;  ///< connections of the query store, made when needed
  /// Pages in the write-ahead log at which it is copied into the file. The index of the log stays
  /// within its first 32 KiB below 4,062 pages, so it need not grow on a full disk; half leaves
  /// room for a big batch.
  std::uint32_t log_pages_max = 2000;
};

/// The store of one server in one file, `DATA/dandori.db`, in WAL mode with synchronous=FULL.
///
/// Ownership is an OS lock on `DATA/dandori.lock`, freed by the kernel when the process dies.
/// acquire() takes it, opens the file, migrates it and raises the epoch; before that, and after
/// release(), the engine's calls answer store.failed. After store.failed: release(), acquire(),
/// load(). Errors of acquire also: store.newer (written by a newer program), store.failed,
/// store.full, store.corrupt.
///
/// One thread uses it as EngineStore and LeaseStore; queries() and backup() may be used from any
/// thread.
class SqliteStore final : public EngineStore, public LeaseStore {
 public:
  explicit SqliteStore(SqliteOptions options);
  ~SqliteStore() override;

  Result<Snapshot> load() override;
  Result<model::Fetched> fetch(const model::Needs& needs) override;
  Result<void> commit(const model::Batch& batch) override;
  Result<std::uint64_t> purge(Timestamp before) override;

  Result<std::uint64_t> acquire(const std::string& owner) override;
  void release() override;

  /// Reads on connections of their own; lives as long as this store.
  QueryStore& queries();

  /// Writes a consistent, checked copy to a new file while the server works.
  /// Errors: store.failed (also when `to_path` exists), store.full, store.corrupt.
  Result<void> backup(const std::string& to_path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Path of the database below DATA.
std::string sqlite_path(const std::string& folder);

/// As SqliteStore::backup, for a folder whose server may run or not. vfs: as in SqliteOptions.
Result<void> backup_sqlite(const std::string& folder, const std::string& to_path,
                           const std::string& vfs = {});

/// Reads every page and index of a database file. Errors: store.corrupt, store.newer, store.failed.
Result<void> verify_sqlite(const std::string& path);

/// Puts a checked copy of the backup into DATA; the database there is kept beside it as
/// `dandori.db.before`. Errors: store.owned (a server runs there), store.corrupt, store.newer,
/// store.failed.
Result<void> restore_sqlite(const std::string& from_path, const std::string& folder);

}  // namespace dandori::store
