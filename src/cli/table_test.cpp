#include "cli/table.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace dandori::cli {

TEST_CASE("columns line up on a terminal, also with East-Asian characters") {
  Table table{{"ジョブ", "状態", "所要"}};
  table.align_right(2);
  table.add({"recv_tokyo", "正常終了", "2.1s"});
  table.add({"集計", Cell{"", Style::plain}, "12s"});
  CHECK(table.render(false) ==
        "ジョブ      状態      所要\n"
        "recv_tokyo  正常終了  2.1s\n"
        "集計        -          12s\n");
}

TEST_CASE("the last column is not padded and missing cells are empty") {
  Table table{{"A", "LONG HEADER"}};
  table.add({"1"});
  CHECK(table.render(false) == "A  LONG HEADER\n1  \n");
}

TEST_CASE("colours stand around a cell and do not count as width") {
  Table table{{"A", "B"}};
  table.add({Cell{"x", Style::bad}, "y"});
  CHECK(table.render(true) == "\x1b[2mA\x1b[0m  \x1b[2mB\x1b[0m\n\x1b[1;31mx\x1b[0m  y\n");
}

TEST_CASE("what a stranger wrote cannot steer the terminal") {
  CHECK(printable("a\x1b[2Jb\nc\x7f") == "a [2Jb c ");
  CHECK(printable("\xC2\x9B"
                  "31m") == "  31m");
  CHECK(printable("\xff") == "\xEF\xBF\xBD");
  CHECK(printable("日本語 é") == "日本語 é");
}

}  // namespace dandori::cli
