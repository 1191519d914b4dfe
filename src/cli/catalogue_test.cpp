#include "cli/catalogue.h"

#include <doctest/doctest.h>

#include <set>

#include "base/text.h"
#include "cli/console.h"
#include "model/words.h"

namespace dandori::cli {

namespace {

/// Names of the `{name}` places.
std::set<std::string> places(std::string_view pattern) {
  std::set<std::string> names;
  for (std::size_t at = 0; (at = pattern.find('{', at)) != std::string_view::npos; ++at) {
    const std::size_t close = pattern.find('}', at);
    REQUIRE(close != std::string_view::npos);
    names.emplace(pattern.substr(at + 1, close - at - 1));
  }
  return names;
}

}  // namespace

TEST_CASE(
    "every text exists in both languages with the same places for values, and every key once") {
  std::set<std::string_view> keys;
  for (const auto part : kCatalogue) {
    for (const Entry& entry : part) {
      CAPTURE(entry.key);
      CHECK(keys.insert(entry.key).second);
      CHECK_FALSE(entry.en.empty());
      CHECK_FALSE(entry.ja.empty());
      CHECK(is_valid_utf8(entry.ja));
      CHECK(places(entry.en) == places(entry.ja));
    }
  }
}

TEST_CASE("every word of the API that people see has a text") {
  const auto check = [](std::string_view prefix, auto words) {
    for (const std::string_view word : words) {
      const std::string key = std::string{prefix}.append(word);
      CAPTURE(key);
      CHECK(find_text(Lang::ja, key).has_value());
    }
  };
  check("state.", model::words_of<model::JobState>());
  check("state.", model::words_of<model::RunState>());
  check("state.", model::words_of<model::AttemptState>());
  check("state.", model::words_of<model::PlannedState>());
  check("failure.", model::words_of<model::FailureKind>());
  check("origin.", model::words_of<model::Origin>());
  for (const std::string_view word : model::words_of<model::MissReason>()) {
    if (word != "none") CHECK(find_text(Lang::en, std::string{"miss."}.append(word)).has_value());
  }
}

TEST_CASE("a place takes its argument, and one without an argument stays") {
  CHECK(fill("a {x} b {y} {x}", {{"x", "1"}}) == "a 1 b {y} 1");
  CHECK(fill("{x", {{"x", "1"}}) == "{x");
  CHECK(fill("{x}", {{"x", "{x}"}}) == "{x}");
  CHECK(fill("", {}).empty());
}

TEST_CASE("states read as in the glossary") {
  CHECK(state_word(Lang::ja, "succeeded") == "正常終了");
  CHECK(state_word(Lang::ja, "not_run") == "未実行終了");
  CHECK(state_word(Lang::en, "not_run") == "not run");
  CHECK(state_word(Lang::en, "from_the_future") == "from_the_future");
}

TEST_CASE("spans and sizes are short") {
  CHECK(span_text(Duration{0}) == "0.0s");
  CHECK(span_text(std::chrono::milliseconds{2'140}) == "2.1s");
  CHECK(span_text(std::chrono::seconds{34}) == "34s");
  CHECK(span_text(std::chrono::seconds{192}) == "3m12s");
  CHECK(span_text(std::chrono::minutes{65}) == "1h05m");
  CHECK(span_text(std::chrono::hours{51}) == "2d03h");
  CHECK(bytes_text(512) == "512 B");
  CHECK(bytes_text(1536) == "1.5 KiB");
  CHECK(bytes_text(3ULL << 30U) == "3.0 GiB");
}

}  // namespace dandori::cli
