#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dandori {

/// What lines are searched for: a text, or a regular expression (RE2: time linear in the line,
/// memory bounded, so that nobody's pattern can hold up a host). Safe to use from many threads.
class Pattern {
 public:
  struct Options {
    bool is_regex = false;
    bool ignores_case = false;
  };
  /// Errors: log.bad_pattern (not a regular expression, or too long).
  static Result<Pattern> compile(std::string_view text, Options options);

  /// Does it occur anywhere in `line`? Bytes that are not UTF-8 match nothing but themselves.
  bool occurs_in(std::string_view line) const;
  /// Where it occurs: [begin, end) in bytes, at most `count_max`, without empty ones.
  std::vector<std::pair<std::size_t, std::size_t>> places_in(std::string_view line,
                                                             std::size_t count_max) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace dandori
