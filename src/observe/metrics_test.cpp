#include "observe/metrics.h"

#include <doctest/doctest.h>

using namespace dandori;
using namespace dandori::observe;

TEST_CASE("a histogram counts each value at its bound and all above") {
  Histogram histogram;
  for (const Duration took : {Duration{50us}, Duration{100us}, Duration{3ms}, Duration{10min}}) {
    histogram.note(took);
  }
  const auto counts = histogram.cumulated();
  CHECK(counts.front() == 2);
  CHECK(counts[4] == 2);  // 2.5 ms
  CHECK(counts[5] == 3);  // 5 ms
  CHECK(counts[Histogram::kBounds.size() - 1] == 3);
  CHECK(counts.back() == 4);
  CHECK(histogram.sum_seconds() > 600);
}

TEST_CASE("the text is what Prometheus reads") {
  MetricsText out;
  out.family("jobs_total", "counter", "Jobs.");
  out.value("jobs_total", {{"state", "a\"b\\c\nd"}}, std::uint64_t{7});
  Histogram histogram;
  histogram.note(1ms);
  out.family("took_seconds", "histogram", "Time.");
  out.histogram("took_seconds", {{"route", "/x"}}, histogram);
  const std::string text = out.take();
  CHECK(
      text.starts_with("# HELP jobs_total Jobs.\n# TYPE jobs_total counter\n"
                       "jobs_total{state=\"a\\\"b\\\\c\\nd\"} 7\n"));
  CHECK(text.contains("took_seconds_bucket{route=\"/x\",le=\"0.0005\"} 0\n"));
  CHECK(text.contains("took_seconds_bucket{route=\"/x\",le=\"0.001\"} 1\n"));
  CHECK(text.contains("took_seconds_bucket{route=\"/x\",le=\"+Inf\"} 1\n"));
  CHECK(text.contains("took_seconds_sum{route=\"/x\"} 0.001\n"));
  CHECK(text.ends_with("took_seconds_count{route=\"/x\"} 1\n"));
}

TEST_CASE("requests are counted by route and code, and timed unless they stream") {
  Metrics metrics;
  metrics.note_request("/api/v1/runs", 200, 2ms, true);
  metrics.note_request("/api/v1/runs", 200, 2ms, true);
  metrics.note_request("/api/v1/events", 200, 2ms, false);
  metrics.note_request("", 404, 2ms, true);
  MetricsText out;
  metrics.write(out);
  const std::string text = out.take();
  CHECK(text.contains("dandori_http_requests_total{route=\"/api/v1/runs\",code=\"200\"} 2\n"));
  CHECK(text.contains("dandori_http_requests_total{route=\"none\",code=\"404\"} 1\n"));
  CHECK(text.contains("dandori_http_request_seconds_count{route=\"/api/v1/runs\"} 2\n"));
  CHECK(!text.contains("dandori_http_request_seconds_count{route=\"/api/v1/events\"}"));
}
