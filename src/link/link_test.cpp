#include <vector>

#include <doctest/doctest.h>

#include "link/agent_session.h"
#include "link/server_session.h"

namespace dandori::link {

namespace {

const Uuid kBoot{7, 7};
model::AttemptRef attempt(std::uint32_t number) {
  return {RunId{Uuid{1, 1}}, 0, number};
}

model::StartOrder order_of(std::uint32_t number) {
  model::StartOrder order;
  order.attempt = attempt(number);
  order.boot_id = kBoot;
  order.sequence = number;
  order.argv = {"true"};
  return order;
}

/// Both halves with a wire between them that can be cut; what each side saw.
struct Pair {
  Steady now{1'000'000};
  std::vector<model::Event> events;
  std::vector<model::StartOrder> started;
  std::vector<model::AttemptRef> stopped, acknowledged;
  std::uint64_t sessions = 0;
  std::optional<Error> refuse;
  bool welcomes = true;        ///< the engine's answer to a hello comes at once
  std::string log = "line\n";  ///< of any attempt
  bool log_complete = true;
  model::AgentHello hello;
  std::unique_ptr<ServerSession> server;
  AgentSession agent{{
      .start = [this](const auto& order) { started.push_back(order); },
      .stop = [this](const auto& order) { stopped.push_back(order.attempt); },
      .acknowledge = [this](const auto& order) { acknowledged.push_back(order.attempt); },
      .read_log =
          [this](const model::LogRequest& request) {
            return model::LogChunk{0, request.offset, log, log_complete, 0, ""};
          },
      .find_log =
          [](const model::LogFind& find) {
            return model::LogFound{.id = 0, .offset = find.offset, .number = 7};
          },
  }};

  Pair() {
    hello.name = "local";
    hello.boot_id = kBoot;
    hello.slots = 4;
  }
  ServerSession::Hooks hooks() {
    return {.admit = [this](const auto&) -> Result<void> {
              if (refuse) return std::unexpected(*refuse);
              return {};
            },
            .event =
                [this](model::Event event) {
                  const bool is_hello = std::holds_alternative<model::AgentConnected>(event);
                  events.push_back(std::move(event));
                  if (is_hello && welcomes) server->welcome();
                }};
  }
  void connect() {
    server = std::make_unique<ServerSession>(++sessions, hooks(), now);
    agent.connect(hello, now);
    carry();
  }
  /// Moves bytes until both are quiet.
  void carry() {
    for (;;) {
      const std::string up = agent.take_bytes();
      if (!up.empty()) server->receive(up, now);
      const std::string down = server->take_bytes();
      if (!down.empty()) agent.receive(down, now);
      if (up.empty() && down.empty()) return;
    }
  }
  /// What was not carried is lost.
  void cut() {
    server->close({"link.cut", "cut", "", ""});
    agent.disconnect({"link.cut", "cut", "", ""});
  }
  template <class E>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& event : events) n += std::holds_alternative<E>(event) ? 1U : 0U;
    return n;
  }
};

model::AttemptEnded ended(std::uint32_t number) {
  model::AttemptEnded end;
  end.attempt = attempt(number);
  end.exit.exit_code = 0;
  return end;
}

}  // namespace

TEST_CASE("a hello is answered by a welcome, then orders go one way and reports the other") {
  Pair pair;
  pair.connect();
  CHECK(pair.agent.session() == 1);
  REQUIRE(pair.count<model::AgentConnected>() == 1);
  pair.server->start(order_of(1));
  pair.server->stop({attempt(1), 5s});
  pair.carry();
  REQUIRE(pair.started.size() == 1);
  CHECK(pair.started[0] == order_of(1));
  CHECK(pair.stopped.size() == 1);
  pair.agent.report(model::AttemptStarted{attempt(1), 99, Timestamp{5}});
  pair.agent.report(ended(1));
  pair.carry();
  CHECK(pair.count<model::AttemptEnded>() == 1);
  pair.server->acknowledge({attempt(1)});
  pair.carry();
  CHECK(pair.acknowledged.size() == 1);
  CHECK(pair.agent.reports_kept() == 0);
}

