#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace dandori {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
/// ASCII letters only.
std::string lower(std::string_view text);

/// The number that `text` is as a whole, decimal; nothing for any other text or out of T's range.
template <class T>
std::optional<T> to_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional{value} : std::nullopt;
}

std::string_view trim(std::string_view text);
/// Splits at every `separator`; empty parts are kept.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The candidate nearest to `word` by edit distance (with transpositions), if near enough to be a
/// slip (distance ≤ 1 + length/4).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

bool is_valid_utf8(std::string_view text);
/// Invalid sequences become U+FFFD.
std::string to_valid_utf8(std::string_view text);

/// Columns that `text` takes on a terminal: East-Asian wide characters count 2, combining marks 0.
std::size_t display_width(std::string_view text);
/// Pads with spaces on the right to `columns`; cuts with `…` when wider.
std::string fit_width(std::string_view text, std::size_t columns);

/// At most 60 characters of `text` for a message of one line: cut with `…`, control characters and
/// invalid sequences as U+FFFD.
std::string excerpt(std::string_view text);

/// `[a-z][a-z0-9_]*`, at most 100 characters: the form of every id in a definition.
bool is_identifier(std::string_view text);

std::string to_hex(std::string_view bytes);

}  // namespace dandori
