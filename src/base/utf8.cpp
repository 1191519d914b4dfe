#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace dandori {

namespace {

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

bool in_range(std::uint8_t byte, std::uint8_t low, std::uint8_t high) {
  return byte >= low && byte <= high;
}

/// The second byte decides about overlong forms, surrogates and the upper end (Unicode, table 3-7).
bool is_second_byte(std::uint8_t lead, std::uint8_t second) {
  switch (lead) {
    case 0xE0:
      return in_range(second, 0xA0, 0xBF);
    case 0xED:
      return in_range(second, 0x80, 0x9F);
    case 0xF0:
      return in_range(second, 0x90, 0xBF);
    case 0xF4:
      return in_range(second, 0x80, 0x8F);
    default:
      return in_range(second, 0x80, 0xBF);
  }
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t length = in_range(lead, 0xC2, 0xDF)   ? 2
                             : in_range(lead, 0xE0, 0xEF) ? 3
                             : in_range(lead, 0xF0, 0xF4) ? 4
                                                          : 0;
  if (length == 0 || text.size() < length || !is_second_byte(lead, byte_at(text, 1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!in_range(byte_at(text, i), 0x80, 0xBF)) return 0;
  }
  return length;
}

char32_t utf8_character(std::string_view text, std::size_t length) {
  const std::uint8_t lead = byte_at(text, 0);
  if (length == 1) return lead;
  auto character = static_cast<char32_t>(lead & (0x7FU >> length));
  for (std::size_t i = 1; i < length; ++i) {
    character = (character << 6U) | (byte_at(text, i) & 0x3FU);
  }
  return character;
}

std::size_t find_invalid_utf8(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word = kHighBits;
    if (text.size() - at >= sizeof word) std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighBits) == 0) {
      at += sizeof word;
      continue;
    }
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace dandori
