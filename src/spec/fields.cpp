#include "spec/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/text.h"

namespace dandori::spec {

namespace {

constexpr std::size_t kSuggestedMax = 12;  // names listed in a hint
constexpr std::size_t kEnvMax = 1000;      // variables in one map

bool wrong_type(Context& context, const Node& node, const Shape& shape, const Path& path) {
  std::string hint;
  if (shape.kind == Shape::Kind::duration && node.kind == NodeKind::integer) {
    hint = fmt::format("add the unit: {}s, {}m or {}h", node.text, node.text, node.text);
  } else if (shape.kind == Shape::Kind::object && shape.object->name == "job" && node.is_scalar()) {
    hint = node.kind == NodeKind::null
               ? "write `{run: COMMAND}` or `{type: noop}`"
               : fmt::format("write `{{run: {}}}`", node.text.substr(0, 60));
  } else if (shape.kind == Shape::Kind::template_text && node.kind == NodeKind::null) {
    hint = "write \"\" for an empty text";
  } else if (shape.kind == Shape::Kind::text && node.is_scalar() && node.kind != NodeKind::null &&
             (shape.form.matches == nullptr || shape.form.matches(node.text))) {
    hint = fmt::format("quote it: \"{}\"", node.text);
  } else if (shape.kind == Shape::Kind::boolean && (node.text == "yes" || node.text == "on")) {
    hint = "write true";
  } else if (shape.kind == Shape::Kind::boolean && (node.text == "no" || node.text == "off")) {
    hint = "write false";
  }
  context.add(
      node.place, "spec.wrong_type",
      fmt::format("{}: expected {}, found {}", path.text(), describe(shape), describe(node)),
      std::move(hint));
  return false;
}

bool bad_value(Context& context, const Node& node, const Shape& shape, const Path& path) {
  context.add(
      node.place, "spec.bad_value",
      fmt::format("{}: expected {}, found {}", path.text(), describe(shape), describe(node)));
  return false;
}

bool check_text(Context& context, const Node& node, const Shape& shape, const Path& path) {
  if (shape.form.matches != nullptr && !shape.form.matches(node.text)) {
    return bad_value(context, node, shape, path);
  }
  if (node.text.find("${{") == std::string::npos) return true;
  context.add(node.place, "spec.expression",
              fmt::format("{}: no expression can stand here", path.text()),
              "expressions work in env, args, cwd and stdin, and in defaults of params");
  return false;
}

bool check_script(Context& context, const Node& node, const Path& path) {
  if (node.text.find("${{") == std::string::npos) return true;
  context.add(
      node.place, "spec.expression_in_script",
      fmt::format("{}: an expression inside a script could be run as commands", path.text()),
      "hand the value over: `env: {NAME: \"${{ … }}\"}` and \"$NAME\" in the script, or "
      "`args: [\"${{ … }}\"]` and \"$1\"");
  return false;
}

bool check_range(Context& context, const Node& node, const Shape& shape, const Path& path) {
  const double value = read_number(node);
  if (value >= shape.minimum && value <= shape.maximum) return true;
  return bad_value(context, node, shape, path);
}

bool check_duration(Context& context, const Node& node, const Shape& shape, const Path& path) {
  const Result<Duration> span = parse_duration(node.text);
  if (!span) {
    context.add(node.place, "spec.bad_value",
                fmt::format("{}: {}", path.text(), span.error().message), span.error().hint);
    return false;
  }
  if (static_cast<double>(span->count()) >= shape.minimum) return true;
  context.add(node.place, "spec.bad_value",
              fmt::format("{}: the span must be longer than 0s", path.text()));
  return false;
}

bool check_word(Context& context, const Node& node, const Shape& shape, const Path& path) {
  if (std::ranges::find(shape.words, node.text) != shape.words.end()) return true;
  if (std::ranges::find(shape.later_words, node.text) != shape.later_words.end()) {
    context.add(node.place, "spec.not_supported",
                fmt::format("{}: this version does not know '{}' yet", path.text(), node.text),
                fmt::format("it knows {}", fmt::join(shape.words, ", ")));
    return false;
  }
  const std::vector<std::string> known{shape.words.begin(), shape.words.end()};
  context.add(node.place, "spec.unknown_word",
              fmt::format("{}: '{}' is not one of {}", path.text(), node.text,
                          fmt::join(shape.words, ", ")),
              suggest(node.text, known, ""));
  return false;
}

bool check_list(Context& context, const Node& node, const Shape& shape, const Path& path) {
  bool good = true;
  for (const Node& item : node.items) good &= check(context, item, shape.options[0], path);
  if (static_cast<double>(node.items.size()) >= shape.minimum) return good;
  context.add(node.place, "spec.bad_value", fmt::format("{}: the list is empty", path.text()));
  return false;
}

/// A bad key is told, but what stands below it is still read.
bool check_map(Context& context, const Node& node, const Shape& shape, const Path& path) {
  bool good = true;
  for (const Member& member : node.members) {
    if (!shape.form.matches(member.key)) {
      context.add(member.place, "spec.bad_name",
                  fmt::format("{}: '{}' is not {}", path.text(), member.key, shape.form.what));
    }
    if (shape.options[0].kind == Shape::Kind::object) continue;
    good &= check(context, member.value, shape.options[0], path / member.key);
  }
  return good;
}

void report_unknown_key(Context& context, const Member& member, const Path& path,
                        const ObjectInfo& info) {
  if (context.problems.is_full()) return context.add(member.place, "spec.unknown_key", {});
  const std::string where = path.text().empty() ? std::string{info.name} : path.text();
  if (std::ranges::find(info.later, member.key) != info.later.end()) {
    context.add(member.place, "spec.not_supported",
                fmt::format("{}: this version does not know '{}' yet", where, member.key),
                "remove it, or use a version that has it (`dandori --version`)");
    return;
  }
  if (member.key == "<<") {
    context.add(member.place, "spec.unknown_key", fmt::format("{}: there is no key '<<'", where),
                "YAML 1.2 has no merge keys: put what jobs share into `defaults:`");
    return;
  }
  std::vector<std::string> known;
  for (const FieldInfo& field : info.fields) known.emplace_back(field.key);
  context.add(member.place, "spec.unknown_key",
              fmt::format("{}: there is no key '{}'", where, member.key),
              suggest(member.key, known, "keys here"));
}

}  // namespace

std::string Path::text() const {
  if (parent == nullptr) return std::string{key};
  std::string out = parent->text();
  if (!out.empty()) out += '.';
  out += key;
  return out;
}

std::string suggest(std::string_view word, const std::vector<std::string>& known,
                    std::string_view known_label) {
  std::string out;
  std::optional<std::string> near = nearest(word, known);
  if (!near && word.size() > 1) {  // a word that stopped half way
    const auto longer =
        std::ranges::find_if(known, [&](const std::string& one) { return one.starts_with(word); });
    if (longer != known.end()) near = *longer;
  }
  if (near) out = fmt::format("did you mean '{}'?", *near);
  if (known_label.empty() || known.empty()) return out;
  const std::size_t shown = std::min(known.size(), out.empty() ? known.size() : kSuggestedMax);
  const std::size_t listed = std::min(shown, std::size_t{40});
  if (!out.empty()) out += ' ';
  out += fmt::format(
      "{}: {}", known_label,
      fmt::join(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(listed), ", "));
  if (listed < known.size()) out += fmt::format(", … ({} in all)", known.size());
  return out;
}

bool check(Context& context, const Node& node, const Shape& shape, const Path& path) {
  if (!takes(shape, node)) return wrong_type(context, node, shape, path);
  switch (shape.kind) {
    case Shape::Kind::text:
      return check_text(context, node, shape, path);
    case Shape::Kind::script:
      return check_script(context, node, path);
    case Shape::Kind::integer:
    case Shape::Kind::number:
      return check_range(context, node, shape, path);
    case Shape::Kind::duration:
      return check_duration(context, node, shape, path);
    case Shape::Kind::word:
      return check_word(context, node, shape, path);
    case Shape::Kind::list:
      return check_list(context, node, shape, path);
    case Shape::Kind::map:
      return check_map(context, node, shape, path);
    case Shape::Kind::choice:
      return check(context, node,
                   *std::ranges::find_if(shape.options,
                                         [&](const Shape& option) { return takes(option, node); }),
                   path);
    case Shape::Kind::template_text:
    case Shape::Kind::boolean:
    case Shape::Kind::any:
    case Shape::Kind::object:
      return true;
  }
  std::unreachable();
}

std::vector<const Node*> match_fields(Context& context, const Node& node, const Path& path,
                                      const ObjectInfo& info) {
  std::vector<const Node*> nodes(info.fields.size(), nullptr);
  std::vector<bool> seen(info.fields.size(), false);
  for (const Member& member : node.members) {
    const auto field = std::ranges::find(info.fields, member.key, &FieldInfo::key);
    if (field == info.fields.end()) {
      report_unknown_key(context, member, path, info);
      continue;
    }
    const auto index = static_cast<std::size_t>(field - info.fields.begin());
    seen[index] = true;
    if (check(context, member.value, field->shape, path / field->key)) nodes[index] = &member.value;
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!info.fields[i].required || seen[i]) continue;
    const std::string where = path.text().empty() ? std::string{info.name} : path.text();
    context.add(node.place, "spec.missing_key",
                fmt::format("{}: the key '{}' is missing", where, info.fields[i].key),
                fmt::format("'{}': {}", info.fields[i].key, info.fields[i].english));
  }
  return nodes;
}

