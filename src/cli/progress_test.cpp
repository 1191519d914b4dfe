#include "cli/progress.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "cli/cli.h"
#include "cli/progress_view.h"

namespace dandori::cli {

namespace {

Json json_of(std::string_view text) {
  return parse_json(text).value();
}

Json run_of_two() {
  return json_of(R"({"name": "nightly#1", "state": "running", "jobs": [
    {"job": "load", "title": "売上の取込", "state": "wait_pool", "attempt": 0, "attempts": []},
    {"job": "report", "title": "", "state": "wait_pred", "attempt": 0, "attempts": []}]})");
}

Json event(int seq, std::string_view at, std::string_view kind, std::string_view job = "",
           int attempt = 0, std::string_view body = "{}") {
  return json_of(fmt::format(R"({{"seq": {}, "at": "2026-11-20T{}Z", "kind": "{}", "job": "{}",
                                  "attempt": {}, "body": {}}})",
                             seq, at, kind, job, attempt, body));
}

Console english() {
  static Globals globals;
  globals.lang = "en";
  globals.no_color = true;
  return Console{globals};
}

}  // namespace

TEST_CASE("a job starts and ends by its events, and the time it took is theirs") {
  Progress progress{std::nullopt};
  progress.load(run_of_two());
  std::size_t job = 9;
  CHECK(progress.take(event(1, "13:00:00", "run.started"), job) == Change::run_state);
  CHECK(progress.take(event(2, "13:00:01", "job.started", "load", 1), job) == Change::job);
  CHECK(job == 0);
  CHECK(progress.jobs()[0].state == "running");
  CHECK(progress.take(
            event(3, "13:00:03", "job.ended", "load", 1, R"({"state": "failed", "exit_code": 3})"),
            job) == Change::job);
  CHECK(progress.jobs()[0].state == "failed");
  CHECK(progress.jobs()[0].took == Duration{std::chrono::seconds{2}});
  CHECK(progress.jobs()[0].exit_code == 3);
  CHECK(progress.ended_jobs() == 1);
  CHECK(job_line(english(), progress.jobs()[0], std::nullopt) ==
        "✕ load  売上の取込  failed  2.0s  exit code 3");
}

TEST_CASE("an event that comes twice changes nothing") {
  Progress progress{std::nullopt};
  progress.load(run_of_two());
  std::size_t job = 0;
  CHECK(progress.take(event(2, "13:00:01", "job.started", "load", 1), job) == Change::job);
  CHECK(progress.take(event(2, "13:00:01", "job.started", "load", 1), job) == Change::none);
}

TEST_CASE("events of the execution before a rerun are not shown again") {
  Progress progress{parse_rfc3339("2026-11-20T14:00:00Z").value()};
  progress.load(run_of_two());
  std::size_t job = 0;
  CHECK(progress.take(event(5, "13:00:03", "job.ended", "load", 1, R"({"state": "failed"})"),
                      job) == Change::none);
  CHECK(progress.take(event(6, "13:00:03", "run.ended", "", 0, R"({"state": "failed"})"), job) ==
        Change::none);
  CHECK_FALSE(progress.is_ended());
  CHECK(progress.take(event(7, "14:00:00", "run.reopened"), job) == Change::run_reopened);
  CHECK(progress.take(event(8, "14:00:01", "job.started", "load", 2), job) == Change::job);
  CHECK(progress.take(event(9, "14:00:02", "job.ended", "load", 1, R"({"state": "failed"})"),
                      job) == Change::none);  // an older attempt
}

TEST_CASE("a retry waits, and the end of the run is seen") {
  Progress progress{std::nullopt};
  progress.load(run_of_two());
  std::size_t job = 0;
  CHECK(progress.take(event(1, "13:00:01", "job.retry", "load", 1, R"({"failure": "timeout"})"),
                      job) == Change::job);
  CHECK(progress.jobs()[0].state == "retry_wait");
  CHECK(progress.take(event(2, "13:00:05", "run.ended", "", 0, R"({"state": "warning"})"), job) ==
        Change::run_ended);
  CHECK(progress.is_ended());
}

TEST_CASE("unknown kinds, jobs and broken lines change nothing") {
  Progress progress{std::nullopt};
  progress.load(run_of_two());
  std::size_t job = 0;
  CHECK(progress.take(event(1, "13:00:01", "job.dreamt", "load", 1), job) == Change::none);
  CHECK(progress.take(event(2, "13:00:01", "job.started", "nobody", 1), job) == Change::none);
  CHECK(progress.take(json_of("[]"), job) == Change::none);
  CHECK(progress.take(json_of(R"({"seq": 3, "kind": 4, "body": 5})"), job) == Change::none);
}

TEST_CASE("the exit code tells how a run ended") {
  CHECK(exit_code_of_run("succeeded") == kOk);
  CHECK(exit_code_of_run("failed") == kRunFailed);
  CHECK(exit_code_of_run("not_run") == kRunFailed);
  CHECK(exit_code_of_run("warning") == kRunWarning);
  CHECK(exit_code_of_run("killed") == kRunKilled);
  CHECK(exit_code_of_run("interrupted") == kRunKilled);
  CHECK(exit_code_of_run("running") == kStillRunning);
}

TEST_CASE(
    "a terminal shows the run and its jobs; the failed and running ones when there are too many") {
  Progress progress{std::nullopt};
  Json run = run_of_two();
  progress.load(run);
  const Timestamp begin{0};
  CHECK(progress_block(english(), progress, 24, begin, begin + std::chrono::seconds{12}) ==
        "nightly#1  ▸ running  0/2  12s\n"
        "  ◷ load  売上の取込  waits for a slot\n"
        "  ◷ report  waits for jobs\n");
  Json::Array jobs;
  for (int i = 0; i < 9; ++i) {
    jobs.push_back(json_of(fmt::format(R"({{"job": "j{}", "state": "{}", "attempts": []}})", i,
                                       i == 7   ? "failed"
                                       : i == 8 ? "running"
                                                : "succeeded")));
  }
  run.set("jobs", Json::array(jobs));
  progress.load(run);
  CHECK(progress_block(english(), progress, 5, begin, begin) ==
        "nightly#1  ▸ running  8/9  0.0s\n"
        "  ✓ j0  succeeded\n"
        "  ✕ j7  failed\n"
        "  ▸ j8  running\n"
        "  … 6 more jobs\n");
}

}  // namespace dandori::cli
