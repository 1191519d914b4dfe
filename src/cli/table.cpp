#include "cli/table.h"

#include <algorithm>

#include "base/text.h"

namespace dandori::cli {

namespace {

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::good:
      return "\x1b[32m";
    case Style::bad:
      return "\x1b[1;31m";
    case Style::attention:
      return "\x1b[33m";
    case Style::active:
      return "\x1b[36m";
    case Style::faint:
      return "\x1b[2m";
  }
  return "";
}

std::string padding(std::size_t wanted, std::size_t taken) {
  return std::string(wanted > taken ? wanted - taken : 0, ' ');
}

}  // namespace

std::string styled(std::string_view text, Style style, bool color) {
  if (!color || style == Style::plain) return std::string{text};
  return std::string{code_of(style)}.append(text).append("\x1b[0m");
}

std::string printable(std::string_view text) {
  std::string clean = to_valid_utf8(text);
  for (std::size_t at = 0; at < clean.size(); ++at) {
    const auto c = static_cast<unsigned char>(clean[at]);
    if (c < 0x20 || c == 0x7F) clean[at] = ' ';
    // U+0080 to U+009F: terminals may take them for commands.
    const bool second = at > 0 && static_cast<unsigned char>(clean[at - 1]) == 0xC2 && c < 0xA0;
    if (second && c >= 0x80) clean[at - 1] = clean[at] = ' ';
  }
  return clean;
}

void Table::add(std::vector<Cell> row) {
  for (Cell& cell : row) {
    cell.text = printable(cell.text);
    if (cell.text.empty()) cell = {"-", Style::faint};
  }
  rows_.push_back(std::move(row));
}

std::string Table::render(bool color, Ambiguous ambiguous) const {
  std::vector<std::size_t> widths;
  for (const std::string& title : header_) widths.push_back(display_width(title, ambiguous));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i].text, ambiguous));
    }
  }
  std::string out;
  const auto put = [&](std::size_t column, const Cell& cell) {
    const std::string space = padding(widths[column], display_width(cell.text, ambiguous));
    const bool right = std::ranges::find(right_, column) != right_.end();
    const bool last = column + 1 == widths.size();
    if (right) out += space;
    out += styled(cell.text, cell.style, color);
    if (!right && !last) out += space;
    out += last ? "\n" : "  ";
  };
  for (std::size_t i = 0; i < header_.size(); ++i) put(i, {header_[i], Style::faint});
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < header_.size(); ++i) put(i, i < row.size() ? row[i] : Cell{""});
  }
  return out;
}

}  // namespace dandori::cli
