#pragma once

#include <cstddef>
#include <string_view>

#include "expr/expr.h"

namespace dandori::expr {

/// compile() for an expression inside a longer text; `column` is that of its first character there.
Result<Compiled> read_path(std::string_view inside, std::size_t column);

/// Characters (not bytes) of a UTF-8 text.
std::size_t count_characters(std::string_view text);

}  // namespace dandori::expr