TEST_CASE("a report is sent again in every session until it is acknowledged") {
  Pair pair;
  pair.connect();
  pair.agent.report(ended(1));
  (void)pair.agent.take_bytes();  // lost on the way
  pair.cut();
  CHECK(pair.count<model::AttemptEnded>() == 0);
  pair.connect();
  CHECK(pair.count<model::AttemptEnded>() == 1);
  pair.cut();
  pair.connect();
  CHECK(pair.count<model::AttemptEnded>() == 2);
  pair.server->acknowledge({attempt(1)});
  pair.carry();
  pair.cut();
  pair.connect();
  CHECK(pair.count<model::AttemptEnded>() == 2);
}

TEST_CASE("reports made while cut off wait for the next session, the newest of each attempt") {
  Pair pair;
  pair.agent.report(model::AttemptStarted{attempt(1), 9, Timestamp{1}});
  pair.agent.report(model::AttemptStarted{attempt(2), 9, Timestamp{1}});
  pair.agent.report(ended(1));
  pair.connect();
  CHECK(pair.count<model::AttemptStarted>() == 1);
  CHECK(pair.count<model::AttemptEnded>() == 1);
}

TEST_CASE("nothing replaces a final report") {
  Pair pair;
  pair.agent.report(ended(1));
  pair.agent.report(model::AttemptStarted{attempt(1), 9, Timestamp{1}});
  pair.agent.report(model::AttemptLost{attempt(1), "runner_gone"});
  pair.connect();
  CHECK(pair.count<model::AttemptEnded>() == 1);
  CHECK(pair.count<model::AttemptLost>() == 0);
}

TEST_CASE("a newer order acknowledges that an older one never started") {
  Pair pair;
  pair.connect();
  model::StartOrder order = order_of(1);
  pair.agent.report(model::AttemptNeverStarted{attempt(1), kBoot, 1, "busy"});
  pair.carry();
  order.sequence = 2;
  pair.server->start(order);
  pair.carry();
  CHECK(pair.agent.reports_kept() == 0);
  pair.agent.report(model::AttemptNeverStarted{attempt(1), kBoot, 2, "busy"});
  pair.agent.report(ended(1));
  pair.carry();
  CHECK(pair.count<model::AttemptEnded>() == 1);
}

TEST_CASE("a newer order ends the report that an older one was lost") {
  Pair pair;
  pair.connect();
  pair.agent.report(model::AttemptLost{attempt(1), "host_restarted", 1});
  pair.carry();
  model::StartOrder order = order_of(1);
  order.sequence = 2;
  pair.server->start(order);
  pair.carry();
  pair.agent.report(ended(1));
  pair.carry();
  CHECK(pair.count<model::AttemptEnded>() == 1);
}

TEST_CASE("an agent of another protocol is refused and told why") {
  Pair pair;
  pair.hello.protocol = 2;
  pair.connect();
  CHECK_FALSE(pair.server->is_open());
  CHECK_FALSE(pair.agent.is_open());
  CHECK(pair.agent.closed_by().code == "protocol.version");
  CHECK(pair.events.empty());
}

TEST_CASE("an agent that may not join is refused with the server's reason") {
  Pair pair;
  pair.refuse = Error{"agent.unknown", "no agent 'local' is enrolled", "", ""};
  pair.connect();
  CHECK(pair.agent.closed_by().code == "agent.unknown");
  CHECK(pair.events.empty());
  pair.refuse.reset();
  pair.hello.name = "../x";
  pair.connect();
  CHECK(pair.agent.closed_by().code == "protocol.bad_name");
}

TEST_CASE("until the hello is answered the agent waits and orders are dropped") {
  Pair pair;
  pair.welcomes = false;
  pair.connect();
  CHECK(pair.count<model::AgentConnected>() == 1);
  CHECK_FALSE(pair.agent.is_welcomed());
  pair.agent.report(ended(1));
  pair.server->start(order_of(1));
  pair.carry();
  CHECK(pair.started.empty());
  CHECK(pair.count<model::AttemptEnded>() == 0);
  pair.server->welcome();
  pair.carry();
  CHECK(pair.agent.is_welcomed());
  CHECK(pair.count<model::AttemptEnded>() == 1);
}

