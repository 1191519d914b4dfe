#include "cli/terminal.h"

#include <doctest/doctest.h>

namespace dandori::cli {

namespace {

std::vector<KeyPress> keys(std::string_view bytes) {
  KeyReader reader;
  return reader.take(bytes);
}

}  // namespace

TEST_CASE("arrows and page keys are read in both modes of terminals") {
  CHECK(keys("\x1b[A\x1bOB\x1b[5~\x1b[6~") == std::vector<KeyPress>{{KeyKind::up, {}},
                                                                    {KeyKind::down, {}},
                                                                    {KeyKind::page_up, {}},
                                                                    {KeyKind::page_down, {}}});
  CHECK(keys("\x1b[1;5A").empty());  // Ctrl-Up means nothing here
}

TEST_CASE("a character may come in pieces") {
  KeyReader reader;
  CHECK(reader.take("\xE6\x97").empty());
  CHECK(reader.is_waiting());
  CHECK(reader.take("\xA5q") ==
        std::vector<KeyPress>{{KeyKind::character, "日"}, {KeyKind::character, "q"}});
  CHECK_FALSE(reader.is_waiting());
}

TEST_CASE("a lone ESC is the key Escape once nothing follows") {
  KeyReader reader;
  CHECK(reader.take("\x1b").empty());
  CHECK(reader.settle() == std::vector<KeyPress>{{KeyKind::escape, {}}});
  CHECK(reader.take("\x1b[").empty());
  CHECK(reader.take("B") == std::vector<KeyPress>{{KeyKind::down, {}}});
}

TEST_CASE("control characters") {
  CHECK(keys("\r\x7f\x03\x1a\x01") == std::vector<KeyPress>{{KeyKind::enter, {}},
                                                            {KeyKind::backspace, {}},
                                                            {KeyKind::interrupt, {}},
                                                            {KeyKind::suspend, {}}});
}

}  // namespace dandori::cli
