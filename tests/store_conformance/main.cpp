#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "crash_points.h"

/// `--crash-points`: only the crash points, every one of them; else all cases, with a sample of
/// those.
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
  return context.run();
}
