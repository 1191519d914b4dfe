#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dandori {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
/// sha256 as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);
/// CRC-32C (Castagnoli), as used by the slot file and spool frames.
std::uint32_t crc32c(std::string_view bytes);
/// A 64-bit mix (splitmix64 over FNV-1a): stable across builds; for jitter and keyed ids, not for
/// security.
std::uint64_t mix64(std::string_view bytes, std::uint64_t key = 0);
std::uint64_t mix64(std::uint64_t value, std::uint64_t key = 0);

}  // namespace dandori
