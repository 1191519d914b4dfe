#pragma once

namespace dandori::app {

/// Sends the program's own log to stderr: one JSON line per fact.
void log_to_stderr();

}  // namespace dandori::app
