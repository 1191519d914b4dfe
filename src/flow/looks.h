#pragma once

#include <string_view>

#include "model/words.h"

namespace dandori::flow {

/// How a state is drawn: colours from the Okabe–Ito family, told apart by shape as well.
struct Look {
  std::string_view fill;    ///< of the card
  std::string_view stroke;  ///< of its border and of the glyph
  std::string_view glyph;   ///< id of a shape in the drawing
  bool hatched = false;
};

Look look_of(model::JobState state);

/// The shapes, 16 × 16, as SVG definitions. They take their colour from `color`.
std::string_view glyph_definitions();

}  // namespace dandori::flow
