#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "model/event.h"

namespace dandori::api {

/// What operators did to the workflow, or to a job of every run of it, and have not undone, as
/// members of its JSON.
void add_marks(Json& item, const std::string& workflow, const std::vector<model::Mark>& marks);

}  // namespace dandori::api
