#include "spec/layout.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace dandori::spec {

namespace {

using Kind = Token::Kind;

constexpr std::int64_t kIndent = 2;
constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

/// A block map or list that is open: the column of its keys or dashes, and the one they get.
struct Block {
  bool is_map = false;
  bool is_implied = false;  ///< a list whose dashes stand below its key, not to the right of it
  std::int64_t old_column = 0;
  std::int64_t new_column = 0;
};

struct Line {
  std::size_t begin = 0, end = 0;  ///< without the break
  std::int64_t indent = 0;         ///< spaces at its start
  bool is_blank = false;
  bool is_comment = false;         ///< nothing but a comment, as far as is known
  bool keeps_end = false;          ///< spaces at its end belong to a text
  bool is_inside = false;          ///< goes on with what began above
  std::int64_t wanted = -1;        ///< -1: not yet known
  std::int64_t most = INT64_MAX;   ///< a comment further right would belong to the text above it
  std::vector<Block> blocks = {};  ///< of a line with a token of its own: what is open then
};

class Indenter {
 public:
  Indenter(std::string_view text, const std::vector<Token>& tokens) : text_{text}, tokens_{tokens} {
    split_lines();
  }

  std::vector<Line> run() {
    for (const Token& token : tokens_) take(token);
    place_comments();
    return std::move(lines_);
  }

 private:
  void split_lines() {
    std::size_t begin = 0;
    while (begin <= text_.size()) {
      const std::size_t end = std::min(text_.find('\n', begin), text_.size());
      Line line{.begin = begin, .end = end};
      std::size_t at = begin;
      while (at < end && text_[at] == ' ') ++at;
      line.indent = static_cast<std::int64_t>(at - begin);
      while (at < end && is_space(text_[at])) ++at;
      line.is_blank = at == end;
      line.is_comment = !line.is_blank && text_[at] == '#';
      lines_.push_back(std::move(line));
      begin = end + 1;
    }
  }

  std::int64_t inner() const { return blocks_.empty() ? 0 : blocks_.back().new_column + kIndent; }

  bool is_first(const Token& token) const {
    const Line& line = lines_[token.line];
    const std::string_view before = text_.substr(line.begin, token.begin - line.begin);
    return std::ranges::all_of(before, is_space);
  }

  void push(bool is_map, bool is_implied, const Token& token) {
    blocks_.push_back({is_map, is_implied, static_cast<std::int64_t>(token.column), inner()});
  }

  void drop_implied() {
    if (!blocks_.empty() && blocks_.back().is_implied) blocks_.pop_back();
  }

  void take(const Token& token) {
    if (depth_ == 0) follow_blocks(token);
    const bool is_edge = token.kind == Kind::mapping_start || token.kind == Kind::sequence_start ||
                         token.kind == Kind::block_end;
    if (is_edge) return;
    if (is_first(token) && !lines_[token.line].is_inside) place(token);
    lines_[token.line].blocks = blocks_;
    follow_brackets(token);
    if (token.kind != Kind::scalar) return;
    if (token.is_block) return take_block_text(token);
    const std::int64_t least = blocks_.empty() ? 0 : blocks_.back().new_column + 1;
    go_on(token.line, token.end_line, depth_ > 0 ? 0 : least);
    for (std::size_t i = token.line; i < token.end_line; ++i) lines_[i].keeps_end = true;
  }

  void follow_blocks(const Token& token) {
    switch (token.kind) {
      case Kind::mapping_start:
        return push(true, false, token);
      case Kind::sequence_start:
        return push(false, false, token);
      case Kind::block_end:
        drop_implied();
        if (!blocks_.empty()) blocks_.pop_back();
        return;
      case Kind::entry:
        if (!blocks_.empty() && blocks_.back().is_map) push(false, true, token);
        return;
      case Kind::key:
        return drop_implied();
      case Kind::document_start:
      case Kind::document_end:
      case Kind::directive:
        blocks_.clear();
        return;
      default:
        return;
    }
  }

  /// A line gets its place by its first token.
  void place(const Token& token) {
    Line& line = lines_[token.line];
    if (line.wanted >= 0) return;
    line.is_comment = false;
    switch (token.kind) {
      case Kind::document_start:
      case Kind::document_end:
      case Kind::directive:
        line.wanted = 0;
        return;
      case Kind::key:
      case Kind::value:
      case Kind::entry:
        line.wanted = blocks_.empty() ? 0 : blocks_.back().new_column;
        return;
      default:
        line.wanted = inner();
    }
  }

  void follow_brackets(const Token& token) {
    if (token.kind == Kind::flow_open && depth_++ == 0) bracket_line_ = token.line;
    if (token.kind != Kind::flow_close) return;
    // Lines up to here move with the one where the bracket was opened.
    if (--depth_ == 0) go_on(bracket_line_, token.line, 0);
  }

  /// Lines after `first` up to `last` are moved as far as `first` is, but not left of `least`.
  void go_on(std::size_t first, std::size_t last, std::int64_t least) {
    if (first == last) return;
    const std::int64_t shift = lines_[first].wanted - lines_[first].indent;
    for (std::size_t i = first + 1; i <= last; ++i) {
      Line& line = lines_[i];
      line.is_inside = true;
      line.is_comment = false;
      line.wanted = std::max(line.indent + shift, least);
    }
  }

