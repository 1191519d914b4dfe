#include "spec/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace dandori::spec {

namespace {

constexpr std::size_t kNameMax = 100;
constexpr std::size_t kFoundShownMax = 40;  // bytes of a found text in a message

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_letter(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool is_folder_path(std::string_view text) {
  if (text.size() > kNameMax * 2) return false;
  return std::ranges::all_of(split(text, '/'), [](std::string_view part) {
    const auto inside = [](char c) { return is_lower(c) || is_digit(c) || c == '_' || c == '-'; };
    return !part.empty() && (is_lower(part[0]) || is_digit(part[0])) &&
           std::ranges::all_of(part, inside);
  });
}

bool is_variable_name(std::string_view text) {
  const auto inside = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  return !text.empty() && text.size() <= kNameMax && !is_digit(text[0]) &&
         std::ranges::all_of(text, inside) && !text.starts_with("DANDORI_");
}

bool is_host_like(std::string_view text) {
  const auto inside = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= kNameMax && (is_letter(text[0]) || is_digit(text[0])) &&
         std::ranges::all_of(text, inside);
}

bool is_user_name(std::string_view text) {
  const auto inside = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= 32 && (is_letter(text[0]) || text[0] == '_') &&
         std::ranges::all_of(text, inside);
}

bool is_any_key(std::string_view text) {
  return !text.empty() && text.size() <= kNameMax;
}

bool is_bytes(std::string_view text) {
  return parse_bytes(text) >= 0;
}

bool is_exit_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto is_code = [](std::string_view part) {
    return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit);
  };
  if (dash == std::string_view::npos) return is_code(text);
  return is_code(text.substr(0, dash)) && is_code(text.substr(dash + 1));
}

std::string number_text(double value) {
  return fmt::format("{:.15g}", value);
}

std::string describe_choice(const Shape& shape) {
  std::string out;
  for (std::size_t i = 0; i < shape.options.size(); ++i) {
    if (i > 0) out += i + 1 == shape.options.size() ? " or " : ", ";
    out += describe(shape.options[i]);
  }
  return out;
}

}  // namespace

const Shape::Form kIdentifier{is_identifier, "^[a-z][a-z0-9_]{0,99}$",
                              "an id: a-z first, then a-z 0-9 _, at most 100 characters"};
const Shape::Form kFolderPath{is_folder_path, "^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$",
                              "a folder such as sales/nightly (a-z 0-9 _ -)"};
const Shape::Form kVariableName{is_variable_name, "^(?!DANDORI_)[A-Za-z_][A-Za-z0-9_]{0,99}$",
                                "a name of an environment variable (letters, digits, _; names that "
                                "begin with DANDORI_ are set by the server)"};
const Shape::Form kAgentName{is_host_like, "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
                             "the name of an agent (letters, digits, . _ -)"};
const Shape::Form kUserName{is_user_name, "^[A-Za-z_][A-Za-z0-9._-]{0,31}$", "the name of a user"};
const Shape::Form kAnyKey{is_any_key, "^.{1,100}$", "a key of 1 to 100 bytes"};
const Shape::Form kBytes{is_bytes, "^[0-9]+ ?(B|KB|MB|GB|KiB|MiB|GiB)?$", "a size such as 64MiB"};
const Shape::Form kExitRange{is_exit_range, "^[0-9]{1,3}(-[0-9]{1,3})?$",
                             "a range of exit codes such as 1-7"};

Shape text() {
  return {.kind = Shape::Kind::text};
}
Shape text(Shape::Form form) {
  return {.kind = Shape::Kind::text, .form = form};
}
Shape template_text() {
  return {.kind = Shape::Kind::template_text};
}
Shape script_text() {
  return {.kind = Shape::Kind::script};
}
Shape integer(double minimum, double maximum) {
  return {.kind = Shape::Kind::integer, .minimum = minimum, .maximum = maximum};
}
Shape number(double minimum, double maximum) {
  return {.kind = Shape::Kind::number, .minimum = minimum, .maximum = maximum};
}
Shape boolean() {
  return {.kind = Shape::Kind::boolean};
}
Shape duration(double minimum_us) {
  return {.kind = Shape::Kind::duration, .minimum = minimum_us};
}
Shape any_value() {
  return {.kind = Shape::Kind::any};
}
Shape list_of(Shape item, double items_min) {
  return {.kind = Shape::Kind::list, .minimum = items_min, .options = {std::move(item)}};
}
Shape map_of(Shape value, Shape::Form key) {
  return {.kind = Shape::Kind::map, .form = key, .options = {std::move(value)}};
}
Shape object_of(const ObjectInfo& object) {
  return {.kind = Shape::Kind::object, .object = &object};
}
Shape one_of(std::initializer_list<Shape> options) {
  return {.kind = Shape::Kind::choice, .options = options};
}
Shape words(std::vector<std::string_view> allowed, std::vector<std::string_view> later) {
  return {.kind = Shape::Kind::word, .words = std::move(allowed), .later_words = std::move(later)};
}

