#include "runtime/feed.h"

#include <algorithm>
#include <utility>

namespace dandori::runtime {

struct Feed::Watchers {
  std::recursive_mutex mutex;  // recursive: a watcher may end its own subscription
  std::map<std::uint64_t, std::function<void()>> calls;  // guarded by mutex
  std::uint64_t last_id = 0;                             // guarded by mutex
};

Feed::Feed(std::size_t lines_max)
    : lines_max_{lines_max}, watchers_{std::make_shared<Watchers>()} {}

Feed::Slice Feed::after(std::uint64_t after, std::size_t count_max) const {
  const std::lock_guard lock{mutex_};
  Slice slice;
  slice.is_too_old = after < last_ && (lines_.empty() || lines_.front().seq > after + 1);
  const auto first = std::ranges::upper_bound(lines_, after, {}, &model::JournalRow::seq);
  const auto count =
      std::min<std::size_t>(count_max, static_cast<std::size_t>(lines_.end() - first));
  slice.lines.assign(first, first + static_cast<std::ptrdiff_t>(count));
  return slice;
}

std::uint64_t Feed::wait_past(std::uint64_t after, Duration wait) const {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, wait, [&] { return closed_ || last_ > after; });
  return last_;
}

std::uint64_t Feed::last() const {
  const std::lock_guard lock{mutex_};
  return last_;
}

std::shared_ptr<void> Feed::subscribe(std::function<void()> changed) {
  const std::lock_guard lock{watchers_->mutex};
  const std::uint64_t id = ++watchers_->last_id;
  watchers_->calls.emplace(id, std::move(changed));
  return {static_cast<void*>(watchers_.get()), [watchers = watchers_, id](void*) {
            const std::lock_guard in_call{watchers->mutex};
            watchers->calls.erase(id);
          }};
}

void Feed::publish(std::vector<model::JournalRow> lines) {
  if (lines.empty()) return;
  {
    const std::lock_guard lock{mutex_};
    last_ = lines.back().seq;
    for (model::JournalRow& line : lines) lines_.push_back(std::move(line));
    while (lines_.size() > lines_max_) lines_.pop_front();
  }
  call_watchers();
}

void Feed::call_watchers() {
  changed_.notify_all();
  const std::lock_guard lock{watchers_->mutex};
  std::vector<std::function<void()>> calls;  // copies: a call may end subscriptions
  for (const auto& [id, call] : watchers_->calls) calls.push_back(call);
  for (const auto& call : calls) call();
}

void Feed::begin_after(std::uint64_t seq) {
  {
    const std::lock_guard lock{mutex_};
    if (seq <= last_) return;
    // What lies between was stored by a commit whose outcome nobody heard: never passed over in
    // silence.
    lines_.clear();
    last_ = seq;
  }
  call_watchers();
}

void Feed::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace dandori::runtime
