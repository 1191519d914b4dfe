#include "spec/spec.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <string>

#include "base/json.h"
#include "spec/tables.h"

namespace dandori::spec {
namespace {

std::string told(const Parsed& parsed) {
  std::string out;
  for (const Problem& problem : parsed.problems) out += format_problem(problem, false) + "\n";
  return out;
}

model::WorkflowPtr read(std::string_view text) {
  const Parsed parsed = parse_definitions("test.yaml", text);
  CHECK(told(parsed) == "");
  REQUIRE(parsed.workflows.size() == 1);
  return parsed.workflows[0].workflow;
}

std::string canonical(std::string_view text) {
  return write_canonical(*read(text));
}

constexpr std::string_view kBackup = R"(name: web_db_backup
title: Web/DBサーバーのバックアップ
triggers:
  nightly: {type: schedule, cron: "0 2 * * *", timezone: Asia/Tokyo}
jobs:
  stop_web:   {run: /usr/local/sbin/stop-httpd.sh, agent: web01}
  stop_db:    {run: /usr/local/sbin/stop-db.sh, agent: db01, depends_on: [stop_web]}
  backup_web: {run: backup-web, agent: web01, depends_on: [stop_web], retry: 2}
  backup_db:  {run: backup-db, agent: db01, depends_on: [stop_db], timeout: 2h}
  start_db:   {run: start-db, agent: db01, depends_on: [{job: backup_db, state: [succeeded, warning, failed, killed]}]}
  start_web:  {run: start-web, agent: web01, depends_on: [start_db, {job: backup_web, state: [succeeded, warning, failed, killed]}]}
)";

constexpr std::string_view kEverything = R"yaml(apiVersion: dandori/v1
kind: Workflow
name: everything
title: 全部入り
folder: sales/nightly
owner: team-sales
runbook: https://wiki.example.invalid/everything
labels: {tier: critical, area: 東京}
renamed_from: something
params:
  day: {type: date, default: "${{ run.business_date }}", title: 対象日}
  branches: {type: list, default: [tokyo, osaka]}
  code: {enum: [a, b], default: a}
  ratio: {type: number, default: 0.5}
  big: {type: int, default: 9007199254740993}
  must: {type: string}
env: {DAY: "${{ params.day }}", PORT: 8080, ZIP: 0100}
triggers:
  night: {cron: "0 20 * * *", timezone: Asia/Tokyo, params: {must: x}, start_within: 5m, dst: {gap: skip, overlap: both}}
  often: {cron: "*/10 * * * *", params: {must: "${{ vars.must }}"}}
  once: {type: once, at: "2026-12-31T20:00", params: {must: x}, catch_up: {within: 20m}}
overlap: {policy: parallel, max: 3}
on_previous_failure: hold
manual: false
defaults: {timeout: 1h, retry: {max: 3, interval: 2s, backoff: 2, max_interval: 1m, jitter: full}, env: {A: b, DAY: c}}
jobs:
  first:
    title: 最初
    run: 'echo "$1"'
    args: ["${{ params.day }}", 7, true]
    cwd: "/srv/${{ vars.dir }}"
    stdin: "x\ny"
    run_as: batch
    agent: web-01.example
    env: {A: d}
  second:
    run: [./second.sh, "--rows=${{ jobs.first.outputs.rows }}"]
    depends_on: {job: first, state: [succeeded, warning]}
    retry:
      - {on: ["exit:75", timeout, not_started], max: 3}
      - {on: "exit:1-3", max: 1, interval: 1m30s}
    exit_codes: {warning: [1-3, 4, 9], success: 100}
    grace: 0s
    start_within: 90s
    enabled: false
    idempotent: false
    on_lost: rerun
    lost_limit: 5
    priority: 80
    log_limit: 1MiB
  third:
    type: shell
    with: {script: "print(1)", interpreter: [python3, -c]}
    depends_on: first
    retry: 0
  fourth: {type: noop, depends_on: [second, third], join: {at_least: 1}}
  fifth: {run: "true", depends_on: [fourth, first], join: any, env: {R: "${{ jobs.first.outputs.rows }}"}}
)yaml";