  /// Number in the head of a block text such as `|2-`; 0: none.
  std::int64_t indicator(const Token& token) const {
    const std::string_view head = text_.substr(token.begin, lines_[token.line].end - token.begin);
    for (const char c : head) {
      if (is_space(c) || c == '#') break;
      if (c >= '1' && c <= '9') return c - '0';
    }
    return 0;
  }

  void take_block_text(const Token& token) {
    const std::int64_t outer_old = blocks_.empty() ? 0 : blocks_.back().old_column;
    const std::int64_t outer_new = blocks_.empty() ? 0 : blocks_.back().new_column;
    const std::int64_t given = indicator(token);
    std::int64_t old_column = outer_old + given;
    if (given == 0) {
      std::size_t first = token.line + 1;
      while (first < lines_.size() && lines_[first].is_blank) ++first;
      if (first == lines_.size()) return;
      old_column = lines_[first].indent;
      const bool is_empty = blocks_.empty() ? false : old_column <= outer_old;
      if (is_empty) return;
    }
    const std::int64_t new_column = outer_new + (given == 0 ? kIndent : given);
    for (std::size_t i = token.line + 1; i < lines_.size(); ++i) {
      Line& line = lines_[i];
      const auto width = static_cast<std::int64_t>(line.end - line.begin);
      if (line.is_blank && width <= old_column) continue;
      if (line.indent < old_column) {
        line.most = outer_new;
        break;
      }
      line.is_blank = false;
      line.is_comment = false;
      line.is_inside = true;
      line.keeps_end = true;
      line.wanted = line.indent + new_column - old_column;
    }
  }

  static std::optional<std::int64_t> new_place(const std::vector<Block>& blocks,
                                               std::int64_t column) {
    for (std::size_t i = blocks.size(); i-- > 0;) {
      if (blocks[i].old_column == column) return blocks[i].new_column;
    }
    return std::nullopt;
  }

  /// A comment stands with the line below it, else with the block above that it is level with.
  void place_comments() {
    std::size_t below = kNowhere;
    for (std::size_t i = lines_.size(); i-- > 0;) {
      Line& line = lines_[i];
      if (line.wanted >= 0 && !line.is_inside) below = i;
      if (!line.is_comment || line.wanted >= 0) continue;
      if (below != kNowhere && lines_[below].indent == line.indent) {
        line.wanted = std::min(lines_[below].wanted, line.most);
      }
    }
    std::size_t above = kNowhere;
    below = kNowhere;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      Line& line = lines_[i];
      if (line.wanted >= 0 && !line.is_comment && !line.is_inside) above = i;
      if (!line.is_comment || line.wanted >= 0) continue;
      line.wanted =
          std::min(place_of_comment(line, above == kNowhere ? nullptr : &lines_[above]), line.most);
    }
  }

  static std::int64_t place_of_comment(const Line& line, const Line* above) {
    if (above == nullptr) return 0;
    if (const auto exact = new_place(above->blocks, line.indent)) return *exact;
    return std::max<std::int64_t>(0, line.indent + above->wanted - above->indent);
  }

  std::string_view text_;
  const std::vector<Token>& tokens_;
  std::vector<Line> lines_;
  std::vector<Block> blocks_;
  int depth_ = 0;  // of brackets
  std::size_t bracket_line_ = 0;
};

/// The line without its first spaces, its gaps edited.
void append_body(std::string& out, std::string_view text, const Line& line,
                 std::vector<Edit>::const_iterator& edit,
                 std::vector<Edit>::const_iterator last_edit) {
  std::size_t at = line.begin;
  if (line.keeps_end && line.is_inside) {
    at += static_cast<std::size_t>(line.indent);
  } else {
    while (at < line.end && is_space(text[at])) ++at;
  }
  while (edit != last_edit && edit->begin < line.end) {
    if (edit->begin >= at) {
      out.append(text.substr(at, edit->begin - at)).append(edit->text);
      at = edit->end;
    }
    ++edit;
  }
  out.append(text.substr(at, line.end - at));
}

}  // namespace

std::string lay_out_text(std::string_view text, const std::vector<Token>& tokens) {
  const std::vector<Line> lines = Indenter{text, tokens}.run();
  const std::vector<Edit> edits = edit_gaps(text, tokens);
  auto edit = edits.begin();
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const Line& line : lines) {
    if (!line.is_blank) {
      out.append(static_cast<std::size_t>(std::max<std::int64_t>(line.wanted, 0)), ' ');
      append_body(out, text, line, edit, edits.end());
      if (!line.keeps_end) {
        while (!out.empty() && is_space(out.back())) out.pop_back();
      }
    }
    out += '\n';
  }
  out.pop_back();  // the break that the text does not have after its last line
  if (!tokens.empty()) {
    const auto last = std::ranges::find_if(
        tokens.rbegin(), tokens.rend(), [](const Token& token) { return token.end > token.begin; });
    if (last != tokens.rend() && last->is_block) return out;  // its end is part of the text
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out + '\n';
}

}  // namespace dandori::spec
