#include "convert/calendar_text.h"

#include <fmt/core.h>

#include <utility>

#include "base/assert.h"
#include "base/json.h"
#include "base/text.h"
#include "convert/imported.h"
#include "spec/spec.h"
#include "spec/yaml_out.h"

namespace dandori::convert {

namespace {

constexpr std::size_t kIdentifierMax = 100;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
}  // namespace

std::string write_draft(const CalendarDraft& draft) {
  std::string out = fmt::format("# From {}: {} days", clean_title(draft.source), draft.days.size());
  if (!draft.days.empty()) {
    out += fmt::format(", {} to {}", format_day(draft.days.front().first),
                       format_day(draft.days.back().last));
  }
  model::Calendar calendar{.name = draft.name, .title = draft.title};
  model::DayMatch match;
  match.dates.assign(draft.days.begin(), draft.days.end());
  calendar.rules.push_back({.open = draft.open, .days = std::move(match)});
  return out + ".\n" + write_definition(std::span{&calendar, 1});
}

std::string write_definition(std::span<const model::Calendar> revisions) {
  std::string out;
  for (const model::Calendar& revision : revisions) {
    const std::string canonical = spec::write_canonical(revision);
    const Result<Json> body = parse_json(canonical, {.bytes_max = canonical.size() + 1});
    DANDORI_ASSERT(body.has_value(), "our own canonical form is JSON");
    Json document = Json::object({{"kind", "Calendar"}});
    for (const auto& [key, value] : body->members()) document.set(key, value);
    out += (out.empty() ? "" : "---\n") + spec::write_yaml(document);
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
