#include <algorithm>
#include <map>
#include <set>

#include "spec/layout.h"

namespace dandori::spec {

namespace {

using Kind = Token::Kind;

bool is_wide(const Token& token) {
  return token.end > token.begin;
}

/// A `key: value` of a block on one line, as its spaces stand.
struct Pair {
  std::size_t block = 0;  ///< which map
  std::size_t line = 0;
  std::size_t column = 0;  ///< of the value
  std::size_t gap_begin = 0;
};

class Gaps {
 public:
  Gaps(std::string_view text, const std::vector<Token>& tokens) : text_{text}, tokens_{tokens} {}

  std::vector<Edit> find() {
    const Token* last = nullptr;
    for (const Token& token : tokens_) {
      follow(token);
      if (!is_wide(token)) continue;
      if (last != nullptr && last->end_line == token.line) between(*last, token);
      last = &token;
    }
    keep_aligned();
    std::erase_if(edits_, [&](const Edit& edit) {
      return text_.substr(edit.begin, edit.end - edit.begin) == edit.text;
    });
    return std::move(edits_);
  }

 private:
  /// Which block and how deep in brackets we are.
  void follow(const Token& token) {
    switch (token.kind) {
      case Kind::mapping_start:
      case Kind::sequence_start:
        blocks_.push_back(++blocks_made_);
        break;
      case Kind::block_end:
        if (!blocks_.empty()) blocks_.pop_back();
        break;
      case Kind::flow_open:
        ++depth_;
        break;
      case Kind::flow_close:
        --depth_;
        break;
      default:
        break;
    }
  }

  void between(const Token& left, const Token& right) {
    const std::string_view gap = text_.substr(left.end, right.begin - left.end);
    if (!std::ranges::all_of(gap, is_space)) return;
    const std::string_view wanted = wanted_between(left, right);
    if (wanted == kKeep) return;
    // A bracket that opens here still belongs to the pair around it.
    const int depth = right.kind == Kind::flow_open ? depth_ - 1 : depth_;
    const bool is_pair = left.kind == Kind::value && wanted == " " && depth == 0;
    if (is_pair && !blocks_.empty() && !loose_colon_ &&
        std::ranges::all_of(gap, [](char c) { return c == ' '; })) {
      pairs_.push_back({blocks_.back(), right.line, right.column, left.end});
    }
    if (right.kind == Kind::value) loose_colon_ = !gap.empty();
    edits_.push_back({left.end, right.begin, wanted});
  }

  static constexpr std::string_view kKeep = "keep";

  static std::string_view wanted_between(const Token& left, const Token& right) {
    if (right.kind == Kind::value) return left.kind == Kind::alias ? kKeep : "";
    if (left.kind == Kind::flow_open || right.kind == Kind::flow_close ||
        right.kind == Kind::separator) {
      return left.kind == Kind::separator && right.kind != Kind::flow_close ? kKeep : "";
    }
    switch (left.kind) {
      case Kind::entry:
      case Kind::separator:
      case Kind::value:
      case Kind::property:
      case Kind::key:
        return " ";
      default:
        return kKeep;
    }
  }

  /// Values that stand in one column with the line above or below keep their spaces.
  void keep_aligned() {
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> column_of;  // block, line → column
    for (const Pair& pair : pairs_) column_of[{pair.block, pair.line}] = pair.column;
    std::set<std::size_t> kept;
    for (const Pair& pair : pairs_) {
      for (const std::size_t line : {pair.line - 1, pair.line + 1}) {
        const auto other = column_of.find({pair.block, line});
        if (other != column_of.end() && other->second == pair.column) kept.insert(pair.gap_begin);
      }
    }
    std::erase_if(edits_, [&](const Edit& edit) { return kept.contains(edit.begin); });
  }

  std::string_view text_;
  const std::vector<Token>& tokens_;
  std::vector<std::size_t> blocks_;
  std::size_t blocks_made_ = 0;
  int depth_ = 0;
  bool loose_colon_ = false;
  std::vector<Edit> edits_;
  std::vector<Pair> pairs_;
};

}  // namespace

std::vector<Edit> edit_gaps(std::string_view text, const std::vector<Token>& tokens) {
  return Gaps{text, tokens}.find();
}

}  // namespace dandori::spec
