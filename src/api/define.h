#pragma once

#include "api/call.h"
#include "spec/spec.h"

namespace dandori::api {

/// Parses `files: [{name, text}]` as one set, so that what only all together tell is seen.
Result<spec::Parsed> read_files(const Json& body);
/// 422 with every problem; true when there was one.
bool refuse(Call& call, const spec::Parsed& parsed);

}  // namespace dandori::api
