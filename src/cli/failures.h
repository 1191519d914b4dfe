#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/console.h"
#include "cli/remote.h"

namespace dandori::cli {

/// A job that ended badly, with what a person needs to go on.
struct FailedJob {
  std::string job, title, state;
  std::string detail;  ///< `exit code 3, try 1`, in the language
  std::uint64_t log_bytes = 0;
  bool has_log = false;
  std::vector<std::string> log_lines;  ///< its last lines
  std::vector<std::string> held_back;  ///< jobs that did not run because of it
};

/// The jobs of a run (GET /runs/RUN) that failed, were killed, or whose end nobody knows.
std::vector<FailedJob> find_failed(const Console& console, const Json& run);

/// What an attempt or a reason says of its end: exit code, signal, kind of failure, error text.
std::string end_detail(const Console& console, const Json& attempt);

/// Title line, end, last lines of the log, what it holds back. Several lines with newlines.
std::string failed_job_text(const Console& console, std::string_view run, const FailedJob& job);

/// The last `lines_max` lines of a log's end; a cut first line is left out.
std::vector<std::string> last_lines(std::string_view text, bool is_whole, std::size_t lines_max);

/// The end of a job's log, its newest attempt's. run: GET /runs/RUN.
std::vector<std::string> read_log_end(Remote& remote, const Json& run, std::string_view job,
                                      std::uint64_t bytes, std::size_t lines_max);

/// The failed jobs with their logs' ends (read from the server), and what to type next.
std::string failures_text(const Console& console, Remote& remote, const Json& run,
                          std::size_t log_lines_max = 8, bool with_why = true);

/// `  → dandori rerun NAME --from failed`, with what it does.
std::string command_line(const Console& console, std::string_view command, Key what);

}  // namespace dandori::cli