std::string describe(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::text:
      return shape.form.matches != nullptr ? std::string{shape.form.what} : "a text";
    case Shape::Kind::template_text:
    case Shape::Kind::script:
      return "a text";
    case Shape::Kind::integer:
      return fmt::format("a whole number from {} to {}", number_text(shape.minimum),
                         number_text(shape.maximum));
    case Shape::Kind::number:
      return fmt::format("a number from {} to {}", number_text(shape.minimum),
                         number_text(shape.maximum));
    case Shape::Kind::boolean:
      return "true or false";
    case Shape::Kind::duration:
      return "a span such as 90s, 5m, 1h30m";
    case Shape::Kind::word:
      return fmt::format("one of {}", fmt::join(shape.words, ", "));
    case Shape::Kind::any:
      return "a value";
    case Shape::Kind::list:
      return "a list";
    case Shape::Kind::map:
    case Shape::Kind::object:
      return "a map";
    case Shape::Kind::choice:
      return describe_choice(shape);
  }
  std::unreachable();
}

std::string describe(const Node& node) {
  const std::string shown = node.text.size() <= kFoundShownMax
                                ? node.text
                                : to_valid_utf8(node.text.substr(0, kFoundShownMax)) + "…";
  switch (node.kind) {
    case NodeKind::null:
      return "nothing";
    case NodeKind::boolean:
      return shown;
    case NodeKind::integer:
    case NodeKind::real:
      return fmt::format("the number {}", shown);
    case NodeKind::text:
      return fmt::format("the text '{}'", shown);
    case NodeKind::list:
      return "a list";
    case NodeKind::map:
      return "a map";
  }
  std::unreachable();
}

bool takes(const Shape& shape, const Node& node) {
  switch (shape.kind) {
    case Shape::Kind::text:
    case Shape::Kind::word:
    case Shape::Kind::duration:
      return node.kind == NodeKind::text;
    case Shape::Kind::script:  // `run: true` is the program of this name
    case Shape::Kind::template_text:
      return node.is_scalar() && node.kind != NodeKind::null;
    case Shape::Kind::integer:
      return node.kind == NodeKind::integer;
    case Shape::Kind::number:
      return node.kind == NodeKind::integer || node.kind == NodeKind::real;
    case Shape::Kind::boolean:
      return node.kind == NodeKind::boolean;
    case Shape::Kind::any:
      return true;
    case Shape::Kind::list:
      return node.kind == NodeKind::list;
    case Shape::Kind::map:
    case Shape::Kind::object:
      return node.kind == NodeKind::map;
    case Shape::Kind::choice:
      return std::ranges::any_of(shape.options,
                                 [&](const Shape& option) { return takes(option, node); });
  }
  std::unreachable();
}

std::int64_t parse_bytes(std::string_view text) {
  constexpr auto kUnits =
      std::to_array<std::pair<std::string_view, std::int64_t>>({{"", 1},
                                                                {"B", 1},
                                                                {"KB", 1000},
                                                                {"MB", 1'000'000},
                                                                {"GB", 1'000'000'000},
                                                                {"KiB", 1 << 10},
                                                                {"MiB", 1 << 20},
                                                                {"GiB", 1 << 30}});
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || value < 0) return -1;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  const auto unit =
      std::ranges::find(kUnits, text, &std::pair<std::string_view, std::int64_t>::first);
  if (unit == kUnits.end() || value > (std::int64_t{1} << 40) / unit->second) return -1;
  return value * unit->second;
}

}  // namespace dandori::spec
