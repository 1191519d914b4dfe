#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "model/run.h"

namespace dandori::wire {

/// `RUN/JOB/N`.
void append_attempt(std::string& out, const model::AttemptRef& attempt);
std::string format_attempt(const model::AttemptRef& attempt);
/// Errors: protocol.bad_message.
Result<model::AttemptRef> parse_attempt(std::string_view text);

/// Writes one flat JSON object member by member, without building a tree.
class ObjectWriter {
 public:
  /// Opens the object at the end of `out`.
  explicit ObjectWriter(std::string& out) : out_{out} { out_ += '{'; }
  void close() { out_ += '}'; }

  void text(std::string_view key, std::string_view value) {
    put_key(key);
    append_json_string(out_, value);
  }
  void boolean(std::string_view key, bool value) {
    put_key(key);
    out_ += value ? "true" : "false";
  }
  template <std::integral T>
  void number(std::string_view key, T value) {
    put_key(key);
    put_number(static_cast<std::int64_t>(value));
  }
  void id(std::string_view key, Uuid value);
  void attempt(std::string_view key, const model::AttemptRef& value);
  /// Bytes as base64; nothing is written when there are none.
  void bytes(std::string_view key, std::string_view value);
  /// The key alone; the caller appends a value to the returned text.
  std::string& raw(std::string_view key) {
    put_key(key);
    return out_;
  }

 private:
  void put_key(std::string_view key);
  void put_number(std::int64_t value);

  std::string& out_;
  bool first_ = true;
};

/// Reads members of an object and keeps the first fault: check `ok()` once, at the end.
///
/// Absent members keep what the target holds, unless `required`.
class FieldReader {
 public:
  explicit FieldReader(const Json& object) : object_{object} {
    if (!object.is_object()) fault_ = "not an object";
  }

  bool ok() const { return fault_.empty(); }
  const std::string& fault() const { return fault_; }
  void set_fault(std::string_view key, std::string_view what);
  FieldReader& required(bool is = true) {
    required_ = is;
    return *this;
  }

  void text(std::string_view key, std::string& into);
  void text(std::string_view key, std::optional<std::string>& into);
  void boolean(std::string_view key, bool& into);
  template <std::integral T>
  void number(std::string_view key, T& into) {
    std::int64_t value = 0;
    constexpr std::int64_t kMax =
        sizeof(T) < 8 ? static_cast<std::int64_t>(std::numeric_limits<T>::max()) : INT64_MAX;
    constexpr std::int64_t kMin = static_cast<std::int64_t>(std::numeric_limits<T>::min());
    if (read_number(key, kMin, kMax, value)) into = static_cast<T>(value);
  }
  void instant(std::string_view key, Timestamp& into) { number(key, into.us); }
  void span(std::string_view key, Duration& into);
  void id(std::string_view key, Uuid& into);
  void attempt(std::string_view key, model::AttemptRef& into);
  void bytes(std::string_view key, std::string& into);
  /// The member when it is an array; nullptr when absent or of another kind (a fault).
  const Json* array(std::string_view key);

 private:
  const Json* find(std::string_view key);
  bool read_number(std::string_view key, std::int64_t min, std::int64_t max, std::int64_t& into);

  const Json& object_;
  std::string fault_;
  bool required_ = false;
};

}  // namespace dandori::wire
