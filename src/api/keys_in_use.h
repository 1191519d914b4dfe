#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace dandori::api {

/// Idempotency keys of requests that are being worked on: a second request under the same key would
/// be decided beside the first. Thread-safe; its handles may outlive it.
class KeysInUse {
 public:
  /// In use until the handle is destroyed; nullptr: it is already.
  std::shared_ptr<void> take(const std::string& key) {
    const std::lock_guard lock{shared_->mutex};
    if (!shared_->keys.insert(key).second) return nullptr;
    return {shared_.get(), [shared = shared_, key](void*) {
              const std::lock_guard in_end{shared->mutex};
              shared->keys.erase(key);
            }};
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::set<std::string> keys;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace dandori::api
