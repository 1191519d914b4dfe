#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace dandori {

/// Whether `text` is a number by the grammar of RFC 8259 (no leading zeros, no `+`, no bare dot).
bool is_json_number(std::string_view text);

/// The value of a number that is_json_number accepts, in the kind that keeps it exactly.
Json json_number(std::string_view literal);

/// The double nearest to a valid literal; ±inf when it is out of range.
double literal_to_double(std::string_view literal);

/// Appends the shortest text that reads back as `value` and as a real (`1.0`, `1e+30`); null for
/// nan, inf.
void append_json_real(std::string& out, double value);

}  // namespace dandori
