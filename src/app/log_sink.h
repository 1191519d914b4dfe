#pragma once

#include <string_view>

namespace dandori::app {

/// Sends the program's own log to stderr: one JSON line per fact.
/// level: word of LogLevel; lines below it are not written.
void log_to_stderr(std::string_view level = "info");

}  // namespace dandori::app
