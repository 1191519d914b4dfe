#include "exec/scripted/scripted_executor.h"

#include <vector>

#include <doctest/doctest.h>

namespace dandori::exec {

namespace {

struct Bench {
  std::vector<model::Event> events;
  ScriptedExecutor executor{{}, [this](model::Event event) { events.push_back(std::move(event)); }};

  static model::StartOrder order(std::uint32_t number) {
    model::StartOrder order;
    order.attempt = {RunId{Uuid{1, 1}}, 0, number};
    order.path = "load";
    order.boot_id = Uuid{1, 1};
    order.sequence = number;
    return order;
  }
  template <class E>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& event : events) n += std::holds_alternative<E>(event) ? 1U : 0U;
    return n;
  }
};

}  // namespace

TEST_CASE("an attempt ends as its script says, when virtual time gets there") {
  Bench bench;
  bench.executor.script("load", {{.exit_code = 3, .lasts = 60s}});
  bench.executor.connect();
  bench.executor.start("local", Bench::order(1));
  bench.executor.step({Timestamp{59'000'000}, Steady{59'000'000}});
  CHECK(bench.count<model::AttemptEnded>() == 0);
  CHECK(bench.executor.next_wake() == Steady{60'000'000});
  bench.executor.step({Timestamp{60'000'000}, Steady{60'000'000}});
  REQUIRE(bench.count<model::AttemptEnded>() == 1);
  CHECK(std::get<model::AttemptEnded>(bench.events.back()).exit.exit_code == 3);
}

TEST_CASE("an order is started once, and its end is reported in every session until acknowledged") {
  Bench bench;
  bench.executor.connect();
  bench.executor.start("local", Bench::order(1));
  bench.executor.start("local", Bench::order(1));
  CHECK(bench.executor.starts().begin()->second == 1);
  CHECK(bench.count<model::AttemptEnded>() == 1);
  bench.executor.connect();
  CHECK(bench.count<model::AttemptEnded>() == 2);
  bench.executor.acknowledge("local", {Bench::order(1).attempt});
  bench.executor.connect();
  CHECK(bench.count<model::AttemptEnded>() == 2);
  bench.executor.start("local", Bench::order(1));
  CHECK(bench.count<model::AttemptNeverStarted>() == 1);
}

TEST_CASE("a stopped attempt ends by TERM, one that ignores it by KILL after the grace") {
  Bench bench;
  bench.executor.script("load", {{.lasts = 1h}, {.lasts = 1h, .ignores_term = true}});
  bench.executor.connect();
  bench.executor.start("local", Bench::order(1));
  bench.executor.start("local", Bench::order(2));
  bench.executor.stop("local", {Bench::order(1).attempt, 10s});
  bench.executor.stop("local", {Bench::order(2).attempt, 10s});
  CHECK(bench.executor.running() == 1);
  bench.executor.step({Timestamp{10'000'000}, Steady{10'000'000}});
  CHECK(bench.executor.running() == 0);
  CHECK(std::get<model::AttemptEnded>(bench.events.back()).exit.signal == 9);
}

}  // namespace dandori::exec
