#include "base/log.h"

namespace dandori {

namespace {

/// Set before threads start and never after, hence without a lock.
LogSink& sink() {
  static LogSink instance;
  return instance;
}

LogLevel& lowest() {
  static LogLevel instance = LogLevel::info;
  return instance;
}

}  // namespace

void set_log_level(LogLevel level) {
  lowest() = level;
}

bool is_logged(LogLevel level) {
  return level >= lowest() && sink();
}

void set_log_sink(LogSink new_sink) {
  sink() = std::move(new_sink);
}

void log(LogLevel level, std::string_view event, std::vector<LogField> fields) {
  if (is_logged(level)) sink()(level, event, fields);
}

}  // namespace dandori
