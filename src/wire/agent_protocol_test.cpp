#include "wire/agent_protocol.h"

#include <doctest/doctest.h>

#include "wire/base64.h"

namespace dandori::wire {

namespace {

const Uuid kRun{0x0192f0c4a1b27c3dULL, 0x8e4f001122334455ULL};
const model::AttemptRef kAttempt{RunId{kRun}, 3, 2};

std::string body_of(const std::string& frame) {
  return frame.substr(4);
}

template <class One, class Message>
One again(const Message& message) {
  const std::string frame = encode(message);
  if constexpr (std::is_same_v<Message, AgentMessage>) {
    const auto read = decode_agent(body_of(frame));
    REQUIRE_MESSAGE(read, read.error().message);
    return std::get<One>(*read);
  } else {
    const auto read = decode_server(body_of(frame));
    REQUIRE_MESSAGE(read, read.error().message);
    return std::get<One>(*read);
  }
}

}  // namespace

TEST_CASE("the bytes of a message are the protocol: these never change within version 1") {
  CHECK(body_of(encode(ServerMessage{model::AckOrder{kAttempt}})) ==
        R"({"t":"ack","attempt":"0192f0c4-a1b2-7c3d-8e4f-001122334455/3/2"})");
  CHECK(body_of(encode(AgentMessage{Heartbeat{}})) == R"({"t":"heartbeat"})");
  CHECK(body_of(encode(ServerMessage{Welcome{1, 7}})) ==
        R"({"t":"welcome","protocol":1,"session":7})");
  model::StartOrder order;
  order.attempt = kAttempt;
  order.run_name = "nightly#3";
  order.path = "load";
  order.boot_id = kRun;
  order.sequence = 12;
  order.argv = {"/bin/sh", "-c", "echo \"x\""};
  order.env = {{"A", "1"}, {"B", "二"}};
  order.cwd = "/tmp";
  CHECK(
      body_of(encode(ServerMessage{order})) ==
      R"({"t":"start","attempt":"0192f0c4-a1b2-7c3d-8e4f-001122334455/3/2","run_name":"nightly#3",)"
      R"("path":"load","boot_id":"0192f0c4-a1b2-7c3d-8e4f-001122334455","sequence":12,)"
      R"("argv":["/bin/sh","-c","echo \"x\""],"env":["A","1","B","二"],"cwd":"/tmp",)"
      R"("log_bytes_max":67108864})");
  CHECK(again<model::StartOrder>(ServerMessage{order}) == order);
}

TEST_CASE("an end arrives as it was sent, with output that is no text") {
  model::AttemptEnded ended{kAttempt, {}, std::string{"k=\xff\x00\n", 5}};
  ended.exit = {.exit_code = 3,
                .signal = 0,
                .started_at = Timestamp{5},
                .ended_at = Timestamp{9},
                .cpu = 4us,
                .memory_peak_bytes = 1U << 20U,
                .spawn_errno = 2,
                .group_gone = false,
                .log_bytes = 10,
                .log_dropped = 1};
  const auto read = again<model::AttemptEnded>(AgentMessage{ended});
  CHECK(read.attempt == ended.attempt);
  CHECK(read.exit == ended.exit);
  CHECK(read.output == ended.output);
  CHECK_FALSE(read.signalled);
}

TEST_CASE("an agent that does not say whether a stop reached the job is taken to say yes") {
  const auto read = decode_agent(
      R"({"t":"ended","attempt":"0192f0c4-a1b2-7c3d-8e4f-001122334455/1/1","exit_code":0,)"
      R"("signal":0,"started_at_us":1,"ended_at_us":2})");
  REQUIRE(read);
  CHECK(std::get<model::AttemptEnded>(*read).signalled);
}

TEST_CASE("a hello carries what the agent holds") {
  model::AgentHello hello;
  hello.name = "local";
  hello.instance = {3, 4};
  hello.version = "0.1.0";
  hello.host = "box";
  hello.boot_id = kRun;
  hello.sequence_high = 44;
  hello.slots = 32;
  hello.running_max = 16;
  hello.pid = 4711;
  hello.held = {{kAttempt, 43, false}, {{RunId{kRun}, 4, 1}, 44, true}};
  const auto read = again<model::AgentHello>(AgentMessage{hello});
  CHECK(read.name == "local");
  CHECK(read.instance == hello.instance);
  CHECK(read.sequence_high == 44);
  REQUIRE(read.held.size() == 2);
  CHECK(read.held[1].ended);
  CHECK(read.held[0].attempt == kAttempt);
}

