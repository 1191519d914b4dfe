#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dandori {

enum class LogLevel { debug, info, warning, error };

/// One fact of the program's own log: a JSON line with level, time, event and fields.
///
/// The pure rooms never log. Fields are `run`, `job`, `attempt` wherever there are such; never
/// secrets.
struct LogField {
  std::string_view key;
  std::string value;
};

/// Where lines go; set once by `app` before threads start. The default writes nothing.
/// The sink must be thread-safe; it gets one JSON line without the newline and adds the instant
/// itself.
using LogSink = std::function<void(LogLevel, std::string_view event, const std::vector<LogField>&)>;
void set_log_sink(LogSink sink);
/// Lines below this level are not written; set once, as the sink. The default is `info`.
void set_log_level(LogLevel level);
/// Is a line of this level written? For those that are costly to make.
bool is_logged(LogLevel level);
void log(LogLevel level, std::string_view event, std::vector<LogField> fields = {});

}  // namespace dandori
