#pragma once

namespace dandori::store::test {

/// Whether each write of the script is a crash point, or only a sample.
bool& every_crash_point();

}  // namespace dandori::store::test
