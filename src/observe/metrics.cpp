#include "observe/metrics.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace dandori::observe {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

void write_counters(MetricsText& out, std::string_view name, std::string_view help,
                    const Counters& counters, std::string_view first, std::string_view second) {
  out.family(name, "counter", help);
  for (const auto& [labels, count] : counters.values()) {
    Labels named{{first, labels.first}};
    if (!second.empty()) named.emplace_back(second, labels.second);
    out.value(name, named, count);
  }
}

void write_counter(MetricsText& out, std::string_view name, std::string_view help,
                   const std::atomic<std::uint64_t>& count) {
  out.family(name, "counter", help);
  out.value(name, {}, count.load(kRelaxed));
}

void write_histogram(MetricsText& out, std::string_view name, std::string_view help,
                     const Histogram& histogram) {
  out.family(name, "histogram", help);
  out.histogram(name, {}, histogram);
}

}  // namespace

void Histogram::note(Duration took) {
  const std::int64_t us = std::max<std::int64_t>(took.count(), 0);
  const auto bound = std::ranges::lower_bound(kBounds, us);
  buckets_[static_cast<std::size_t>(bound - kBounds.begin())].fetch_add(1, kRelaxed);
  sum_us_.fetch_add(us, kRelaxed);
}

std::array<std::uint64_t, Histogram::kBounds.size() + 1> Histogram::cumulated() const {
  std::array<std::uint64_t, kBounds.size() + 1> counts{};
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += buckets_[i].load(kRelaxed);
    counts[i] = sum;
  }
  return counts;
}

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricsText::begin_sample(std::string_view name, const Labels& labels) {
  text_ += name;
  if (labels.empty()) return;
  char separator = '{';
  for (const auto& [label, value] : labels) {
    text_ += separator;
    text_ += label;
    text_ += "=\"";
    append_escaped(text_, value);
    text_ += '"';
    separator = ',';
  }
  text_ += '}';
}

void MetricsText::value(std::string_view name, const Labels& labels, double value) {
  begin_sample(name, labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void MetricsText::value(std::string_view name, const Labels& labels, std::uint64_t value) {
  begin_sample(name, labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void MetricsText::histogram(std::string_view name, const Labels& labels,
                            const Histogram& histogram) {
  const auto counts = histogram.cumulated();
  const std::string bucket = fmt::format("{}_bucket", name);
  Labels with_bound = labels;
  with_bound.emplace_back("le", "");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    with_bound.back().second =
        i == Histogram::kBounds.size()
            ? "+Inf"
            : fmt::format("{}", static_cast<double>(Histogram::kBounds.at(i)) / 1e6);
    value(bucket, with_bound, counts.at(i));
  }
  value(fmt::format("{}_sum", name), labels, histogram.sum_seconds());
  value(fmt::format("{}_count", name), labels, counts.back());
}

void Counters::add(std::string_view first, std::string_view second, std::uint64_t count) {
  const std::lock_guard lock{mutex_};
  const auto at = values_.find(std::pair{first, second});
  if (at != values_.end()) {
    at->second += count;
  } else {
    values_.emplace(std::pair{std::string{first}, std::string{second}}, count);
  }
}

std::map<std::pair<std::string, std::string>, std::uint64_t> Counters::values() const {
  const std::lock_guard lock{mutex_};
  return {values_.begin(), values_.end()};
}

void Metrics::note_request(std::string_view route, int status, Duration took, bool timed) {
  const std::string_view name = route.empty() ? "none" : route;
  requests_.add(name, std::to_string(status));
  if (!timed) return;
  const std::lock_guard lock{request_mutex_};
  auto at = request_seconds_.find(name);
  if (at == request_seconds_.end()) {
    at = request_seconds_
             .emplace(std::piecewise_construct, std::forward_as_tuple(name), std::tuple<>{})
             .first;
  }
  at->second.note(took);
}

void Metrics::write(MetricsText& out) const {
  write_histogram(out, "dandori_start_delay_seconds",
                  "From the planned instant of a scheduled run to its first process.", start_delay);
  write_histogram(out, "dandori_loop_seconds", "One turn of the engine.", loop);
  write_histogram(out, "dandori_commit_seconds", "One commit to the store.", commit);
  write_counters(out, "dandori_runs_total", "Runs that have ended.", runs, "state", "trigger");
  write_counters(out, "dandori_attempts_total", "Attempts that have ended.", attempts, "type",
                 "state");
  write_counter(out, "dandori_attempts_unknown_total", "Attempts whose fate is not known.",
                attempts_unknown);
  write_counters(out, "dandori_not_started_total", "Planned runs that were missed.", not_started,
                 "reason", {});
  write_counters(out, "dandori_http_requests_total", "Requests that were answered.", requests_,
                 "route", "code");
  out.family("dandori_http_request_seconds", "histogram",
             "From a whole request to its answer; streams are left out.");
  {
    const std::lock_guard lock{request_mutex_};
    for (const auto& [route, seconds] : request_seconds_) {
      out.histogram("dandori_http_request_seconds", {{"route", route}}, seconds);
    }
  }
  write_counter(out, "dandori_trace_spans_total", "Spans that a collector has taken.", spans_sent);
  write_counter(out, "dandori_trace_spans_dropped_total", "Spans that no collector took in time.",
                spans_dropped);
  write_counter(out, "dandori_facts_dropped_total",
                "Changes not counted above, as there were too many at once.", facts_dropped);
}

}  // namespace dandori::observe
