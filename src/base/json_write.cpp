#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_number.h"
#include "base/utf8.h"

namespace dandori {

namespace {

/// Whether a byte goes into a JSON string as it is.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;  // other control characters
  }
  out += "\\u00";
  out += kHex[c >> 4U];
  out += kHex[c & 0xFU];
}

/// Writes compactly (indent 0) or for people.
class Writer {
 public:
  Writer(std::string& out, std::size_t indent) : out_{out}, indent_{indent} {}

  void write(const Json& value) {
    switch (value.kind()) {
      case JsonKind::null:
        out_ += "null";
        return;
      case JsonKind::boolean:
        out_ += value.as_bool() ? "true" : "false";
        return;
      case JsonKind::integer:
        append_integer(value.as_integer());
        return;
      case JsonKind::real:
        append_json_real(out_, value.as_double());
        return;
      case JsonKind::decimal:
        out_ += value.as_string();
        return;
      case JsonKind::string:
        append_json_string(out_, value.as_string());
        return;
      case JsonKind::array:
        write_array(value.items());
        return;
      case JsonKind::object:
        write_object(value.members());
        return;
    }
  }

 private:
  void append_integer(std::int64_t value) {
    const fmt::format_int text{value};
    out_.append(text.data(), text.size());
  }

  void write_array(const Json::Array& items) {
    out_ += '[';
    ++level_;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_ += ',';
      break_line();
      write(items[i]);
    }
    --level_;
    if (!items.empty()) break_line();
    out_ += ']';
  }

  void write_object(const Json::Object& members) {
    out_ += '{';
    ++level_;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) out_ += ',';
      break_line();
      append_json_string(out_, members[i].first);
      out_ += indent_ > 0 ? std::string_view{": "} : std::string_view{":"};
      write(members[i].second);
    }
    --level_;
    if (!members.empty()) break_line();
    out_ += '}';
  }

  void break_line() {
    if (indent_ == 0) return;
    out_ += '\n';
    out_.append(level_ * indent_, ' ');
  }

  std::string& out_;
  const std::size_t indent_;
  std::size_t level_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run = 0;  // start of what is copied as it is
  std::size_t at = 0;
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (kPlain[c]) {
      ++at;
      continue;
    }
    const std::size_t length = c < 0x80 ? 0 : utf8_length(text.substr(at));
    if (length > 0) {
      at += length;
      continue;
    }
    out.append(text, run, at - run);
    if (c < 0x80) {
      append_escaped(out, c);
    } else {
      out += kReplacement;
    }
    run = ++at;
  }
  out.append(text, run, at - run);
  out += '"';
}

void append_json(std::string& out, const Json& value) {
  Writer{out, 0}.write(value);
}

std::string write_json(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string write_json_pretty(const Json& value) {
  std::string out;
  Writer{out, 2}.write(value);
  return out;
}

}  // namespace dandori
