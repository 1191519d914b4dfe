#include "engine/params.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "calendar/zone.h"
#include "engine/expressions.h"

namespace dandori::engine {

using model::Param;
using model::ParamType;

namespace {

constexpr std::size_t kShownMax = 60;

std::string shown(const Json& value) {
  std::string text = write_json(value);
  if (text.size() <= kShownMax) return text;
  std::size_t end = kShownMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "…";
}

std::unexpected<Error> bad_type(const Param& param, const Json& value, std::string_view example) {
  return fail("param.bad_type",
              fmt::format("parameter '{}' must be of type {}, not {}", param.name,
                          to_string(param.type), shown(value)),
              fmt::format("for example {}", example), "/params/" + param.name);
}

/// `HH:MM` or `HH:MM:SS`.
bool is_time(std::string_view text) {
  if (text.size() != 5 && text.size() != 8) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool colon = i == 2 || i == 5;
    if (colon ? text[i] != ':' : (text[i] < '0' || text[i] > '9')) return false;
  }
  const auto number = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
  return number(0) < 48 && number(3) < 60 && (text.size() == 5 || number(6) < 60);
}

/// Text that a command line or a form gave for a value of another kind.
Json read_text(const Json& value) {
  if (!value.is_string()) return value;
  Result<Json> parsed = parse_json(value.as_string());
  return parsed ? std::move(*parsed) : value;
}

Result<Json> typed_value(const Param& param, const Json& value) {
  switch (param.type) {
    case ParamType::string:
      if (value.is_string()) return value;
      return bad_type(param, value, "\"text\"");
    case ParamType::integer: {
      const Json read = read_text(value);
      if (read.is_integer()) return read;
      return bad_type(param, value, "42");
    }
    case ParamType::number: {
      const Json read = read_text(value);
      if (read.is_number()) return read;
      return bad_type(param, value, "4.2");
    }
    case ParamType::boolean: {
      const Json read = read_text(value);
      if (read.is_bool()) return read;
      return bad_type(param, value, "true");
    }
    case ParamType::date:
      if (value.is_string() && parse_day(value.as_string())) return value;
      return bad_type(param, value, "\"2026-11-20\"");
    case ParamType::time:
      if (value.is_string() && is_time(value.as_string())) return value;
      return bad_type(param, value, "\"20:00\"");
    case ParamType::list: {
      const Json read = read_text(value);
      if (read.is_array()) return read;
      return bad_type(param, value, "[\"a\", \"b\"]");
    }
    case ParamType::object: {
      const Json read = read_text(value);
      if (read.is_object()) return read;
      return bad_type(param, value, "{\"key\": \"value\"}");
    }
  }
  return bad_type(param, value, "a value");
}

std::string names_of(const std::vector<Param>& params) {
  std::vector<std::string> names;
  for (const Param& param : params) names.push_back(param.name);
  return names.empty() ? "this workflow has none"
                       : fmt::format("parameters: {}", fmt::join(names, ", "));
}

Result<void> refuse_unknown(const model::Workflow& workflow, const Json& given) {
  if (!given.is_object()) return {};
  for (const auto& [name, value] : given.members()) {
    const bool known = std::any_of(workflow.params.begin(), workflow.params.end(),
                                   [&](const Param& param) { return param.name == name; });
    if (known) continue;
    return fail("param.unknown",
                fmt::format("workflow '{}' has no parameter '{}'", workflow.name, name),
                names_of(workflow.params), "/params/" + name);
  }
  return {};
}

Result<Json> default_of(const State& state, const model::Run& draft, const Param& param) {
  if (!param.default_value.is_string()) return param.default_value;
  const std::string& text = param.default_value.as_string();
  if (text.find("${{") == std::string::npos) return param.default_value;
  Result<Json> value = evaluate(text, Context{state, draft, nullptr, nullptr});
  if (value) return typed_param(param, *value);
  Error error = value.error();
  error.message = fmt::format("default of parameter '{}': {}", param.name, error.message);
  error.path = "/params/" + param.name;
  return std::unexpected(std::move(error));
}

}  // namespace

Result<Json> typed_param(const Param& param, const Json& value) {
  Result<Json> typed = typed_value(param, value);
  if (!typed || param.choices.empty()) return typed;
  if (std::find(param.choices.begin(), param.choices.end(), *typed) != param.choices.end())
    return typed;
  std::vector<std::string> choices;
  for (const Json& choice : param.choices) choices.push_back(write_json(choice));
  return fail("param.not_allowed",
              fmt::format("parameter '{}' must not be {}", param.name, shown(*typed)),
              fmt::format("allowed: {}", fmt::join(choices, ", ")), "/params/" + param.name);
}

Result<Json> resolve_params(const State& state, const model::Run& draft, const Json& given) {
  const model::Workflow& workflow = *draft.definition;
  if (!given.is_null() && !given.is_object()) {
    return fail("param.bad_type", "the parameters must be an object", "{\"name\": value}",
                "/params");
  }
  if (const Result<void> known = refuse_unknown(workflow, given); !known) {
    return std::unexpected(known.error());
  }
  model::Run resolved = draft;
  resolved.params = Json::object();
  for (const Param& param : workflow.params) {
    const Json* value = given.find(param.name);
    if (value == nullptr && param.required) {
      return fail("param.missing",
                  fmt::format("workflow '{}' needs the parameter '{}' ({})", workflow.name,
                              param.name, to_string(param.type)),
                  fmt::format("give it with --param {}=VALUE", param.name),
                  "/params/" + param.name);
    }
    Result<Json> typed =
        value != nullptr ? typed_param(param, *value) : default_of(state, resolved, param);
    if (!typed) return std::unexpected(typed.error());
    resolved.params.set(param.name, std::move(*typed));
  }
  return resolved.params;
}

}  // namespace dandori::engine
