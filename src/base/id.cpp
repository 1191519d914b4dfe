#include "base/id.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/hash.h"
#include "base/text.h"

namespace dandori {

namespace {

constexpr std::size_t kTextSize = 36;
constexpr unsigned kCounterBits =
    42;  // 12 in rand_a, 30 at the top of rand_b; a hash fills the rest
constexpr std::int64_t kMillisMax = (std::int64_t{1} << 48U) - 1;

bool is_dash_place(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

/// 0 to 15, or -1.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::unexpected<Error> bad_uuid(std::string_view text) {
  return fail("id.bad_uuid", fmt::format("'{}' is no UUID", excerpt(text)),
              "write it as 01936f2e-7a10-7c3b-8000-1f2e3d4c5b6a");
}

}  // namespace

std::string format_uuid(Uuid id) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(kTextSize, '-');
  unsigned nibble = 0;
  for (std::size_t at = 0; at < kTextSize; ++at) {
    if (is_dash_place(at)) continue;
    const std::uint64_t half = nibble < 16 ? id.high : id.low;
    text[at] = kHex[(half >> (60U - 4U * (nibble % 16U))) & 0xFU];
    ++nibble;
  }
  return text;
}

Result<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kTextSize) return bad_uuid(text);
  Uuid id;
  for (std::size_t at = 0; at < kTextSize; ++at) {
    if (is_dash_place(at)) {
      if (text[at] != '-') return bad_uuid(text);
      continue;
    }
    const int digit = hex_digit(text[at]);
    if (digit < 0) return bad_uuid(text);
    id.high = (id.high << 4U) | (id.low >> 60U);
    id.low = (id.low << 4U) | static_cast<std::uint64_t>(digit);
  }
  return id;
}

Uuid make_uuid7(Timestamp at, std::uint64_t key, std::uint64_t counter) {
  constexpr std::uint64_t kVersion = 7;
  constexpr std::uint64_t kVariant = 2;
  const auto millis =
      static_cast<std::uint64_t>(std::clamp<std::int64_t>(at.us / 1000, 0, kMillisMax));
  const std::uint64_t count = counter & ((std::uint64_t{1} << kCounterBits) - 1);
  const std::uint64_t hash = mix64(counter, key);
  Uuid id;
  id.high = (millis << 16U) | (kVersion << 12U) | (count >> 30U);
  id.low = (kVariant << 62U) | ((count & 0x3FFF'FFFFU) << 32U) | (hash & 0xFFFF'FFFFU);
  return id;
}

}  // namespace dandori
