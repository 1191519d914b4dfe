#pragma once

#include "base/json.h"
#include "model/workflow.h"

namespace dandori::spec {

/// A trigger in its canonical spelling.
Json trigger_json(const model::Trigger& trigger);

}  // namespace dandori::spec
