#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace dandori::sim {

/// What came of one seed.
struct Outcome {
  std::string violation;       ///< empty: none
  std::uint64_t commits = 0;   ///< asked of the store
  std::uint64_t attempts = 0;  ///< with a process
  std::uint64_t runs = 0;
};

/// One random world from its seed: workflows, schedules, operators and faults for a while; then
/// everything is mended, and all that was begun must come to its end.
///
/// trace: told of everything that happens; may be empty. Cost: some 10 to 300 ms.
Outcome run_trial(std::uint64_t seed, const std::function<void(const std::string&)>& trace = {});

}  // namespace dandori::sim