TEST_CASE("an agent that the engine refuses hears the reason, and its session is over") {
  Pair pair;
  pair.welcomes = false;
  pair.connect();
  pair.server->refuse({"agent.name_taken", "the name is taken", ""});
  pair.carry();
  CHECK(pair.agent.closed_by().code == "agent.name_taken");
  CHECK_FALSE(pair.server->is_open());
  CHECK(pair.count<model::AgentDisconnected>() == 1);
}

TEST_CASE("heartbeats keep a quiet session; 15 seconds of silence end it") {
  Pair pair;
  pair.connect();
  for (int i = 0; i < 20; ++i) {
    pair.now = std::min(pair.server->next_wake(), pair.agent.next_wake());
    pair.server->step(pair.now);
    pair.agent.step(pair.now);
    pair.carry();
  }
  CHECK(pair.server->is_welcomed());
  CHECK(pair.agent.is_welcomed());
  pair.now = pair.now + kSilenceMax;
  pair.server->step(pair.now);
  CHECK_FALSE(pair.server->is_open());
  CHECK(pair.server->closed_by().code == "protocol.silence");
  CHECK(pair.count<model::AgentDisconnected>() == 1);
  pair.agent.step(pair.now);
  CHECK_FALSE(pair.agent.is_open());
}

TEST_CASE("before the greeting nothing is due but the silence") {
  Pair pair;
  pair.server = std::make_unique<ServerSession>(1, pair.hooks(), pair.now);
  pair.agent.connect(pair.hello, pair.now);
  const Steady silent = pair.now + 15s;
  pair.now = pair.now + 6s;
  pair.agent.step(pair.now);
  pair.server->step(pair.now);
  CHECK(pair.agent.next_wake() == silent);
  CHECK(pair.server->next_wake() == silent);
}

TEST_CASE("a peer that never says hello is dropped without a word to the engine") {
  std::vector<model::Event> events;
  ServerSession server{1,
                       {.admit = [](const auto&) -> Result<void> { return {}; },
                        .event = [&](model::Event event) { events.push_back(std::move(event)); }},
                       Steady{0}};
  server.step(Steady{0} + kHeartbeatEvery);
  CHECK(server.take_bytes().empty());
  server.step(Steady{0} + kSilenceMax);
  CHECK_FALSE(server.is_open());
  CHECK(events.empty());
}

TEST_CASE("messages out of order and broken bytes end the session") {
  Pair pair;
  pair.connect();
  pair.server->receive(wire::encode(wire::AgentMessage{pair.hello}), pair.now);
  CHECK(pair.server->closed_by().code == "protocol.out_of_order");
  pair.connect();
  pair.server->receive(std::string_view{"\0\0\0\2{]", 6}, pair.now);
  CHECK(pair.server->closed_by().code == "protocol.bad_message");
  pair.connect();
  pair.server->receive("\xff\xff\xff\xff", pair.now);
  CHECK(pair.server->closed_by().code == "protocol.frame_too_big");
  pair.server->receive("more", pair.now);
  CHECK(pair.count<model::AgentDisconnected>() == 3);
}

TEST_CASE("a log request is answered once: by the agent, at a cut, or by its time limit") {
  Pair pair;
  std::vector<model::LogChunk> answers;
  const auto keep = [&](model::LogChunk chunk) { answers.push_back(std::move(chunk)); };
  pair.connect();
  pair.server->request_log({0, attempt(1), 3, 100}, keep);
  pair.carry();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].bytes == "line\n");
  CHECK(answers[0].offset == 3);
  pair.server->request_log({0, attempt(1), 3, 100}, keep);
  pair.cut();
  REQUIRE(answers.size() == 2);
  CHECK(answers[1].error == "log.agent_gone");
  pair.server->request_log({0, attempt(1), 3, 100}, keep);
  CHECK(answers.size() == 3);
  pair.connect();
  pair.server->request_log({0, attempt(1), 3, 100}, keep);
  (void)pair.server->take_bytes();
  for (int i = 0; i < 10; ++i) {
    pair.now = pair.now + 4s;
    pair.agent.step(pair.now);
    pair.server->step(pair.now);
    pair.carry();
  }
  CHECK(pair.server->is_welcomed());
  REQUIRE(answers.size() == 4);
  CHECK(answers[3].error == "log.timeout");
}