TEST_CASE("the small sample of the language becomes jobs, order and a trigger") {
  const model::WorkflowPtr workflow = read(kBackup);
  CHECK(workflow->title == "Web/DBサーバーのバックアップ");
  REQUIRE(workflow->jobs.size() == 6);
  CHECK(workflow->jobs[0].id == "stop_web");
  CHECK(workflow->jobs[0].shell);
  CHECK(workflow->jobs[0].command[0].text == "/usr/local/sbin/stop-httpd.sh");
  CHECK(workflow->jobs[2].retry.at(0).tries_max == 2);
  CHECK(workflow->jobs[3].timeout == Duration{2h});
  CHECK(workflow->jobs[5].depends_on.size() == 2);
  CHECK(workflow->first_jobs == std::vector<std::uint32_t>{0});
  REQUIRE(workflow->triggers.size() == 1);
  CHECK(workflow->triggers[0].catch_up.policy == model::CatchUp::all);
  CHECK(workflow->triggers[0].catch_up.within == Duration{12h});
}

TEST_CASE("every field reaches the model") {
  const model::WorkflowPtr workflow = read(kEverything);
  const model::Job& first = workflow->jobs[0];
  CHECK(first.args[1].text == "7");
  CHECK(first.args[2].text == "true");
  CHECK(first.args[0].has_expression);
  CHECK(first.retry.at(0).jitter == model::Jitter::full);
  CHECK(first.timeout == Duration{1h});
  CHECK(first.env.size() == 2);
  CHECK(first.env[0].second.text == "d");
  CHECK(first.stdin_text->text == "x\ny");
  const model::Job& second = workflow->jobs[1];
  CHECK_FALSE(second.shell);
  CHECK(second.retry.size() == 2);
  CHECK(second.retry[0].on_exits == std::vector<std::int32_t>{75});
  CHECK(second.retry[1].on_exits == std::vector<std::int32_t>{1, 2, 3});
  CHECK(second.exit_warning.size() == 2);  // 1-4 and 9
  CHECK(second.exit_warning[0].last == 4);
  CHECK(second.log_bytes_max == 1U << 20U);
  CHECK(second.depends_on[0].states == (model::state_bit(model::JobState::succeeded) |
                                        model::state_bit(model::JobState::warning)));
  CHECK(workflow->jobs[2].command.size() == 3);
  CHECK(workflow->jobs[2].retry.empty());
  CHECK_FALSE(workflow->jobs[3].timeout.has_value());  // a noop takes nothing from defaults
  CHECK(workflow->jobs[3].join_count == 1);
  CHECK(workflow->env[2].second.text == "0100");  // as written, no octal
  CHECK(workflow->params[4].default_value == Json{9007199254740993});
  CHECK(workflow->params[5].required);
  CHECK(workflow->triggers[1].catch_up.policy == model::CatchUp::latest);
  CHECK(workflow->triggers[2].catch_up.within == Duration{20min});
  CHECK(workflow->overlap.queue_max == 4294967295U);  // a cycle under on_previous_failure: hold
  CHECK_FALSE(workflow->manual);
}

TEST_CASE("the canonical text reads back to itself, whatever was written") {
  for (const std::string_view text : {kBackup, kEverything}) {
    const std::string first = canonical(text);
    const auto compiled = compile_canonical(first);
    REQUIRE(compiled);
    CHECK(write_canonical(**compiled) == first);
    CHECK((*compiled)->jobs.size() == read(text)->jobs.size());
    CHECK((*compiled)->first_jobs == read(text)->first_jobs);
  }
}

TEST_CASE(
    "comments, order of keys and spelling do not change the canonical text, order of jobs does") {
  const std::string one = canonical(
      "name: a\nenv: {X: 1, Y: 2}\njobs: {a: {run: ./a.sh, timeout: 90s}, b: {type: noop}}\n");
  CHECK(one ==
        canonical(
            "# note\njobs:\n  a:\n    timeout: PT1M30S\n    run: \"./a.sh\"\n  b:\n    type: noop\n"
            "env:\n  Y: \"2\"\n  X: 1\nname: a\n"));
  CHECK(one == canonical("{\"name\": \"a\", \"env\": {\"X\": 1, \"Y\": 2}, "
                         "\"jobs\": {\"a\": {\"run\": \"./a.sh\", \"timeout\": \"1m30s\"}, \"b\": "
                         "{\"type\": \"noop\"}}}"));
  CHECK(
      one !=
      canonical(
          "name: a\nenv: {X: 1, Y: 2}\njobs: {b: {type: noop}, a: {run: ./a.sh, timeout: 90s}}\n"));
}

