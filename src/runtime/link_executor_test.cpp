#include "runtime/link_executor.h"

#include <vector>

#include <doctest/doctest.h>

namespace dandori::runtime {

namespace {

std::string hello(std::string name, Uuid instance = {1, 1}) {
  model::AgentHello hello;
  hello.instance = instance;
  hello.name = std::move(name);
  return wire::encode(wire::AgentMessage{hello});
}

}  // namespace

TEST_CASE("orders go to the session of the agent's name; without one they are dropped") {
  std::vector<model::Event> events;
  LinkExecutor links{[&](model::Event event) { events.push_back(std::move(event)); }};
  links.stop("a", {});
  const auto session = links.open(Steady{0});
  links.receive(session, hello("a"), Steady{0});
  CHECK_FALSE(links.is_connected("a"));
  links.welcome("a", session);
  CHECK(links.is_connected("a"));
  (void)links.take_bytes(session);
  links.stop("b", {});
  CHECK(links.take_bytes(session).empty());
  links.stop("a", {});
  CHECK_FALSE(links.take_bytes(session).empty());
}

TEST_CASE("a second session of one name ends the first, before the engine hears of the new one") {
  std::vector<model::Event> events;
  LinkExecutor links{[&](model::Event event) { events.push_back(std::move(event)); }};
  const auto first = links.open(Steady{0});
  links.receive(first, hello("a"), Steady{0});
  links.welcome("a", first);
  const auto second = links.open(Steady{0});
  links.receive(second, hello("a"), Steady{0});
  links.welcome("a", second);
  REQUIRE(events.size() == 3);
  CHECK(std::get<model::AgentDisconnected>(events[1]).session == first);
  CHECK(std::get<model::AgentConnected>(events[2]).session == second);
  CHECK(links.closed_by(first).code == "protocol.superseded");
  links.forget(first, {});
  CHECK(links.is_connected("a"));
  links.forget(second, {});
  CHECK_FALSE(links.is_connected("a"));
  CHECK(events.size() == 4);
}

TEST_CASE("another agent of the name leaves the first alone and waits for the engine's word") {
  std::vector<model::Event> events;
  LinkExecutor links{[&](model::Event event) { events.push_back(std::move(event)); }};
  const auto first = links.open(Steady{0});
  links.receive(first, hello("a"), Steady{0});
  links.welcome("a", first);
  const auto second = links.open(Steady{0});
  links.receive(second, hello("a", {2, 2}), Steady{0});
  CHECK(links.is_open(first));
  links.refuse(second, {"agent.name_taken", "taken", ""});
  CHECK(links.closed_by(second).code == "agent.name_taken");
  CHECK_FALSE(links.take_bytes(second).empty());
  links.forget(second, {});
  CHECK(links.is_connected("a"));
}

TEST_CASE("when the memory is dropped every agent must say hello again") {
  std::vector<model::Event> events;
  LinkExecutor links{[&](model::Event event) { events.push_back(std::move(event)); }};
  const auto session = links.open(Steady{0});
  links.receive(session, hello("a"), Steady{0});
  links.welcome("a", session);
  links.close_all({"server.retry", "dropped", "", ""});
  CHECK_FALSE(links.is_open(session));
  CHECK_FALSE(links.is_connected("a"));
  std::string error;
  links.request_log("a", {}, [&](model::LogChunk chunk) { error = chunk.error; });
  CHECK(error == "log.agent_gone");
}

}  // namespace dandori::runtime
