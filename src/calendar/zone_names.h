#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dandori::calendar {

/// Names of the system's tz database, sorted; read once, at the first call. Empty when the system
/// has no list (then names can be loaded, but not suggested).
std::span<const std::string> zone_names();

/// The name that was probably meant: near in spelling, or with this city (`tokyo` is Asia/Tokyo);
/// empty when there is none.
std::string suggest_zone(std::string_view name);

}  // namespace dandori::calendar
