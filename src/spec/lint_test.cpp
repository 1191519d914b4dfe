#include "spec/lint.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

namespace dandori::spec {
namespace {

LintSettings settings() {
  return {.from = Timestamp{1'795'000'000'000'000},
          .timezone = "Asia/Tokyo",
          .zone = [](std::string_view name) { return calendar::TimeZone::load(name); },
          .folders = {}};
}

std::vector<Finding> found_in(std::string_view text) {
  const LintFile file{"test.yaml", text};
  return lint({&file, 1}, settings());
}

/// `rule line:column`, one a line.
std::string told(std::string_view text) {
  std::string out;
  for (const Finding& finding : found_in(text)) {
    out += fmt::format("{} {} {}:{}\n", to_string(finding.level), finding.problem.code,
                       finding.problem.line, finding.problem.column);
  }
  return out;
}

TEST_CASE(
    "names that say a number, an environment or a version are found with their place [STR-04]") {
  CHECK(told("name: dag1\njobs:\n  load: {run: x}\n") == "warning lint.serial_name 1:7\n");
  CHECK(told("name: dev_x_v1\njobs:\n  load: {run: x}\n") ==
        "warning lint.environment_in_name 1:7\nwarning lint.version_in_name 1:7\n");
  CHECK(told("name: close\njobs:\n  job1: {run: x}\n  job2: {run: x, depends_on: [job1]}\n"
             "  load_prod: {run: x, depends_on: [job2]}\n") ==
        "warning lint.serial_name 3:3\nwarning lint.environment_in_name 5:3\n");
}

TEST_CASE("names of purposes are let alone, also where a number is part of one") {
  CHECK(told("name: daily_close\njobs:\n  load_2024: {run: x}\n  developer_report: {run: x, "
             "depends_on: [load_2024]}\n  v2x: {run: x, depends_on: [load_2024]}\n  "
             "send_943: {run: x, depends_on: [v2x]}\n") == "");
}

TEST_CASE("a job outside the flow is found, a plain list of jobs is not") {
  CHECK(told("name: close\njobs:\n  load: {run: x}\n  check: {run: x, depends_on: [load]}\n"
             "  lost: {run: x}\n") == "warning lint.unconnected_job 5:3\n");
  CHECK(told("name: close\njobs:\n  load: {run: x}\n  check: {run: x}\n") == "");
}

TEST_CASE("a parameter that nothing reads is found") {
  CHECK(told("name: close\nparams:\n  day: {type: date, default: \"2026-11-20\"}\n  shop: "
             "{default: a}\n"
             "jobs:\n  load: {run: x, env: {SHOP: \"${{ params.shop }}\"}}\n") ==
        "warning lint.unused_param 3:3\n");
}

TEST_CASE("a day that some months do not have is found, the last day of each month is not") {
  const auto with_cron = [](std::string_view cron) {
    return told(fmt::format(
        "name: close\ntriggers: {{monthly: {{cron: \"{}\"}}}}\njobs:\n  load: {{run: x}}\n", cron));
  };
  CHECK(with_cron("0 1 31 * *") == "warning lint.missing_day 2:22\n");
  CHECK(with_cron("0 1 30 * *") == "warning lint.missing_day 2:22\n");
  CHECK(with_cron("0 1 31 1,3,5 *") == "");
  CHECK(with_cron("0 1 28 * *") == "");
  CHECK(with_cron("0 1 * * *") == "");
}

TEST_CASE("a secret in plain text is an error, and the message does not repeat it") {
  const auto found = found_in(
      "name: close\nenv: {DB_PASSWORD: hunter22}\njobs:\n  load: {run: \"curl --token=abcdef123 "
      "x\"}\n"
      "  send: {run: x, args: [\"https://ann:s3cret99@host/x\"], depends_on: [load]}\n"
      "  sign: {run: x, env: {KEY: AKIAABCDEFGHIJKLMNOP}, depends_on: [load]}\n---\n"
      "kind: Variable\nname: api_token\nvalue: abc123def\n");
  REQUIRE(found.size() == 5);
  for (const Finding& finding : found) {
    CHECK(finding.problem.code == "lint.plain_secret");
    CHECK(finding.level == Level::error);
    const std::string text = format_problem(finding.problem, true);
    for (const char* secret : {"hunter22", "abcdef123", "s3cret99", "AKIA", "abc123def"})
      CHECK_FALSE(text.contains(secret));
  }
}

TEST_CASE("a secret is named by a whole word, and a number is none") {
  const auto with_env = [](std::string_view env) {
    return told(fmt::format("name: close\nenv: {{{}}}\njobs:\n  load: {{run: x}}\n", env));
  };
  for (const char* env : {"PGPASSWORD: hunter22", "ApiToken: hunter22", "client_secret: hunter22",
                          "apikey: hunter22", "TOKEN: hunter22"})
    CHECK(with_env(env).starts_with("error lint.plain_secret"));
  for (const char* env : {"max_tokens: 4096", "tokenizer: bert-base", "token_limit: 4096",
                          "secretary: tanaka", "TOKENS: many-of-them", "tokenized: hunter22"})
    CHECK(with_env(env) == "");
  CHECK(told("name: close\njobs:\n  load: {run: 'ask --max-token=4096 --tokenizer=bert-base'}\n") ==
        "");
}

TEST_CASE("references to secrets are let alone") {
  CHECK(told("name: close\nenv: {DB_PASSWORD_FILE: /run/db, TOKEN: \"${{ vars.token_file }}\"}\n"
             "jobs:\n  load: {run: 'curl --token=\"$TOKEN\" --password-file=/run/x x'}\n") == "");
}

TEST_CASE("too many starts in one minute are found at the first one past the limit") {
  std::string text;
  for (int i = 0; i < 24; ++i) {
    text += fmt::format(
        "name: load_{}\ntriggers: {{t: {{cron: \"{} 2 * * *\"}}}}\njobs: {{a: {{run: x}}}}\n---\n",
        std::string(1, static_cast<char>('a' + i)), i < 22 ? 0 : i);
  }
  const auto found = found_in(text);
  REQUIRE(found.size() == 1);
  CHECK(found[0].problem.code == "lint.crowded_minute");
  CHECK(found[0].problem.message.starts_with("22 starts share one minute"));
  CHECK(found[0].problem.line == 20 * 4 + 2);
}

TEST_CASE("a folder switches rules and sets limits for what lies in it and below") {
  CHECK(told("kind: Folder\nname: sales\nlint: {serial_name: off, unconnected_job: note}\n---\n"
             "name: dag1\nfolder: sales/night\njobs:\n  load: {run: x}\n  check: {run: x, "
             "depends_on: [load]}\n"
             "  lost: {run: x}\n---\nname: dag2\njobs: {a: {run: x}}\n") ==
        "note lint.unconnected_job 10:3\nwarning lint.serial_name 12:7\n");
  CHECK(told("kind: Folder\nname: sales\nlint: {crowded_minute: {limit: 1}}\n---\n"
             "name: one\nfolder: sales\ntriggers: {t: {cron: \"0 2 * * *\"}, u: {cron: \"0 2 * * "
             "1\"}}\n"
             "jobs: {a: {run: x}}\n") == "warning lint.crowded_minute 7:36\n");
  CHECK(told("kind: Folder\nname: sales\nlint: {no_such: off}\n") ==
        "error spec.unknown_key 3:8\n");
}

TEST_CASE("notes do not fail a check; warnings and errors do") {
  CHECK_FALSE(fails(found_in("name: close\njobs: {a: {run: x}}\n")));
  CHECK(fails(found_in("name: dag1\njobs: {a: {run: x}}\n")));
  CHECK(fails(found_in("name: close\njobs: {a: {ran: x}}\n")));
  CHECK_FALSE(
      fails(found_in("kind: Folder\nname: f\nlint: {serial_name: note}\n---\nname: dag1\n"
                     "folder: f\njobs: {a: {run: x}}\n")));
}

TEST_CASE("findings for code hosts name rule, level and place") {
  const Json sarif = write_sarif(found_in("name: dag1\njobs: {a: {run: x}}\n"), "1.2.3");
  const Json& run = sarif["runs"].items().at(0);
  CHECK(run["tool"]["driver"].text_or("version", "") == "1.2.3");
  const Json& result = run["results"].items().at(0);
  CHECK(result.text_or("ruleId", "") == "lint.serial_name");
  CHECK(result.text_or("level", "") == "warning");
  const Json& place = result["locations"].items().at(0)["physicalLocation"];
  CHECK(place["artifactLocation"].text_or("uri", "") == "test.yaml");
  CHECK(place["region"].integer_or("startColumn", 0) == 7);
}

}  // namespace
}  // namespace dandori::spec
