// Logs: limits, followers, many bytes, many days.
#include <cstdlib>
#include <fstream>

#include <fmt/core.h>

#include "keeper/test_host.h"

using namespace dandori;
using namespace dandori::keeper;
using keeper::test::attempt;
using keeper::test::Host;

TEST_CASE("both streams are kept in the order they were read, and ranges can be asked for") {
  Host host;
  host.open();
  host.finish(host.shell(1, "echo one; sleep 0.05; echo two >&2; sleep 0.05; echo three"));
  CHECK(host.log(1) == "one\ntwo\nthree\n");
  const model::LogChunk part = host.keeper->read_log({7, attempt(1), 4, 5});
  CHECK(part.id == 7);
  CHECK(part.offset == 4);
  CHECK(part.bytes == "two\nt");
  CHECK(!part.complete);
  const model::LogChunk end = host.keeper->read_log({8, attempt(1), 14, 100});
  CHECK(end.bytes == "");
  CHECK(end.complete);
}

TEST_CASE("a follower is told when the log of a running job grows") {
  Host host;
  host.open();
  host.start(host.shell(1, "echo first; while [ ! -e go ]; do sleep 0.01; done; echo second"));
  REQUIRE(host.until([&] { return host.grew > 0 && host.log(1) == "first\n"; }));
  CHECK(!host.keeper->read_log({1, attempt(1), 0, 100}).complete);
  std::ofstream{host.path("agent/work/go")};
  host.ended(1);
  CHECK(host.log(1) == "first\nsecond\n");
}

TEST_CASE("past its limit a log keeps its beginning and its end, and counts what it dropped") {
  Host host;
  host.open();
  model::StartOrder order = host.shell(1, "seq 1 200000");
  order.log_bytes_max = 400'000;
  const model::ExitRecord exit = host.finish(order).exit;
  CHECK(exit.log_bytes == 1'288'895);
  CHECK(exit.log_dropped == exit.log_bytes - 400'000);
  const model::LogChunk head = host.keeper->read_log({1, attempt(1), 0, 8});
  CHECK(head.bytes == "1\n2\n3\n4\n");
  CHECK(head.dropped == exit.log_dropped);
  const model::LogChunk tail = host.keeper->read_log({1, attempt(1), 400'000, 1U << 20U});
  CHECK(tail.offset == exit.log_bytes - 65536);
  CHECK(tail.bytes.size() == 65536);
  CHECK(tail.bytes.ends_with("199999\n200000\n"));
  CHECK(tail.complete);
}

TEST_CASE("a limit of nothing keeps nothing and stops no job") {
  Host host;
  host.open();
  model::StartOrder order = host.shell(1, "seq 1 100000");
  order.log_bytes_max = 0;
  const model::ExitRecord exit = host.finish(order).exit;
  CHECK(exit.exit_code == 0);
  CHECK(exit.log_dropped == exit.log_bytes);
  CHECK(host.log(1) == "");
}

TEST_CASE("a log far beyond its limit costs no memory, no disk and no time of others") {
  Host host;
  host.open();
  // DANDORI_TEST_LOG_MB=1024 for the long form.
  const char* wanted = std::getenv("DANDORI_TEST_LOG_MB");
  const std::uint64_t megabytes = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 128;
  model::StartOrder order = host.shell(1, fmt::format("head -c {}M /dev/zero", megabytes));
  order.log_bytes_max = 16U << 20U;
  host.start(order);
  CHECK(host.finish(host.order(2, {"/bin/true"})).exit.exit_code == 0);
  const model::ExitRecord exit = host.ended(1).exit;
  CHECK(exit.exit_code == 0);
  CHECK(exit.log_bytes == megabytes << 20U);
  CHECK(exit.log_dropped == exit.log_bytes - (16U << 20U));
  CHECK(std::filesystem::file_size(host.path("agent/spool/0")) <= (20U << 20U));
}

TEST_CASE("logs of ended attempts are found again by another keeper, and unknown ones named so") {
  Host host;
  host.open();
  for (std::uint32_t i = 1; i <= 5; ++i) host.finish(host.shell(i, fmt::format("echo job {}", i)));
  host.finish(host.order(6, {"/bin/true"}));
  for (std::uint32_t i = 1; i <= 6; ++i) host.keeper->acknowledge({attempt(i)});
  host.open();
  for (std::uint32_t i = 1; i <= 5; ++i) CHECK(host.log(i) == fmt::format("job {}\n", i));
  const model::LogChunk silent = host.keeper->read_log({1, attempt(6), 0, 10});
  CHECK(silent.error == "");
  CHECK(silent.complete);
  CHECK(host.keeper->read_log({1, attempt(77), 0, 10}).error == "log.unknown_attempt");
}

TEST_CASE("a log that crosses midnight is read from both days; old days can be removed") {
  Host host;
  Result<LogStore> store = LogStore::open(host.path("logs"));
  REQUIRE(store);
  const Timestamp evening = *parse_rfc3339("2026-11-24T23:59:59Z"),
                  morning = *parse_rfc3339("2026-11-25T00:00:01Z");
  const auto frame = [](std::uint64_t offset, std::string_view text) {
    return make_frame(1, 0, offset, 1, text);
  };
  store->begin(attempt(1));
  CHECK(store->append(attempt(1), frame(0, "late "), 0, 5, evening));
  CHECK(store->append(attempt(1), frame(5, "early"), 5, 10, morning));
  CHECK(store->append(attempt(1), frame(5, "early"), 5, 10,
                      morning));  // taken over twice after a crash
  store->finish(attempt(1), 10, 0, morning);
  store->flush();
  store->forget(attempt(1));
  const model::LogChunk whole = store->read({1, attempt(1), 0, 100}, false);
  CHECK(whole.bytes == "late early");
  CHECK(whole.complete);
  CHECK(store->remove_before("2026-11-25") == 1);
  const model::LogChunk rest = store->read({1, attempt(1), 0, 100}, false);
  CHECK(rest.offset == 5);
  CHECK(rest.bytes == "early");
}

TEST_CASE("a torn index record or damaged segment spoils only its own attempt") {
  Host host;
  const Timestamp now = *parse_rfc3339("2026-11-24T12:00:00Z");
  {
    Result<LogStore> store = LogStore::open(host.path("logs"));
    REQUIRE(store);
    REQUIRE(store->append(attempt(1), make_frame(1, 0, 0, 1, "one"), 0, 3, now));
    store->finish(attempt(1), 3, 0, now);
    store->flush();
  }
  std::ofstream{host.path("logs/2026-11-24.idx"), std::ios::app} << "torn by a power cut";
  Result<LogStore> store = LogStore::open(host.path("logs"));
  REQUIRE(store);
  REQUIRE(store->append(attempt(2), make_frame(2, 0, 0, 1, "two"), 0, 3, now));
  store->finish(attempt(2), 3, 0, now);
  store->flush();
  store->forget(attempt(2));
  CHECK(store->read({1, attempt(1), 0, 100}, false).bytes == "one");
  CHECK(store->read({1, attempt(2), 0, 100}, false).bytes == "two");
}
