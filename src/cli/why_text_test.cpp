#include "cli/why_text.h"

#include <doctest/doctest.h>

#include "cli/failures.h"

namespace dandori::cli {

namespace {

Json json_of(std::string_view text) {
  return parse_json(text).value();
}

std::string why_in(const char* lang, std::string_view answer, std::string_view run = "{}") {
  Globals globals;
  globals.lang = lang;
  globals.no_color = true;
  Console console{globals};
  console.set_zone(calendar::TimeZone::load("Asia/Tokyo").value());
  return why_text(console, json_of(answer), json_of(run));
}

constexpr std::string_view kNotRun = R"({
  "run": "daily_close#142", "run_state": "failed", "job": "edi_send", "title": "取引先EDI送信",
  "state": "not_run", "reasons": [{"code": "why.not_run", "ok": false, "because": "predecessors",
    "causes": ["journal_04"], "children": [
      {"code": "why.predecessor", "ok": false, "job": "journal_04", "state": "failed",
       "needs": ["succeeded", "warning", "skipped", "bypassed"]},
      {"code": "why.predecessor", "ok": true, "job": "cleanup", "state": "failed", "needs": ["failed"]}]}]})";

constexpr std::string_view kWaiting = R"({
  "run": "daily_close#143", "run_state": "running", "job": "load", "title": "", "state": "wait_pool",
  "reasons": [
    {"code": "why.predecessors", "ok": true, "join": "all", "children": [
      {"code": "why.predecessor", "ok": true, "job": "check", "state": "succeeded",
       "needs": ["succeeded", "warning", "skipped", "bypassed"]}]},
    {"code": "why.slots", "ok": null, "agent": "local", "slots": 2, "used": 2, "ahead": 1,
     "held_by": ["a#1/x", "b#2/y"]}]})";

}  // namespace

TEST_CASE("a job that did not run names the job at fault, in Japanese") {
  CHECK(why_in("ja", kNotRun) ==
        "daily_close#142/edi_send  取引先EDI送信  未実行終了\n"
        "  ✕ 未実行        journal_04 のため実行条件が成り立たなくなりました\n"
        "    ✕ 先行ジョブ    journal_04 が異常終了    → dandori logs daily_close#142/journal_04\n"
        "    ✓ 先行ジョブ    cleanup が異常終了 (必要な状態: 異常終了)    → dandori logs "
        "daily_close#142/cleanup\n");
}

TEST_CASE("a job left out of a run of one job says so, not that others were bypassed") {
  constexpr std::string_view kLeftOut = R"({"run": "five#2", "run_state": "succeeded", "job": "d",
    "title": "", "state": "bypassed", "reasons": [
      {"code": "why.bypassed", "ok": true, "because": "alone", "only": "c"}]})";
  CHECK(why_in("en", kLeftOut).find("only c was run, outside the flow") != std::string::npos);
  CHECK(why_in("ja", kLeftOut).find("この実行は c だけの単独実行です") != std::string::npos);
}

TEST_CASE("with the run at hand, when and how the job at fault ended stands beside it") {
  constexpr std::string_view kRun = R"({"name": "daily_close#142", "jobs": [
    {"job": "journal_04", "state": "failed", "ended_at": "2026-11-20T18:31:05Z",
     "attempts": [{"failure": "exit", "exit_code": 8}]},
    {"job": "edi_send", "state": "not_run", "ended_at": "2026-11-20T18:31:05Z", "attempts": []}]})";
  const std::string ja = why_in("ja", kNotRun, kRun);
  CHECK(ja.starts_with("daily_close#142/edi_send  取引先EDI送信  未実行終了 (03:31:05)\n"));
  CHECK(ja.find(
            "    ✕ 先行ジョブ    journal_04 が異常終了 (03:31:05, 終了コード 8)    → dandori logs "
            "daily_close#142/journal_04\n") != std::string::npos);
  CHECK(why_in("en", kNotRun, kRun).find("journal_04: failed (03:31:05, exit code 8)") !=
        std::string::npos);
}

TEST_CASE("a job that waits for a slot says who holds the slots, in English") {
  CHECK(why_in("en", kWaiting) ==
        "daily_close#143/load  waits for a slot\n"
        "  ✓ job before    check: succeeded\n"
        "  ◷ slots         local: 2 of 2 in use, 1 ahead in the queue; held by a#1/x, b#2/y\n");
}

