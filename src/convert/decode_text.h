#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace dandori::convert {

/// The text as UTF-8 without a byte order mark: UTF-8 as it is, else read as Shift_JIS (as Windows
/// writes it, CP932). Errors: import.encoding, with the line of the first byte that is neither.
Result<std::string> decode_text(std::string_view bytes);

}  // namespace dandori::convert
