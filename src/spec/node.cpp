#include "spec/node.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace dandori::spec {

namespace {

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string_view skip_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return text;
}

/// Digits at the start of `text`, taken away from it.
std::size_t take_digits(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count;
}

bool is_integer(std::string_view text) {
  if (text.starts_with("0x")) {
    return text.size() > 2 && std::ranges::all_of(text.substr(2), is_hex);
  }
  if (text.starts_with("0o")) {
    return text.size() > 2 &&
           std::ranges::all_of(text.substr(2), [](char c) { return c >= '0' && c <= '7'; });
  }
  text = skip_sign(text);
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool is_real(std::string_view text) {
  constexpr auto kNan = std::to_array<std::string_view>({".nan", ".NaN", ".NAN"});
  constexpr auto kInf = std::to_array<std::string_view>({".inf", ".Inf", ".INF"});
  if (std::ranges::find(kNan, text) != kNan.end()) return true;
  text = skip_sign(text);
  if (std::ranges::find(kInf, text) != kInf.end()) return true;
  std::size_t digits = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  if (digits == 0) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text = skip_sign(text.substr(1));
  return take_digits(text) > 0 && text.empty();
}

}  // namespace

NodeKind plain_kind(std::string_view text) {
  constexpr auto kNulls = std::to_array<std::string_view>({"", "~", "null", "Null", "NULL"});
  constexpr auto kBooleans =
      std::to_array<std::string_view>({"true", "True", "TRUE", "false", "False", "FALSE"});
  if (std::ranges::find(kNulls, text) != kNulls.end()) return NodeKind::null;
  if (std::ranges::find(kBooleans, text) != kBooleans.end()) return NodeKind::boolean;
  if (is_integer(text)) return NodeKind::integer;
  if (is_real(text)) return NodeKind::real;
  return NodeKind::text;
}

const Node* Node::find(std::string_view key) const {
  const auto member = std::ranges::find(members, key, &Member::key);
  return member == members.end() ? nullptr : &member->value;
}

}  // namespace dandori::spec
