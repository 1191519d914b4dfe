#include "base/log.h"

namespace dandori {

namespace {

/// Set before threads start and never after, hence without a lock.
LogSink& sink() {
  static LogSink instance;
  return instance;
}

}  // namespace

void set_log_sink(LogSink new_sink) {
  sink() = std::move(new_sink);
}

void log(LogLevel level, std::string_view event, std::vector<LogField> fields) {
  if (const LogSink& write = sink()) write(level, event, fields);
}

}  // namespace dandori
