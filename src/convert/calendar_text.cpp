#include "convert/calendar_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "convert/imported.h"

namespace dandori::convert {

namespace {

constexpr std::size_t kIdentifierMax = 100;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_wide(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// Words that YAML readers, old ones too, take for something else than text.
bool is_taken(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::string_view kTaken[] = {"true", "false", "null", "yes", "no", "on",
                                         "off",  "y",     "n",    "inf", "nan"};
  return std::ranges::find(kTaken, lower) != std::end(kTaken);
}

/// A text as YAML: plain where nobody could read it otherwise, else in double quotes.
std::string scalar(std::string_view text) {
  const bool plain = !text.empty() && (is_letter(text.front()) || is_wide(text.front())) &&
                     !is_taken(text) && text.back() != ' ' && std::ranges::all_of(text, [](char c) {
                       return is_letter(c) || is_digit(c) || is_wide(c) || c == ' ' || c == '_' ||
                              c == '\'' || c == '(' || c == ')' || c == '.' || c == '/';
                     });
  if (plain) return std::string{text};
  std::string quoted;
  append_json_string(quoted, text);
  return quoted;
}

}  // namespace

std::string write_draft(const CalendarDraft& draft) {
  std::string out = fmt::format("# From {}: {} days", clean_title(draft.source), draft.days.size());
  if (!draft.days.empty()) {
    out += fmt::format(", {} to {}", format_day(draft.days.front().first),
                       format_day(draft.days.back().last));
  }
  out += fmt::format(".\nkind: Calendar\nname: {}\n", draft.name);
  if (!draft.title.empty()) out += fmt::format("title: {}\n", scalar(draft.title));
  out += fmt::format("rules:\n  - {}:\n      dates:\n", draft.open ? "open" : "closed");
  const bool named =
      std::ranges::any_of(draft.days, [](const auto& d) { return !d.title.empty(); });
  for (const model::NamedDays& span : draft.days) {
    for (Day day = span.first; day <= span.last; day = day + 1) {
      if (!named) out += fmt::format("        - \"{}\"\n", format_day(day));
      if (named) out += fmt::format("        \"{}\": {}\n", format_day(day), scalar(span.title));
    }
  }
  return out;
}

std::string identifier_of(std::string_view text) {
  const std::size_t slash = text.find_last_of('/');
  if (slash != std::string_view::npos) text.remove_prefix(slash + 1);
  const std::size_t dot = text.find_last_of('.');
  if (dot != std::string_view::npos && dot > 0) text = text.substr(0, dot);
  std::string out;
  for (const char c : text) {
    if (out.size() == kIdentifierMax) break;
    if (is_letter(c)) out += static_cast<char>(c | 0x20);
    if (is_digit(c) && !out.empty()) out += c;
    const bool other = !is_letter(c) && !is_digit(c);
    if (other && !out.empty() && out.back() != '_') out += '_';
  }
  while (out.ends_with('_')) out.pop_back();
  return out.empty() ? "calendar" : out;
}

}  // namespace dandori::convert
