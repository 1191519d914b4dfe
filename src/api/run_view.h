#pragma once

#include <string>
#include <vector>

#include "api/services.h"
#include "engine/engine.h"

namespace dandori::api {

/// A run as people see it, with the marks that touch it.
struct MarkedView : engine::RunView {
  std::vector<model::Mark> marks;
};

/// The run as stored, with the waiting states derived by the engine's own rules.
/// Errors: run.unknown, and those of Definitions::get.
Result<MarkedView> view_run(Services& services, const std::string& name);

}  // namespace dandori::api
