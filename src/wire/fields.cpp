#include "wire/fields.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "wire/base64.h"

namespace dandori::wire {

namespace {

template <class T>
bool read_whole(std::string_view text, T& into) {
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && at == end && !text.empty();
}

void append_whole(std::string& out, std::int64_t value) {
  const fmt::format_int text{value};
  out.append(text.data(), text.size());
}

}  // namespace

void append_attempt(std::string& out, const model::AttemptRef& attempt) {
  out += format_uuid(attempt.run.value);
  out += '/';
  append_whole(out, attempt.job);
  out += '/';
  append_whole(out, attempt.number);
}

std::string format_attempt(const model::AttemptRef& attempt) {
  std::string out;
  append_attempt(out, attempt);
  return out;
}

Result<model::AttemptRef> parse_attempt(std::string_view text) {
  const auto parts = split(text, '/');
  model::AttemptRef attempt;
  if (parts.size() == 3 && read_whole(parts[1], attempt.job) &&
      read_whole(parts[2], attempt.number)) {
    if (const auto run = parse_uuid(parts[0])) {
      attempt.run = RunId{*run};
      return attempt;
    }
  }
  return fail("protocol.bad_message", fmt::format("'{}' names no attempt", to_valid_utf8(text)),
              "an attempt is written RUN/JOB/N");
}

void ObjectWriter::put_key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += '"';
  out_ += key;
  out_ += "\":";
}

void ObjectWriter::put_number(std::int64_t value) {
  append_whole(out_, value);
}

void ObjectWriter::id(std::string_view key, Uuid value) {
  put_key(key);
  out_ += '"';
  out_ += format_uuid(value);
  out_ += '"';
}

void ObjectWriter::attempt(std::string_view key, const model::AttemptRef& value) {
  put_key(key);
  out_ += '"';
  append_attempt(out_, value);
  out_ += '"';
}

void ObjectWriter::bytes(std::string_view key, std::string_view value) {
  if (value.empty()) return;
  put_key(key);
  out_ += '"';
  append_base64(out_, value);
  out_ += '"';
}

void FieldReader::set_fault(std::string_view key, std::string_view what) {
  if (fault_.empty()) fault_ = fmt::format("'{}': {}", key, what);
}

const Json* FieldReader::find(std::string_view key) {
  if (!ok()) return nullptr;
  const Json* member = object_.find(key);
  if (member == nullptr && required_) set_fault(key, "is missing");
  return member;
}

void FieldReader::text(std::string_view key, std::string& into) {
  const Json* member = find(key);
  if (member == nullptr) return;
  if (!member->is_string()) return set_fault(key, "is no text");
  into = member->as_string();
}

void FieldReader::text(std::string_view key, std::optional<std::string>& into) {
  if (ok() && object_.find(key) != nullptr) text(key, into.emplace());
}

void FieldReader::boolean(std::string_view key, bool& into) {
  const Json* member = find(key);
  if (member == nullptr) return;
  if (!member->is_bool()) return set_fault(key, "is neither true nor false");
  into = member->as_bool();
}

bool FieldReader::read_number(std::string_view key, std::int64_t min, std::int64_t max,
                              std::int64_t& into) {
  const Json* member = find(key);
  if (member == nullptr) return false;
  if (!member->is_integer() || member->as_integer() < min || member->as_integer() > max) {
    set_fault(key, "is no whole number in range");
    return false;
  }
  into = member->as_integer();
  return true;
}

void FieldReader::span(std::string_view key, Duration& into) {
  std::int64_t count = into.count();
  number(key, count);
  if (count < 0) return set_fault(key, "is negative");
  into = Duration{count};
}

void FieldReader::id(std::string_view key, Uuid& into) {
  const Json* member = find(key);
  if (member == nullptr) return;
  const auto id =
      member->is_string() ? parse_uuid(member->as_string()) : Result<Uuid>{fail("", "")};
  if (!id) return set_fault(key, "is no id");
  into = *id;
}

void FieldReader::attempt(std::string_view key, model::AttemptRef& into) {
  const Json* member = find(key);
  if (member == nullptr) return;
  if (!member->is_string()) return set_fault(key, "names no attempt");
  const auto parsed = parse_attempt(member->as_string());
  if (!parsed) return set_fault(key, "names no attempt");
  into = *parsed;
}

void FieldReader::bytes(std::string_view key, std::string& into) {
  const Json* member = find(key);
  if (member == nullptr) return;
  auto decoded = member->is_string() ? decode_base64(member->as_string()) : std::nullopt;
  if (!decoded) return set_fault(key, "is no base64");
  into = std::move(*decoded);
}

const Json* FieldReader::array(std::string_view key) {
  const Json* member = find(key);
  if (member == nullptr) return nullptr;
  if (!member->is_array()) {
    set_fault(key, "is no list");
    return nullptr;
  }
  return member;
}

}  // namespace dandori::wire
