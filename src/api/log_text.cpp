#include "api/log_text.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace dandori::api {

namespace {

constexpr std::size_t kLooked = 256;           // bytes of a line
constexpr std::size_t kRestMax = 256U << 10U;  // a longer line is shown in parts

// ASCII words stand alone, in capitals or not.
constexpr auto kWords = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"ALERT", "error"},
    {"CRITICAL", "error"},
    {"EMERG", "error"},
    {"ERR", "error"},
    {"ERROR", "error"},
    {"EXCEPTION", "error"},
    {"FATAL", "error"},
    {"PANIC", "error"},
    {"SEVERE", "error"},
    {"TRACEBACK", "error"},
    {"WARN", "warning"},
    {"WARNING", "warning"},
    {"INFO", "info"},
    {"NOTICE", "info"},
    {"DEBUG", "debug"},
    {"TRACE", "debug"},
});
constexpr auto kJapanese = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"異常", "error"},
    {"エラー", "error"},
    {"致命", "error"},
    {"警告", "warning"},
});

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view severity_of_word(std::string_view word) {
  constexpr std::size_t kLongest = 9;
  if (word.size() > kLongest) return {};
  std::array<char, kLongest> upper{};
  std::ranges::transform(word, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  const std::string_view wanted{upper.data(), word.size()};
  const auto found = std::ranges::find(kWords, wanted, &decltype(kWords)::value_type::first);
  return found == kWords.end() ? std::string_view{} : found->second;
}

}  // namespace

std::string_view severity_of(std::string_view line) {
  const std::string_view head = line.substr(0, kLooked);
  std::string_view severity = "none";
  std::size_t found_at = head.size();
  for (std::size_t at = 0; at < head.size();) {
    std::size_t end = at;
    while (end < head.size() && is_word_byte(head[end])) ++end;
    if (const auto word = severity_of_word(head.substr(at, end - at)); !word.empty()) {
      severity = word;
      found_at = at;
      break;
    }
    at = end + 1;
  }
  for (const auto& [word, meaning] : kJapanese) {
    const std::size_t at = head.find(word);
    if (at >= found_at) continue;  // also when there is none
    severity = meaning;
    found_at = at;
  }
  return severity;
}

bool LineCutter::take(std::uint64_t at, std::string_view bytes, std::size_t count_max,
                      std::vector<model::LogLine>& lines) {
  if (at != offset + rest.size()) {
    if (!rest.empty()) put(0, lines);
    offset = at;
  }
  while (!bytes.empty()) {
    if (lines.size() >= count_max) return false;
    const std::size_t end = bytes.find('\n');
    rest += bytes.substr(0, end);
    if (end == std::string_view::npos) {
      if (rest.size() > kRestMax) put(0, lines);
      break;
    }
    bytes.remove_prefix(end + 1);
    put(1, lines);
    ++number;
  }
  return true;
}

void LineCutter::finish(std::vector<model::LogLine>& lines) {
  if (!rest.empty()) put(0, lines);
}

void LineCutter::put(std::uint64_t newline_bytes, std::vector<model::LogLine>& lines) {
  std::string_view text = rest;
  if (text.ends_with('\r')) text.remove_suffix(1);
  lines.push_back({number, offset, to_valid_utf8(text.substr(0, model::kLogLineBytesMax)),
                   text.size() > model::kLogLineBytesMax});
  offset += rest.size() + newline_bytes;
  rest.clear();
}

Json to_json(const model::LogLine& line) {
  Json made = Json::object({{"n", line.number},
                            {"offset", line.offset},
                            {"text", line.text},
                            {"severity", severity_of(line.text)}});
  if (line.truncated) made.set("truncated", true);
  return made;
}

Json spans_json(std::string_view text,
                const std::vector<std::pair<std::size_t, std::size_t>>& places) {
  std::size_t at = 0, units = 0;
  const auto units_until = [&](std::size_t byte) {
    for (; at < byte && at < text.size(); ++at) {
      const auto lead = static_cast<unsigned char>(text[at]);
      if ((lead & 0xC0U) != 0x80U) units += lead >= 0xF0U ? 2 : 1;
    }
    return units;
  };
  Json::Array spans;
  for (const auto& [begin, end] : places) {
    const std::size_t first = units_until(begin);
    spans.push_back(Json::array({first, units_until(end)}));
  }
  return Json::array(std::move(spans));
}

}  // namespace dandori::api
