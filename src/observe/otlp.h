#pragma once

#include <span>
#include <string>
#include <string_view>

#include "observe/spans.h"

namespace dandori::observe {

/// The body of an OTLP/HTTP export request in its JSON encoding.
/// Source: OpenTelemetry protocol 1.x, opentelemetry/proto/collector/trace/v1.
std::string write_otlp(std::span<const Span> spans, std::string_view service,
                       std::string_view version);

}  // namespace dandori::observe