TEST_CASE("every other message arrives as it was sent") {
  CHECK(again<model::StopOrder>(ServerMessage{model::StopOrder{kAttempt, 10s}}).grace == 10s);
  CHECK(again<Refused>(ServerMessage{Refused{"protocol.version", "no"}}).code ==
        "protocol.version");
  CHECK(again<model::LogRequest>(ServerMessage{model::LogRequest{1, kAttempt, 9, 100}}).offset ==
        9);
  CHECK(again<model::AttemptStarted>(AgentMessage{model::AttemptStarted{kAttempt, 5, Timestamp{6}}})
            .pid == 5);
  const auto never = again<model::AttemptNeverStarted>(
      AgentMessage{model::AttemptNeverStarted{kAttempt, kRun, 8, "busy"}});
  CHECK(never.boot_id == kRun);
  CHECK(never.reason == "busy");
  const auto lost =
      again<model::AttemptLost>(AgentMessage{model::AttemptLost{kAttempt, "runner_gone", 8}});
  CHECK(lost.reason == "runner_gone");
  CHECK(lost.sequence == 8);
  const auto chunk =
      again<model::LogChunk>(AgentMessage{model::LogChunk{1, 2, "a\xfe", true, 3, ""}});
  CHECK(chunk.bytes == "a\xfe");
  CHECK(chunk.complete);
  const model::LogRequest follow{1, kAttempt, 9, 100, true};
  CHECK(again<model::LogRequest>(ServerMessage{follow}).wait);
}

TEST_CASE("a search in a log and what was found arrive as they were sent") {
  using What = model::LogFind::What;
  for (const What what : {What::line, What::tail, What::offset, What::search}) {
    model::LogFind find{.id = 4, .attempt = kAttempt, .what = what, .number = 7, .offset = 99};
    if (what == What::search) {
      find.text = "異常|\"x\"";
      find.is_regex = find.ignores_case = true;
      find.count_max = 5;
    }
    const auto read = again<model::LogFind>(ServerMessage{find});
    CHECK(read.what == what);
    CHECK(read.attempt == kAttempt);
    CHECK((read.number == 7 && read.offset == 99));
    CHECK((read.text == find.text && read.is_regex == find.is_regex));
    CHECK((read.ignores_case == find.ignores_case && read.count_max == find.count_max));
  }
  model::LogFound found{
      .id = 4, .offset = 120, .number = 8, .at_end = true, .complete = true, .newlines = 9};
  found.lines = {{3, 40, "line\twith \"signs\""}, {7, 99, "", true}};
  const auto read = again<model::LogFound>(AgentMessage{found});
  CHECK(read.lines == found.lines);
  CHECK((read.offset == 120 && read.number == 8 && read.at_end && read.complete &&
         read.newlines == 9));
  CHECK(!decode_server(
      R"({"t":"log_find","id":1,"attempt":"0192f0c4-a1b2-7c3d-8e4f-001122334455/3/2","what":"x"})"));
}

TEST_CASE("unknown members are ignored, unknown types and broken members refused") {
  CHECK(decode_server(R"({"t":"welcome","protocol":1,"session":1,"later":{"x":[1]}})"));
  for (const char* body :
       {"", "[]", "{", "null", R"({"t":"dance"})", R"({"session":1})",
        R"({"t":"welcome","protocol":1})", R"({"t":"welcome","protocol":-1,"session":1})",
        R"({"t":"welcome","protocol":1,"session":"1"})", R"({"t":"ack","attempt":"x/1/1"})",
        R"({"t":"ack","attempt":"0192f0c4-a1b2-7c3d-8e4f-001122334455/1"})",
        R"({"t":"start","attempt":"0192f0c4-a1b2-7c3d-8e4f-001122334455/1/1",)"
        R"("boot_id":"0192f0c4-a1b2-7c3d-8e4f-001122334455","sequence":1,"argv":[]})"}) {
    const auto read = decode_server(body);
    REQUIRE_FALSE_MESSAGE(read, body);
    CHECK(read.error().code == "protocol.bad_message");
  }
}

TEST_CASE("a stream of frames is cut the same however it arrives") {
  const std::string stream = encode(ServerMessage{Welcome{1, 7}}) +
                             encode(ServerMessage{Heartbeat{}}) +
                             encode(ServerMessage{Heartbeat{}});
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    FrameReader reader;
    std::vector<std::string> bodies;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      reader.feed(std::string_view{stream}.substr(at, step));
      for (auto next = reader.next(); next && *next; next = reader.next())
        bodies.emplace_back(**next);
    }
    REQUIRE(bodies.size() == 3);
    CHECK(bodies[0] == R"({"t":"welcome","protocol":1,"session":7})");
    CHECK(bodies[2] == R"({"t":"heartbeat"})");
  }
}

TEST_CASE("a frame that is announced too long ends the stream") {
  FrameReader reader;
  reader.feed(std::string_view{"\x7f\xff\xff\xff", 4});
  const auto next = reader.next();
  REQUIRE_FALSE(next);
  CHECK(next.error().code == "protocol.frame_too_big");
}

TEST_CASE("base64 reads back what it wrote and nothing else") {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe\xfd\xfc"}) {
    std::string text;
    append_base64(text, bytes);
    CHECK(decode_base64(text) == bytes);
  }
  for (const char* bad : {"a", "ab", "====", "ab=c", "a===", "YQ=!", "YR=="})
    CHECK_FALSE(decode_base64(bad));
}

}  // namespace dandori::wire
