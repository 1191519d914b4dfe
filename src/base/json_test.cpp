#include "base/json.h"

#include <cmath>
#include <limits>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/core.h>

namespace dandori {

namespace {

Json parsed(std::string_view text) {
  const Result<Json> value = parse_json(text);
  REQUIRE_MESSAGE(value.has_value(), text, " -> ", value ? "" : value.error().message);
  return *value;
}

Error refused(std::string_view text, JsonLimits limits = {}) {
  const Result<Json> value = parse_json(text, limits);
  REQUIRE_MESSAGE(!value.has_value(), "should be refused: ", text);
  return value.error();
}

std::string rewritten(std::string_view text) {
  return write_json(parsed(text));
}

}  // namespace

TEST_CASE("every kind of value is read and written back") {
  const std::string text =
      R"({"n":null,"t":true,"f":false,"i":-42,"r":1.5,"s":"夜間\n","a":[1,[],{}],"o":{"k":"v"}})";
  CHECK(rewritten(text) == text);
  CHECK(rewritten(" [ 1 ,\t2\r\n] ") == "[1,2]");
  CHECK(rewritten("7") == "7");
  CHECK(rewritten(" true ") == "true");
  CHECK(rewritten("\n\"a\" ") == "\"a\"");
  CHECK(rewritten("\xEF\xBB\xBF{}") == "{}");
}

TEST_CASE("an integer that fits int64 stays an integer, up to both ends") {
  CHECK(parsed("9223372036854775807").as_integer() == std::numeric_limits<std::int64_t>::max());
  CHECK(parsed("-9223372036854775808").as_integer() == std::numeric_limits<std::int64_t>::min());
  CHECK(parsed("-0").as_integer() == 0);
  CHECK(parsed("9223372036854775808").kind() == JsonKind::decimal);
}

TEST_CASE("a number that a double gives back digit by digit is a real") {
  for (const std::string_view text : {"1.5", "0.1", "1e+30", "5e-324", "1.7976931348623157e+308",
                                      "0.30000000000000004", "-0.0", "1.0"}) {
    CHECK_MESSAGE(parsed(text).kind() == JsonKind::real, text);
    CHECK(rewritten(text) == text);
  }
  CHECK(parsed("1.50").as_double() == 1.5);
  CHECK(parsed("10000000000000000000").kind() == JsonKind::real);
  CHECK(rewritten("12345678901234500000") == "1.23456789012345e+19");
  CHECK(rewritten("9007199254740993.0") == "9007199254740993.0");
  CHECK(parsed("9007199254740992.0").kind() == JsonKind::real);
  CHECK(parsed("0e999999999999").as_double() == 0.0);
}

TEST_CASE("a number with more digits than a double holds keeps its literal") {
  for (const std::string_view text :
       {"0.1000000000000000055511151231257827", "12345678901234567890", "1e400", "-1e400", "1e-400",
        "3.14159265358979323846", "4.9e-324", "123456789012345678901234567890"}) {
    CHECK_MESSAGE(parsed(text).kind() == JsonKind::decimal, text);
    CHECK(parsed(text).as_string() == text);
    CHECK(rewritten(text) == text);
  }
  CHECK(parsed("12345678901234567890").as_double() == 12345678901234567890.0);
  CHECK(parsed("-1e400").as_double() == -std::numeric_limits<double>::infinity());
  CHECK(parsed("1e-400").as_double() == 0.0);
}

TEST_CASE("a number out of the grammar is refused") {
  for (const std::string_view text : {"01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "1_000",
                                      "NaN", "Infinity", "-a", "--1", "1.5.2", "1a"}) {
    CHECK(refused(text).code == "json.syntax");
    CHECK(refused(fmt::format("[{}]", text)).code == "json.syntax");
    CHECK(refused(fmt::format("{{\"a\":{}}}", text)).code == "json.syntax");
  }
}

TEST_CASE("broken structure is refused, wherever it breaks") {
  for (const std::string_view text : {"",
                                      " ",
                                      "[",
                                      "]",
                                      "{",
                                      "}",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "[1}",
                                      "{]",
                                      "{\"a\"",
                                      "{\"a\":",
                                      "{\"a\":1",
                                      "{\"a\":1,",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{\"a\" 1}",
                                      "{1:2}",
                                      "{a:1}",
                                      "[1]]",
                                      "[[1]",
                                      "{\"a\":1}}",
                                      "[] []",
                                      "1 2",
                                      "\"a\" \"b\"",
                                      "nul",
                                      "truee",
                                      "True",
                                      "[tru]",
                                      "\"abc",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\ud800\"",
                                      "'a'",
                                      "[1]//x",
                                      "/**/1",
                                      "[\"a\nb\"]",
                                      "{\"a\":[1}",
                                      "[{\"a\":1]",
                                      "{\"\\q\":1}",
                                      ":",
                                      ",",
                                      "[:]",
                                      "{\"a\"::1}",
                                      "{\"a\":1,,\"b\":2}",
                                      "[1],[2]",
                                      "\xFF",
                                      "[\"\xC3\"]",
                                      "\"\xED\xA0\x80\""}) {
    CHECK_MESSAGE(refused(text).code == "json.syntax", text);
  }
  CHECK(refused(std::string_view{"[1\0]", 4}).code == "json.syntax");
  CHECK(refused(std::string_view{"1\0", 2}).code == "json.syntax");
}

TEST_CASE("an error names line and column, counted in characters") {
  CHECK(refused("{\n  \"夜間\": tru\n}").message.starts_with("2:9: "));
  CHECK(refused("[1,\n2,\n  x]").message.starts_with("3:3: "));
  CHECK(refused("[1 2]").message.starts_with("1:4: "));
  CHECK(refused("[1] x").message == "1:5: text after the end of the value");
  CHECK(refused("[1] []").message == "1:5: text after the end of the value");
  CHECK(refused("{\"a]\": [1, {}]").message == "1:1: this bracket is not closed");
  CHECK(refused("[1, {\"a\": 2]").message.starts_with("1:12: "));
  CHECK(refused("[1}").message == "1:3: this bracket closes no other");
  CHECK(refused("[\"ok\", \"\xFF\"]").message.starts_with("1:9: "));
  CHECK(refused("{\"a\": \"no end}").message.starts_with("1:7: "));
  CHECK(refused("[\"a\tb\"]").message.starts_with("1:4: "));
  CHECK(refused("{\"a\": \"\\q\"}").message.starts_with("1:7: "));
}

TEST_CASE("a key that stands twice is refused, in small and in large objects") {
  const Error error = refused("{\"a\":1,\n \"b\":2, \"\\u0061\":3}");
  CHECK(error.code == "json.duplicate_key");
  CHECK(error.message == "2:9: the key 'a' stands twice in one object");

  std::string large = "{";
  for (int i = 0; i < 100; ++i) large += fmt::format("\"key number {}\":{},", i, i);
  CHECK(parsed(large + "\"z\":1}").size() == 101);
  CHECK(refused(large + "\"key number 3\":1}").code == "json.duplicate_key");
  CHECK(refused(large + "\"key number 99\":1}").code == "json.duplicate_key");
}

TEST_CASE("nesting is limited, and never by the stack") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_json(nested(64)).has_value());
  CHECK(refused(nested(65)).code == "json.too_deep");
  CHECK(refused(std::string(1'000'000, '[')).code == "json.syntax");
  CHECK(refused(nested(1'000'000)).code == "json.too_deep");
  CHECK(refused(nested(1'000'000), {.depth_max = 100'000'000}).code == "json.too_deep");
  std::string objects;
  for (int i = 0; i < 5000; ++i) objects += "{\"a\":";
  CHECK(refused(objects + "1" + std::string(5000, '}')).code == "json.too_deep");
}

