#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace dandori::api {

/// schemas/openapi.yaml as JSON, read once. A broken file is our mistake: it asserts.
const Json& contract();
/// Names of the query parameters of an operation, also of those that are planned. Empty where it
/// has none or is not described.
std::vector<std::string> query_names(std::string_view method, std::string_view path);
/// The same as text.
const std::string& contract_text();

}  // namespace dandori::api
