#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/width.h"

namespace dandori::cli {

enum class Style { plain, good, bad, attention, active, faint };

/// The text with the terminal's codes for the style around it, or as it is.
std::string styled(std::string_view text, Style style, bool color);

struct Cell {
  std::string text;
  Style style = Style::plain;

  Cell(std::string text_in, Style style_in = Style::plain)  // NOLINT: meant to convert
      : text{std::move(text_in)}, style{style_in} {}
  Cell(const char* text_in) : text{text_in} {}  // NOLINT
};

/// Columns as wide as their widest cell on a terminal (East-Asian characters count 2), two spaces
/// between.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_{std::move(header)} {}

  /// A number's column: aligned at its right edge.
  void align_right(std::size_t column) { right_.push_back(column); }
  /// An empty cell is shown as `-`. Control characters become spaces.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  /// Lines with a newline each; no spaces at the ends of lines.
  std::string render(bool color, Ambiguous ambiguous = Ambiguous::narrow) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<Cell>> rows_;
  std::vector<std::size_t> right_;
};

/// Control characters as spaces, invalid UTF-8 as U+FFFD: what a stranger wrote cannot steer the
/// terminal.
std::string printable(std::string_view text);

}  // namespace dandori::cli
