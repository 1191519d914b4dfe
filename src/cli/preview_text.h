#pragma once

#include <string>

#include "base/json.h"
#include "cli/console.h"

namespace dandori::cli {

/// What a request would do, as lines: counts, changes, processes that are ended, notes.
std::string preview_text(const Console& console, const Json& preview);

/// The counts alone: `2 start, 1 held, …`.
std::string preview_counts(const Console& console, const Json& preview);

}  // namespace dandori::cli
