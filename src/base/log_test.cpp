#include "base/log.h"

#include <doctest/doctest.h>

namespace dandori {

TEST_CASE("a fact goes to the sink with its level and fields, and nowhere without one") {
  log(LogLevel::error, "before.sink");
  std::string seen;
  set_log_sink(
      [&seen](LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
        seen = level == LogLevel::warning ? "warning " : "? ";
        seen += event;
        for (const LogField& field : fields)
          seen.append(" ").append(field.key).append("=") += field.value;
      });
  log(LogLevel::warning, "store.slow", {{"run", "nightly#1"}, {"ms", "120"}});
  set_log_sink({});
  log(LogLevel::warning, "after.sink");
  CHECK(seen == "warning store.slow run=nightly#1 ms=120");
}

}  // namespace dandori
