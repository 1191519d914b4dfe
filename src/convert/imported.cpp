#include "convert/imported.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"

namespace dandori::convert {

namespace {

constexpr std::size_t kTitleCharactersMax = 200;
constexpr std::string_view kJoint = " / ";

/// Characters that end a line in YAML, or that nobody sees.
bool is_break(std::string_view character) {
  return character == "\xC2\x85" || character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9" ||
         character == "\xEF\xBB\xBF";
}

bool has_name(std::string_view names, std::string_view name) {
  while (true) {
    const std::size_t end = names.find(kJoint);
    if (names.substr(0, end) == name) return true;
    if (end == std::string_view::npos) return false;
    names.remove_prefix(end + kJoint.size());
  }
}

}  // namespace

std::string clean_title(std::string_view text) {
  const std::string valid = to_valid_utf8(text);
  std::string out;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < valid.size() && characters < kTitleCharactersMax; ++characters) {
    const std::size_t length =
        std::max<std::size_t>(1, utf8_length(std::string_view{valid}.substr(at)));
    const std::string_view character = std::string_view{valid}.substr(at, length);
    const auto first = static_cast<unsigned char>(character.front());
    const bool blank =
        first <= 0x20 || first == 0x7F || is_break(character) ||
        (first == 0xC2 && length == 2 && static_cast<unsigned char>(character[1]) < 0xA0);
    if (!blank) out += character;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
    at += length;
  }
  return std::string{trim(out)};
}

bool DayBag::add(Day first, Day last, std::string_view title) {
  const Day from = std::max(first, window_.first), to = std::min(last, window_.last);
  const std::int64_t all = std::int64_t{last.days} - first.days + 1;
  const std::int64_t inside = std::max(0, to - from + 1);
  left_out_ += static_cast<std::size_t>(std::max<std::int64_t>(0, all - inside));
  for (Day day = from; day <= to; day = day + 1) {
    const auto [at, is_new] = days_.try_emplace(day, title);
    if (is_new && days_.size() > kImportDaysMax) return false;
    if (is_new || title.empty() || has_name(at->second, title)) continue;
    const std::string_view joint = at->second.empty() ? std::string_view{} : kJoint;
    at->second = clean_title(fmt::format("{}{}{}", at->second, joint, title));
  }
  return true;
}

std::vector<model::NamedDays> DayBag::take() {
  std::vector<model::NamedDays> out;
  out.reserve(days_.size());
  for (auto& [day, title] : std::exchange(days_, {})) out.push_back({day, day, std::move(title)});
  return out;
}

}  // namespace dandori::convert
