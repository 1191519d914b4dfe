#include "api/log_text.h"

#include <doctest/doctest.h>

using namespace dandori;
using namespace dandori::api;
using Lines = std::vector<model::LogLine>;

TEST_CASE("the severity of a line is its first marking word") {
  CHECK(severity_of("2026-11-20 22:00:00 ERROR cannot open") == "error");
  CHECK(severity_of("[warn] disk nearly full, error later") == "warning");
  CHECK(severity_of("INFO: no error") == "info");
  CHECK(severity_of("debug x") == "debug");
  CHECK(severity_of("Traceback (most recent call last):") == "error");
  CHECK(severity_of("ジョブが異常終了しました") == "error");
  CHECK(severity_of("警告: 0 件でした。エラーではない") == "warning");
  CHECK(severity_of("errors=0, terror, my_error") == "none");
  CHECK(severity_of("") == "none");
}

TEST_CASE("pieces of any cut become whole lines with number and offset") {
  LineCutter cutter;
  Lines lines;
  CHECK(cutter.take(0, "on", 10, lines));
  CHECK(lines.empty());
  CHECK(cutter.take(2, "e\r\ntwo\n\nthr", 10, lines));
  CHECK(lines == Lines{{1, 0, "one"}, {2, 5, "two"}, {3, 9, ""}});
  CHECK((cutter.offset == 10 && cutter.number == 4));
  cutter.finish(lines);
  CHECK(lines.back() == model::LogLine{4, 10, "thr"});
  CHECK(cutter.offset == 13);
}

TEST_CASE("cutting stops at the number asked for, and knows where to go on") {
  LineCutter cutter;
  Lines lines;
  CHECK(!cutter.take(0, "a\nb\nc\n", 2, lines));
  CHECK(lines.size() == 2);
  CHECK((cutter.offset == 4 && cutter.number == 3 && cutter.rest.empty()));
}

TEST_CASE("behind dropped bytes the offset goes on, the number stays") {
  LineCutter cutter;
  Lines lines;
  CHECK(cutter.take(0, "a\nb", 10, lines));
  CHECK(cutter.take(100, "c\n", 10, lines));
  CHECK(lines == Lines{{1, 0, "a"}, {2, 2, "b"}, {2, 100, "c"}});
}

TEST_CASE("a line that is longer than what is sent of it is marked") {
  LineCutter cutter;
  Lines lines;
  CHECK(cutter.take(0, std::string(4096, 'a') + "\n" + std::string(4097, 'b') + "\n", 10, lines));
  REQUIRE(lines.size() == 2);
  CHECK_FALSE(lines[0].truncated);
  CHECK(lines[1].truncated);
  CHECK(lines[1].text.size() == 4096);
  CHECK(to_json(lines[0]).find("truncated") == nullptr);
  CHECK(to_json(lines[1]).bool_or("truncated", false));
}

TEST_CASE("spans count as browsers do") {
  CHECK(write_json(spans_json("異常x", {{0, 6}, {6, 7}})) == "[[0,2],[2,3]]");
  CHECK(write_json(spans_json("😀 ab", {{5, 7}})) == "[[3,5]]");
}
