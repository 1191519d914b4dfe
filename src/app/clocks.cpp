#include "app/clocks.h"

#include <ctime>

namespace dandori::app {

namespace {

std::int64_t read_us(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return static_cast<std::int64_t>(at.tv_sec) * 1'000'000 + at.tv_nsec / 1000;
}

}  // namespace

Now read_clocks() {
  return {Timestamp{read_us(CLOCK_REALTIME)}, Steady{read_us(CLOCK_BOOTTIME)}};
}

}  // namespace dandori::app
