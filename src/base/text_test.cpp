#include "base/text.h"

#include "base/width.h"

#include <doctest/doctest.h>

namespace dandori {

TEST_CASE("trim takes white space off both ends") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim(" \n ").empty());
}

TEST_CASE("split keeps empty parts") {
  CHECK(split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
}

TEST_CASE("the nearest candidate is found when the word is a slip") {
  const std::vector<std::string> known{"extract", "load", "report"};
  CHECK(nearest("laod", known) == "load");
  CHECK(nearest("exract", known) == "extract");
  CHECK(nearest("reports", known) == "report");
  CHECK(nearest("load", known) == "load");
  CHECK(nearest("cleanup", known) == std::nullopt);
  CHECK(nearest("", known) == std::nullopt);
  CHECK(nearest(std::string(1'000'000, 'x'), known) == std::nullopt);
}

TEST_CASE("overlong forms, surrogates and cut characters are no UTF-8") {
  CHECK(is_valid_utf8(""));
  CHECK(is_valid_utf8("plain ascii, long enough for words"));
  CHECK(is_valid_utf8("段取り \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF"));
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE3\x81", "\xC3", "abcdefghi\xFF"}) {
    CHECK_FALSE(is_valid_utf8(bad));
    CHECK(is_valid_utf8(to_valid_utf8(bad)));
  }
  CHECK(to_valid_utf8("a\xFF"
                      "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(to_valid_utf8("段取り") == "段取り");
}

TEST_CASE("wide characters take two columns, combining marks none") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("段取り") == 6);
  CHECK(display_width("ｱｲｳ") == 3);
  CHECK(display_width("ＡＢ") == 4);
  CHECK(display_width("か\xE3\x82\x99") == 2);
  CHECK(display_width("e\xCC\x81") == 1);
  CHECK(display_width("한국") == 4);
  CHECK(display_width("\xF0\x9F\x98\x80") == 2);
  CHECK(display_width("\xF0\xA0\xAE\xB7") == 2);
  CHECK(display_width("é…→") == 3);
  CHECK(display_width("a\tb") == 2);
}

TEST_CASE("characters of ambiguous width are as wide as the terminal says") {
  CHECK(display_width("①→α") == 3);
  CHECK(display_width("①→α", Ambiguous::wide) == 6);
  CHECK(display_width("集計ab", Ambiguous::wide) == 6);
  CHECK(fit_width("→→→", 4, Ambiguous::wide) == "→…");
  CHECK(fit_width("→→", 4, Ambiguous::wide) == "→→");
  CHECK(fit_width("→", 1, Ambiguous::wide) == " ");
  for (std::size_t columns = 0; columns < 12; ++columns) {
    CHECK(display_width(fit_width("夜間①batch→", columns, Ambiguous::wide), Ambiguous::wide) ==
          columns);
  }
}

TEST_CASE("fit_width pads, or cuts without splitting a character") {
  CHECK(fit_width("ab", 4) == "ab  ");
  CHECK(fit_width("段取り", 8) == "段取り  ");
  CHECK(fit_width("段取り", 6) == "段取り");
  CHECK(fit_width("段取り", 5) == "段取…");
  CHECK(fit_width("段取り", 4) == "段… ");
  CHECK(fit_width("abcdef", 3) == "ab…");
  CHECK(fit_width("段取り", 1) == "…");
  CHECK(fit_width("段取り", 0).empty());
  for (std::size_t columns = 1; columns < 12; ++columns) {
    CHECK(display_width(fit_width("夜間batch処理", columns)) == columns);
  }
}

TEST_CASE("an excerpt is one short line of valid text") {
  CHECK(excerpt("夜間 batch") == "夜間 batch");
  CHECK(excerpt("a\nb\xFF\x1B[0m") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD[0m");
  CHECK(excerpt(std::string(60, 'x')) == std::string(60, 'x'));
  CHECK(excerpt(std::string(61, 'x')) == std::string(60, 'x') + "…");
}

TEST_CASE("an identifier starts with a small letter and has at most 100 characters") {
  CHECK(is_identifier("load_2"));
  CHECK(is_identifier(std::string(100, 'a')));
  for (const std::string_view bad : {"", "Load", "2load", "_a", "a-b", "a b", "あ", "a\n"}) {
    CHECK_FALSE(is_identifier(bad));
  }
  CHECK_FALSE(is_identifier(std::string(101, 'a')));
}

TEST_CASE("to_hex writes two digits a byte") {
  CHECK(to_hex(std::string_view{"\x00\x7F\xFF", 3}) == "007fff");
}

}  // namespace dandori
