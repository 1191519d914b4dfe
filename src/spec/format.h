#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/spec.h"

namespace dandori::spec {

/// A definition file in its one layout. Use `text` only when `problems` is empty.
struct Formatted {
  std::string text;
  std::vector<Problem> problems;  ///< what keeps the file from being read
};

/// Rewrites spaces alone, in place: two columns a level, one space after `:`, `,` and `-`, none
/// inside brackets, none at the ends of lines. Comments, anchors, blank lines, quotes, block texts,
/// the order of keys, and values that are aligned with a neighbour stay as they are.
///
/// The result means the same, and formatting it again changes nothing. A JSON file that YAML cannot
/// read stays as it is.
Formatted format_definitions(std::string_view file_name, std::string_view text);

}  // namespace dandori::spec
