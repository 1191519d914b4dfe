#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace dandori {

/// How many columns characters of ambiguous width take (`→`, `■`, Greek letters): terminals differ.
enum class Ambiguous { narrow, wide };

/// As display_width() and fit_width() of base/text.h, which count ambiguous characters as narrow.
std::size_t display_width(std::string_view text, Ambiguous ambiguous);
std::string fit_width(std::string_view text, std::size_t columns, Ambiguous ambiguous);

}  // namespace dandori
