#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"

namespace dandori::cli {

/// `--watch`: the command again whenever something has changed, until it is interrupted or what it
/// shows has ended. On a terminal the screen is drawn again; elsewhere, and on a dumb terminal,
/// only what is new is written.
int watch(Console& console, const Command& command);

/// Lines of `now` that `before` did not have, in order; a line that `before` has once and `now`
/// twice is new once. Pure.
std::vector<std::string_view> new_lines(std::string_view before, std::string_view now);

}  // namespace dandori::cli
