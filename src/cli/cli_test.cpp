#include "cli/cli.h"

#include <doctest/doctest.h>

#include <vector>

#include "cli/explain.h"
#include "cli/pages.h"
#include "cli/remote.h"

namespace dandori::cli {

namespace {

struct Called {
  std::optional<ServerConfig> server;
  std::optional<AgentConfig> agent;
};

int call(Called& called, std::vector<std::string> words) {
  words.insert(words.begin(), "dandori");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const Hosts hosts{
      .server =
          [&](const ServerConfig& config) {
            called.server = config;
            return 0;
          },
      .agent =
          [&](const AgentConfig& config) {
            called.agent = config;
            return 0;
          },
      .restore = [](const std::string&, const std::string&) { return Result<void>{}; },
      .version = "1.2.3"};
  return run(static_cast<int>(words.size()), argv.data(), hosts);
}

}  // namespace

TEST_CASE("options after the command work as well as before it") {
  Called called;
  CHECK(call(called, {"--data", "/x", "server", "--listen", "0.0.0.0:0"}) == kOk);
  REQUIRE(called.server);
  CHECK(called.server->data == "/x");
  CHECK(called.server->host == "0.0.0.0");
  CHECK(called.server->port == 0);
  CHECK_FALSE(called.server->dev);
  CHECK(call(called, {"server", "--data", "/y", "--test-clock", "2026-11-20T13:00:00Z",
                      "--timezone", "Asia/Tokyo", "--slots", "3"}) == kOk);
  CHECK(called.server->data == "/y");
  CHECK(called.server->test_clock == parse_rfc3339("2026-11-20T13:00:00Z").value());
  CHECK(called.server->timezone == "Asia/Tokyo");
  CHECK(called.server->slots == 3);
  CHECK(call(called, {"agent", "--data", "/z", "--name", "batch03"}) == kOk);
  REQUIRE(called.agent);
  CHECK(called.agent->name == "batch03");
  CHECK(called.agent->data == "/z");
}

TEST_CASE("dev keeps its data in the current folder") {
  Called called;
  CHECK(call(called, {"dev"}) == kOk);
  REQUIRE(called.server);
  CHECK(called.server->dev);
  CHECK(called.server->data.ends_with("/.dandori"));
  CHECK(called.server->data.starts_with('/'));
  CHECK(called.server->port == 7010);
}

TEST_CASE("a wrong command line is a usage error and starts nothing") {
  Called called;
  CHECK(call(called, {"rum", "x"}) == kUsage);
  CHECK(call(called, {"run"}) == kUsage);
  CHECK(call(called, {"runs", "--limit", "0"}) == kUsage);
  CHECK(call(called, {"runs", "-o", "xml"}) == kUsage);
  CHECK(call(called, {}) == kUsage);
  CHECK(call(called, {"server", "--data", "/x", "--listen", "here"}) == kUsage);
  CHECK(call(called, {"rerun", "a#1", "--from", "x", "--only", "y"}) == kUsage);
  CHECK_FALSE(called.server);
}

TEST_CASE("exit codes follow the server's answer") {
  const auto code = [](int status, const char* name) {
    return exit_code_of({.error = {name, "m"}, .status = status});
  };
  CHECK(code(404, "run.unknown") == kNotFound);
  CHECK(code(401, "auth.wrong_token") == kDenied);
  CHECK(code(403, "auth.denied") == kDenied);
  CHECK(code(409, "run.overlap") == kConflict);
  CHECK(code(422, "spec.unknown_job") == kInvalid);
  CHECK(code(500, "store.broken") == kInternal);
  CHECK(code(0, "http.connect") == kUnreachable);
  CHECK(code(0, "http.bad_url") == kUsage);
  CHECK(code(0, "cli.no_server") == kUnreachable);
  CHECK(code(0, "time.bad_duration") == kUsage);
}

TEST_CASE("the page of an error code is inside the program, one language at a time") {
  REQUIRE(find_page("cli.usage"));
  CHECK(page_text(*find_page("cli.usage"), Lang::en).find("日本語") == std::string::npos);
  CHECK(page_text(*find_page("cli.usage"), Lang::ja).starts_with("# cli.usage\n\nコマンドライン"));
  CHECK_FALSE(find_page("no.such_code"));
  for (const Page& page : pages()) {
    CAPTURE(page.code);
    CHECK(page.text.find("\n## 日本語") != std::string_view::npos);
  }
  CHECK(page_text("# a\n\nonly English\n", Lang::ja) == "# a\n\nonly English\n");
}

}  // namespace dandori::cli
