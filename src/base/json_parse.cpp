#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <fmt/core.h>
#include <simdjson.h>

#include "base/json.h"
#include "base/json_number.h"
#include "base/text.h"
#include "base/utf8.h"

namespace dandori {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kDepthMax = 512;                 // bounds our own recursion
constexpr std::size_t kLinearKeysMax = 16;             // up to here a scan beats a set
constexpr std::size_t kBufferBytesKept = 256U << 10U;  // larger texts get buffers of their own

/// The buffers of one parse. Reused by the next one of the thread: allocation would cost more than
/// the parsing of a small message.
struct Workspace {
  ondemand::parser parser;
  std::string padded;
};

bool is_json_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// `line:column` of a byte, both from 1; columns count characters.
std::string place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t newline = before.rfind('\n');
  const std::string_view on_line =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  const auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return fmt::format("{}:{}", line, std::ranges::count_if(on_line, is_start) + 1);
}

/// Where and why a text is no JSON: looked for by ourselves when simdjson gives no place.
struct Fault {
  std::size_t offset;
  std::string_view what;
};

/// The offset behind the string that starts at `start`; npos when it does not end.
std::size_t skip_string(std::string_view text, std::size_t start) {
  for (std::size_t at = start + 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// A string that does not end, or a control character in one.
Fault find_string_fault(std::string_view text) {
  std::size_t start = text.find('"');
  while (start != std::string_view::npos) {
    const std::size_t end = skip_string(text, start);
    const std::string_view string = text.substr(start, end - start);
    const auto control =
        std::ranges::find_if(string, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (control != string.end()) {
      return {start + static_cast<std::size_t>(control - string.begin()),
              "a control character in a string must be escaped"};
    }
    if (end == std::string_view::npos) return {start, "this string does not end"};
    start = text.find('"', end);
  }
  return {text.size(), "the text ends too early"};
}

/// For a text that starts with a bracket but does not end with its partner.
Fault find_bracket_fault(std::string_view text) {
  std::vector<std::size_t> open;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = std::min(skip_string(text, at), text.size());
      continue;
    }
    if (c == '[' || c == '{') open.push_back(at);
    if (c == ']' || c == '}') {
      if (text[open.back()] != (c == ']' ? '[' : '{')) return {at, "this bracket closes no other"};
      open.pop_back();
      if (open.empty()) break;
    }
    ++at;
  }
  if (!open.empty()) return {open.back(), "this bracket is not closed"};
  ++at;
  while (at < text.size() && is_json_space(text[at])) ++at;
  return {at, "text after the end of the value"};
}

/// The keys of one object so far. What it holds lies in the parser's buffer, which outlives it.
class Keys {
 public:
  /// False: it was there already.
  bool add(std::string_view key) {
    if (count_ == kLinearKeysMax) return add_to_set(key);
    const auto end = first_.begin() + static_cast<std::ptrdiff_t>(count_);
    if (std::find(first_.begin(), end, key) != end) return false;
    first_[count_++] = key;
    return true;
  }

 private:
  bool add_to_set(std::string_view key) {
    if (rest_.empty()) rest_.insert(first_.begin(), first_.end());
    return rest_.insert(key).second;
  }

  std::array<std::string_view, kLinearKeysMax> first_{};
  std::size_t count_ = 0;
  std::set<std::string_view> rest_;
};

/// Reads one text. Walks all of it, because simdjson's on-demand reader checks only what is walked.
class Reader {
 public:
  Reader(Workspace& workspace, std::size_t depth_max)
      : workspace_{workspace}, depth_max_{std::min(depth_max, kDepthMax)} {}

  Result<Json> read(std::string_view text) {
    workspace_.padded.assign(text);
    workspace_.padded.append(simdjson::SIMDJSON_PADDING, '\0');
    text_ = std::string_view{workspace_.padded}.substr(0, text.size());

    Json value;
    if (!read_text(value)) return std::unexpected(std::move(error_));
    return value;
  }

 private:
  bool read_text(Json& out) {
    if (std::ranges::all_of(text_, is_json_space)) return refuse(text_.size(), "the text is empty");
    if (const std::size_t bad = find_invalid_utf8(text_); bad != std::string_view::npos) {
      return refuse(bad, "a byte that is not UTF-8");
    }
    const simdjson::padded_string_view input{text_.data(), text_.size(), workspace_.padded.size()};
    ondemand::document document;
    if (workspace_.parser.iterate(input).get(document) != simdjson::SUCCESS) {
      const Fault fault = find_string_fault(text_);
      return refuse(fault.offset, fault.what);
    }
    document_ = &document;
    return read_root(document, out);
  }

  /// Simdjson treats a lone scalar apart from values in containers.
  bool read_root(ondemand::document& document, Json& out) {
    std::string_view token;
    if (document.raw_json_token().get(token) != simdjson::SUCCESS) return refuse_here(kNoValue);
    const char first = token.front();
    if (first == '{' || first == '[') {
      const bool read = first == '{' ? read_object(document, out, 1) : read_array(document, out, 1);
      if (!read) return false;
      const char* rest = nullptr;  // stays so at the end of the text
      if (document.current_location().get(rest) != simdjson::SUCCESS) return true;
      return refuse(offset_of(rest), kTrailing);
    }
    const std::size_t end = offset_of(token.data()) + token.size();
    if (end < text_.size()) return refuse(end, kTrailing);
    return first == '"' ? read_string(document, token, out) : read_scalar(token, out);
  }

  bool read_value(ondemand::value& value, Json& out, std::size_t depth) {
    const std::string_view token = value.raw_json_token();
    switch (token.empty() ? '\0' : token.front()) {
      case '{':
        return read_object(value, out, depth);
      case '[':
        return read_array(value, out, depth);
      case '"':
        return read_string(value, token, out);
      default:
        return read_scalar(token, out);
    }
  }

  template <class Source>
  bool read_array(Source& source, Json& out, std::size_t depth) {
    if (depth > depth_max_) return refuse_depth();
    ondemand::array array;
    if (source.get_array().get(array) != simdjson::SUCCESS) return refuse_brackets();
    Json::Array items;
    for (auto element : array) {
      ondemand::value value;
      if (std::move(element).get(value) != simdjson::SUCCESS) return refuse_here(kUnclosedArray);
      if (!read_value(value, items.emplace_back(), depth + 1)) return false;
    }
    out = Json::array(std::move(items));
    return true;
  }

  template <class Source>
  bool read_object(Source& source, Json& out, std::size_t depth) {
    if (depth > depth_max_) return refuse_depth();
    ondemand::object object;
    if (source.get_object().get(object) != simdjson::SUCCESS) return refuse_brackets();
    Json::Object members;
    Keys keys;
    for (auto element : object) {
      ondemand::field field;
      if (std::move(element).get(field) != simdjson::SUCCESS) return refuse_here(kUnclosedObject);
      const std::size_t offset = offset_of(field.key().raw()) - 1;
      std::string_view key;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS || !is_whole(key)) {
        return refuse(offset, kBadEscape);
      }
      if (!keys.add(key)) return refuse_duplicate(offset, key);
      Json& member = members.emplace_back(std::string{key}, Json{}).second;
      if (!read_value(field.value(), member, depth + 1)) return false;
    }
    out = Json::object(std::move(members));
    return true;
  }

  template <class Source>
  bool read_string(Source& source, std::string_view token, Json& out) {
    std::string_view text;
    if (source.get_string().get(text) != simdjson::SUCCESS || !is_whole(text)) {
      return refuse(offset_of(token.data()), kBadEscape);
    }
    out = Json{text};
    return true;
  }

  bool read_scalar(std::string_view token, Json& out) {
    const std::size_t offset = offset_of(token.data());
    while (!token.empty() && is_json_space(token.back())) token.remove_suffix(1);
    if (token == "null") {
      out = Json{};
    } else if (token == "true" || token == "false") {
      out = Json{token == "true"};
    } else if (is_json_number(token)) {
      out = json_number(token);
    } else {
      return refuse(offset, kNoValue);
    }
    return true;
  }

  /// Simdjson lets escaped lone surrogates pass as bytes that are not UTF-8.
  static bool is_whole(std::string_view text) {
    return find_invalid_utf8(text) == std::string_view::npos;
  }

  std::size_t offset_of(const char* place) const {
    return static_cast<std::size_t>(place - text_.data());
  }

  bool refuse(std::size_t offset, std::string_view why) {
    error_ = Error{"json.syntax", fmt::format("{}: {}", place_of(text_, offset), why)};
    return false;
  }

  /// Refuses at the token where simdjson stopped.
  bool refuse_here(std::string_view why) { return refuse(here(), why); }

  /// Refuses a text whose last bracket is not the partner of its first: simdjson looks there first.
  bool refuse_brackets() {
    const Fault fault = find_bracket_fault(text_);
    return refuse(fault.offset, fault.what);
  }

  bool refuse_duplicate(std::size_t offset, std::string_view key) {
    error_ = Error{"json.duplicate_key",
                   fmt::format("{}: the key '{}' stands twice in one object",
                               place_of(text_, offset), excerpt(key)),
                   "keep one of the two members"};
    return false;
  }

  bool refuse_depth() {
    error_ = Error{"json.too_deep", fmt::format("{}: nested deeper than {} levels",
                                                place_of(text_, here()), depth_max_)};
    return false;
  }

  std::size_t here() const {
    const char* place = nullptr;
    if (document_ == nullptr || document_->current_location().get(place) != simdjson::SUCCESS) {
      return text_.size();
    }
    return std::min(offset_of(place), text_.size());
  }

  static constexpr std::string_view kNoValue = "expected a value";
  static constexpr std::string_view kTrailing = "text after the end of the value";
  static constexpr std::string_view kUnclosedArray = "expected ',' or ']' in an array";
  static constexpr std::string_view kUnclosedObject =
      "expected a member '\"key\": value', ',' or '}' in an object";
  static constexpr std::string_view kBadEscape = "a bad escape in this string";

  Workspace& workspace_;
  const std::size_t depth_max_;
  std::string_view text_;
  ondemand::document* document_ = nullptr;
  Error error_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes_max) {
    return fail("json.too_big", fmt::format("1:1: {} bytes of JSON, at most {} are read",
                                            text.size(), limits.bytes_max));
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  if (text.size() > kBufferBytesKept) {
    Workspace once;
    return Reader{once, limits.depth_max}.read(text);
  }
  thread_local Workspace kept;
  return Reader{kept, limits.depth_max}.read(text);
}

}  // namespace dandori
