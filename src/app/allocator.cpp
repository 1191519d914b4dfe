#include "app/allocator.h"

#include <malloc.h>

namespace dandori::app {

void keep_freed_memory() {
  constexpr int kMegabyte = 1 << 20;
  ::mallopt(M_TRIM_THRESHOLD, 64 * kMegabyte);
  ::mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);  // or each large vector would be mapped anew
  ::mallopt(M_TOP_PAD, kMegabyte);
}

}  // namespace dandori::app
