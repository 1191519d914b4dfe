#include "api/contract.h"

#include <string_view>

#include "api/routes.h"
#include "base/assert.h"
#include "base/text.h"
#include "spec/spec.h"

extern "C" {
extern const char dandori_openapi[];
extern const char dandori_openapi_end[];
}

namespace dandori::api {

const Json& contract() {
  static const Json made = [] {
    const Result<Json> read =
        spec::read_yaml("openapi.yaml", std::string_view{dandori_openapi, dandori_openapi_end});
    DANDORI_ASSERT(read.has_value(), "schemas/openapi.yaml cannot be read");
    return *read;
  }();
  return made;
}

namespace {

/// What a `$ref` within the contract leads to; the value itself where it is none.
const Json& resolved(const Json& value) {
  std::string_view reference = value.text_or("$ref", "");
  if (!reference.starts_with("#/")) return value;
  const Json* at = &contract();
  for (const std::string_view key : split(reference.substr(2), '/')) at = &(*at)[key];
  return *at;
}

void add_query_names(const Json& parameters, std::vector<std::string>& names) {
  if (!parameters.is_array()) return;
  for (const Json& item : parameters.items()) {
    const Json& parameter = resolved(item);
    if (parameter.text_or("in", "") == "query") names.emplace_back(parameter.text_or("name", ""));
  }
}

}  // namespace

std::vector<std::string> query_names(std::string_view method, std::string_view path) {
  std::string key;
  for (const char c : method) key += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  const Json& item = contract()["paths"][path];
  std::vector<std::string> names;
  add_query_names(item["parameters"], names);
  add_query_names(item[key]["parameters"], names);
  return names;
}

const std::string& contract_text() {
  static const std::string text = write_json(contract()) + "\n";
  return text;
}

void get_openapi(Call call) {
  call.respond(http::json(200, contract_text()));
}

}  // namespace dandori::api
