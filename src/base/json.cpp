#include "base/json.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/json_number.h"

namespace dandori {

namespace {

template <class T>
const T& node_or_empty(const std::shared_ptr<void>& node) {
  static const T kEmpty{};
  return node ? *static_cast<const T*>(node.get()) : kEmpty;
}

/// The node to write to: made when there is none, copied when others see it too.
template <class T>
T& own_node(std::shared_ptr<void>& node) {
  if (!node) {
    node = std::make_shared<T>();
  } else if (node.use_count() > 1) {
    node = std::make_shared<T>(*static_cast<const T*>(node.get()));
  } else {
    // The last other owner may have been another thread: see its reads as done.
    std::atomic_thread_fence(std::memory_order_acquire);
  }
  return *static_cast<T*>(node.get());
}

bool same_members(const Json::Object& left, const Json& right) {
  const Json::Object& members = right.members();
  if (left.size() != members.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].first == members[i].first) {
      if (left[i].second != members[i].second) return false;
      continue;
    }
    const Json* other = right.find(left[i].first);
    if (other == nullptr || left[i].second != *other) return false;
  }
  return true;
}

}  // namespace

Json::Json(bool value) : kind_{JsonKind::boolean} {
  boolean_ = value;
}

Json::Json(long value) : kind_{JsonKind::integer} {
  integer_ = value;
}

Json::Json(unsigned long value) : Json(static_cast<long>(value)) {
  if (value > static_cast<unsigned long>(std::numeric_limits<long>::max())) {
    *this = json_number(fmt::format_int{value}.str());
  }
}

Json::Json(double value) : kind_{JsonKind::real} {
  real_ = value;
}

Json::Json(std::string_view text) : Json(std::string{text}) {}

Json::Json(std::string text)
    : kind_{JsonKind::string}, node_{std::make_shared<std::string>(std::move(text))} {}

Json Json::decimal(std::string literal) {
  DANDORI_ASSERT(is_json_number(literal), "a decimal is a JSON number");
  Json value{std::move(literal)};
  value.kind_ = JsonKind::decimal;
  return value;
}

Json Json::array(Array items) {
  Json value;
  value.kind_ = JsonKind::array;
  if (!items.empty()) value.node_ = std::make_shared<Array>(std::move(items));
  return value;
}

Json Json::object(Object members) {
  Json value;
  value.kind_ = JsonKind::object;
  if (!members.empty()) value.node_ = std::make_shared<Object>(std::move(members));
  return value;
}

bool Json::as_bool() const {
  DANDORI_ASSERT(is_bool(), "not a boolean");
  return boolean_;
}

std::int64_t Json::as_integer() const {
  DANDORI_ASSERT(is_integer(), "not an integer");
  return integer_;
}

double Json::as_double() const {
  DANDORI_ASSERT(is_number(), "not a number");
  if (kind_ == JsonKind::integer) return static_cast<double>(integer_);
  if (kind_ == JsonKind::real) return real_;
  return literal_to_double(as_string());
}

const std::string& Json::as_string() const {
  DANDORI_ASSERT(is_string() || kind_ == JsonKind::decimal, "not a string");
  return node_or_empty<std::string>(node_);
}

const Json::Array& Json::items() const {
  DANDORI_ASSERT(is_array(), "not an array");
  return node_or_empty<Array>(node_);
}

const Json::Object& Json::members() const {
  DANDORI_ASSERT(is_object(), "not an object");
  return node_or_empty<Object>(node_);
}

std::size_t Json::size() const {
  if (is_array()) return items().size();
  return is_object() ? members().size() : 0;
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : members()) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

const Json& Json::operator[](std::string_view key) const {
  static const Json kNull{};
  const Json* value = find(key);
  return value != nullptr ? *value : kNull;
}

std::string_view Json::text_or(std::string_view key, std::string_view fallback) const {
  const Json* value = find(key);
  return value != nullptr && value->is_string() ? std::string_view{value->as_string()} : fallback;
}

std::int64_t Json::integer_or(std::string_view key, std::int64_t fallback) const {
  const Json* value = find(key);
  return value != nullptr && value->is_integer() ? value->integer_ : fallback;
}

bool Json::bool_or(std::string_view key, bool fallback) const {
  const Json* value = find(key);
  return value != nullptr && value->is_bool() ? value->boolean_ : fallback;
}

Json& Json::set(std::string_view key, Json value) {
  DANDORI_ASSERT(is_object() || is_null(), "set() is for objects");
  kind_ = JsonKind::object;
  Object& members = own_node<Object>(node_);
  const auto at = std::ranges::find(members, key, &Member::first);
  if (at != members.end()) {
    at->second = std::move(value);
  } else {
    members.emplace_back(std::string{key}, std::move(value));
  }
  return *this;
}

Json& Json::push(Json value) {
  DANDORI_ASSERT(is_array() || is_null(), "push() is for arrays");
  kind_ = JsonKind::array;
  own_node<Array>(node_).push_back(std::move(value));
  return *this;
}

/// The same kind and the same value: 1 and 1.0 differ, the order of members does not count.
bool Json::operator==(const Json& other) const {
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case JsonKind::null:
      return true;
    case JsonKind::boolean:
      return boolean_ == other.boolean_;
    case JsonKind::integer:
      return integer_ == other.integer_;
    case JsonKind::real:
      return real_ == other.real_;
    case JsonKind::decimal:
    case JsonKind::string:
      return as_string() == other.as_string();
    case JsonKind::array:
      return node_ == other.node_ || items() == other.items();
    case JsonKind::object:
      return node_ == other.node_ || same_members(members(), other);
  }
  return false;
}

}  // namespace dandori
