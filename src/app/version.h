#pragma once

#include <string_view>

namespace dandori::app {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace dandori::app
