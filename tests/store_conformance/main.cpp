#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <string_view>
#include <vector>

#include "crash_points.h"

/// `--crash-points`: only the crash points, every one of them, and a last line `crash points: N
/// tried, …`; else all cases, with a sample of those.
int main(int argc, char** argv) {
  doctest::Context context;
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (std::string_view{argv[i]} == "--crash-points") {
      dandori::store::test::every_crash_point() = true;
      context.setOption("test-suite", "crash points");
    } else {
      arguments.push_back(argv[i]);
    }
  }
  context.applyCommandLine(static_cast<int>(arguments.size()), arguments.data());
  const int result = context.run();
  if (dandori::store::test::every_crash_point()) {
    std::printf("crash points: %llu tried, %s\n",
                static_cast<unsigned long long>(dandori::store::test::crash_points_tried()),
                result == 0 ? "0 failed" : "some FAILED (above)");
  }
  return result;
}
