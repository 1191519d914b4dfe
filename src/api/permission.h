#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "model/words.h"

namespace dandori::api {

/// What a caller must be allowed to do. Every route names one; `open` alone needs no token.
enum class Permission : std::uint8_t {
  open,     ///< anybody who reaches the port: liveness, version
  view,     ///< read definitions, runs, logs
  run,      ///< start runs
  operate,  ///< rerun, cancel, kill, hold, skip, confirm …
  edit,     ///< change definitions and variables
  admin,    ///< tokens, audit log, backup, drain of the server
};

/// As in schemas/openapi.yaml.
std::string_view to_string(Permission permission);
bool allows(model::Role role, Permission permission);
/// The weakest role that has it: for messages.
model::Role role_for(Permission permission);
/// What the role may do, as texts.
Json permissions_json(model::Role role);

}  // namespace dandori::api
