#pragma once

#include <string>

#include "base/json.h"
#include "cli/console.h"

namespace dandori::cli {

/// One change of a definition in words: `~ job load: timeout  5m → 10m`. change: of the API's
/// answer to `:diff`.
std::string change_text(const Console& console, const Json& change);

/// Prints items of a difference with their changes. False: there is none.
bool print_changes(const Console& console, const Json& items);

}  // namespace dandori::cli
