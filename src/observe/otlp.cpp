#include "observe/otlp.h"

#include <fmt/core.h>

namespace dandori::observe {

namespace {

constexpr int kInternal = 1, kServer = 2;  // SpanKind
constexpr int kError = 2;                  // Status.code

Json attribute(std::string_view key, const Json& value) {
  Json any = Json::object();
  if (value.is_bool()) {
    any.set("boolValue", value);
  } else if (value.is_integer()) {
    any.set("intValue", std::to_string(value.as_integer()));  // 64 bits are text in this encoding
  } else {
    any.set("stringValue", value.is_string() ? value : Json{write_json(value)});
  }
  return Json::object({{"key", key}, {"value", std::move(any)}});
}

std::string nanoseconds(Timestamp at) {
  return fmt::format("{}000", at.us);
}

Json span_json(const Span& span) {
  Json::Array attributes;
  for (const auto& [key, value] : span.attributes) attributes.push_back(attribute(key, value));
  Json out = Json::object({{"traceId", model::format_trace_id(span.trace)},
                           {"spanId", fmt::format("{:016x}", span.id)}});
  if (span.parent != 0) out.set("parentSpanId", fmt::format("{:016x}", span.parent));
  out.set("name", span.name);
  out.set("kind", span.is_entry ? kServer : kInternal);
  out.set("startTimeUnixNano", nanoseconds(span.start));
  out.set("endTimeUnixNano", nanoseconds(span.end));
  out.set("attributes", Json::array(std::move(attributes)));
  Json status = Json::object();
  if (span.is_error) {
    status.set("code", kError);
    if (!span.message.empty()) status.set("message", span.message);
  }
  out.set("status", std::move(status));
  return out;
}

}  // namespace

std::string write_otlp(std::span<const Span> spans, std::string_view service,
                       std::string_view version) {
  Json::Array all;
  for (const Span& span : spans) all.push_back(span_json(span));
  Json scope = Json::object({{"name", "dandori"}, {"version", version}});
  Json scope_spans =
      Json::object({{"scope", std::move(scope)}, {"spans", Json::array(std::move(all))}});
  Json resource = Json::object(
      {{"attributes",
        Json::array({attribute("service.name", service), attribute("service.version", version)})}});
  Json resource_spans = Json::object(
      {{"resource", std::move(resource)}, {"scopeSpans", Json::array({std::move(scope_spans)})}});
  return write_json(Json::object({{"resourceSpans", Json::array({std::move(resource_spans)})}}));
}

}  // namespace dandori::observe
