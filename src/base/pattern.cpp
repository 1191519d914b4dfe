#include "base/pattern.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"

namespace dandori {

namespace {

constexpr std::size_t kPatternBytesMax = 1000;
constexpr std::int64_t kMemoryMax = 4 << 20;

RE2::Options re2_options(Pattern::Options options) {
  RE2::Options re2;
  re2.set_log_errors(false);
  re2.set_max_mem(kMemoryMax);
  re2.set_literal(!options.is_regex);
  re2.set_case_sensitive(!options.ignores_case);
  return re2;
}

}  // namespace

struct Pattern::Compiled {
  Compiled(std::string_view text, Options options)
      : re2{re2::StringPiece{text.data(), text.size()}, re2_options(options)} {}
  RE2 re2;
};

Result<Pattern> Pattern::compile(std::string_view text, Options options) {
  if (text.empty() || text.size() > kPatternBytesMax) {
    return fail("log.bad_pattern",
                fmt::format("what is searched for has {} bytes, not 1 to {}", text.size(),
                            kPatternBytesMax),
                "name a text or a regular expression");
  }
  Pattern pattern;
  auto compiled = std::make_shared<const Compiled>(text, options);
  if (!compiled->re2.ok()) {
    return fail(
        "log.bad_pattern",
        fmt::format("'{}' is no regular expression: {}", excerpt(text), compiled->re2.error()),
        "mask signs with a backslash, or search for it as plain text");
  }
  pattern.compiled_ = std::move(compiled);
  return pattern;
}

bool Pattern::occurs_in(std::string_view line) const {
  return RE2::PartialMatch(re2::StringPiece{line.data(), line.size()}, compiled_->re2);
}

std::vector<std::pair<std::size_t, std::size_t>> Pattern::places_in(std::string_view line,
                                                                    std::size_t count_max) const {
  std::vector<std::pair<std::size_t, std::size_t>> places;
  const re2::StringPiece text{line.data(), line.size()};
  re2::StringPiece match;
  for (std::size_t at = 0; at <= line.size() && places.size() < count_max;) {
    if (!compiled_->re2.Match(text, at, text.size(), RE2::UNANCHORED, &match, 1)) break;
    const auto begin = static_cast<std::size_t>(match.data() - text.data());
    if (!match.empty()) places.emplace_back(begin, begin + match.size());
    at = begin + std::max<std::size_t>(match.size(), 1);
  }
  return places;
}

}  // namespace dandori
