#pragma once

#include <string>

#include "base/json.h"
#include "cli/console.h"

namespace dandori::cli {

/// The answer of GET …/why as text: the run or job, then its tree of reasons, one line each, with a
/// command where one helps. A code that this program does not know is shown with its values.
/// detail: the run as GET /runs/RUN gives it; then a job at fault shows when and how it ended.
std::string why_text(const Console& console, const Json& answer, const Json& detail = {});

/// The reasons alone, `indent` columns in.
std::string reasons_text(const Console& console, const Json& reasons, std::string_view run,
                         std::size_t indent, const Json& detail = {});

}  // namespace dandori::cli
