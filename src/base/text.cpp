#include "base/text.h"

#include <algorithm>

#include "base/utf8.h"
#include "base/width.h"
#include "base/width_tables.h"

namespace dandori {

namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
constexpr std::size_t kIdentifierMax = 100;
constexpr std::size_t kExcerptMax = 60;       // characters
constexpr std::size_t kNearestWordMax = 200;  // longer words are no slips of the pen

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

/// Edit distance with swaps of neighbours as one step (optimal string alignment), in bytes.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

bool contains(std::span<const Range> ranges, char32_t character) {
  const auto range = std::ranges::lower_bound(ranges, character, {}, &Range::last);
  return range != ranges.end() && range->first <= character;
}

std::size_t columns_of(char32_t character, Ambiguous ambiguous) {
  if (character < 0x20 || (character >= 0x7F && character < 0xA0)) return 0;
  if (character < 0x7F) return 1;
  if (contains(kZeroWidthRanges, character)) return 0;
  if (contains(kWideRanges, character)) return 2;
  return ambiguous == Ambiguous::wide && contains(kAmbiguousRanges, character) ? 2 : 1;
}

/// A piece at the start of a text: its bytes and its columns. An invalid byte shows as one U+FFFD.
struct Glyph {
  std::size_t bytes;
  std::size_t columns;
};

Glyph first_glyph(std::string_view text, Ambiguous ambiguous) {
  const std::size_t length = utf8_length(text);
  if (length == 0) return {1, 1};
  return {length, columns_of(utf8_character(text, length), ambiguous)};
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), to_lower);
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  if (word.size() > kNearestWordMax) return std::nullopt;
  const std::size_t allowed = 1 + word.size() / 4;
  std::size_t best_distance = allowed + 1;
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t apart = candidate.size() > word.size() ? candidate.size() - word.size()
                                                             : word.size() - candidate.size();
    if (apart >= best_distance) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = &candidate;
  }
  return best != nullptr ? std::optional{*best} : std::nullopt;
}

bool is_valid_utf8(std::string_view text) {
  return find_invalid_utf8(text) == std::string_view::npos;
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t bad = find_invalid_utf8(text);
    out += text.substr(0, bad);
    if (bad == std::string_view::npos) return out;
    out += kReplacement;
    text.remove_prefix(bad + 1);
  }
}

std::size_t display_width(std::string_view text) {
  return display_width(text, Ambiguous::narrow);
}

std::string fit_width(std::string_view text, std::size_t columns) {
  return fit_width(text, columns, Ambiguous::narrow);
}

std::size_t display_width(std::string_view text, Ambiguous ambiguous) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text, ambiguous);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return columns;
}

std::string fit_width(std::string_view text, std::size_t columns, Ambiguous ambiguous) {
  const std::size_t width = display_width(text, ambiguous);
  if (width <= columns) return std::string{text} + std::string(columns - width, ' ');
  const std::size_t mark = ambiguous == Ambiguous::wide ? 2 : 1;  // the ellipsis is ambiguous too
  if (columns < mark) return std::string(columns, ' ');
  std::size_t used = 0;
  std::size_t bytes = 0;
  while (true) {
    const Glyph glyph = first_glyph(text.substr(bytes), ambiguous);
    if (used + glyph.columns > columns - mark) break;
    used += glyph.columns;
    bytes += glyph.bytes;
  }
  std::string out{text.substr(0, bytes)};
  out += kEllipsis;
  out.append(columns - mark - used, ' ');
  return out;
}

std::string excerpt(std::string_view text) {
  std::string out;
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == kExcerptMax) return out += kEllipsis;
    const std::size_t length = utf8_length(text);
    const char32_t character = length == 0 ? 0 : utf8_character(text, length);
    const bool shown = character >= 0x20 && (character < 0x7F || character > 0x9F);
    out += shown ? text.substr(0, length) : kReplacement;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

bool is_identifier(std::string_view text) {
  if (text.empty() || text.size() > kIdentifierMax || !is_lower(text.front())) return false;
  return std::ranges::all_of(
      text, [](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += kHex[value >> 4U];
    text += kHex[value & 0xFU];
  }
  return text;
}

}  // namespace dandori
