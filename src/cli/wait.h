#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "cli/console.h"
#include "cli/remote.h"

namespace dandori::cli {

struct WaitRequest {
  std::string run;
  std::optional<Timestamp> since;   ///< events before it belong to an earlier execution
  std::optional<Duration> timeout;  ///< nullopt: until it ends
};

/// Follows the run's events and shows them until it has ended or the time is over; connects again
/// when the server goes away. Prints how it ended; the exit code is that of the run's state.
int wait_for_run(Console& console, Remote& remote, const WaitRequest& request);

}  // namespace dandori::cli
