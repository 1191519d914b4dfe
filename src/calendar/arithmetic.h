#pragma once

#include <bit>
#include <cstdint>

namespace dandori::calendar {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;

/// Towards the past: -1 / 60 is -1. by: positive.
constexpr std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// Lowest bit of `bits` at or above `from` (0 or more), or 64.
constexpr int next_bit(std::uint64_t bits, int from) {
  if (from > 63) return 64;
  return std::countr_zero(bits & (~std::uint64_t{0} << static_cast<unsigned>(from)));
}

}  // namespace dandori::calendar
