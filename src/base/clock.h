#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dandori {

/// One past the last clock time of a business date: hours past 24 belong to the date they are
/// written for.
inline constexpr std::int32_t kClockEndS = 48 * 3600;

/// `00:00` … `47:59` as seconds after midnight; nullopt: another form.
std::optional<std::int32_t> parse_clock(std::string_view text);
/// `29:30`; with seconds where there are any.
std::string format_clock(std::int32_t seconds);

}  // namespace dandori
