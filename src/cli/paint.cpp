#include "cli/paint.h"

#include <algorithm>
#include <cmath>

namespace dandori::cli {

std::string paint_line(const Line& line, std::size_t columns, const Paint& paint, bool selected) {
  std::string out = selected && paint.color ? "\x1b[7m" : "";
  std::size_t left = columns;
  for (const Span& span : line) {
    std::string text = printable(span.text);
    const std::size_t width = display_width(text, paint.ambiguous);
    const bool is_cut = width > left;
    if (is_cut) text = fit_width(text, left, paint.ambiguous);
    out += styled(text, selected ? Style::plain : span.style, paint.color);
    left -= is_cut ? left : width;
    if (is_cut) break;
  }
  if (selected && paint.color) out += std::string(left, ' ') + "\x1b[0m";
  return out;
}

std::string clip_line(std::string_view line, std::size_t columns, Ambiguous ambiguous) {
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t length = 1;
    if (line[at] == '\x1b') {  // a colour takes no room: ESC [ numbers m
      length = std::min(line.find('m', at), line.size() - 1) - at + 1;
    } else {
      while (at + length < line.size() &&
             (static_cast<unsigned char>(line[at + length]) & 0xC0U) == 0x80U) {
        ++length;
      }
      used += display_width(line.substr(at, length), ambiguous);
      if (used > columns) return out + (line.contains('\x1b') ? "\x1b[0m" : "");
    }
    out.append(line.substr(at, length));
    at += length;
  }
  return out;
}

std::string bar(double share, std::size_t columns, Ambiguous ambiguous) {
  const auto filled = static_cast<std::size_t>(
      std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(columns)));
  // Blocks are of ambiguous width.
  const bool plain = ambiguous == Ambiguous::wide;
  std::string out;
  for (std::size_t i = 0; i < columns; ++i) {
    out += i < filled ? (plain ? "#" : "█") : (plain ? "." : "░");
  }
  return out;
}

}  // namespace dandori::cli
