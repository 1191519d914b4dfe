#include "spec/problems.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"

namespace dandori::spec {

namespace {

constexpr std::size_t kExcerptCharactersMax = 140;  // of a line; longer ones are cut
constexpr std::size_t kExcerptBefore = 60;          // characters kept before the place then
constexpr std::string_view kBom = "\xEF\xBB\xBF";

/// Bytes of the line break at the start of `text`, as YAML counts them; 0: none.
std::size_t break_length(std::string_view text) {
  if (text.starts_with("\r\n")) return 2;
  if (text.starts_with('\n') || text.starts_with('\r')) return 1;
  if (text.starts_with("\xC2\x85")) return 2;
  if (text.starts_with("\xE2\x80\xA8") || text.starts_with("\xE2\x80\xA9")) return 3;
  return 0;
}

std::size_t character_length(std::string_view text) {
  return std::max<std::size_t>(1, utf8_length(text));
}

/// Offset of the character with index `count`, or the end.
std::size_t skip_characters(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (count-- > 0 && at < text.size()) at += character_length(text.substr(at));
  return std::min(at, text.size());
}

/// What a terminal can show in one line: tabs and control characters become spaces.
std::string shown(std::string_view text) {
  std::string clean = to_valid_utf8(text);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return clean;
}

void set_excerpt(Problem& problem, std::string_view line, int width) {
  const auto column = static_cast<std::size_t>(std::max(problem.column, 1) - 1);
  std::size_t begin = 0;
  std::string lead;
  if (column > kExcerptCharactersMax - 20) {
    begin = column - kExcerptBefore;
    lead = "…";
  }
  const std::string_view rest = line.substr(skip_characters(line, begin));
  const std::size_t end = skip_characters(rest, kExcerptCharactersMax);
  const std::string_view part = rest.substr(0, end);
  const std::size_t at = skip_characters(part, column - begin);
  const std::size_t last = skip_characters(part.substr(at), static_cast<std::size_t>(width));
  problem.source_line = lead + shown(part) + (end < rest.size() ? "…" : "");
  const std::size_t before = display_width(lead + shown(part.substr(0, at)));
  const std::size_t marked = std::max<std::size_t>(1, display_width(shown(part.substr(at, last))));
  problem.pointer = std::string(before, ' ') + std::string(marked, '^');
}

}  // namespace

Problems::Problems(std::string_view file, std::string_view text) : file_{file}, text_{text} {
  if (text_.starts_with(kBom)) text_.remove_prefix(kBom.size());
  starts_.push_back(0);
  for (std::size_t at = 0; at < text_.size();) {
    const auto c = static_cast<unsigned char>(text_[at]);
    if (c != '\n' && c != '\r' && c != 0xC2 && c != 0xE2) {
      ++at;
      continue;
    }
    const std::size_t length = break_length(text_.substr(at));
    at += std::max<std::size_t>(1, length);
    if (length > 0) starts_.push_back(at);
  }
}

std::size_t Problems::offset_of_line(int line) const {
  const auto index = static_cast<std::size_t>(std::max(line, 1) - 1);
  return index < starts_.size() ? starts_[index] : text_.size();
}

std::string_view Problems::line_text(int line) const {
  const std::size_t begin = offset_of_line(line);
  std::string_view text = text_.substr(begin, offset_of_line(line + 1) - begin);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

Problem Problems::at(Place place) const {
  Problem problem;
  problem.file = file_;
  problem.line = place.line;
  problem.column = place.column;
  if (place.line > 0) set_excerpt(problem, line_text(place.line), place.width);
  return problem;
}

void Problems::add(Place place, std::string_view code, std::string message, std::string hint) {
  ++count_;
  if (found_.size() >= kProblemsMax) return;
  Problem problem = at(place);
  problem.code = code;
  problem.message = std::move(message);
  problem.hint = std::move(hint);
  found_.push_back(std::move(problem));
}

std::vector<Problem> Problems::take() {
  std::vector<std::tuple<int, int, std::size_t>> order;
  for (const Problem& p : found_) order.emplace_back(p.line, p.column, order.size());
  std::ranges::sort(order);
  std::vector<Problem> sorted;
  for (const auto& [line, column, index] : order) sorted.push_back(std::move(found_[index]));
  if (count_ > found_.size()) {
    Problem more = at({.line = 0, .column = 0});
    more.code = "spec.too_many_problems";
    more.message = fmt::format("{} more problems are not shown", count_ - found_.size());
    more.hint = "mend the first ones and try again";
    sorted.push_back(std::move(more));
  }
  found_.clear();
  count_ = 0;
  return sorted;
}

std::string format_problem(const Problem& problem, bool with_source_excerpt) {
  std::string out = problem.file;
  if (problem.line > 0) out += fmt::format(":{}:{}", problem.line, problem.column);
  out += fmt::format(": {} [{}]", problem.message, problem.code);
  if (with_source_excerpt && !problem.source_line.empty()) {
    const std::string number = std::to_string(problem.line);
    out += fmt::format("\n{}│ {}", number, problem.source_line);
    out += fmt::format("\n{}│ {}", std::string(number.size(), ' '), problem.pointer);
  }
  if (!problem.hint.empty()) {
    for (const std::string_view line : split(problem.hint, '\n'))
      out += fmt::format("\n  {}", line);
  }
  if (with_source_excerpt) {
    out += problem.hint.empty() ? "\n  " : "      ";
    out += fmt::format("more: dandori explain {}", problem.code);
  }
  return out;
}

}  // namespace dandori::spec
