#include "http/router.h"

#include <doctest/doctest.h>

#include "base/json.h"

namespace dandori::http {

namespace {

struct Table {
  Router router;
  std::size_t list = router.add("GET", "/runs");
  std::size_t start = router.add("POST", "/runs");
  std::size_t run = router.add("GET", "/runs/{run}");
  std::size_t active = router.add("GET", "/runs/active");
  std::size_t kill_run = router.add("POST", "/runs/{run}:kill");
  std::size_t job = router.add("GET", "/runs/{run}/jobs/{job}");
  std::size_t kill = router.add("POST", "/runs/{run}/jobs/{job}:kill");
  std::size_t set_state = router.add("POST", "/runs/{run}/jobs/{job}:set-state");
  std::size_t diff = router.add("POST", "/plan:diff");
  std::size_t root = router.add("GET", "/");
  std::size_t file = router.add("GET", "/ui/{path...}");
  std::size_t index = router.add("GET", "/ui");
};

}  // namespace

TEST_CASE("a route is found by method and path, its values decoded after splitting") {
  const Table table;
  const auto found = [&](std::string_view method, std::string_view path) {
    const RouteMatch match = table.router.find(method, path);
    REQUIRE(match.outcome == RouteOutcome::found);
    return match;
  };
  CHECK(found("GET", "/").route == table.root);
  CHECK(found("GET", "/runs").route == table.list);
  CHECK(found("POST", "/runs").route == table.start);
  CHECK(found("POST", "/plan:diff").route == table.diff);

  const RouteMatch run = found("GET", "/runs/nightly%23142");
  CHECK(run.route == table.run);
  CHECK(run.params.value("run") == "nightly#142");
  CHECK(run.params.value("job").empty());
  CHECK(found("GET", "/runs/a%2Fb").params.value("run") == "a/b");
  CHECK(found("GET", "/runs/a%3Akill").params.value("run") == "a:kill");
  CHECK(found("GET", "/runs/%E6%AE%B5%E5%8F%96").params.value("run") == "段取");

  const RouteMatch kill = found("POST", "/runs/nightly%23142/jobs/load.3:kill");
  CHECK(kill.route == table.kill);
  CHECK(kill.params.value("run") == "nightly#142");
  CHECK(kill.params.value("job") == "load.3");
  CHECK(found("POST", "/runs/1/jobs/2:set-state").route == table.set_state);
  CHECK(table.router.pattern(kill.route) == "/runs/{run}/jobs/{job}:kill");
}

TEST_CASE("a literal goes before a name, and a name is tried when the literal leads nowhere") {
  const Table table;
  CHECK(table.router.find("GET", "/runs/active").route == table.active);
  const RouteMatch deeper = table.router.find("GET", "/runs/active/jobs/x");
  CHECK(deeper.route == table.job);
  CHECK(deeper.params.value("run") == "active");
}

TEST_CASE("the rest of a path is one value that cannot climb out") {
  const Table table;
  CHECK(table.router.find("GET", "/ui").route == table.index);
  const RouteMatch file = table.router.find("GET", "/ui/assets/a%20b.js");
  CHECK(file.route == table.file);
  CHECK(file.params.value("path") == "assets/a b.js");
  for (const char* path : {"/ui/../x", "/ui/a/%2e%2e/x", "/ui/a%2Fb", "/ui/a//b", "/ui/"}) {
    CAPTURE(path);
    CHECK(table.router.find("GET", path).outcome != RouteOutcome::found);
  }
}

TEST_CASE("a known path with another method is told which methods are possible") {
  const Table table;
  const RouteMatch match = table.router.find("DELETE", "/runs");
  CHECK(match.outcome == RouteOutcome::unknown_method);
  CHECK(match.allow == "GET, POST");
  CHECK(table.router.find("GET", "/runs/1:kill").allow == "POST");

  Request request;
  request.method = "DELETE";
  request.path = "/runs";
  const Response response = no_route(match, request);
  CHECK(response.status == 405);
  CHECK(response.headers.value("Allow") == "GET, POST");
  CHECK(parse_json(response.body)->text_or("code", "") == "http.method_not_allowed");
}

TEST_CASE("HEAD is served where GET is") {
  const Table table;
  CHECK(table.router.find("HEAD", "/runs").route == table.list);
  CHECK(table.router.find("HEAD", "/runs").outcome == RouteOutcome::found);
  CHECK(table.router.find("HEAD", "/plan:diff").outcome == RouteOutcome::unknown_method);
}

TEST_CASE("unknown and malformed paths are not found") {
  const Table table;
  Request request;
  for (const char* path : {"/run", "/runs/", "//runs", "/runs//jobs/x", "/runs/1:burn",
                           "/runs/1:", "/runs/1/jobs", "/runs/1/jobs/2/3", "runs", "", "*"}) {
    CAPTURE(path);
    const RouteMatch match = table.router.find("GET", path);
    CHECK(match.outcome == RouteOutcome::unknown_path);
    CHECK(no_route(match, request).status == 404);
  }
  for (const char* path : {"/runs/%zz", "/runs/%2", "/runs/%ff", "/runs/a%00b"}) {
    CAPTURE(path);
    const RouteMatch match = table.router.find("GET", path);
    CHECK(match.outcome == RouteOutcome::bad_path);
    CHECK(no_route(match, request).status == 400);
  }
}

}  // namespace dandori::http
