#include <fmt/core.h>

#include <utility>

#include "expr/read_path.h"

namespace dandori::expr {

namespace {

constexpr std::string_view kOpen = "${{";
constexpr std::string_view kClose = "}}";

/// Position of the `}}` that ends the expression starting at `from`, or npos. Quotes and braces are
/// those of the language, so that `{'a': {'b': 1}}` is one expression.
std::size_t find_close(std::string_view text, std::size_t from) {
  std::size_t depth = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\'' || c == '"' || c == '`') {
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (text[i] == '\\' && c != '`') ++i;
      }
    } else if (c == '{') {
      ++depth;
    } else if (c == '}') {
      if (depth == 0 && text.substr(i).starts_with(kClose)) return i;
      if (depth > 0) --depth;
    }
  }
  return std::string_view::npos;
}

class TemplateReader {
 public:
  explicit TemplateReader(std::string_view text) : text_{text} {}

  Result<std::vector<Piece>> read() {
    while (next_ < text_.size()) {
      const std::size_t open = text_.find(kOpen, next_);
      if (open == std::string_view::npos) {
        add_text(text_.size());
        break;
      }
      if (open > next_ && text_[open - 1] == '$') {  // `$${{`: the first dollar goes
        add_text(open - 1);
        move_to(open);
        append("${{", open - 1);
        move_to(open + kOpen.size());
        continue;
      }
      add_text(open);
      if (Result<void> added = add_expression(open); !added) {
        return std::unexpected(std::move(added.error()));
      }
    }
    return std::move(pieces_);
  }

 private:
  Result<void> add_expression(std::size_t open) {
    const std::size_t begin = open + kOpen.size();
    const std::size_t close = find_close(text_, begin);
    if (close == std::string_view::npos) {
      return fail("expr.syntax", fmt::format("column {}: '${{{{' is not closed by '}}}}'", column_),
                  "close it, or write '$${{' for the characters themselves");
    }
    Piece piece{.text = std::string{text_.substr(begin, close - begin)},
                .expression = std::nullopt,
                .offset = open,
                .column = column_};
    Result<Compiled> compiled = read_path(piece.text, column_ + kOpen.size());
    if (!compiled) return std::unexpected(std::move(compiled.error()));
    piece.expression = std::move(*compiled);
    pieces_.push_back(std::move(piece));
    move_to(close + kClose.size());
    return {};
  }

  void add_text(std::size_t end) {
    if (end == next_) return;
    append(text_.substr(next_, end - next_), next_);
    move_to(end);
  }

  /// Plain text next to plain text is one piece.
  void append(std::string_view plain, std::size_t offset) {
    if (pieces_.empty() || pieces_.back().expression) {
      pieces_.push_back(
          {.text = {}, .expression = std::nullopt, .offset = offset, .column = column_});
    }
    pieces_.back().text += plain;
  }

  void move_to(std::size_t end) {
    column_ += count_characters(text_.substr(next_, end - next_));
    next_ = end;
  }

  std::string_view text_;
  std::size_t next_ = 0;
  std::size_t column_ = 1;  ///< of next_
  std::vector<Piece> pieces_;
};

}  // namespace

Result<std::vector<Piece>> parse_template(std::string_view text) {
  if (text.size() > kTextMax && text.find(kOpen) != std::string_view::npos) {
    return fail("expr.too_long",
                fmt::format("the text with expressions has {} bytes; at most {} may be",
                            text.size(), kTextMax),
                "hand large texts over in a file");
  }
  return TemplateReader{text}.read();
}

std::vector<PathRef> references(const Compiled& expression) {
  return {expression.path};
}

std::vector<PathRef> references(std::span<const Piece> pieces) {
  std::vector<PathRef> paths;
  for (const Piece& piece : pieces) {
    if (piece.expression) paths.push_back(piece.expression->path);
  }
  return paths;
}

}  // namespace dandori::expr
