#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dandori {

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
