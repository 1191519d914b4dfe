#pragma once

#include <string>

#include "base/json.h"
#include "cli/console.h"

namespace dandori::cli {

/// A calendar's days as months side by side, three in a row; closed days bear a `*`. Below: what it
/// means, how many there are, and the closed days that have names. answer: of calendar::day_list.
std::string calendar_grid(const Console& console, const Json& answer);

/// What decides a day, in words: `holiday: 元日 (rule 1)`.
std::string day_reason_text(const Console& console, const Json& item);

}  // namespace dandori::cli
