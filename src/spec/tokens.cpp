#include "spec/tokens.h"

#include <yaml.h>

#include <algorithm>

#include "base/utf8.h"

namespace dandori::spec {

namespace {

/// Byte offsets of lines, to turn the scanner's marks (characters) into bytes.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_{text} {
    starts_.push_back(0);
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '\n') starts_.push_back(at + 1);
    }
  }

  std::size_t offset(const yaml_mark_t& mark) const {
    if (mark.line >= starts_.size()) return text_.size();
    std::size_t at = starts_[mark.line];
    for (std::size_t left = mark.column; left > 0 && at < text_.size(); --left) {
      at += std::max<std::size_t>(1, utf8_length(text_.substr(at)));
    }
    return std::min(at, text_.size());
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

bool kind_of(const yaml_token_t& token, Token& out) {
  using enum Token::Kind;
  switch (token.type) {
    case YAML_DOCUMENT_START_TOKEN:
      out.kind = document_start;
      return true;
    case YAML_DOCUMENT_END_TOKEN:
      out.kind = document_end;
      return true;
    case YAML_VERSION_DIRECTIVE_TOKEN:
    case YAML_TAG_DIRECTIVE_TOKEN:
      out.kind = directive;
      return true;
    case YAML_BLOCK_SEQUENCE_START_TOKEN:
      out.kind = sequence_start;
      return true;
    case YAML_BLOCK_MAPPING_START_TOKEN:
      out.kind = mapping_start;
      return true;
    case YAML_BLOCK_END_TOKEN:
      out.kind = block_end;
      return true;
    case YAML_FLOW_SEQUENCE_START_TOKEN:
    case YAML_FLOW_MAPPING_START_TOKEN:
      out.kind = flow_open;
      return true;
    case YAML_FLOW_SEQUENCE_END_TOKEN:
    case YAML_FLOW_MAPPING_END_TOKEN:
      out.kind = flow_close;
      return true;
    case YAML_BLOCK_ENTRY_TOKEN:
      out.kind = entry;
      return true;
    case YAML_FLOW_ENTRY_TOKEN:
      out.kind = separator;
      return true;
    case YAML_KEY_TOKEN:
      out.kind = key;
      return true;
    case YAML_VALUE_TOKEN:
      out.kind = value;
      return true;
    case YAML_ALIAS_TOKEN:
      out.kind = alias;
      return true;
    case YAML_ANCHOR_TOKEN:
    case YAML_TAG_TOKEN:
      out.kind = property;
      return true;
    case YAML_SCALAR_TOKEN:
      out.kind = scalar;
      out.is_block = token.data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                     token.data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
      return true;
    case YAML_NO_TOKEN:
    case YAML_STREAM_START_TOKEN:
    case YAML_STREAM_END_TOKEN:
      return false;
  }
  return false;
}

}  // namespace

std::vector<Token> scan(std::string_view text) {
  yaml_parser_t parser;
  if (yaml_parser_initialize(&parser) != 1) return {};
  yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
  const Lines lines{text};
  std::vector<Token> tokens;
  bool is_over = false;
  bool is_good = true;
  while (!is_over) {
    yaml_token_t raw;
    is_good = yaml_parser_scan(&parser, &raw) == 1;
    if (!is_good) break;
    is_over = raw.type == YAML_STREAM_END_TOKEN || raw.type == YAML_NO_TOKEN;
    Token token;
    if (kind_of(raw, token)) {
      token.begin = lines.offset(raw.start_mark);
      token.end = std::max(token.begin, lines.offset(raw.end_mark));
      token.line = raw.start_mark.line;
      token.column = raw.start_mark.column;
      token.end_line = std::max(raw.end_mark.line, raw.start_mark.line);
      tokens.push_back(token);
    }
    yaml_token_delete(&raw);
  }
  yaml_parser_delete(&parser);
  if (!is_good) tokens.clear();
  return tokens;
}

}  // namespace dandori::spec
