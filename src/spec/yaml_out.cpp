#include "spec/yaml_out.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/text.h"

namespace dandori::spec {

namespace {

bool is_reserved(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kWords{"null", "true", "false", "yes", "no",
                                                           "on",   "off",  "y",     "n",   "~"};
  std::string lower{text};
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::ranges::find(kWords, lower) != kWords.end();
}

/// Letters, digits, some marks and everything beyond ASCII, starting with a letter: nothing YAML
/// looks at.
bool is_plain(std::string_view text) {
  if (text.empty() || is_reserved(text)) return false;
  const auto first = static_cast<unsigned char>(text.front());
  if (std::isalpha(first) == 0 && first < 0x80) return false;
  if (text.back() == ' ') return false;
  return std::ranges::all_of(text,
                             [](char c) {
                               const auto byte = static_cast<unsigned char>(c);
                               return std::isalnum(byte) != 0 || byte >= 0xE0 ||
                                      (byte >= 0x80 && byte < 0xC0) ||
                                      std::string_view{" _-./#()"}.contains(c);
                             }) &&
         text.find(" #") == std::string_view::npos;
}

/// Whether a literal block gives the text back exactly.
bool fits_block(std::string_view text) {
  return text.find('\n') != std::string_view::npos && text.front() != ' ' && text.front() != '\n' &&
         is_valid_utf8(text) && std::ranges::none_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return (byte < 0x20 && c != '\n') || byte == 0x7F || byte == 0xC2 || byte == 0xE2;
         });
}

void append_scalar_text(std::string& out, const std::string& text, std::size_t indent) {
  if (is_plain(text)) {
    out += text;
  } else if (fits_block(text) && !text.ends_with("\n\n")) {
    out += text.ends_with('\n') ? "|" : "|-";
    std::string_view body{text};
    if (body.ends_with('\n')) body.remove_suffix(1);
    for (const std::string_view line : split(body, '\n')) {
      out += '\n';
      if (!line.empty()) out.append(indent, ' ').append(line);
    }
  } else {
    append_json_string(out, text);
  }
}

void append_yaml(std::string& out, const Json& value, std::size_t indent);

void append_member(std::string& out, const Json& value, std::size_t indent) {
  const bool nested = value.size() > 0;
  if (nested) {
    out += '\n';
    return append_yaml(out, value, indent);
  }
  out += ' ';
  if (value.is_string()) {
    append_scalar_text(out, value.as_string(), indent);
  } else {
    append_json(out, value);
  }
  out += '\n';
}

void append_yaml(std::string& out, const Json& value, std::size_t indent) {
  if (value.is_object() && value.size() > 0) {
    for (const auto& [name, member] : value.members()) {
      out.append(indent, ' ');
      append_scalar_text(out, name, indent);
      out += ':';
      append_member(out, member, indent + 2);
    }
  } else if (value.is_array() && value.size() > 0) {
    for (const Json& item : value.items()) {
      std::string body;
      append_yaml(body, item, indent + 2);
      // The first line of an item stands on the line of its dash.
      if (item.size() > 0) body.erase(0, indent + 2);
      out.append(indent, ' ').append("- ").append(body);
    }
  } else {
    if (value.is_string()) {
      append_scalar_text(out, value.as_string(), indent);
    } else {
      append_json(out, value);
    }
    out += '\n';
  }
}

}  // namespace

std::string write_yaml(const Json& value) {
  std::string out;
  append_yaml(out, value, 0);
  return out;
}

}  // namespace dandori::spec
