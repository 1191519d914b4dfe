#include "base/pattern.h"

#include <doctest/doctest.h>

#include <string>

using namespace dandori;

TEST_CASE("a text is found as it stands, a regular expression by its rules") {
  CHECK(Pattern::compile("a.c", {})->occurs_in("xa.cx"));
  CHECK(!Pattern::compile("a.c", {})->occurs_in("abc"));
  CHECK(Pattern::compile("a.c$", {.is_regex = true})->occurs_in("xabc"));
  CHECK(!Pattern::compile("ERROR", {})->occurs_in("error"));
  CHECK(Pattern::compile("ERROR", {.ignores_case = true})->occurs_in("an error"));
  CHECK(Pattern::compile("異常", {})->occurs_in("ジョブが異常終了"));
}

TEST_CASE("the places of a pattern are told in order, empty ones not") {
  using Places = std::vector<std::pair<std::size_t, std::size_t>>;
  CHECK(Pattern::compile("ab", {})->places_in("ab-abab", 10) == Places{{0, 2}, {3, 5}, {5, 7}});
  CHECK(Pattern::compile("ab", {})->places_in("ab-abab", 1) == Places{{0, 2}});
  CHECK(Pattern::compile("x*", {.is_regex = true})->places_in("axxb", 10) == Places{{1, 3}});
}

TEST_CASE("what is no pattern is refused with the place at fault") {
  const auto broken = Pattern::compile("a(b", {.is_regex = true});
  REQUIRE(!broken);
  CHECK(broken.error().code == "log.bad_pattern");
  CHECK(broken.error().message.contains("a(b"));
  CHECK(Pattern::compile("a(b", {}).has_value());
  CHECK(!Pattern::compile("", {}));
  CHECK(!Pattern::compile(std::string(2000, 'a'), {}));
}

TEST_CASE("a pattern that is costly for others takes time linear in the line") {
  const auto pattern = Pattern::compile("(a+)+$", {.is_regex = true});
  REQUIRE(pattern);
  CHECK(!pattern->occurs_in(std::string(100'000, 'a') + "b"));
}
