// What is made of a commit: counts, lines of the log, spans.
#include "observe/observer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/log.h"
#include "observe/otlp.h"

using namespace dandori;
using namespace dandori::observe;

namespace {

const RunId kRun{Uuid{0x0192'f0c4'a1b2'7c3dULL, 0x8e4f'0011'2233'4455ULL}};
const Timestamp kAt = *parse_rfc3339("2026-11-20T22:00:00Z");

model::Run make_run(model::RunState state) {
  model::Run run;
  run.id = kRun;
  run.number = 3;
  run.workflow = "nightly";
  run.revision = 2;
  run.state = state;
  run.origin = model::Origin::schedule;
  run.scheduled_for = kAt;
  run.created_at = kAt + 1s;
  run.started_at = kAt + 1s;
  run.ended_at = model::is_ended(state) ? kAt + 60s : Timestamp{};
  return run;
}

model::AttemptRow make_attempt(model::AttemptState state, model::FailureKind failure) {
  model::AttemptRow row;
  row.path = "load";
  row.attempt.ref = {kRun, 0, 1};
  row.attempt.state = state;
  row.attempt.failure = failure;
  row.attempt.agent = "local";
  row.attempt.sequence = 4;
  row.attempt.assigned_at = kAt + 1s;
  row.attempt.started_at = kAt + 2s;
  row.attempt.ended_at = kAt + 50s;
  row.attempt.exit.exit_code = 3;
  return row;
}

model::JournalLine line(std::string kind, std::string job, std::string state) {
  model::JournalRow row;
  row.seq = 9;
  row.at = kAt + 50s;
  row.run = kRun;
  row.kind = std::move(kind);
  row.job = std::move(job);
  row.attempt = row.job.empty() ? 0 : 1;
  if (!state.empty()) row.body = Json::object({{"state", state}});
  return {row};
}

/// A run that fails: first it is created, then everything else happens in one commit.
std::vector<model::Batch> story() {
  model::JobRow job{.run = kRun, .path = "load", .job = 0, .state = {}};
  job.state.phase = model::JobRun::Phase::ended;
  job.state.ready_at = kAt + 1s;
  job.state.attempts = 1;
  return {{1, {model::RunRow{make_run(model::RunState::running)}, line("run.created", "", "")}},
          {1,
           {job, make_attempt(model::AttemptState::failed, model::FailureKind::exit),
            model::RunEndedRow{make_run(model::RunState::failed)},
            line("job.ended", "load", "failed"), line("run.ended", "", "failed")}}};
}

std::string text_of(const Metrics& metrics) {
  MetricsText out;
  metrics.write(out);
  return out.take();
}

}  // namespace

TEST_CASE("runs and attempts are counted once they have ended, with the delay of the start") {
  Metrics metrics;
  Reader reader{metrics, nullptr, {}};
  for (const model::Batch& batch : story()) reader.take(batch);
  const std::string text = text_of(metrics);
  CHECK(text.contains("dandori_runs_total{state=\"failed\",trigger=\"schedule\"} 1\n"));
  CHECK(text.contains("dandori_attempts_total{type=\"shell\",state=\"failed\"} 1\n"));
  CHECK(text.contains("dandori_start_delay_seconds_sum 2\n"));
  CHECK(text.contains("dandori_start_delay_seconds_count 1\n"));
}

TEST_CASE("an attempt that is written again is counted once") {
  Metrics metrics;
  Reader reader{metrics, nullptr, {}};
  reader.take(story()[0]);
  const auto row = make_attempt(model::AttemptState::lost, model::FailureKind::lost);
  reader.take({1, {row}});
  reader.take({1, {row}});
  CHECK(metrics.attempts_unknown == 1);
}

TEST_CASE("missed starts are counted by their reason") {
  Metrics metrics;
  Reader reader{metrics, nullptr, {}};
  model::PlannedRow row;
  row.outcome.state = model::PlannedState::missed;
  row.outcome.reason = model::MissReason::overlap;
  reader.take({1, {row}});
  CHECK(text_of(metrics).contains("dandori_not_started_total{reason=\"overlap\"} 1\n"));
}

TEST_CASE("a run that was active before the server started is asked for once") {
  Metrics metrics;
  int asked = 0;
  Reader reader{metrics, nullptr, [&](RunId) {
                  ++asked;
                  return std::optional{make_run(model::RunState::running)};
                }};
  const auto rest = story()[1];
  reader.take({1, {rest.changes[1]}});
  reader.take({1, {rest.changes[1]}});
  CHECK(asked == 1);
  CHECK(text_of(metrics).contains("dandori_attempts_total{type=\"shell\",state=\"failed\"} 1\n"));
  CHECK(text_of(metrics).contains("dandori_start_delay_seconds_count 0\n"));
}

