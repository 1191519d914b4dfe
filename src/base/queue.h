#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "base/time.h"

namespace dandori {

/// A bounded queue between threads. Full: `try_push` refuses (the caller answers "busy"); `push`
/// waits. Closed: both refuse. Any number of writers, one reader.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t items_max) : items_max_{items_max} {}

  bool try_push(T item) {
    {
      const std::lock_guard lock{mutex_};
      if (closed_ || items_.size() >= items_max_) return false;
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
    return true;
  }

  bool push(T item) {
    {
      std::unique_lock lock{mutex_};
      not_full_.wait(lock, [&] { return closed_ || items_.size() < items_max_; });
      if (closed_) return false;
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
    return true;
  }

  /// Takes all that is there, at most `count_max`; waits up to `wait` for the first item.
  std::vector<T> drain(Duration wait, std::size_t count_max) {
    std::vector<T> taken;
    {
      std::unique_lock lock{mutex_};
      if (wait > Duration::zero()) {
        not_empty_.wait_for(lock, wait, [&] { return closed_ || woken_ || !items_.empty(); });
      }
      woken_ = false;
      while (!items_.empty() && taken.size() < count_max) {
        taken.push_back(std::move(items_.front()));
        items_.pop_front();
      }
    }
    if (!taken.empty()) not_full_.notify_all();
    return taken;
  }

  /// Ends the reader's wait without an item.
  void wake() {
    {
      const std::lock_guard lock{mutex_};
      woken_ = true;
    }
    not_empty_.notify_one();
  }

  void close() {
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  bool is_closed() const {
    const std::lock_guard lock{mutex_};
    return closed_;
  }

  std::size_t size() const {
    const std::lock_guard lock{mutex_};
    return items_.size();
  }

 private:
  const std::size_t items_max_;
  mutable std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  std::deque<T> items_;
  bool woken_ = false;
  bool closed_ = false;
};

}  // namespace dandori
