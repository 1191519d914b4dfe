#pragma once

#include <string_view>

namespace dandori::cli {

/// One text in both languages; `{name}` stands for an argument.
struct Entry {
  std::string_view key;
  std::string_view en;
  std::string_view ja;
};

}  // namespace dandori::cli
