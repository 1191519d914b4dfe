#include "flow/card.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace dandori::flow {

namespace {

constexpr std::int32_t kTextRight = 10;
constexpr std::string_view kLongWord = "waits for jobs";  // a state: room for it is always kept

/// Width of one terminal column at this size of letters: half a square, and a little more for fonts
/// whose Latin letters run wide.
double column_width(std::int32_t letter_size) {
  return letter_size * 0.56;
}

}  // namespace

const std::string& headline(const Node& node) {
  return node.title.empty() ? node.id : node.title;
}

std::string note(const Node& node, std::string_view word) {
  const std::string first{word.empty() ? std::string_view{node.type} : word};
  if (node.title.empty()) return first;
  return word.empty() ? node.id + " · " + first : first + " · " + node.id;
}

std::int32_t card_width(const Node& node) {
  const double title =
      static_cast<double>(display_width(headline(node))) * column_width(kTitleSize);
  const double below =
      static_cast<double>(display_width(note(node, kLongWord))) * column_width(kNoteSize);
  const auto wanted =
      kTextLeft + kTextRight + static_cast<std::int32_t>(std::ceil(std::max(title, below)));
  return std::clamp(wanted, kCardWidthMin, kCardWidthMax);
}

std::string cut_to(std::string_view text, std::int32_t pixels, std::int32_t letter_size) {
  const auto columns = static_cast<std::size_t>(std::max(1.0, pixels / column_width(letter_size)));
  if (display_width(text) <= columns) return std::string{text};
  return std::string{trim(fit_width(text, columns))};
}

}  // namespace dandori::flow
