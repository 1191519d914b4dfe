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

/// What simdjson's strict reader thinks of the text. It has no answer for long numbers, deep nesting
/// and duplicate keys, where we have our own rules.
bool is_json_for_simdjson(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  return parser.parse(text.data(), text.size()).get(element) == simdjson::SUCCESS;
}

bool has_decimal(const Json& value) {
  switch (value.kind()) {
    case dandori::JsonKind::decimal:
      return true;
    case dandori::JsonKind::array:
      for (const Json& item : value.items()) {
        if (has_decimal(item)) return true;
      }
      return false;
    case dandori::JsonKind::object:
      for (const Json::Member& member : value.members()) {
        if (has_decimal(member.second)) return true;
      }
      return false;
    case dandori::JsonKind::null:
    case dandori::JsonKind::boolean:
    case dandori::JsonKind::integer:
    case dandori::JsonKind::real:
    case dandori::JsonKind::string:
      return false;
  }
  return false;
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
      DANDORI_ASSERT(!is_json_for_simdjson(text), "we refuse what simdjson takes");
    }
    return 0;
  }

  DANDORI_ASSERT(has_decimal(*value) || text.starts_with("\xEF\xBB\xBF") ||
                     is_json_for_simdjson(text),
                 "we take what simdjson refuses");
  const std::string written = dandori::write_json(*value);
  const auto again = parse_json(written, {.bytes_max = SIZE_MAX});
  DANDORI_ASSERT(again.has_value() && *again == *value, "what is written reads back the same");
  DANDORI_ASSERT(dandori::write_json(*again) == written, "writing is stable");
  const auto pretty = parse_json(dandori::write_json_pretty(*value), {.bytes_max = SIZE_MAX});
  DANDORI_ASSERT(pretty.has_value() && *pretty == *value, "pretty text reads back the same");
  return 0;
}
