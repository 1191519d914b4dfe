#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/run.h"

namespace dandori::model {

/// A W3C trace context: the trace and the span that something belongs to.
struct TraceContext {
  Uuid trace;
  std::uint64_t span = 0;  ///< 0: none
  std::uint8_t flags = 1;  ///< 1: sampled
  bool operator==(const TraceContext&) const = default;
};

/// Reads a `traceparent`; nullopt where it is none, which means: begin a new trace.
/// Source: W3C Trace Context, level 1.
std::optional<TraceContext> parse_traceparent(std::string_view text);
std::string format_traceparent(const TraceContext& context);

// Every run, job run and attempt is one span; their ids follow from what they are, so that the
// process of a job, the exporter and a restarted server name them alike.

/// The trace of a run and the span that it is part of: that of who started it, else its own.
TraceContext trace_of(const Run& run);
/// A rerun is a new span in the same trace.
std::uint64_t run_span(RunId run, std::uint32_t reruns);
std::uint64_t job_span(RunId run, std::uint32_t job, std::uint32_t reruns);
std::uint64_t attempt_span(const AttemptRef& attempt);

/// 32 hex digits.
std::string format_trace_id(Uuid trace);

}  // namespace dandori::model