bool read_bool(const Node& node) {
  return node.text[0] == 't' || node.text[0] == 'T';
}

std::int64_t read_integer(const Node& node) {
  return static_cast<std::int64_t>(read_number(node));
}

double read_number(const Node& node) {
  std::string_view text = node.text;
  const bool is_hex = text.starts_with("0x");
  if (is_hex || text.starts_with("0o")) {
    std::uint64_t value = 0;
    const auto parsed =
        std::from_chars(text.data() + 2, text.data() + text.size(), value, is_hex ? 16 : 8);
    return parsed.ec == std::errc{} ? static_cast<double>(value) : HUGE_VAL;
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool is_negative = text.starts_with('-');
  const std::string_view digits = is_negative ? text.substr(1) : text;
  if (digits.starts_with(".i") || digits.starts_with(".I"))
    return is_negative ? -HUGE_VAL : HUGE_VAL;
  double value = std::nan("");
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec == std::errc::result_out_of_range) return is_negative ? -HUGE_VAL : HUGE_VAL;
  return value;
}

Duration read_duration(const Node& node) {
  return parse_duration(node.text).value_or(Duration{0});
}

namespace {

/// The number in JSON's spelling: `+5`, `007`, `.5`, `1.` and `0x1F` are YAML's alone.
std::string json_number(const Node& node) {
  std::string_view text = node.text;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    std::uint64_t value = 0;
    std::from_chars(text.data() + 2, text.data() + text.size(), value, text[1] == 'x' ? 16 : 8);
    return fmt::to_string(value);
  }
  std::string out;
  if (text.starts_with('-')) out = "-";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9')
    text.remove_prefix(1);
  if (text.starts_with('.')) out += '0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool is_last = i + 1 == text.size();
    if (text[i] == '.' && (is_last || text[i + 1] == 'e' || text[i + 1] == 'E')) out += '0';
  }
  return out;
}

}  // namespace

