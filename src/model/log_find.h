#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/run.h"

namespace dandori::model {

/// Asks an agent for a place in a log, or for lines with a text in them. Lines count from 1; a
/// line's number is one more than the newlines that are kept before it.
struct LogFind {
  enum class What : std::uint8_t {
    line,    ///< where line `number` begins
    tail,    ///< where the last `number` lines begin
    offset,  ///< `offset` itself, also inside a line, with the number of the line that holds it
    search,  ///< lines with `text`, from `offset` on, which begins line `number`
  };
  std::uint64_t id = 0;  ///< pairs request and answer, as LogRequest
  AttemptRef attempt = {};
  What what = What::line;
  std::uint64_t number = 1;
  std::uint64_t offset = 0;
  std::string text = {};
  bool is_regex = false, ignores_case = false;
  std::uint32_t count_max = 100;  ///< lines to find
};
struct LogLine {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;  ///< of its first byte
  std::string text = {};     ///< valid UTF-8, without the newline, at most kLogLineBytesMax
  bool truncated = false;    ///< the line has more than `text`
  bool operator==(const LogLine&) const = default;
};
inline constexpr std::size_t kLogLineBytesMax = 4096;
/// The place asked for. After a search: where to go on. One request looks through a bounded part.
struct LogFound {
  std::uint64_t id = 0;
  std::uint64_t offset = 0;
  std::uint64_t number = 1;         ///< of the line at `offset`
  std::vector<LogLine> lines = {};  ///< What::search
  bool at_end = false;              ///< a search has come to the end that there is now
  bool complete = false;            ///< the attempt has ended, and a search has come to its end
  std::uint64_t newlines = 0;       ///< in the whole log, as far as it has come
  std::uint64_t end = 0;            ///< behind its last byte
  std::uint64_t dropped = 0;        ///< as in LogChunk
  std::string error = {};           ///< as in LogChunk; `log.bad_pattern`
};

}  // namespace dandori::model
