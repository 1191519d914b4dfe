#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace dandori::store::sqlite {

/// What a FaultVfs does to the files below it. Steps are counted from 1 over all files; 0 means
/// never. A step is a write, truncation, deletion or sync; each may be read and set from any
/// thread.
struct FaultPlan {
  std::atomic<std::uint64_t> steps{0};            ///< so far
  std::atomic<std::uint64_t> writes{0};           ///< of them, writes
  std::atomic<std::uint64_t> syncs{0};            ///< of them, syncs
  std::atomic<std::uint64_t> kill_at_step{0};     ///< SIGKILL to this process instead of that step
  std::atomic<std::uint64_t> fail_write{0};       ///< that write answers an I/O error
  std::atomic<std::uint64_t> fail_sync{0};        ///< that sync answers an I/O error
  std::atomic<std::uint64_t> full_from_write{0};  ///< from that write on the disk is full
  std::atomic<std::int64_t> sync_delay_us{0};     ///< added to each sync
  /// Power loss: what was written since the last sync of its file is kept back, and when the kill
  /// comes a part of it, chosen by `seed`, reaches the disk: whole, torn at a sector, or not at
  /// all.
  bool lose_unsynced = false;
  std::uint64_t seed = 0;
};

/// A SQLite VFS above the system's own that counts, delays, spoils and loses writes. Registered
/// while it lives.
class FaultVfs {
 public:
  /// plan: borrowed, must outlive this and every connection opened through it.
  explicit FaultVfs(FaultPlan& plan);
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  /// For SqliteOptions::vfs.
  const std::string& name() const;

  struct Shim;

 private:
  std::unique_ptr<Shim> shim_;
};

}  // namespace dandori::store::sqlite
