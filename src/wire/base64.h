#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dandori::wire {

/// Standard alphabet with padding (RFC 4648, section 4): how bytes that need not be UTF-8 travel in
/// JSON.
void append_base64(std::string& out, std::string_view bytes);

/// nullopt: not the one padded form of anything.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace dandori::wire
