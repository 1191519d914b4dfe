#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "spec/node.h"
#include "spec/spec.h"

namespace dandori::spec {

/// Names compared to find the one that was meant.
inline constexpr std::size_t kCandidatesMax = 2000;

/// Collects what is wrong in one file and knows its lines. Borrows file name and text.
class Problems {
 public:
  Problems(std::string_view file, std::string_view text);

  /// Beyond kProblemsMax problems are only counted.
  void add(Place place, std::string_view code, std::string message, std::string hint = {});
  /// A place alone, with file and excerpt.
  Problem at(Place place) const;
  /// How many so far, the uncounted ones too.
  std::size_t size() const { return count_; }
  /// True when more are only counted: nobody needs to look for a hint any more.
  bool is_full() const { return count_ >= kProblemsMax; }
  /// By place; what was only counted becomes the last one.
  std::vector<Problem> take();

  std::string_view text() const { return text_; }
  /// Offset of a line's first byte; the end of the text for lines behind it. line: from 1.
  std::size_t offset_of_line(int line) const;

 private:
  std::string_view line_text(int line) const;

  std::string_view file_;
  std::string_view text_;
  std::vector<std::size_t> starts_;  // offset of each line's first byte
  std::vector<Problem> found_;
  std::size_t count_ = 0;
};

}  // namespace dandori::spec
