#include "spec/format.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "spec/layout.h"
#include "spec/reader.h"

namespace dandori::spec {

namespace {

constexpr int kPassesMax = 8;

bool same_value(const Node& left, const Node& right) {
  if (left.kind != right.kind || left.quoted != right.quoted || left.block != right.block ||
      left.text != right.text || left.items.size() != right.items.size() ||
      left.members.size() != right.members.size()) {
    return false;
  }
  for (std::size_t i = 0; i < left.items.size(); ++i) {
    if (!same_value(left.items[i], right.items[i])) return false;
  }
  for (std::size_t i = 0; i < left.members.size(); ++i) {
    if (left.members[i].key != right.members[i].key) return false;
    if (!same_value(left.members[i].value, right.members[i].value)) return false;
  }
  return true;
}

/// True when both texts are the same documents.
bool means_the_same(const std::vector<Document>& before, std::string_view text) {
  Problems problems{"", text};
  const std::vector<Document> after = read_documents(problems);
  if (problems.size() > 0 || before.size() != after.size()) return false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!same_value(before[i].root, after[i].root)) return false;
  }
  return true;
}

/// Line breaks as `\n` and no byte order marks at the start: YAML reads the same.
std::string with_plain_breaks(std::string_view text) {
  while (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
      continue;
    }
    out += '\n';
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return out;
}

/// What makes lines and columns of the scanner differ from those of an editor: breaks that YAML 1.1
/// counts, and byte order marks in the middle.
bool has_odd_places(std::string_view text) {
  constexpr std::array<std::string_view, 4> kOdd = {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                                    "\xEF\xBB\xBF"};
  return std::ranges::any_of(kOdd, [&](std::string_view odd) { return text.contains(odd); });
}

}  // namespace

Formatted format_definitions(std::string_view file_name, std::string_view text) {
  Problems problems{file_name, text};
  const std::vector<Document> documents = read_documents(problems);
  Formatted out{.text = std::string{text}, .problems = {}};
  if (problems.size() > 0) {
    out.problems = problems.take();
    return out;
  }
  std::string made = with_plain_breaks(text);
  if (has_odd_places(made)) return out;
  // What moves may come to stand beside other neighbours, or leave them: then once more.
  bool done = false;
  for (int pass = 0; pass < kPassesMax && !done; ++pass) {
    const std::vector<Token> tokens = scan(made);
    if (tokens.empty()) return out;
    std::string again = lay_out_text(made, tokens);
    done = again == made;
    made = std::move(again);
  }
  // Rare forms (such as explicit keys over several lines, or what never comes to rest) are left
  // alone rather than altered.
  if (done && means_the_same(documents, made)) out.text = std::move(made);
  return out;
}

}  // namespace dandori::spec
