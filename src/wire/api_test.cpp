#include "wire/api.h"

#include <doctest/doctest.h>

namespace dandori::wire {

TEST_CASE("a run shows its name, its instants in UTC and null for what has not happened") {
  model::Run run;
  run.id = RunId{Uuid{1, 2}};
  run.number = 142;
  run.workflow = "nightly";
  run.state = model::RunState::running;
  run.started_at = Timestamp{1'000'000};
  const Json json = to_json(run);
  CHECK(json.text_or("name", "") == "nightly#142");
  CHECK(json.text_or("state", "") == "running");
  CHECK(json.text_or("started_at", "") == "1970-01-01T00:00:01Z");
  CHECK(json["ended_at"].is_null());
  CHECK(json["params"].is_object());
}

TEST_CASE("an attempt shows its exit only when a process ended") {
  model::Attempt attempt;
  attempt.state = model::AttemptState::failed;
  attempt.sequence = 4;
  attempt.exit.exit_code = 3;
  attempt.exit.cpu = 1500ms;
  attempt.started_at = Timestamp{1'000'000};
  attempt.ended_at = Timestamp{3'500'000};
  const Json ended = to_json(attempt);
  CHECK(ended.integer_or("exit_code", -1) == 3);
  CHECK(ended["signal"].is_null());
  CHECK(ended.text_or("duration", "") == format_duration(2500ms));
  attempt.state = model::AttemptState::running;
  CHECK(to_json(attempt).find("exit_code") == nullptr);
}

TEST_CASE("a log chunk is text when it is text, else base64") {
  CHECK(to_json(model::LogChunk{1, 10, "hello", false, 0, ""}).text_or("text", "") == "hello");
  CHECK(to_json(model::LogChunk{1, 10, "hello", false, 0, ""}).integer_or("next_offset", 0) == 15);
  CHECK(to_json(model::LogChunk{1, 0, "\xff", false, 0, ""}).text_or("bytes_b64", "") == "/w==");
}

}  // namespace dandori::wire