TEST_CASE("a stored revision that is broken is an error, not a crash") {
  CHECK(compile_canonical("").error().code == "spec.canonical");
  CHECK(compile_canonical("{}").error().code == "spec.canonical");
  CHECK(compile_canonical(R"({"name":"a","jobs":{"a":{"run":"x","depends_on":["b"]}}})")
            .error()
            .message ==
        "a stored revision cannot be read: job 'a' waits for 'b', unknown in this workflow");
  CHECK(compile_canonical(
      R"({"name":"a","triggers":{"t":{"cron":"@daily","timezone":"Gone/Zone"}},"jobs":{"a":{"run":"x"}}})"));
}

TEST_CASE("yes, no, on and off are texts; JSON escapes of characters beyond U+FFFF are read") {
  const Parsed parsed = parse_definitions(
      "v.yaml", "kind: Variable\nname: v\nvalue: [yes, no, on, off, 0o17, 0x1F, 1e3, ~, .5]\n");
  REQUIRE(told(parsed) == "");
  CHECK(write_json(parsed.variables.at(0).value) ==
        R"(["yes","no","on","off",15,31,1000.0,null,0.5])");
  const Parsed json =
      parse_definitions("v.json", R"({"kind": "Variable", "name": "v", "value": "\ud83d\ude00"})");
  REQUIRE(told(json) == "");
  CHECK(json.variables.at(0).value.as_string() == "\xF0\x9F\x98\x80");
}

TEST_CASE("one file holds several documents, each with its own source text") {
  const Parsed parsed = parse_definitions(
      "all.yaml",
      "# first\nname: a\njobs: {a: {run: x}}\n---\n# second\nname: b\n"
      "jobs: {b: {run: y}}\n---\nkind: Folder\nname: sales/nightly\ntitle: 夜間\n");
  REQUIRE(told(parsed) == "");
  REQUIRE(parsed.workflows.size() == 2);
  CHECK(parsed.workflows[0].source == "# first\nname: a\njobs: {a: {run: x}}\n");
  CHECK(parsed.workflows[1].source == "---\n# second\nname: b\njobs: {b: {run: y}}\n");
  CHECK(parsed.folders.at(0).title == "夜間");
}

TEST_CASE("a name that two files define is told with both places") {
  Parsed all = parse_definitions("a.yaml", "name: twice\njobs: {a: {run: x}}\n");
  append(all, parse_definitions("b.yaml", "\nname: twice\njobs: {a: {run: y}}\n"));
  CHECK(told(all) ==
        "b.yaml:2:7: the Workflow 'twice' is defined twice [spec.duplicate_name]\n"
        "  the first one is in a.yaml:1\n");
}

TEST_CASE("an anchor may stand for what several jobs share") {
  const model::WorkflowPtr workflow =
      read("name: a\njobs:\n  a: &job {run: ./a.sh, retry: 1}\n  b: *job\n");
  CHECK(workflow->jobs[1].retry.size() == 1);
}

std::string big_workflow(int jobs) {
  std::string text = "name: big\njobs:\n  j0: {run: \"true\"}\n";
  for (int i = 1; i < jobs; ++i) {
    text += fmt::format(
        "  j{}: {{run: \"true\", depends_on: [j{}], args: [\"${{{{jobs.j{}.state}}}}\"]}}\n", i,
        i - 1, i / 2);
  }
  return text;
}

