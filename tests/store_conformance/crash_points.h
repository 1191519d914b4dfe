#pragma once

#include <cstdint>

namespace dandori::store::test {

/// Whether each write of the script is a crash point, or only a sample.
bool& every_crash_point();

/// How many crash points were tried so far.
std::uint64_t& crash_points_tried();

}  // namespace dandori::store::test
