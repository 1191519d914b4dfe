#pragma once

#include "base/time.h"

namespace dandori::app {

/// The host's clocks: CLOCK_REALTIME and CLOCK_BOOTTIME (goes on while the host sleeps).
Now read_clocks();

}  // namespace dandori::app
