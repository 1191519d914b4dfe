#pragma once

#include <cstdint>

#include "base/hash.h"
#include "base/time.h"

namespace dandori::sim {

/// All that chance decides in a virtual world comes from here: the same seed gives the same world.
class Random {
 public:
  explicit Random(std::uint64_t seed) : seed_{seed} {}

  std::uint64_t next() { return mix64(++count_, seed_); }
  /// 0…count-1; count ≥ 1.
  std::uint64_t below(std::uint64_t count) { return next() % count; }
  std::uint32_t below32(std::uint32_t count) { return static_cast<std::uint32_t>(below(count)); }
  bool chance(std::uint32_t percent) { return below(100) < percent; }
  /// A span from `least` up to `most`, in whole milliseconds.
  Duration span(Duration least, Duration most) {
    const std::int64_t room = (most - least) / Duration{1000};
    return least +
           Duration{1000} * static_cast<std::int64_t>(below(static_cast<std::uint64_t>(room) + 1));
  }
  /// A stream of its own that does not disturb this one.
  Random split(std::uint64_t name) const { return Random{mix64(name, seed_ + 1)}; }

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

}  // namespace dandori::sim
