#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "spec/spec.h"
#include "spec/tables.h"

namespace dandori::spec {

namespace {

constexpr std::string_view kDurationPattern =
    "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$|^P([0-9]+W|([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9.]+S)?)?)"
    "$";

/// Collects the objects that a schema refers to.
class Writer {
 public:
  Json object(const ObjectInfo& info) {
    Json properties = Json::object();
    Json::Array required;
    for (const FieldInfo& field : info.fields) {
      Json property = shape(field.shape);
      property.set("description", field.english);
      property.set("x-description-ja", field.japanese);
      if (!field.default_text.empty()) property.set("default", *parse_json(field.default_text));
      properties.set(field.key, std::move(property));
      if (field.required) required.emplace_back(field.key);
    }
    Json out = Json::object({{"type", "object"},
                             {"description", info.english},
                             {"x-description-ja", info.japanese},
                             {"properties", std::move(properties)},
                             {"additionalProperties", false}});
    if (!required.empty()) out.set("required", Json::array(std::move(required)));
    return out;
  }

  Json take_definitions() { return std::exchange(definitions_, Json::object()); }

 private:
  Json refer(const ObjectInfo& info) {
    if (seen_.insert(info.name).second) definitions_.set(info.name, object(info));
    return Json::object({{"$ref", fmt::format("#/$defs/{}", info.name)}});
  }

  Json map(const Shape& of) {
    return Json::object({{"type", "object"},
                         {"propertyNames", Json::object({{"pattern", of.form.pattern}})},
                         {"additionalProperties", shape(of.options[0])}});
  }

  Json list(const Shape& of) {
    Json out = Json::object({{"type", "array"}, {"items", shape(of.options[0])}});
    if (of.minimum > 0) out.set("minItems", static_cast<std::int64_t>(of.minimum));
    return out;
  }

  Json choice(const Shape& of) {
    if (of.options.size() == 1) return shape(of.options[0]);
    Json::Array options;
    for (const Shape& option : of.options) options.push_back(shape(option));
    return Json::object({{"anyOf", Json::array(std::move(options))}});
  }

  static Json range(std::string_view type, const Shape& of) {
    const auto bound = [](double value) { return Json{static_cast<std::int64_t>(value)}; };
    return Json::object(
        {{"type", type}, {"minimum", bound(of.minimum)}, {"maximum", bound(of.maximum)}});
  }

  static Json word(const Shape& of) {
    Json::Array allowed;
    for (const std::string_view one : of.words) allowed.emplace_back(one);
    return Json::object({{"type", "string"}, {"enum", Json::array(std::move(allowed))}});
  }

  Json shape(const Shape& of) {
    switch (of.kind) {
      case Shape::Kind::text: {
        Json out = Json::object({{"type", "string"}});
        if (!of.form.pattern.empty()) out.set("pattern", of.form.pattern);
        return out;
      }
      case Shape::Kind::template_text:
      case Shape::Kind::script:
        return Json::object({{"type", Json::array({"string", "number", "boolean"})}});
      case Shape::Kind::integer:
        return range("integer", of);
      case Shape::Kind::number:
        return range("number", of);
      case Shape::Kind::boolean:
        return Json::object({{"type", "boolean"}});
      case Shape::Kind::duration:
        return Json::object({{"type", "string"}, {"pattern", kDurationPattern}});
      case Shape::Kind::word:
        return word(of);
      case Shape::Kind::any:
        return Json::object();
      case Shape::Kind::list:
        return list(of);
      case Shape::Kind::map:
        return map(of);
      case Shape::Kind::object:
        return refer(*of.object);
      case Shape::Kind::choice:
        return choice(of);
    }
    std::unreachable();
  }

  std::set<std::string_view> seen_;
  Json definitions_ = Json::object();
};

const ObjectInfo* find_kind(std::string_view name) {
  for (const ObjectInfo* info : {static_cast<const ObjectInfo*>(&workflow_table()),
                                 static_cast<const ObjectInfo*>(&calendar_table()),
                                 static_cast<const ObjectInfo*>(&business_date_table()),
                                 static_cast<const ObjectInfo*>(&variable_table()),
                                 static_cast<const ObjectInfo*>(&folder_table())}) {
    if (info->name == name) return info;
  }
  return nullptr;
}

}  // namespace

Result<std::string> schema(std::string_view kind) {
  const std::string name = lower(kind);
  const ObjectInfo* info = find_kind(name);
  if (info == nullptr) {
    return fail("spec.unknown_kind",
                fmt::format("there is no kind '{}'", to_valid_utf8(kind.substr(0, 40))),
                "kinds: Workflow, Calendar, BusinessDate, Folder, Variable");
  }
  Writer writer;
  const Json body = writer.object(*info);
  Json out = Json::object({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                           {"$id", fmt::format("urn:dandori:v1:{}", name)},
                           {"title", fmt::format("dandori {}", name)}});
  for (const auto& [key, value] : body.members()) out.set(key, value);
  if (Json definitions = writer.take_definitions(); definitions.size() > 0) {
    out.set("$defs", std::move(definitions));
  }
  return write_json_pretty(out) + "\n";
}

}  // namespace dandori::spec
