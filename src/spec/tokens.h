#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dandori::spec {

/// What the scanner sees of a YAML text, with places in bytes.
struct Token {
  enum class Kind : std::uint8_t {
    document_start,  ///< `---`
    document_end,    ///< `...`
    directive,
    sequence_start,  ///< of a block; zero width
    mapping_start,   ///< of a block; zero width
    block_end,       ///< zero width
    flow_open,       ///< `[` or `{`
    flow_close,
    entry,      ///< `- `
    separator,  ///< `,`
    key,        ///< zero width, or `?`
    value,      ///< `:`
    alias,
    property,  ///< anchor or tag
    scalar,
  };
  Kind kind = Kind::scalar;
  bool is_block = false;  ///< a `|` or `>` text
  std::size_t begin = 0;  ///< byte offsets
  std::size_t end = 0;
  std::size_t line = 0;    ///< from 0, of the begin
  std::size_t column = 0;  ///< from 0, in characters
  std::size_t end_line = 0;
};

/// The tokens of a text that read_documents accepts. Lines end with a newline only. Empty: the
/// scanner does not read it (JSON with escapes of its own).
std::vector<Token> scan(std::string_view text);

}  // namespace dandori::spec
