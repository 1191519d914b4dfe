#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/width.h"
#include "cli/table.h"

namespace dandori::cli {

/// A piece of a line on the screen.
struct Span {
  std::string text;
  Style style = Style::plain;
};
using Line = std::vector<Span>;

/// How lines become bytes of a terminal.
struct Paint {
  bool color = false;
  Ambiguous ambiguous = Ambiguous::narrow;
};

/// The line in at most `columns` columns, cut with `…`; control characters become spaces.
/// selected: the whole width in reverse.
std::string paint_line(const Line& line, std::size_t columns, const Paint& paint,
                       bool selected = false);

/// A finished line, colours included, in at most `columns` columns: the rest is left out.
std::string clip_line(std::string_view line, std::size_t columns, Ambiguous ambiguous);

/// A bar of `columns` columns, `share` of it (0 to 1) filled.
std::string bar(double share, std::size_t columns, Ambiguous ambiguous = Ambiguous::narrow);

}  // namespace dandori::cli
