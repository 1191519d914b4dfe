#pragma once

#include <cstdint>
#include <string_view>

namespace dandori::api {

/// What a caller must be allowed to do. Every route names one; `open` alone needs no token.
enum class Permission : std::uint8_t {
  open,     ///< anybody who reaches the port: liveness, version
  view,     ///< read definitions, runs, logs
  edit,     ///< change definitions and variables
  run,      ///< start runs
  operate,  ///< rerun, cancel, kill, confirm
  admin,    ///< backup, test clock
};

}  // namespace dandori::api
