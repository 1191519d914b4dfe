#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "flow/graph.h"

namespace dandori::flow {

// What stands on a card and how much room it needs. Texts are measured in terminal columns (a
// Japanese character takes two), so a card is wide enough whatever font draws it.

inline constexpr std::int32_t kCardWidthMin = 120;
inline constexpr std::int32_t kCardWidthMax = 280;
inline constexpr std::int32_t kTitleSize = 13;  ///< of the first line's letters, in pixels
inline constexpr std::int32_t kNoteSize = 11;   ///< of the second line's
inline constexpr std::int32_t kTextLeft = 34;   ///< room for the glyph of the state

/// The first line: the title, or the id when there is none.
const std::string& headline(const Node& node);
/// The second line: the id below a title, and the type, or the word for the state.
std::string note(const Node& node, std::string_view word);

/// Width that both lines need in any state, between kCardWidthMin and kCardWidthMax.
std::int32_t card_width(const Node& node);
/// The text cut with `…` so that it fits into so many pixels.
std::string cut_to(std::string_view text, std::int32_t pixels, std::int32_t letter_size);

}  // namespace dandori::flow
