#include "model/trace.h"

#include <doctest/doctest.h>

using namespace dandori;
using namespace dandori::model;

TEST_CASE("a traceparent is read as it is written, and what is none begins a new trace") {
  const std::string text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto read = parse_traceparent(text);
  REQUIRE(read);
  CHECK(read->span == 0x00f067aa0ba902b7ULL);
  CHECK(format_traceparent(*read) == text);
  CHECK(parse_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later"));
  for (const char* none :
       {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01"}) {
    CHECK_MESSAGE(!parse_traceparent(none), none);
  }
}

TEST_CASE("runs, jobs and attempts have spans of their own that never change") {
  const RunId run{Uuid{1, 2}};
  CHECK(run_span(run, 0) != run_span(run, 1));
  CHECK(job_span(run, 0, 0) != job_span(run, 1, 0));
  CHECK(job_span(run, 0, 0) != job_span(run, 0, 1));
  CHECK(attempt_span({run, 0, 1}) != attempt_span({run, 0, 2}));
  CHECK(attempt_span({run, 0, 1}) != job_span(run, 0, 1));
  Run of;
  of.id = run;
  CHECK(trace_of(of) == TraceContext{run.value, 0, 1});
  of.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
  CHECK(format_traceparent(trace_of(of)) == of.traceparent);
}
