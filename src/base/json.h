#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dandori {

enum class JsonKind : std::uint8_t { null, boolean, integer, real, decimal, string, array, object };

/// A JSON value: cheap to copy (arrays, objects and strings are shared and immutable once shared).
///
/// Numbers stay exact: an integer that fits int64 is `integer`; a number that a double holds with
/// its shortest text is `real`; anything else (more digits) is `decimal`, kept as its literal text.
/// Objects keep the order of writing. Not thread-safe to mutate; safe to read from many threads.
class Json {
 public:
  using Member = std::pair<std::string, Json>;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value);
  Json(int value) : Json(static_cast<std::int64_t>(value)) {}
  Json(unsigned value) : Json(static_cast<std::int64_t>(value)) {}
  Json(long value);
  Json(long long value) : Json(static_cast<long>(value)) {}
  Json(unsigned long value);
  Json(double value);
  Json(const char* text) : Json(std::string_view{text}) {}
  Json(std::string_view text);
  Json(std::string text);
  static Json decimal(std::string literal);
  static Json array(Array items = {});
  static Json object(Object members = {});

  JsonKind kind() const { return kind_; }
  bool is_null() const { return kind_ == JsonKind::null; }
  bool is_bool() const { return kind_ == JsonKind::boolean; }
  bool is_integer() const { return kind_ == JsonKind::integer; }
  bool is_number() const {
    return kind_ == JsonKind::integer || kind_ == JsonKind::real || kind_ == JsonKind::decimal;
  }
  bool is_string() const { return kind_ == JsonKind::string; }
  bool is_array() const { return kind_ == JsonKind::array; }
  bool is_object() const { return kind_ == JsonKind::object; }

  /// Each asserts the kind; as_double takes any number.
  bool as_bool() const;
  std::int64_t as_integer() const;
  double as_double() const;
  const std::string& as_string() const;  // also the literal of a decimal
  const Array& items() const;
  const Object& members() const;

  std::size_t size() const;  // of an array or object; 0 for others
  /// Member of an object, or nullptr (also when this is no object).
  const Json* find(std::string_view key) const;
  /// Member of an object, or null.
  const Json& operator[](std::string_view key) const;
  /// Convenience readers with a fallback for absent or differently typed members.
  std::string_view text_or(std::string_view key, std::string_view fallback) const;
  std::int64_t integer_or(std::string_view key, std::int64_t fallback) const;
  bool bool_or(std::string_view key, bool fallback) const;

  /// Adds or replaces a member of an object (a null becomes an object). Copies first when shared.
  Json& set(std::string_view key, Json value);
  /// Appends to an array (a null becomes an array). Copies first when shared.
  Json& push(Json value);

  bool operator==(const Json& other) const;

 private:
  JsonKind kind_ = JsonKind::null;
  union {
    bool boolean_;
    std::int64_t integer_ = 0;
    double real_;
  };
  std::shared_ptr<void> node_;  // const std::string, Array or Object, by kind_
};

struct JsonLimits {
  std::size_t bytes_max = 16U << 20U;
  std::size_t depth_max = 64;
};

/// Parses one JSON text (UTF-8). Duplicate keys are refused.
/// Errors: json.syntax, json.duplicate_key, json.too_deep, json.too_big; the message names
/// line:column.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

/// Compact, one line; control characters escaped; UTF-8 kept; invalid UTF-8 replaced by U+FFFD.
std::string write_json(const Json& value);
void append_json(std::string& out, const Json& value);
/// Appends `text` as a JSON string with quotes.
void append_json_string(std::string& out, std::string_view text);
/// Two-space indented, for people.
std::string write_json_pretty(const Json& value);

}  // namespace dandori