/// CPU seconds to read a workflow of so many jobs, to store it and to read it back.
double cpu_of_reading(int jobs) {
  const std::string text = big_workflow(jobs);
  const std::clock_t begin = std::clock();
  const model::WorkflowPtr workflow = read(text);
  REQUIRE(workflow->jobs.size() == static_cast<std::size_t>(jobs));
  const std::string stored = write_canonical(*workflow);
  const auto compiled = compile_canonical(stored);
  REQUIRE(compiled);
  CHECK(write_canonical(**compiled) == stored);
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

TEST_CASE("50,000 jobs are read in linear time, back from the canonical text too") {
  const double few = cpu_of_reading(10'000);
  const double many = cpu_of_reading(50'000);
  MESSAGE("10,000 jobs: " << few << " s of CPU, 50,000 jobs: " << many << " s");
  CHECK(many < 12 * few);  // five times the work; were it quadratic, 25 times
  const Parsed too_many = parse_definitions(
      "big.yaml", "name: big\njobs:\n" + [] {
        std::string jobs;
        for (int i = 0; i < 50'003; ++i) jobs += fmt::format("  j{}: {{type: noop}}\n", i);
        return jobs;
      }());
  CHECK(
      told(too_many) ==
      "big.yaml:3:3: jobs: 50003 jobs; 50002 are the most [spec.too_many]\n  split the workflow\n");
}

TEST_CASE("hostile texts end in one clear error, soon") {
  CHECK(told(parse_definitions("a", std::string(5U << 20U, ' '))) ==
        "a: the file has 5242880 bytes; 4194304 are the most [spec.too_big]\n"
        "  split it: one file may hold one or many definitions\n");
  for (const std::string_view piece :
       {"[", "{", "? ", "- ", "&a ", "*a ", "!!x ", "'", "\"", "|\n", "a: ", "%", "---\n", "\\x"}) {
    std::string text;
    while (text.size() < 100'000) text += piece;
    CAPTURE(piece);
    CHECK(parse_definitions("a", text).problems.size() >= 1);
  }
}

// ---- The schema says what the parser reads: both come from the same tables.

void check_object(const Json& schema, const ObjectInfo& info) {
  CAPTURE(info.name);
  const Json& properties = schema["properties"];
  CHECK(properties.size() == info.fields.size());
  CHECK(schema["additionalProperties"] == Json{false});
  for (const FieldInfo& field : info.fields) {
    CAPTURE(field.key);
    const Json* property = properties.find(field.key);
    REQUIRE(property != nullptr);
    CHECK(!property->text_or("description", "").empty());
    CHECK(!property->text_or("x-description-ja", "").empty());
    CHECK((property->find("default") != nullptr) == !field.default_text.empty());
  }
}

TEST_CASE("the schema of each kind names every key that the parser reads, with its default") {
  const auto workflow = schema("workflow");
  REQUIRE(workflow);
  const Json json = *parse_json(*workflow);
  CHECK(json.text_or("$schema", "") == "https://json-schema.org/draft/2020-12/schema");
  check_object(json, workflow_table());
  check_object(json["$defs"]["job"], job_table());
  check_object(json["$defs"]["defaults"], defaults_table());
  check_object(json["$defs"]["trigger"], trigger_table());
  check_object(json["$defs"]["param"], param_table());
  check_object(*parse_json(*schema("Folder")), folder_table());
  check_object(*parse_json(*schema("VARIABLE")), variable_table());
  check_object(*parse_json(*schema("Calendar")), calendar_table());
  check_object(*parse_json(*schema("businessdate")), business_date_table());
  CHECK(schema("pool").error().code == "spec.unknown_kind");
}

TEST_CASE("defaults that the schema states are those of the model") {
  const Json job = (*parse_json(*schema("workflow")))["$defs"]["job"]["properties"];
  const model::Job plain;
  CHECK(job["priority"]["default"] == Json{plain.priority});
  CHECK(job["grace"]["default"] == Json{format_duration(plain.grace)});
  CHECK(job["log_limit"]["default"] == Json{"64MiB"});
  CHECK(plain.log_bytes_max == 64U << 20U);
  CHECK(job["on_lost"]["default"] == Json{to_string(plain.on_lost)});
  CHECK(job["lost_limit"]["default"] == Json{plain.lost_limit});
  CHECK(job["enabled"]["default"] == Json{plain.enabled});
  CHECK(job["idempotent"]["default"] == Json{plain.idempotent});
}

}  // namespace
}  // namespace dandori::spec
