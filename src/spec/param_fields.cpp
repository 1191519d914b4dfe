#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "calendar/zone.h"
#include "spec/tables.h"

namespace dandori::spec {

namespace {

using model::Param;
using model::ParamType;

/// `"00:00"`…`"47:59"`: hours past 24 belong to the business date they are written for.
bool is_clock_time(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return false;
  if (!is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[3]) || !is_digit(text[4]))
    return false;
  return (text[0] - '0') * 10 + (text[1] - '0') <= 47 && text[3] <= '5';
}

bool is_date(std::string_view text) {
  return parse_day(text).has_value();
}

bool fits(ParamType type, const Node& node) {
  switch (type) {
    case ParamType::string:
      return node.kind == NodeKind::text;
    case ParamType::integer: {
      return node.kind == NodeKind::integer && node.text.size() <= 20;
    }
    case ParamType::number:
      return node.kind == NodeKind::integer || node.kind == NodeKind::real;
    case ParamType::boolean:
      return node.kind == NodeKind::boolean;
    case ParamType::date:
      return node.kind == NodeKind::text && is_date(node.text);
    case ParamType::time:
      return node.kind == NodeKind::text && is_clock_time(node.text);
    case ParamType::list:
      return node.kind == NodeKind::list;
    case ParamType::object:
      return node.kind == NodeKind::map;
  }
  std::unreachable();
}

std::string_view describe_type(ParamType type) {
  switch (type) {
    case ParamType::string:
      return "a text";
    case ParamType::integer:
      return "a whole number";
    case ParamType::number:
      return "a number";
    case ParamType::boolean:
      return "true or false";
    case ParamType::date:
      return "a date such as \"2026-11-20\"";
    case ParamType::time:
      return "a clock time \"00:00\" to \"47:59\"";
    case ParamType::list:
      return "a list";
    case ParamType::object:
      return "a map";
  }
  std::unreachable();
}

bool has_expression(const Node& node) {
  return node.kind == NodeKind::text && node.text.find("${{") != std::string::npos;
}

}  // namespace

bool check_param_value(Context& context, const Param& param, const Node& node, const Path& path) {
  if (has_expression(node)) {
    const Scope before = std::exchange(context.scope, Scope::start);
    read_template(context, node, path);
    context.scope = before;
    return true;
  }
  if (!fits(param.type, node)) {
    const bool quotable =
        param.type == ParamType::string && node.is_scalar() && node.kind != NodeKind::null;
    context.add(node.place, "spec.wrong_type",
                fmt::format("{}: expected {}, found {}", path.text(), describe_type(param.type),
                            describe(node)),
                quotable ? fmt::format("quote it: \"{}\"", node.text) : "");
    return false;
  }
  if (param.choices.empty()) return true;
  if (std::ranges::find(param.choices, read_json(context, node, path)) != param.choices.end())
    return true;
  std::string choices;
  for (const Json& choice : param.choices) {
    if (choices.size() > 200) break;
    choices += (choices.empty() ? "" : ", ") + write_json(choice);
  }
  context.add(
      node.place, "spec.bad_value",
      fmt::format("{}: expected one of {}, found {}", path.text(), choices, describe(node)));
  return false;
}

const Table<Param>& param_table() {
  // The order matters: a default is checked against the type and the choices before it.
  static const Table<Param> table{
      "param",
      "A start parameter.",
      "起動時のパラメーター。",
      {{{"title", text(), "", "Name for people.", "表示名。"},
        [](Context&, const Node& node, const Path&, Param& out) { out.title = node.text; }},
       {{"type", words_of<ParamType>(), R"("string")", "Type of its values.", "値の型。"},
        [](Context&, const Node& node, const Path&, Param& out) {
          out.type = read_word<ParamType>(node);
        }},
       {{"enum", list_of(any_value(), 1), "", "The only values it takes; absent: any of the type.",
         "許される値。省略時は型に合うものすべて。"},
        [](Context& context, const Node& node, const Path& path, Param& out) {
          std::vector<Json> choices;
          for (const Node& item : node.items) {
            if (!check_param_value(context, out, item, path)) continue;
            choices.push_back(read_json(context, item, path));
          }
          out.choices = std::move(choices);
        }},
       {{"default", any_value(), "",
         "Value when the start gives none; absent: the start must give one.",
         "起動時に省略したときの値。この行がなければ必須。"},
        [](Context& context, const Node& node, const Path& path, Param& out) {
          out.required = false;
          if (!check_param_value(context, out, node, path)) return;
          out.default_value = read_json(context, node, path);
        }}},
      {"items"}};
  return table;
}

}  // namespace dandori::spec
