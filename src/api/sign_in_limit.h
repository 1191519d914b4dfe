#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/time.h"

namespace dandori::api {

/// Counts failed sign-ins by address: after kFailuresMax within kSpan further wrong tokens from it
/// are told to wait. A sign-in that succeeds takes nothing off the count.
/// Thread-safe and bounded.
class SignInLimit {
 public:
  static constexpr std::size_t kFailuresMax = 10;
  static constexpr Duration kSpan = std::chrono::minutes{1};
  static constexpr std::size_t kAddressesMax = 10'000;

  /// How long `peer` must wait before the next try; zero: not at all.
  Duration wait(std::string_view peer, Timestamp now);
  void failed(std::string_view peer, Timestamp now);

 private:
  void forget(Timestamp now);

  std::mutex mutex_;
  std::map<std::string, std::deque<Timestamp>, std::less<>> failures_;  ///< by address without port
};

}  // namespace dandori::api
