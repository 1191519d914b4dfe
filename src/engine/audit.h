#pragma once

#include <string>
#include <string_view>

#include "model/run.h"

namespace dandori::engine {

/// Hash of an audit row: sha256 hex of the previous row's hash (empty for the first) and the row's
/// canonical JSON (every field but `hash`, in the order of the struct, compact).
std::string audit_hash(std::string_view previous, const model::AuditRow& row);

}  // namespace dandori::engine