TEST_CASE("a follower is answered when the log grows, ends, or has been quiet for long") {
  Pair pair;
  std::vector<model::LogChunk> answers;
  const auto keep = [&](model::LogChunk chunk) { answers.push_back(std::move(chunk)); };
  const auto follow = [&] {
    pair.server->request_log({0, attempt(1), 5, 100, true}, keep);
    pair.carry();
  };
  pair.connect();
  pair.log = "";
  pair.log_complete = false;
  follow();
  CHECK(answers.empty());
  pair.agent.log_grew(attempt(2));
  pair.carry();
  CHECK(answers.empty());
  pair.log = "more\n";
  pair.agent.log_grew(attempt(1));
  pair.carry();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].bytes == "more\n");

  pair.log = "";
  follow();
  pair.log_complete = true;
  pair.agent.log_grew(attempt(1));
  pair.carry();
  REQUIRE(answers.size() == 2);
  CHECK(answers[1].complete);

  pair.log_complete = false;
  follow();
  CHECK(pair.agent.next_wake() <= pair.now + kLogWaitMax);
  pair.now = pair.now + kLogWaitMax;
  pair.agent.step(pair.now);
  pair.carry();
  REQUIRE(answers.size() == 3);
  CHECK((answers[2].bytes.empty() && !answers[2].complete && answers[2].error.empty()));

  follow();
  pair.cut();
  REQUIRE(answers.size() == 4);
  CHECK(answers[3].error == "log.agent_gone");
  pair.connect();
  pair.log = "late\n";
  pair.agent.log_grew(attempt(1));
  pair.carry();
  CHECK(answers.size() == 4);  // nobody of this session waits
}

TEST_CASE("a place in a log is asked for and answered once") {
  Pair pair;
  std::vector<model::LogFound> answers;
  const auto keep = [&](model::LogFound found) { answers.push_back(std::move(found)); };
  pair.connect();
  pair.server->request_find({.id = 0, .attempt = attempt(1), .offset = 3}, keep);
  pair.carry();
  REQUIRE(answers.size() == 1);
  CHECK((answers[0].number == 7 && answers[0].offset == 3));
  pair.server->request_find({.id = 0, .attempt = attempt(1)}, keep);
  pair.cut();
  REQUIRE(answers.size() == 2);
  CHECK(answers[1].error == "log.agent_gone");
}

TEST_CASE("an order that no frame can hold is reported as never started") {
  Pair pair;
  pair.connect();
  model::StartOrder order = order_of(1);
  order.argv.emplace_back(wire::kFrameBytesMax, 'x');
  pair.server->start(order);
  pair.carry();
  CHECK(pair.started.empty());
  REQUIRE(pair.count<model::AttemptNeverStarted>() == 1);
  CHECK(std::get<model::AttemptNeverStarted>(pair.events.back()).reason == "order_too_big");
}

TEST_CASE("many reports are written in pieces as the socket takes them") {
  Pair pair;
  for (std::uint32_t n = 1; n <= 64; ++n) {
    model::AttemptEnded end = ended(n);
    end.output.assign(model::kOutputBytesMax, '\xee');
    pair.agent.report(end);
  }
  pair.server = std::make_unique<ServerSession>(1, pair.hooks(), pair.now);
  pair.agent.connect(pair.hello, pair.now);
  pair.server->receive(pair.agent.take_bytes(), pair.now);
  pair.agent.receive(pair.server->take_bytes(), pair.now);
  CHECK(pair.agent.take_bytes().size() < 2 * kReportBytesWaitingMax);
  pair.cut();
  pair.connect();
  CHECK(pair.count<model::AttemptEnded>() == 64);
}

}  // namespace dandori::link
