#pragma once

#include <string>

#include "base/result.h"

namespace dandori::store::sqlite {

/// A close-on-exec OS lock on a file; freed by the kernel when the process dies.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock() { unlock(); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Takes the lock without waiting and writes `PID OWNER` into the file (made with mode 0600).
  /// Errors: store.owned (the message holds what the owner wrote), store.failed.
  Result<void> lock(const std::string& path, const std::string& owner);
  void unlock();
  bool is_locked() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

/// Makes a folder with mode 0700 unless it exists. Errors: store.failed.
Result<void> make_folder(const std::string& path);
/// Makes an empty file with mode 0600 unless it exists. Errors: store.failed.
Result<void> make_file(const std::string& path);
bool exists(const std::string& path);
/// Makes content and name of a file survive power loss. Errors: store.failed.
Result<void> sync_file(const std::string& path);
Result<void> sync_folder(const std::string& path);
/// Errors: store.failed.
Result<void> rename_file(const std::string& from, const std::string& to);
Result<void> copy_file(const std::string& from, const std::string& to);
void remove_file(const std::string& path);
/// The folder that holds `path`.
std::string folder_of(const std::string& path);

}  // namespace dandori::store::sqlite
