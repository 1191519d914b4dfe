#include "api/sign_in_limit.h"

#include <algorithm>

namespace dandori::api {

namespace {

/// `127.0.0.1` of `127.0.0.1:43210`.
std::string_view address_of(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  return colon == std::string_view::npos ? peer : peer.substr(0, colon);
}

}  // namespace

Duration SignInLimit::wait(std::string_view peer, Timestamp now) {
  const std::lock_guard lock{mutex_};
  forget(now);
  const auto found = failures_.find(address_of(peer));
  if (found == failures_.end() || found->second.size() < kFailuresMax) return Duration::zero();
  return found->second.front() + kSpan - now;
}

void SignInLimit::failed(std::string_view peer, Timestamp now) {
  const std::lock_guard lock{mutex_};
  forget(now);
  if (failures_.size() >= kAddressesMax) failures_.erase(failures_.begin());
  std::deque<Timestamp>& times = failures_[std::string{address_of(peer)}];
  times.push_back(now);
  if (times.size() > kFailuresMax) times.pop_front();
}

void SignInLimit::forget(Timestamp now) {
  for (auto& [address, times] : failures_) {
    while (!times.empty() && times.front() + kSpan <= now) times.pop_front();
  }
  std::erase_if(failures_, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace dandori::api