Json read_json(Context& context, const Node& node, const Path& path) {
  switch (node.kind) {
    case NodeKind::null:
      return {};
    case NodeKind::boolean:
      return Json{read_bool(node)};
    case NodeKind::integer:
    case NodeKind::real: {
      const Result<Json> number = parse_json(json_number(node));
      if (number) return *number;
      context.add(node.place, "spec.bad_value",
                  fmt::format("{}: {} is no number that JSON can hold", path.text(), node.text),
                  "quote it to make it a text");
      return {};
    }
    case NodeKind::text:
      return Json{node.text};
    case NodeKind::list: {
      Json::Array items;
      items.reserve(node.items.size());
      for (const Node& item : node.items) items.push_back(read_json(context, item, path));
      return Json::array(std::move(items));
    }
    case NodeKind::map: {
      Json::Object members;
      members.reserve(node.members.size());
      for (const Member& member : node.members) {
        members.emplace_back(member.key, read_json(context, member.value, path / member.key));
      }
      return Json::object(std::move(members));
    }
  }
  std::unreachable();
}

model::Template read_template(Context& context, const Node& node, const Path& path) {
  model::Template out{node.text, node.text.find("${{") != std::string::npos};
  if (out.has_expression && !context.stored) {
    Place place = node.place;
    if (node.quoted && !node.block) ++place.column;
    context.expressions.push_back({.text = node.text,
                                   .path = path.text(),
                                   .place = place,
                                   .exact = !node.block && place.width > 1,
                                   .scope = context.scope,
                                   .job = context.job});
  }
  return out;
}

std::vector<const Node*> as_list(const Node& node) {
  if (node.kind != NodeKind::list) return {&node};
  std::vector<const Node*> items;
  for (const Node& item : node.items) items.push_back(&item);
  return items;
}

std::map<std::string, std::string> read_labels(const Node& node) {
  std::map<std::string, std::string> labels;
  for (const Member& member : node.members) labels[member.key] = member.value.text;
  return labels;
}

void read_env(Context& context, const Node& node, const Path& path, Env& env) {
  if (node.members.size() > kEnvMax) {
    context.add(
        node.place, "spec.too_many",
        fmt::format("{}: {} variables; {} are the most", path.text(), node.members.size(), kEnvMax),
        "hand many values over in a file or through stdin");
    return;
  }
  for (const Member& member : node.members) {
    model::Template value = read_template(context, member.value, path / member.key);
    const auto at = std::ranges::lower_bound(env, member.key, {}, &Env::value_type::first);
    if (at != env.end() && at->first == member.key) {
      at->second = std::move(value);
    } else {
      env.insert(at, {member.key, std::move(value)});
    }
  }
}

}  // namespace dandori::spec
