#pragma once

#include <string>

#include "base/json.h"

namespace dandori::spec {

/// The value as YAML 1.2 block text, with a newline at its end. What YAML would read otherwise is
/// quoted as JSON strings (which YAML 1.2 includes); texts of several lines become literal blocks.
std::string write_yaml(const Json& value);

}  // namespace dandori::spec