TEST_CASE("a text above the limit is refused unread") {
  CHECK(refused("[1,2,3]", {.bytes_max = 6}).code == "json.too_big");
  CHECK(parse_json("[1,2,3]", {.bytes_max = 7}).has_value());
  CHECK(parsed("[\"" + std::string(1'000'000, 'x') + "\"]").items()[0].as_string().size() ==
        1'000'000);
}

TEST_CASE("what is written is always JSON: control characters, broken UTF-8, nan") {
  CHECK(write_json(Json{std::string_view{"\0\x1F\"\\\b\f\n\r\t/\x7F", 11}}) ==
        "\"\\u0000\\u001f\\\"\\\\\\b\\f\\n\\r\\t/\x7F\"");
  CHECK(write_json(Json{"a\xFF\xE3\x81"
                        "b\xED\xA0\x80"}) ==
        "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(write_json(Json{"夜間バッチ 😀"}) == "\"夜間バッチ 😀\"");
  CHECK(write_json(Json{std::nan("")}) == "null");
  CHECK(write_json(Json{std::numeric_limits<double>::infinity()}) == "null");
}

TEST_CASE("escapes are read, pairs of surrogates too") {
  CHECK(parsed(R"("\u3042\ud83d\ude00\/\u0000x")").as_string() ==
        std::string_view{"\xE3\x81\x82\xF0\x9F\x98\x80/\0x", 10});
}

