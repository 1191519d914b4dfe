#include "app/log_sink.h"

#include <unistd.h>

#include <chrono>
#include <string>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"

namespace dandori::app {

namespace {

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

void write_line(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  Json::Object members{{"at", format_rfc3339(Timestamp{now.time_since_epoch()})},
                       {"level", word(level)},
                       {"event", event}};
  for (const LogField& field : fields) members.emplace_back(std::string{field.key}, field.value);
  const std::string line = write_json(Json::object(std::move(members))) + "\n";
  // One write a line, so that lines of several threads do not mix; a closed stderr is nobody's
  // trouble.
  [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void log_to_stderr(std::string_view level) {
  for (const LogLevel one : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (word(one) == level) set_log_level(one);
  }
  set_log_sink(write_line);
}

}  // namespace dandori::app
