#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/agent.h"
#include "model/log_find.h"

namespace dandori::api {

/// How grave a line of a log looks: `error`, `warning`, `info`, `debug` or `none`, by the first
/// word near its beginning that programs commonly mark lines with.
std::string_view severity_of(std::string_view line);

/// Cuts what has been read of a log into lines.
struct LineCutter {
  std::uint64_t offset = 0;  ///< of the line that begins at the rest
  std::uint64_t number = 1;  ///< of that line
  std::string rest;          ///< without newline yet

  /// The lines that are whole by now, at most `count_max`; what follows them is left for later, and
  /// false is returned. at: offset of `bytes`, beyond what was taken where bytes were dropped.
  bool take(std::uint64_t at, std::string_view bytes, std::size_t count_max,
            std::vector<model::LogLine>& lines);
  /// The last line, which has no newline and never will.
  void finish(std::vector<model::LogLine>& lines);

 private:
  void put(std::uint64_t newline_bytes, std::vector<model::LogLine>& lines);
};

/// `{n, offset, text, severity, truncated}`.
Json to_json(const model::LogLine& line);

/// Byte places of a text as places in UTF-16 units, which is how browsers count.
Json spans_json(std::string_view text,
                const std::vector<std::pair<std::size_t, std::size_t>>& places);

}  // namespace dandori::api