TEST_CASE("pretty text is indented by two and reads back as the same value") {
  const Json value = parsed(R"({"a":[1,2],"e":[],"o":{"k":null}})");
  CHECK(write_json_pretty(value) ==
        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"e\": [],\n  \"o\": {\n    \"k\": null\n  }\n}");
  CHECK(parsed(write_json_pretty(value)) == value);
}

TEST_CASE("a shared value is copied before it is altered") {
  Json first = Json{}.set("a", 1).set("b", Json{}.push(1));
  Json second = first;
  second.set("a", 2).set("c", true);
  CHECK(write_json(first) == R"({"a":1,"b":[1]})");
  CHECK(write_json(second) == R"({"a":2,"b":[1],"c":true})");
  Json list = first["b"];
  list.push(2);
  CHECK(first["b"].size() == 1);
  CHECK(list.size() == 2);
}

TEST_CASE("a value may be put into itself") {
  Json value = Json{}.push(1);
  value.push(value);
  CHECK(write_json(value) == "[1,[1]]");
}

TEST_CASE("readers fall back when a member is absent or of another kind") {
  const Json value = parsed(R"({"text":"x","number":5,"flag":true,"real":1.5})");
  CHECK(value.text_or("text", "-") == "x");
  CHECK(value.text_or("number", "-") == "-");
  CHECK(value.integer_or("number", 0) == 5);
  CHECK(value.integer_or("real", 9) == 9);
  CHECK(value.bool_or("flag", false));
  CHECK(value.bool_or("none", true));
  CHECK(value["none"]["below"].is_null());
  CHECK(Json{1}.find("x") == nullptr);
  CHECK(Json{1}.size() == 0);
}

TEST_CASE("equality looks at kind and value, not at the order of members") {
  CHECK(parsed(R"({"a":1,"b":2})") == parsed(R"({"b":2,"a":1})"));
  CHECK(parsed(R"({"a":1,"b":2})") != parsed(R"({"a":1,"c":2})"));
  CHECK(parsed(R"({"a":1})") != parsed(R"({"a":1,"b":2})"));
  CHECK(parsed("1") != parsed("1.0"));
  CHECK(Json::array() == parsed("[]"));
  CHECK(Json::object() == parsed("{}"));
  CHECK(Json::object() != Json::array());
}

TEST_CASE("an unsigned number above int64 is kept") {
  CHECK(write_json(Json{std::numeric_limits<unsigned long>::max()}) == "18446744073709551615");
  CHECK(Json{5UL}.is_integer());
}

TEST_CASE("threads parse at the same time") {
  std::vector<std::thread> threads;
  std::vector<int> sums(4);
  for (std::size_t t = 0; t < sums.size(); ++t) {
    threads.emplace_back([&sums, t] {
      for (int i = 0; i < 100; ++i) {
        const auto value = parse_json(fmt::format("[{},{}]", t, i));
        if (value && value->items()[1].as_integer() == i) ++sums[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(sums == std::vector<int>{100, 100, 100, 100});
}

}  // namespace dandori
