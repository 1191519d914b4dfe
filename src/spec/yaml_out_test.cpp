#include "spec/yaml_out.h"

#include <doctest/doctest.h>

namespace dandori::spec {

namespace {
std::string yaml_of(std::string_view json) {
  return write_yaml(parse_json(json).value());
}
}  // namespace

TEST_CASE("objects and lists become blocks") {
  CHECK(yaml_of(R"({"a": 1, "b": [1, {"c": "x", "d": [2, [3]]}], "e": [], "f": {}, "g": null})") ==
        "a: 1\n"
        "b:\n"
        "  - 1\n"
        "  - c: x\n"
        "    d:\n"
        "      - 2\n"
        "      - - 3\n"
        "e: []\n"
        "f: {}\n"
        "g: null\n");
}

TEST_CASE("a text that YAML would read as something else is quoted") {
  CHECK(
      yaml_of(
          R"(["yes", "No", "null", "1.5", "a: b", "- x", " x", "", "#c", "x #y", "2026-11-20", "@x", "'"])") ==
      "- \"yes\"\n- \"No\"\n- \"null\"\n- \"1.5\"\n- \"a: b\"\n- \"- x\"\n- \" x\"\n- \"\"\n- "
      "\"#c\"\n"
      "- \"x #y\"\n- \"2026-11-20\"\n- \"@x\"\n- \"'\"\n");
  CHECK(yaml_of(R"(["daily_close#1", "日次締め", "src/a b.sh"])") ==
        "- daily_close#1\n- 日次締め\n- src/a b.sh\n");
}

TEST_CASE(
    "a text of several lines becomes a literal block, or is quoted where that would alter it") {
  CHECK(yaml_of(
            R"({"run": "a\n  b\n", "x": "a\nb", "t": "a\n\n", "z": " a\nb", "c": "a\n\u0001"})") ==
        "run: |\n  a\n    b\nx: |-\n  a\n  b\nt: \"a\\n\\n\"\nz: \" a\\nb\"\nc: \"a\\n\\u0001\"\n");
}

}  // namespace dandori::spec