TEST_CASE("a start is delayed by the first process only: not by reruns, nor by an earlier server") {
  const model::AttemptRow late = [] {
    model::AttemptRow row = make_attempt(model::AttemptState::running, model::FailureKind::none);
    row.attempt.started_at = kAt + 24h;
    return row;
  }();
  const auto count_after = [&](std::vector<model::Batch> batches) {
    Metrics metrics;
    Reader reader{metrics, nullptr, {}};
    for (const model::Batch& batch : batches) reader.take(batch);
    const std::string text = text_of(metrics);
    return text.contains("dandori_start_delay_seconds_count 1\n");
  };
  model::Run rerun = make_run(model::RunState::running);
  rerun.reruns = 1;
  rerun.ended_at = {};
  CHECK_FALSE(count_after({{1, {model::RunReopenedRow{rerun}, late}}}));
  std::vector<model::Batch> ended_and_rerun = story();
  ended_and_rerun.push_back({1, {model::RunReopenedRow{rerun}, late}});
  CHECK(count_after(ended_and_rerun));  // of the first start alone
  // Known to the server before: it comes into sight by a row of its own.
  CHECK_FALSE(count_after({{1, {model::RunRow{make_run(model::RunState::running)}, late}}}));
  // Created before, begun now.
  model::Run waits = make_run(model::RunState::queued);
  waits.started_at = {};
  CHECK(count_after({{1, {model::RunRow{waits}}},
                     {1, {model::RunRow{make_run(model::RunState::running)}, late}}}));
  CHECK(count_after(
      {{1,
        {model::RunRow{make_run(model::RunState::running)}, line("run.started", "", ""), late}}}));
}

TEST_CASE("one log line a fact, with run, job and attempt; what ends well is for debugging") {
  std::vector<std::string> lines;
  set_log_sink([&](LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
    std::string text = std::string{event} + (level == LogLevel::warning ? "!" : "");
    for (const LogField& field : fields) {
      if (field.key != "run" && field.key != "seq")
        text += " " + std::string{field.key} + "=" + field.value;
    }
    lines.push_back(text);
  });
  Metrics metrics;
  Reader reader{metrics, nullptr, {}};
  for (const model::Batch& batch : story()) reader.take(batch);
  reader.take({1, {line("job.ended", "load", "succeeded")}});
  set_log_sink({});
  CHECK(lines ==
        std::vector<std::string>{"run.created run_name=nightly#3",
                                 "job.ended! run_name=nightly#3 job=load attempt=1 state=failed",
                                 "run.ended! run_name=nightly#3 state=failed"});
}

TEST_CASE("one span a run, job and attempt, each within the one above") {
  const model::Run run = make_run(model::RunState::failed);
  const Span top = span_of(run);
  const Span job = span_of(run, "load", 0, model::JobState::failed, kAt + 1s, kAt + 50s, 1);
  const auto row = make_attempt(model::AttemptState::failed, model::FailureKind::exit);
  const Span attempt = span_of(run, row.attempt, "load");
  CHECK((top.parent == 0 && job.parent == top.id && attempt.parent == job.id));
  CHECK((top.trace == kRun.value && job.trace == top.trace && attempt.trace == top.trace));
  CHECK((top.is_error && job.is_error && attempt.is_error));
  CHECK((top.start <= job.start && job.start <= attempt.start && attempt.end <= job.end));
  CHECK(attempt.id == model::attempt_span(row.attempt.ref));
  model::Run again = run;
  again.reruns = 1;
  CHECK(span_of(again).id != top.id);
  CHECK(span_of(again).trace == top.trace);
}

TEST_CASE("OTLP in JSON: ids in hex, 64 bits as text, an error only where there is one") {
  const model::Run run = make_run(model::RunState::failed);
  const std::vector<Span> spans{span_of(run)};
  const auto body = parse_json(write_otlp(spans, "dandori", "1.0"));
  REQUIRE(body);
  const Json& resource = (*body)["resourceSpans"].items()[0];
  const Json& span = resource["scopeSpans"].items()[0]["spans"].items()[0];
  CHECK(span.text_or("traceId", "") == "0192f0c4a1b27c3d8e4f001122334455");
  CHECK(span.text_or("spanId", "").size() == 16);
  CHECK(span.find("parentSpanId") == nullptr);
  CHECK(span.text_or("startTimeUnixNano", "") == "1795212001000000000");
  CHECK(span["status"].integer_or("code", 0) == 2);
  const auto& attributes = span["attributes"].items();
  const auto has = [&](std::string_view key, std::string_view kind, std::string_view value) {
    return std::ranges::any_of(attributes, [&](const Json& one) {
      return one.text_or("key", "") == key && one["value"].text_or(kind, "") == value;
    });
  };
  CHECK(has("cicd.pipeline.name", "stringValue", "nightly"));
  CHECK(has("cicd.pipeline.result", "stringValue", "failure"));
  CHECK(has("dandori.workflow.revision", "intValue", "2"));
  CHECK(write_otlp(spans, "dandori", "1.0").contains("\"service.name\""));
}

TEST_CASE("where spans go is read as OpenTelemetry names it") {
  const auto read = [](std::string endpoint, std::map<std::string, std::string> variables) {
    return read_exporter(endpoint, [variables](const char* name) {
      const auto at = variables.find(name);
      return at == variables.end() ? std::string{} : at->second;
    });
  };
  CHECK(read("", {})->endpoint == "");
  CHECK(read("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/"}})->endpoint ==
        "http://c:4318/v1/traces");
  CHECK(read("", {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:1/x"}})->endpoint ==
        "http://c:1/x");
  CHECK(read("http://flag:1", {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:1/x"}})->endpoint ==
        "http://flag:1/v1/traces");
  CHECK(read("http://c:1", {{"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20x, a=b"}})
            ->headers.value("authorization") == "Bearer x");
  const auto secure = read("https://c:1", {});
  REQUIRE(!secure);
  CHECK(secure.error().code == "server.otlp_endpoint");
}
