#include "cli/watch.h"

#include <doctest/doctest.h>

#include "cli/contexts.h"
#include "cli/paint.h"
#include "cli/remote.h"

namespace dandori::cli {

TEST_CASE("only lines that were not there before are new") {
  using Lines = std::vector<std::string_view>;
  CHECK(new_lines("", "a\nb\n") == Lines{"a", "b"});
  CHECK(new_lines("a\nb\n", "a\nc\nb\n") == Lines{"c"});
  CHECK(new_lines("a\nb\n", "b\na\n").empty());
  CHECK(new_lines("a\n", "a\na\n") == Lines{"a"});
}

TEST_CASE("the pointer below a line follows the width of its characters") {
  CHECK(pointer_below("a → b", "    ^", Ambiguous::narrow) == "    ^");
  CHECK(pointer_below("a → b", "    ^", Ambiguous::wide) == "     ^");
  CHECK(pointer_below("集→b", "  ^", Ambiguous::wide) == "  ^^");
  CHECK(pointer_below("集計 x", "     ^", Ambiguous::wide) == "     ^");
}

TEST_CASE("a line on the screen is cut by columns, not by bytes") {
  const Line line{{"ジョブ"}, {" x"}};
  CHECK(paint_line(line, 10, {}) == "ジョブ x");
  CHECK(paint_line(line, 5, {}) == "ジョ…");
  CHECK(paint_line(line, 0, {}).empty());
  CHECK(bar(0.5, 4) == "██░░");
  CHECK(bar(7, 2, Ambiguous::wide) == "##");
}

TEST_CASE("a coloured line is clipped by what is seen, and its colour ends") {
  CHECK(clip_line("\x1b[32mジョブ\x1b[0m ok", 20, Ambiguous::narrow) == "\x1b[32mジョブ\x1b[0m ok");
  CHECK(clip_line("\x1b[32mジョブ\x1b[0m ok", 5, Ambiguous::narrow) == "\x1b[32mジョ\x1b[0m");
  CHECK(clip_line("abc", 2, Ambiguous::narrow) == "ab");
  CHECK(clip_line("→→", 3, Ambiguous::wide) == "→");
}

TEST_CASE("of kept servers one name is kept once") {
  Contexts contexts;
  contexts.put({"a", "http://1", "t"});
  contexts.put({"a", "http://2", "u"});
  contexts.current = "a";
  REQUIRE(contexts.items.size() == 1);
  CHECK(contexts.find("a")->server == "http://2");
  CHECK(contexts.find("b") == nullptr);
  CHECK(contexts.remove("a"));
  CHECK(contexts.current.empty());
  CHECK_FALSE(contexts.remove("a"));
}

}  // namespace dandori::cli
