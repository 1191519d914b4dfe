#pragma once

#include "base/json.h"
#include "base/result.h"
#include "engine/state.h"

namespace dandori::engine {

/// All parameters of a run, typed: what is given, else the defaults (their expressions may name
/// `run.*` and parameters above).
///
/// given: object or null. Values may be text (`"42"`, `"true"`, JSON of lists and objects), as a
/// command line gives them; the result has the parameter's type. draft: the run to be, without id
/// and number. Errors: param.unknown, param.missing, param.bad_type, param.not_allowed, and those
/// of expr; path is
/// `/params/NAME`.
Result<Json> resolve_params(const State& state, const model::Run& draft, const Json& given);

/// Checks one value and gives it its type. Errors: param.bad_type, param.not_allowed.
Result<Json> typed_param(const model::Param& param, const Json& value);

}  // namespace dandori::engine
