#pragma once

#include <cstddef>
#include <string_view>

namespace dandori {

/// U+FFFD, shown in the place of what is not text.
inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Bytes of the well-formed UTF-8 character at the start of `text`; 0 when there is none (also:
/// empty). Overlong forms, surrogates and values above U+10FFFF are not well-formed.
std::size_t utf8_length(std::string_view text);

/// The character at the start of `text`, of which utf8_length gave `length` (1 to 4).
char32_t utf8_character(std::string_view text, std::size_t length);

/// Offset of the first byte that is not part of well-formed UTF-8; npos when all is.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace dandori
