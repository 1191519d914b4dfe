#include "api/bulk_action.h"

#include <doctest/doctest.h>

namespace dandori::api {
namespace {

/// Run, workflow and job that the action takes from the text; or the code it is refused with.
std::string taken(const std::string& word, const std::string& text) {
  const auto action = BulkAction::read(word, {});
  REQUIRE(action);
  const auto target = action->target(text, "/filter/runs/0");
  return target ? target->run + "|" + target->workflow + "|" + target->job : target.error().code;
}

std::string refusal(const std::string& word, std::string_view options) {
  const auto action = BulkAction::read(word, *parse_json(options));
  return action ? "" : action.error().code + " " + action.error().path;
}

TEST_CASE("[OPS-11] an item must be of the action's kind") {
  CHECK(taken("run.hold", "five#1") == "five#1||");
  CHECK(taken("run.hold", "01937f2e-0000-7000-8000-000000000001") ==
        "01937f2e-0000-7000-8000-000000000001||");
  CHECK(taken("job.hold", "five#1/a") == "five#1||a");
  CHECK(taken("job.hold", "five/a") == "|five|a");
  CHECK(taken("workflow.hold", "five") == "|five|");
  for (const char* other : {"five", "five#1/a", "five/a", "", "/", "/a", "five#1/"})
    CHECK(taken("run.hold", other) == "request.bad_field");
  for (const char* other : {"five", "five#1", "", "/", "/a", "five/", "five#1/"})
    CHECK(taken("job.hold", other) == "request.bad_field");
  for (const char* other : {"five#1", "five/a", "five#1/a", "", "/", "/a", "five/"})
    CHECK(taken("workflow.drain", other) == "request.bad_field");
  CHECK(taken("job.kill", "five#1/a") == "five#1||a");
  CHECK(taken("job.kill", "five/a") == "request.bad_field");
  CHECK(taken("run.hold", "five#" + std::string(400, '1')) == "request.bad_field");
}

TEST_CASE("an action is of runs, jobs or workflows, and the server is none of them") {
  for (const char* word : {"", "hold", ".hold", "server.drain", "run.", "run.fly", "job.rerun"})
    CHECK(refusal(word, "null") == "request.bad_field /action");
}

TEST_CASE("options are read as the operation's own body is") {
  CHECK(refusal("run.rerun", R"({"from": "start", "hold": ["a"]})").empty());
  CHECK(refusal("workflow.disable", R"({"until": "2030-01-01T00:00:00Z"})").empty());
  CHECK(refusal("workflow.start", R"({"params": {"n": 1}})").empty());
  CHECK(refusal("run.rerun", R"({"form": "start"})") == "request.unknown_field /options/form");
  CHECK(refusal("run.cancel", R"({"from": "start"})") == "request.unknown_field /options/from");
  CHECK(refusal("job.hold", R"({"until": "2030-01-01T00:00:00Z"})") ==
        "request.unknown_field /options/until");
  CHECK(refusal("workflow.start", R"({"params": [1]})") == "request.bad_field /options/params");
  CHECK(refusal("run.rerun", R"({"hold_first": 1})") == "request.bad_field /options/hold_first");
  CHECK(refusal("run.rerun", R"(["from"])") == "request.bad_field /options");
  const std::string long_text = R"({"from": ")" + std::string(70'000, 'x') + R"("})";
  CHECK(refusal("run.rerun", long_text) == "request.bad_field /options");
}

}  // namespace
}  // namespace dandori::api
