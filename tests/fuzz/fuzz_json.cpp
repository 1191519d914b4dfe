#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/assert.h"
#include "base/json.h"
#include "base/text.h"

namespace {

using dandori::Json;
using dandori::parse_json;

/// What simdjson's strict reader says of the text. It refuses numbers out of the range of its own
/// types, and takes duplicate keys and deeper nesting: there we have our own rules.
simdjson::error_code verdict_of_simdjson(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  return parser.parse(text.data(), text.size()).get(element);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto value = parse_json(text);
  if (!value) {
    const bool is_syntax = value.error().code == "json.syntax";
    DANDORI_ASSERT(dandori::is_valid_utf8(value.error().message), "messages are UTF-8");
    // An escaped lone surrogate is the one thing that simdjson lets pass and we do not.
    if (is_syntax && text.find("\\u") == std::string_view::npos) {
      DANDORI_ASSERT(verdict_of_simdjson(text) != simdjson::SUCCESS,
                     "we refuse what simdjson takes");
    }
    return 0;
  }

  const simdjson::error_code verdict = verdict_of_simdjson(text);
  DANDORI_ASSERT(verdict == simdjson::SUCCESS || verdict == simdjson::NUMBER_ERROR ||
                     text.starts_with("\xEF\xBB\xBF"),
                 "we take what simdjson refuses");
  const std::string written = dandori::write_json(*value);
  const auto again = parse_json(written, {.bytes_max = SIZE_MAX});
  DANDORI_ASSERT(again.has_value() && *again == *value, "what is written reads back the same");
  DANDORI_ASSERT(dandori::write_json(*again) == written, "writing is stable");
  const auto pretty = parse_json(dandori::write_json_pretty(*value), {.bytes_max = SIZE_MAX});
  DANDORI_ASSERT(pretty.has_value() && *pretty == *value, "pretty text reads back the same");
  return 0;
}
