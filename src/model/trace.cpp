#include "model/trace.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/hash.h"

namespace dandori::model {

namespace {

constexpr std::uint64_t kRunMark = 0x72756E;  // so that a run's span is no attempt's
constexpr std::uint64_t kJobMark = 0x6A6F62;

std::uint64_t not_zero(std::uint64_t id) {
  return id == 0 ? 1 : id;
}

std::optional<std::uint64_t> read_hex(std::string_view text) {
  const bool is_hex = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (!is_hex || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  // 00-TRACE-SPAN-FLAGS; later versions may have more behind it.
  const bool has_form = text.size() >= 55 && text[2] == '-' && text[35] == '-' && text[52] == '-';
  if (!has_form) return std::nullopt;
  const auto version = read_hex(text.substr(0, 2));
  const auto high = read_hex(text.substr(3, 16)), low = read_hex(text.substr(19, 16));
  const auto span = read_hex(text.substr(36, 16)), flags = read_hex(text.substr(53, 2));
  if (!version || !high || !low || !span || !flags || *version == 0xFF) return std::nullopt;
  const bool is_whole = *version == 0 ? text.size() == 55 : text.size() == 55 || text[55] == '-';
  if (!is_whole || (*high == 0 && *low == 0) || *span == 0) return std::nullopt;
  return TraceContext{Uuid{*high, *low}, *span, static_cast<std::uint8_t>(*flags)};
}

std::string format_traceparent(const TraceContext& context) {
  return fmt::format("00-{}-{:016x}-{:02x}", format_trace_id(context.trace), context.span,
                     context.flags);
}

TraceContext trace_of(const Run& run) {
  if (const auto from = parse_traceparent(run.traceparent)) return *from;
  return {run.id.value, 0, 1};
}

std::uint64_t run_span(RunId run, std::uint32_t reruns) {
  return not_zero(mix64(run.value.high, mix64(run.value.low, mix64(kRunMark, reruns))));
}

std::uint64_t job_span(RunId run, std::uint32_t job, std::uint32_t reruns) {
  const std::uint64_t mark = mix64(kJobMark, mix64(job, reruns));
  return not_zero(mix64(run.value.high, mix64(run.value.low, mark)));
}

std::uint64_t attempt_span(const AttemptRef& attempt) {
  return not_zero(mix64(attempt.run.value.high,
                        mix64(attempt.run.value.low, mix64(attempt.job, attempt.number))));
}

std::string format_trace_id(Uuid trace) {
  return fmt::format("{:016x}{:016x}", trace.high, trace.low);
}

}  // namespace dandori::model
