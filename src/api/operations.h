#pragma once

#include <span>
#include <string_view>

#include "api/call.h"

namespace dandori::api {

/// Members of its body beside the terms.
inline constexpr std::string_view kRerunFields[] = {"from", "only", "hold", "hold_first",
                                                    "revision"};
std::span<const std::string_view> operation_fields(model::Operation action);

/// `{from, only, hold, hold_first, revision}` of a rerun; its run is filled in by the caller.
Result<model::RerunRun> read_rerun(const Json& body);

/// The fields that an operation takes: `until` of disable, `outputs` of skip, `state` and
/// `leave_running` of set_state; its target is filled in by the caller.
Result<model::Operate> read_operate(const Json& body, model::Operation action);

}  // namespace dandori::api
