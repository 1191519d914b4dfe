#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace dandori::store::test {

/// A folder that goes away with its content.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A store and the servers that use it, one after the other.
class MemoryWorld {
 public:
  MemoryWorld() { start(); }
  EngineStore& engine() { return store_; }
  LeaseStore& lease() { return store_; }
  QueryStore& queries() { return store_; }
  std::uint64_t epoch() const { return epoch_; }
  /// The server is gone and another one starts.
  void restart() {
    store_.release();
    start();
  }

 private:
  void start() { epoch_ = store_.acquire("test").value(); }
  MemoryStore store_;
  std::uint64_t epoch_ = 0;
};

class SqliteWorld {
 public:
  SqliteWorld() { start(); }
  EngineStore& engine() { return *store_; }
  LeaseStore& lease() { return *store_; }
  QueryStore& queries() { return store_->queries(); }
  std::uint64_t epoch() const { return epoch_; }
  void restart() {
    store_.reset();
    start();
  }
  SqliteStore& store() { return *store_; }
  const std::string& folder() const { return folder_.path(); }

 private:
  void start() {
    store_ = std::make_unique<SqliteStore>(SqliteOptions{.folder = folder_.path(), .vfs = {}});
    epoch_ = store_->acquire("test").value();
  }
  TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> store_;
  std::uint64_t epoch_ = 0;
};

}  // namespace dandori::store::test
