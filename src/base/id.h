#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace dandori {

/// A 128-bit id (RFC 9562), big-endian halves so that order is that of the text form.
struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  constexpr auto operator<=>(const Uuid&) const = default;
  constexpr bool is_nil() const { return high == 0 && low == 0; }
};

/// Lower-case `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
std::string format_uuid(Uuid id);
/// Errors: id.bad_uuid.
Result<Uuid> parse_uuid(std::string_view text);
/// UUIDv7 of the instant's millisecond; the rest is a keyed hash of `counter`, so it is unique per
/// (key, counter) and grows with time. Pure.
Uuid make_uuid7(Timestamp at, std::uint64_t key, std::uint64_t counter);

/// A strong id: RunId is not interchangeable with another tag's id.
template <class Tag>
struct Id {
  Uuid value;
  constexpr auto operator<=>(const Id&) const = default;
  constexpr bool is_nil() const { return value.is_nil(); }
};

using RunId = Id<struct RunTag>;

template <class Tag>
std::string to_string(Id<Tag> id) {
  return format_uuid(id.value);
}

}  // namespace dandori

template <class Tag>
struct std::hash<dandori::Id<Tag>> {
  std::size_t operator()(const dandori::Id<Tag>& id) const noexcept {
    return static_cast<std::size_t>(id.value.low ^ (id.value.high * 0x9E3779B97F4A7C15ULL));
  }
};
