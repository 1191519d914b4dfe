#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace dandori::keeper {

/// The program `dandori-exec`, carried inside this one.
std::string_view embedded_runner();

/// Writes it to `path` (0755, by rename) unless it is there already. Errors: keeper.runner_install.
Result<void> install_runner(const std::string& path);

}  // namespace dandori::keeper
