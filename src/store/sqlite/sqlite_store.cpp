#include "store/sqlite/sqlite_store.h"

#include <optional>

#include "store/sqlite/fault_vfs.h"
#include "store/sqlite/files.h"
#include "store/sqlite/queries.h"
#include "store/sqlite/writer.h"

namespace dandori::store {

namespace {

Error not_open() {
  return Error{.code = "store.failed",
               .message = "the store is not open",
               .hint = "acquire it first",
               .path = {}};
}

}  // namespace

/// A slow disk, as asked for by SqliteOptions::sync_delay.
struct SlowDisk {
  explicit SlowDisk(Duration delay) : vfs{plan} { plan.sync_delay_us = delay.count(); }
  sqlite::FaultPlan plan;
  sqlite::FaultVfs vfs;
};

struct SqliteStore::Impl {
  explicit Impl(SqliteOptions given)
      : options{std::move(given)}, queries{reader_options(), options.readers_max} {}

  std::string vfs() {
    if (options.sync_delay <= Duration::zero()) return options.vfs;
    if (!slow_disk) slow_disk.emplace(options.sync_delay);
    return slow_disk->vfs.name();
  }
  sqlite::OpenOptions reader_options() {
    return {.path = sqlite_path(options.folder), .vfs = vfs(), .readonly_queries = true};
  }

  // In this order: connections close before the VFS goes, the lock is freed last of what is in use.
  SqliteOptions options;
  std::optional<SlowDisk> slow_disk;
  sqlite::FileLock lock;
  sqlite::Queries queries;
  std::unique_ptr<sqlite::Writer> writer;
};

std::string sqlite_path(const std::string& folder) {
  return folder + "/dandori.db";
}

SqliteStore::SqliteStore(SqliteOptions options)
    : impl_{std::make_unique<Impl>(std::move(options))} {}

SqliteStore::~SqliteStore() = default;

Result<std::uint64_t> SqliteStore::acquire(const std::string& owner) {
  if (impl_->lock.is_locked()) {
    return fail("store.owned", "this process has the store open already");
  }
  const std::string& folder = impl_->options.folder;
  Result<void> done = sqlite::make_folder(folder);
  if (done) done = impl_->lock.lock(folder + "/dandori.lock", owner);
  if (done) done = sqlite::make_file(sqlite_path(folder));
  if (!done) {
    release();
    return std::unexpected(done.error());
  }
  auto writer = sqlite::Writer::open(
      {.path = sqlite_path(folder), .vfs = impl_->vfs(), .readonly_queries = false}, owner,
      impl_->options.log_pages_max);
  if (!writer) {
    release();
    return std::unexpected(writer.error());
  }
  impl_->writer = std::move(*writer);
  return impl_->writer->epoch();
}

void SqliteStore::release() {
  impl_->queries.close();
  impl_->writer.reset();
  impl_->lock.unlock();
}

Result<Snapshot> SqliteStore::load() {
  if (!impl_->writer) return std::unexpected(not_open());
  return impl_->writer->load();
}

Result<model::Fetched> SqliteStore::fetch(const model::Needs& needs) {
  if (!impl_->writer) return std::unexpected(not_open());
  return impl_->writer->fetch(needs);
}

Result<void> SqliteStore::commit(const model::Batch& batch) {
  if (!impl_->writer) return std::unexpected(not_open());
  return impl_->writer->commit(batch);
}

Result<std::uint64_t> SqliteStore::purge(Timestamp before) {
  if (!impl_->writer) return std::unexpected(not_open());
  return impl_->writer->purge(before);
}

QueryStore& SqliteStore::queries() {
  return impl_->queries;
}

Result<void> SqliteStore::backup(const std::string& to_path) {
  return backup_sqlite(impl_->options.folder, to_path, impl_->options.vfs);
}

}  // namespace dandori::store
