#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "model/workflow.h"

namespace dandori::engine {

/// What a job wrote to DANDORI_OUTPUT: a JSON object, or lines `key=value` (values are text; blank
/// lines are left out; a later line of the same key wins). Nothing written: null. Errors:
/// output.too_big (over kOutputBytesMax), output.bad_line, output.not_utf8, output.bad_json.
Result<Json> parse_output(std::string_view bytes);

/// `cannot start '/opt/load.sh': no such file or directory (ENOENT)`.
std::string spawn_error_text(const model::Job& job, int error);

/// `signal 9 (KILL)`.
std::string signal_text(int signal);

}  // namespace dandori::engine
