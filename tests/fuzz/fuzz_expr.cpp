// Any text as a template and as an expression: errors have their codes, paths read back the same,
// and text without expressions comes out as it went in.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "expr/expr.h"

namespace {

using namespace dandori;

const expr::DocumentScope& scope() {
  static const expr::DocumentScope document{
      parse_json(
          R"({"params": {"a": {"b": [1, null, "x"]}, "n": null, "x": 1.5}, "vars": {"a": "v"},
                     "env": {"A": "e"}, "run": {"id": "r", "number": 7}, "attempt": {"number": 1},
                     "jobs": {"a": {"state": "failed", "exit_code": 1, "outputs": {"a": true}}}})")
          .value_or(Json{})};
  return document;
}

void check_error(const Error& error) {
  DANDORI_ASSERT(error.code.starts_with("expr."), "expressions have their own codes");
  DANDORI_ASSERT(!error.message.empty(), "an error says something");
}

void check_compiled(const expr::Compiled& compiled) {
  Result<expr::Compiled> again = expr::compile(expr::to_text(compiled.path));
  DANDORI_ASSERT(again.has_value(), "a path reads back");
  again->path.column = compiled.path.column;
  DANDORI_ASSERT(*again == compiled, "a path reads back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const Result<expr::Compiled> alone = expr::compile(text)) {
    check_compiled(*alone);
  } else {
    check_error(alone.error());
  }

  const auto pieces = expr::parse_template(text);
  const Result<Json> value = expr::render(text, scope());
  if (!value) check_error(value.error());
  if (!pieces) {
    check_error(pieces.error());
    DANDORI_ASSERT(!value, "what cannot be split cannot be rendered");
    return 0;
  }
  std::size_t begin = 0;
  for (const expr::Piece& piece : *pieces) {
    DANDORI_ASSERT(piece.offset >= begin && piece.offset < text.size(), "pieces follow each other");
    begin = piece.offset + 1;
    if (piece.expression) check_compiled(*piece.expression);
  }
  if (text.find("${{") == std::string_view::npos) {
    DANDORI_ASSERT(value.has_value() && value->as_string() == text, "plain text stays as it is");
  }
  return 0;
}