TEST_CASE("every reason of the engine has a label and a sentence in both languages") {
  for (const char* code :
       {"why.predecessor", "why.predecessors", "why.agent_missing", "why.slots", "why.retry_at",
        "why.starting", "why.running", "why.stopping", "why.not_run", "why.bypassed", "why.unknown",
        "why.ended", "why.failed", "why.run_queued", "why.overlap", "why.queue",
        "why.previous_failed", "why.business_date"}) {
    CAPTURE(code);
    CHECK(find_text(Lang::en, code).has_value());
    CHECK(find_text(Lang::ja, std::string{code} + ".label").has_value());
  }
}

TEST_CASE("times stand in the zone, which is named") {
  CHECK(why_in("en",
               R"({"run": "a#1", "job": "x", "state": "failed", "reasons": [{"code": "why.failed",
          "ok": false, "attempt": 1, "agent": "local", "failure": "exit", "exit_code": 3,
          "ended_at": "2026-11-20T13:00:05Z"}]})") ==
        "a#1/x  failed\n"
        "  ✕ end           try 1 ended at 2026-11-20 22:00:05 (Asia/Tokyo): exit code 3\n");
}

TEST_CASE("a reason that this program does not know is shown with its values") {
  CHECK(why_in("en", R"({"run": "a#1", "job": "x", "state": "held", "reasons": [{"code": "why.moon",
          "ok": null, "phase": "full", "days": 3, "children": [{"code": "why.tide", "ok": true}]}, 5]})") ==
        "a#1/x  held\n"
        "  ◷ why.moon phase=full days=3\n"
        "    ✓ why.tide\n");
}

TEST_CASE("a run that waits says for what, and a run with nothing in its way says so") {
  CHECK(why_in("en",
               R"({"run": "a#2", "state": "queued", "reasons": [{"code": "why.overlap", "ok": null,
          "policy": "queue", "running": 1, "held_by": ["a#1"]}, {"code": "why.queue", "ok": true, "ahead": 0}],
          "jobs": [], "not_run": []})") ==
        "a#2  ◷ queued\n"
        "  ◷ overlap       an earlier run is not over: a#1 (overlap: queue)\n"
        "  ✓ queue         first in the queue\n");
  CHECK(why_in("ja", R"({"run": "a#2", "state": "running", "jobs": [], "not_run": []})") ==
        "a#2  ▸ 実行中\n"
        "  止めているものはありません\n");
}

TEST_CASE("answers of the wrong shape do no harm") {
  CHECK_FALSE(why_in("en", "{}").empty());
  CHECK_FALSE(why_in("en", R"({"job": 3, "reasons": {"a": 1}, "run": []})").empty());
  CHECK_FALSE(why_in("en", R"({"jobs": [1, {"reasons": [{"children": 3, "needs": 4}]}]})").empty());
}

TEST_CASE("a failed job comes with its end, the last lines of its log and what it holds back") {
  Globals globals;
  globals.lang = "en";
  globals.no_color = true;
  const Console console{globals};
  auto failed =
      find_failed(console, json_of(R"({"name": "daily_close#1", "state": "failed", "jobs": [
    {"job": "report", "state": "not_run", "depends_on": ["load"], "attempts": []},
    {"job": "load", "state": "not_run", "depends_on": ["check"], "attempts": []},
    {"job": "other", "state": "not_run", "depends_on": ["recv"], "attempts": []},
    {"job": "recv", "state": "succeeded", "attempts": []},
    {"job": "check", "title": "検査", "state": "failed", "depends_on": ["recv"], "attempts": [
      {"number": 1, "failure": "exit", "exit_code": 2, "log_bytes": 99, "log_dropped": 0}]}]})"));
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].has_log);
  CHECK(failed[0].held_back == std::vector<std::string>{"report", "load"});
  failed[0].log_lines = last_lines("cut off\nchecking\nosaka.csv:14: bad amount 'x'\n\n", false, 2);
  CHECK(failed_job_text(console, "daily_close#1", failed[0]) ==
        "  ✕ check  検査  failed  exit code 2\n"
        "    the end of its log:\n"
        "      │ checking\n"
        "      │ osaka.csv:14: bad amount 'x'\n"
        "    → dandori logs daily_close#1/check\n"
        "    did not run because of it: report, load\n");
}

TEST_CASE("the end of a log is whole lines, without what would steer the terminal") {
  CHECK(last_lines("", true, 5).empty());
  CHECK(last_lines("a\r\n\x1b[31mb\n", true, 5) == std::vector<std::string>{"a", " [31mb"});
  CHECK(last_lines("1\n2\n3", true, 2) == std::vector<std::string>{"2", "3"});
  CHECK(last_lines("one long line without an end", false, 2).size() == 1);
}

}  // namespace dandori::cli
