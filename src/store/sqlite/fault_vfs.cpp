#include "store/sqlite/fault_vfs.h"

#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "base/hash.h"
#include "base/time.h"

namespace dandori::store::sqlite {

namespace {

constexpr std::size_t kSectorBytes = 512;

/// One write that has not been synced.
struct Unsynced {
  std::int64_t offset = 0;
  std::vector<char> bytes;
};

/// What is kept back of one file, shared by all its handles.
struct Overlay {
  std::vector<Unsynced> writes;
  int handles = 0;
  sqlite3_file* any_handle = nullptr;  ///< to bring a part to the disk when the power goes
};

}  // namespace

struct FaultVfs::Shim {
  sqlite3_vfs vfs{};  ///< ours: a copy of `real` with a few functions of our own
  sqlite3_vfs* real = nullptr;
  FaultPlan* plan = nullptr;
  std::string name;
  std::mutex mutex;  ///< guards overlays
  std::map<std::string, Overlay> overlays;
};

namespace {

using Shim = FaultVfs::Shim;

/// Our file, with the real one behind it in the same allocation.
struct FaultFile {
  sqlite3_file base;
  Shim* shim;
  Overlay* overlay;  ///< null: writes go straight through
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultFile& ours(sqlite3_file* file) {
  return *reinterpret_cast<FaultFile*>(file);
}
sqlite3_file* real_of(sqlite3_file* file) {
  return ours(file).real();
}

int bring(sqlite3_file* real, const Unsynced& write, std::size_t bytes) {
  return real->pMethods->xWrite(real, write.bytes.data(), static_cast<int>(bytes), write.offset);
}

int bring_all(sqlite3_file* real, Overlay& overlay) {
  for (const Unsynced& write : overlay.writes) {
    const int code = bring(real, write, write.bytes.size());
    if (code != SQLITE_OK) return code;
  }
  overlay.writes.clear();
  return SQLITE_OK;
}

/// A disk writes back in its own order and not all of it: a third whole, a third torn, a third
/// never.
void lose_power(Shim& shim) {
  std::uint64_t count = 0;
  for (auto& [path, overlay] : shim.overlays) {
    for (const Unsynced& write : overlay.writes) {
      const std::uint64_t roll = mix64(++count, shim.plan->seed);
      const std::size_t sectors = write.bytes.size() / kSectorBytes;
      if (roll % 3 == 0) bring(overlay.any_handle, write, write.bytes.size());
      if (roll % 3 == 1 && sectors > 1) {
        bring(overlay.any_handle, write, (roll / 3 % sectors) * kSectorBytes);
      }
    }
  }
}

/// Counts a step and dies if it is the one.
void count_step(Shim& shim) {
  if (++shim.plan->steps != shim.plan->kill_at_step) return;
  if (shim.plan->lose_unsynced) lose_power(shim);
  ::kill(::getpid(), SIGKILL);
}

int close_file(sqlite3_file* file) {
  FaultFile& handle = ours(file);
  const std::lock_guard lock{handle.shim->mutex};
  if (handle.overlay != nullptr && --handle.overlay->handles == 0) {
    bring_all(handle.real(), *handle.overlay);
  }
  return handle.real()->pMethods->xClose(handle.real());
}

/// Lays what is kept back over what the disk gave.
int patch(Overlay& overlay, char* out, std::int64_t bytes, std::int64_t offset, int code) {
  std::int64_t end = offset;
  for (const Unsynced& write : overlay.writes) {
    const auto size = static_cast<std::int64_t>(write.bytes.size());
    const std::int64_t from = std::max(offset, write.offset);
    const std::int64_t until = std::min(offset + bytes, write.offset + size);
    end = std::max(end, std::min(offset + bytes, write.offset + size));
    if (from >= until) continue;
    std::memcpy(out + (from - offset), write.bytes.data() + (from - write.offset),
                static_cast<std::size_t>(until - from));
  }
  return code == SQLITE_IOERR_SHORT_READ && end == offset + bytes ? SQLITE_OK : code;
}

int read_file(sqlite3_file* file, void* out, int bytes, sqlite3_int64 offset) {
  FaultFile& handle = ours(file);
  const std::lock_guard lock{handle.shim->mutex};
  const int code = handle.real()->pMethods->xRead(handle.real(), out, bytes, offset);
  const bool readable = code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ;
  if (!readable || handle.overlay == nullptr) return code;
  return patch(*handle.overlay, static_cast<char*>(out), bytes, offset, code);
}

int write_file(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  FaultFile& handle = ours(file);
  FaultPlan& plan = *handle.shim->plan;
  const std::lock_guard lock{handle.shim->mutex};
  count_step(*handle.shim);
  const std::uint64_t number = ++plan.writes;
  if (number == plan.fail_write) return SQLITE_IOERR_WRITE;
  const std::uint64_t full = plan.full_from_write;
  if (full != 0 && number >= full) return SQLITE_FULL;
  if (handle.overlay == nullptr) {
    return handle.real()->pMethods->xWrite(handle.real(), bytes, count, offset);
  }
  const char* begin = static_cast<const char*>(bytes);
  handle.overlay->writes.push_back({offset, {begin, begin + count}});
  return SQLITE_OK;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  FaultFile& handle = ours(file);
  const std::lock_guard lock{handle.shim->mutex};
  count_step(*handle.shim);
  if (handle.overlay != nullptr) {
    const int code = bring_all(handle.real(), *handle.overlay);
    if (code != SQLITE_OK) return code;
  }
  return handle.real()->pMethods->xTruncate(handle.real(), size);
}

int sync_file_handle(sqlite3_file* file, int flags) {
  FaultFile& handle = ours(file);
  FaultPlan& plan = *handle.shim->plan;
  if (plan.sync_delay_us > 0) std::this_thread::sleep_for(Duration{plan.sync_delay_us});
  const std::lock_guard lock{handle.shim->mutex};
  count_step(*handle.shim);
  if (++plan.syncs == plan.fail_sync) return SQLITE_IOERR_FSYNC;
  if (handle.overlay != nullptr) {
    const int code = bring_all(handle.real(), *handle.overlay);
    if (code != SQLITE_OK) return code;
  }
  return handle.real()->pMethods->xSync(handle.real(), flags);
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  FaultFile& handle = ours(file);
  const std::lock_guard lock{handle.shim->mutex};
  const int code = handle.real()->pMethods->xFileSize(handle.real(), size);
  if (code != SQLITE_OK || handle.overlay == nullptr) return code;
  for (const Unsynced& write : handle.overlay->writes) {
    *size = std::max<sqlite3_int64>(*size,
                                    write.offset + static_cast<std::int64_t>(write.bytes.size()));
  }
  return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
  return real_of(file)->pMethods->xLock(real_of(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
int check_lock(sqlite3_file* file, int* out) {
  return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}
int control(sqlite3_file* file, int operation, void* argument) {
  return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}
int sector_size(sqlite3_file* file) {
  return real_of(file)->pMethods->xSectorSize(real_of(file));
}
int characteristics(sqlite3_file* file) {
  return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) {
  real_of(file)->pMethods->xShmBarrier(real_of(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
  return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

/// Version 2: without xFetch, so that SQLite never reads a file past us.
const sqlite3_io_methods kMethods{
    2,         close_file,  read_file,  write_file, truncate_file, sync_file_handle, size_of_file,
    lock_file, unlock_file, check_lock, control,    sector_size,   characteristics,  shm_map,
    shm_lock,  shm_barrier, shm_unmap,  nullptr,    nullptr};

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* shim = static_cast<Shim*>(vfs->pAppData);
  auto* handle = new (file) FaultFile{};
  handle->shim = shim;
  const int code = shim->real->xOpen(shim->real, path, handle->real(), flags, out_flags);
  if (code != SQLITE_OK) return code;
  handle->base.pMethods = &kMethods;
  if (path == nullptr || !shim->plan->lose_unsynced) return SQLITE_OK;
  const std::lock_guard lock{shim->mutex};
  handle->overlay = &shim->overlays[path];
  ++handle->overlay->handles;
  handle->overlay->any_handle = handle->real();
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  auto* shim = static_cast<Shim*>(vfs->pAppData);
  const std::lock_guard lock{shim->mutex};
  count_step(*shim);
  if (const auto found = shim->overlays.find(path); found != shim->overlays.end()) {
    found->second.writes.clear();
  }
  return shim->real->xDelete(shim->real, path, sync_folder);
}

}  // namespace

FaultVfs::FaultVfs(FaultPlan& plan) : shim_{std::make_unique<Shim>()} {
  static std::atomic<std::uint64_t> made{0};
  shim_->real = sqlite3_vfs_find(nullptr);
  shim_->plan = &plan;
  shim_->name = fmt::format("dandori-fault-{}", ++made);
  // The functions that we keep do not look at the VFS they are called with, only xOpen does.
  shim_->vfs = *shim_->real;
  shim_->vfs.zName = shim_->name.c_str();
  shim_->vfs.pNext = nullptr;
  shim_->vfs.pAppData = shim_.get();
  shim_->vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + shim_->real->szOsFile;
  shim_->vfs.xOpen = open_file;
  shim_->vfs.xDelete = delete_file;
  sqlite3_vfs_register(&shim_->vfs, 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&shim_->vfs);
}

const std::string& FaultVfs::name() const {
  return shim_->name;
}

}  // namespace dandori::store::sqlite
