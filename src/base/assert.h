#pragma once

#include <string_view>

namespace dandori {

/// Prints file, line, condition and `why` to stderr, then aborts. Used by DANDORI_ASSERT.
[[noreturn]] void assert_failed(const char* file, int line, const char* condition,
                                std::string_view why) noexcept;

}  // namespace dandori

/// Our own mistake: an impossible state. Also in release: stop rather than corrupt.
#define DANDORI_ASSERT(condition, why)                                               \
  do {                                                                               \
    if (!(condition)) ::dandori::assert_failed(__FILE__, __LINE__, #condition, why); \
  } while (false)
