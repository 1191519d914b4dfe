#include "cli/top_screen.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace dandori::cli {

namespace {

Timestamp at(const char* text) {
  return parse_rfc3339(text).value();
}

TopRun run_of(const char* name, const char* state) {
  TopRun run;
  run.name = name;
  run.state = state;
  run.started_at = at("2026-11-20T13:00:00Z");
  return run;
}

TopSnapshot night() {
  TopSnapshot snapshot;
  snapshot.url = "http://127.0.0.1:7010";
  snapshot.now = at("2026-11-20T13:02:00Z");
  snapshot.running = 2;
  snapshot.agents = snapshot.agents_connected = 1;
  TopRun sales = run_of("sales#3", "running");
  sales.jobs = 10;
  sales.jobs_ended = 4;
  sales.usual = std::chrono::minutes{4};
  sales.note = "load";
  TopRun late = run_of("stock#7", "running");
  late.usual = std::chrono::minutes{1};
  TopRun broken = run_of("bank#1", "failed");
  broken.ended_at = at("2026-11-20T13:01:00Z");
  broken.title = "銀行振込";
  snapshot.active = {sales, late};
  snapshot.failures = {broken};
  return snapshot;
}

TopScreen screen(Lang lang = Lang::en, Ambiguous ambiguous = Ambiguous::narrow) {
  return TopScreen{{.lang = lang, .paint = {.color = false, .ambiguous = ambiguous}, .zone = {}}};
}

KeyPress letter(const char* text) {
  return {KeyKind::character, text};
}

std::string row_with(const std::vector<std::string>& lines, std::string_view text) {
  const auto found = std::ranges::find_if(
      lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
  return found == lines.end() ? std::string{} : *found;
}

}  // namespace

TEST_CASE("every size gives exactly its rows, none wider than its columns") {
  for (const Lang lang : {Lang::en, Lang::ja}) {
    for (const Ambiguous ambiguous : {Ambiguous::narrow, Ambiguous::wide}) {
      for (const ScreenSize size :
           {ScreenSize{24, 80}, {50, 200}, {6, 30}, {3, 10}, {1, 1}, {2, 200}}) {
        TopScreen top = screen(lang, ambiguous);
        for (const KeyPress& key :
             {letter("?"), letter("x"), letter("/"), letter("b"), KeyPress{KeyKind::escape, {}},
              KeyPress{KeyKind::enter, {}}, KeyPress{KeyKind::enter, {}}, letter("R")}) {
          const auto lines = top.draw(night(), size);
          REQUIRE(lines.size() == size.rows);
          for (const std::string& line : lines) {
            CHECK(display_width(line, ambiguous) <= size.columns);
          }
          (void)top.press(key, night());
        }
      }
    }
  }
}

TEST_CASE("progress is the time so far against the usual time, beyond it too") {
  TopScreen top = screen();
  const auto lines = top.draw(night(), {24, 120});
  CHECK(row_with(lines, "sales#3").find("█████░░░░░  50%") != std::string::npos);
  CHECK(row_with(lines, "sales#3").find("4/10") != std::string::npos);
  CHECK(row_with(lines, "sales#3").find("load") != std::string::npos);
  CHECK(row_with(lines, "stock#7").find("██████████ 200%") != std::string::npos);
  CHECK(row_with(lines, "bank#1").find("failed") != std::string::npos);
}

TEST_CASE("the filter looks at names and titles, in any case") {
  TopScreen top = screen();
  for (const char* key : {"/", "B", "A", "N"}) (void)top.press(letter(key), night());
  auto lines = top.draw(night(), {24, 120});
  CHECK_FALSE(row_with(lines, "bank#1").empty());
  CHECK(row_with(lines, "sales#3").empty());
  (void)top.press({KeyKind::escape, {}}, night());
  (void)top.press(letter("/"), night());
  (void)top.press(letter("銀"), night());
  lines = top.draw(night(), {24, 120});
  CHECK_FALSE(row_with(lines, "bank#1").empty());
  CHECK(row_with(lines, "stock#7").empty());
  (void)top.press({KeyKind::backspace, {}}, night());
  CHECK_FALSE(row_with(top.draw(night(), {24, 120}), "stock#7").empty());
}

TEST_CASE("rerun and hold ask first; only y goes on") {
  TopScreen top = screen();
  (void)top.draw(night(), {24, 120});
  (void)top.press({KeyKind::end, {}}, night());
  CHECK_FALSE(top.press(letter("R"), night()));
  CHECK(top.draw(night(), {24, 120}).back() == "Rerun bank#1 from its failed jobs? [y/N]");
  CHECK_FALSE(top.press(letter("x"), night()));
  (void)top.press(letter("R"), night());
  const auto order = top.press(letter("y"), night());
  REQUIRE(order);
  CHECK(order->kind == TopOrder::Kind::rerun);
  CHECK(order->run == "bank#1");
  CHECK_FALSE(top.press(letter("H"), night()));
  CHECK(top.press(letter("y"), night())->kind == TopOrder::Kind::hold);
}

TEST_CASE("a run is opened, then the log of a job, and left again") {
  TopSnapshot snapshot = night();
  TopScreen top = screen();
  (void)top.draw(snapshot, {24, 120});
  (void)top.press({KeyKind::enter, {}}, snapshot);
  CHECK(top.focus(snapshot) == TopFocus{"sales#3", "", false});
  snapshot.focus = {"sales#3", "", false};
  TopJob load, report;
  load.job = "load";
  load.state = "running";
  report.job = "report";
  report.state = "wait_pred";
  snapshot.jobs = {load, report};
  CHECK(top.focus(snapshot) == TopFocus{"sales#3", "load", false});
  (void)top.draw(snapshot, {24, 120});
  (void)top.press({KeyKind::down, {}}, snapshot);
  (void)top.press({KeyKind::enter, {}}, snapshot);
  CHECK(top.focus(snapshot) == TopFocus{"sales#3", "report", true});
  snapshot.focus = {"sales#3", "report", true};
  for (int i = 1; i <= 50; ++i) snapshot.text.push_back("line " + std::to_string(i) + ".");
  CHECK_FALSE(row_with(top.draw(snapshot, {10, 60}), "line 50.").empty());
  (void)top.press({KeyKind::home, {}}, snapshot);
  CHECK_FALSE(row_with(top.draw(snapshot, {10, 60}), "line 1.").empty());
  (void)top.press({KeyKind::escape, {}}, snapshot);
  (void)top.press({KeyKind::escape, {}}, snapshot);
  CHECK(top.focus(snapshot) == TopFocus{});
}

TEST_CASE("what a stranger wrote cannot steer the terminal") {
  TopSnapshot snapshot = night();
  snapshot.active[0].note = "x\x1b[2J";
  TopScreen top = screen();
  for (const std::string& line : top.draw(snapshot, {24, 120})) {
    CHECK(line.find('\x1b') == std::string::npos);
  }
}

}  // namespace dandori::cli
