#pragma once

namespace dandori::app {

/// Keeps up to 64 MB of freed memory in this process instead of giving it back to the kernel at
/// every turn and taking it again: the page faults of that were most of the engine thread's time
/// when many jobs start at once. Call before the first thread.
void keep_freed_memory();

}  // namespace dandori::app
