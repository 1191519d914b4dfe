#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/tokens.h"

namespace dandori::spec {

/// The text with its spaces set anew (see format_definitions). tokens: all of the text's.
std::string lay_out_text(std::string_view text, const std::vector<Token>& tokens);

/// A stretch of the text that is replaced.
struct Edit {
  std::size_t begin = 0, end = 0;
  std::string_view text;
};

/// The spaces between the tokens of one line. in order of places.
std::vector<Edit> edit_gaps(std::string_view text, const std::vector<Token>& tokens);

inline bool is_space(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace dandori::spec
