#pragma once

#include <span>
#include <string_view>

namespace dandori::cli {

/// One page of docs/errors, as it was when this program was built.
struct Page {
  std::string_view code;
  std::string_view text;  ///< Markdown: English, then `## 日本語` and Japanese
};

/// Every page, by code, ascending. Made at build time (cmake/embed_pages.cmake).
std::span<const Page> pages();

}  // namespace dandori::cli
