// Lines of a log: where they begin, the last ones, and those with a text in them.
#include <fmt/core.h>

#include <fstream>

#include "keeper/spool.h"
#include "keeper/test_host.h"

using namespace dandori;
using namespace dandori::keeper;
using keeper::test::attempt;
using keeper::test::Host;
using What = model::LogFind::What;

namespace {

const Timestamp kNow = *parse_rfc3339("2026-11-24T12:00:00Z");

/// A log written piece by piece; each piece is one extent.
struct Log {
  Host host;
  LogStore store = *LogStore::open(host.path("logs"));
  std::uint64_t end = 0;

  Log() { store.begin(attempt(1)); }

  void write(std::string_view text, std::uint64_t dropped_before = 0) {
    end += dropped_before;
    std::string frames;
    for (std::size_t at = 0; at < text.size(); at += 60'000) {
      frames += make_frame(1, 0, end + at, 1, text.substr(at, 60'000));
    }
    REQUIRE(store.append(attempt(1), frames, end, end + text.size(), kNow));
    end += text.size();
  }
  void finish(std::uint64_t dropped = 0) { store.finish(attempt(1), end, dropped, kNow); }
  /// From now on the index is read from disk.
  void forget() {
    store.flush();
    store.forget(attempt(1));
  }

  std::pair<std::uint64_t, std::uint64_t> place(What what, std::uint64_t number,
                                                std::uint64_t offset = 0) {
    const auto found = store.find(
        {.id = 1, .attempt = attempt(1), .what = what, .number = number, .offset = offset}, true);
    CHECK(found.error == "");
    return {found.number, found.offset};
  }
  model::LogFound search(std::string text, std::uint64_t offset = 0, std::uint64_t number = 1,
                         std::uint32_t count_max = 100, bool is_regex = false) {
    return store.find({.id = 1,
                       .attempt = attempt(1),
                       .what = What::search,
                       .number = number,
                       .offset = offset,
                       .text = std::move(text),
                       .is_regex = is_regex,
                       .ignores_case = false,
                       .count_max = count_max},
                      true);
  }
};

using Place = std::pair<std::uint64_t, std::uint64_t>;

}  // namespace

TEST_CASE("a line is found by its number, a byte's by its offset, over pieces of any cut") {
  Log log;
  for (const char* piece : {"on", "e\ntwo\nth", "ree\n", "four\nfive"}) log.write(piece);
  for (const bool from_disk : {false, true}) {
    if (from_disk) log.forget();
    CHECK(log.place(What::line, 1) == Place{1, 0});
    CHECK(log.place(What::line, 2) == Place{2, 4});
    CHECK(log.place(What::line, 3) == Place{3, 8});
    CHECK(log.place(What::line, 4) == Place{4, 14});
    CHECK(log.place(What::line, 5) == Place{5, 19});
    CHECK(log.place(What::line, 99).second == 23);
    CHECK(log.place(What::offset, 0, 0) == Place{1, 0});
    CHECK(log.place(What::offset, 0, 3) == Place{1, 3});
    CHECK(log.place(What::offset, 0, 8) == Place{3, 8});
    CHECK(log.place(What::offset, 0, 10) == Place{3, 10});
    CHECK(log.place(What::offset, 0, 22) == Place{5, 22});
    CHECK(log.place(What::offset, 0, 99) == Place{5, 23});
    CHECK(log.place(What::tail, 2) == Place{4, 14});
    CHECK(log.place(What::tail, 100) == Place{1, 0});
  }
}

TEST_CASE("the last lines of a log that ends with a newline") {
  Log log;
  CHECK(log.place(What::tail, 3) == Place{1, 0});
  log.write("a\nb\n");
  CHECK(log.place(What::tail, 1) == Place{2, 2});
  CHECK(log.place(What::tail, 2) == Place{1, 0});
}

TEST_CASE("a search names line, offset and text, and goes on where it stopped") {
  Log log;
  log.write("start\nERROR one\nfine\nERR");
  log.write("OR two\nalso fine\nERROR three");
  auto found = log.search("ERROR", 0, 1, 2);
  CHECK(found.lines == std::vector<model::LogLine>{{2, 6, "ERROR one"}, {4, 21, "ERROR two"}});
  CHECK(!found.complete);
  CHECK((found.number == 5 && found.offset == 31));
  found = log.search("ERROR", found.offset, found.number, 2);
  CHECK(found.lines.empty());  // the last line is still being written
  CHECK((found.number == 6 && found.offset == 41));
  log.finish();
  found = log.search("ERROR", found.offset, found.number, 2);
  CHECK(found.lines == std::vector<model::LogLine>{{6, 41, "ERROR three"}});
  CHECK(found.complete);
  CHECK(log.search("^E.*e$", 0, 1, 100, true).lines.size() == 2);
  CHECK(log.search("(", 0, 1, 100, true).error == "log.bad_pattern");
}

TEST_CASE("a search in a big log takes bounded steps, and all steps together find every line") {
  Log log;
  std::string piece;
  for (int i = 0; i < 9000; ++i) piece += fmt::format("line {:06} {}\n", i, std::string(100, '.'));
  for (int i = 0; i < 12; ++i) log.write(piece);
  log.finish();
  log.forget();
  std::uint64_t offset = 0, number = 1, steps = 0;
  std::vector<std::uint64_t> lines;
  for (bool complete = false; !complete; ++steps) {
    const auto found = log.search("line 004242", offset, number);
    REQUIRE(found.error == "");
    for (const model::LogLine& line : found.lines) lines.push_back(line.number);
    offset = found.offset;
    number = found.number;
    complete = found.complete;
    REQUIRE(steps < 100);
  }
  REQUIRE(lines.size() == 12);
  for (std::uint64_t i = 0; i < 12; ++i) CHECK(lines[i] == i * 9000 + 4243);
  CHECK(steps > 2);
  CHECK(log.place(What::tail, 1) == Place{108'000, log.end - 113});
}

TEST_CASE("dropped bytes have no lines: numbers count what is kept") {
  Log log;
  log.write("a\nb");
  log.write("c\nd\n", 1000);
  log.finish(1000);
  CHECK(log.place(What::line, 3) == Place{3, 1005});
  const auto found = log.search("c");
  REQUIRE(found.lines.size() == 1);
  CHECK(found.lines[0] == model::LogLine{2, 1003, "c", true});  // what is kept of its line
  CHECK(found.dropped == 1000);
}

TEST_CASE("a line without end is looked through in parts and costs no memory") {
  Log log;
  log.write(std::string(3U << 20U, 'x') + "needle" + std::string(1U << 20U, 'y') + "\nneedle\n");
  log.finish();
  const auto found = log.search("needle");
  REQUIRE(found.error == "");
  REQUIRE(!found.lines.empty());
  CHECK(found.lines[0].number == 1);
  CHECK(found.lines[0].text.size() <= model::kLogLineBytesMax);
  CHECK(found.lines[0].truncated);
}

TEST_CASE("who goes on inside a long line gets what follows, and knows that it is a part") {
  Log log;
  log.write("short\n" + std::string(600'000, 'x') + " needle\nneedle again\n");
  log.finish();
  // Where a stream of lines was cut off in the middle of a line.
  CHECK(log.place(What::offset, 0, 300'006) == Place{2, 300'006});
  const auto found = log.search("needle", 300'006, 2);
  REQUIRE(found.lines.size() == 2);
  CHECK((found.lines[0].number == 2 && found.lines[0].truncated));
  CHECK(found.lines[1] == model::LogLine{3, 600'014, "needle again"});
  CHECK(log.search("needle", 600'014, 3).lines ==
        std::vector<model::LogLine>{{3, 600'014, "needle again"}});
}

TEST_CASE("what was taken over twice after a crash is counted once") {
  Log log;
  log.write("a\nb\n");
  REQUIRE(log.store.append(attempt(1), make_frame(1, 0, 2, 1, "b\nc\n"), 2, 6, kNow));
  log.end = 6;
  log.finish();
  for (const bool from_disk : {false, true}) {
    if (from_disk) log.forget();
    CHECK(log.place(What::line, 3) == Place{3, 4});
    CHECK(log.place(What::tail, 1) == Place{3, 4});
    CHECK(log.search("c").lines == std::vector<model::LogLine>{{3, 4, "c"}});
  }
}

TEST_CASE("the lines of a running job and of one that is not known") {
  Host host;
  host.open();
  host.start(host.shell(1, "echo first; echo second; while [ ! -e go ]; do sleep 0.01; done"));
  REQUIRE(host.until([&] { return host.log(1) == "first\nsecond\n"; }));
  model::LogFind find{.id = 9, .attempt = attempt(1), .what = What::tail, .number = 1};
  CHECK(host.keeper->find_log(find).offset == 6);
  CHECK(!host.keeper->find_log(find).complete);
  find.attempt = attempt(9);
  CHECK(host.keeper->find_log(find).error == "log.unknown_attempt");
  std::ofstream{host.path("agent/work/go")};
  host.ended(1);
}
