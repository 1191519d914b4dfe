#pragma once

#include <span>
#include <string_view>

namespace dandori::cli {

/// A file of examples/daily_close, as it was when this program was built.
struct SampleFile {
  std::string_view name;  ///< `bin/check.sh`
  std::string_view text;
  bool is_program;
};

/// All files of the sample, by name. Made at build time (cmake/embed_pages.cmake).
std::span<const SampleFile> sample_files();

}  // namespace dandori::cli
