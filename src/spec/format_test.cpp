#include "spec/format.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace dandori::spec {
namespace {

namespace fs = std::filesystem;

std::string formatted(std::string_view text) {
  const Formatted made = format_definitions("test.yaml", text);
  for (const Problem& problem : made.problems) MESSAGE(format_problem(problem, true));
  REQUIRE(made.problems.empty());
  return made.text;
}

/// What the two texts define, in canonical words; formatting must not alter it.
std::string meaning(std::string_view text) {
  std::string out;
  const Parsed parsed = parse_definitions("test.yaml", text);
  for (const Problem& problem : parsed.problems) out += problem.code + " " + problem.message + "\n";
  for (const auto& made : parsed.workflows) out += made.canonical + "\n";
  for (const auto& variable : parsed.variables) out += write_json(variable.value) + "\n";
  for (const auto& folder : parsed.folders) out += folder.name + folder.title + "\n";
  return out;
}

void check_stable(std::string_view text) {
  const Formatted made = format_definitions("test.yaml", text);
  if (!made.problems.empty()) return;
  CHECK(meaning(made.text) == meaning(text));
  const Formatted again = format_definitions("test.yaml", made.text);
  CHECK(again.problems.empty());
  CHECK(again.text == made.text);
}

TEST_CASE("a well-formed file stays as it is, with its comments, alignment and blank lines") {
  constexpr std::string_view kText = R"(# 日次締め
name: daily_close     # the name
title: 日次締め

params:
  day:     {type: date, default: "2026-11-20"}
  branch:  {type: string, default: tokyo}

jobs:
  # first of all
  load:
    run: |
      set -e
        indented   
      echo done
    env: {A: "1", B: "2"}

  report:  # the last one
    depends_on:
      - load
      - job: load2
        state: [failed]
    run: echo
  load2: {run: 'true'}
)";
  CHECK(formatted(kText) == kText);
}

TEST_CASE("indentation becomes two columns a level, and all that hangs on it moves along") {
  CHECK(formatted(R"(name: x
jobs:
    # about a
    a:
        run: |
            line 1
              line 2

            line 3
        env:
            NAME: >-
                folded
                text
    # about b
    b:
        depends_on:
        - a
        # why c
        -   job: c
            state: [failed,
                    killed]
        run: [echo,
          "x"]
    c: {run: 'true'}
)") == R"(name: x
jobs:
  # about a
  a:
    run: |
      line 1
        line 2

      line 3
    env:
      NAME: >-
        folded
        text
  # about b
  b:
    depends_on:
      - a
      # why c
      - job: c
        state: [failed,
                killed]
    run: [echo,
      "x"]
  c: {run: 'true'}
)");
}

TEST_CASE("spaces between things: one after a colon, a comma and a dash, none inside brackets") {
  CHECK(formatted("name:    x   \njobs:\n  a: { run :  'true' ,depends_on: [ b,c ], env: { } }\n"
                  "  b:  {run: 'true'}\n  c: {\"run\":\"true\"}   # json\n\n\n") ==
        "name: x\njobs:\n  a: {run: 'true', depends_on: [b, c], env: {}}\n"
        "  b: {run: 'true'}\n  c: {\"run\": \"true\"}   # json\n");
}

TEST_CASE("values that are aligned with a neighbour keep their column") {
  constexpr std::string_view kText =
      "name: x\njobs:\n  stop_web:   {run: a}\n  stop:       {run: b}\n  other: {run: c}\n";
  CHECK(formatted(kText) == kText);
  CHECK(formatted("name: x\njobs:\n  stop_web:   {run: a}\n  stop:   {run: b}\n") ==
        "name: x\njobs:\n  stop_web: {run: a}\n  stop: {run: b}\n");
}

TEST_CASE("anchors, aliases, tags, documents and Windows line ends survive") {
  CHECK(formatted("\xEF\xBB\xBFname: x\r\njobs:\r\n   a: &a\r\n      run: !!str   'true'\r\n   b:  "
                  "*a\r\n---\r\nname:  y\r\njobs: {a: {run: b}}\r\n...\r\n") ==
        "name: x\njobs:\n  a: &a\n    run: !!str 'true'\n  b: *a\n---\nname: y\njobs: {a: {run: "
        "b}}\n...\n");
}

TEST_CASE("byte order marks that programs have put one before another all go at once") {
  CHECK(formatted("\xEF\xBB\xBF\xEF\xBB\xBF# two marks\nname: x\n") == "# two marks\nname: x\n");
}

TEST_CASE("a byte order mark in the middle, as where files were joined, leaves the text as it is") {
  const std::string joined = "\n\xEF\xBB\xBFone\n\n\nv=0\n     two\n";
  CHECK(formatted(joined) == joined);
}

TEST_CASE("values that were aligned with a key that moves are set anew at once") {
  check_stable("a-\tb:  x\nc\t\td:e: -l\n! \tf:  x\nl%:    0%");
}

TEST_CASE("texts over several lines keep every character") {
  const std::string text =
      "name: x\njobs:\n    a:\n        run: \"one\n           two \\\n           three\"\n"
      "        title: plain text\n          that goes on\n"
      "    b:\n        run: |2\n             deep\n           less\n"
      "    c:\n        run: |+\n            kept\n\n\n";
  check_stable(text);
  CHECK(formatted(text).ends_with("    run: |+\n      kept\n\n\n"));
}

TEST_CASE("a comment stays with what it is about") {
  CHECK(formatted(R"(name: x
jobs:
    a: {run: b}
    # c: {run: switched off}

    # above triggers? no: below the jobs
# at the left
triggers:
    t:
        cron: "0 1 * * *"   # every night
      # odd
)") == R"(name: x
jobs:
  a: {run: b}
  # c: {run: switched off}

  # above triggers? no: below the jobs
# at the left
triggers:
  t:
    cron: "0 1 * * *"   # every night
  # odd
)");
}

TEST_CASE("a file that cannot be read is told, and not touched") {
  const Formatted made = format_definitions("bad.yaml", "name: [x\n");
  REQUIRE(made.problems.size() == 1);
  CHECK(made.problems[0].code == "spec.syntax");
}

TEST_CASE("JSON is set like YAML, or left alone where YAML cannot read it") {
  CHECK(formatted("{ \"name\":\"x\", \"jobs\":{ \"a\":{ \"run\":\"b\" } } }") ==
        "{\"name\": \"x\", \"jobs\": {\"a\": {\"run\": \"b\"}}}\n");
  const std::string escaped =
      "{ \"name\":\"x\", \"title\":\"\\ud83d\\ude00\", \"jobs\":{\"a\":{\"run\":\"b\"}} }";
  CHECK(formatted(escaped) == escaped);
}

TEST_CASE(
    "formatting alters no meaning and is done after once: every definition of the source tree") {
  std::size_t files = 0;
  for (fs::path at = fs::current_path(); at != at.parent_path(); at = at.parent_path()) {
    if (!fs::is_directory(at / "tests/data") || !fs::is_directory(at / "examples")) continue;
    for (const char* folder : {"tests/data", "examples", "tests/fuzz/seeds"}) {
      if (!fs::is_directory(at / folder)) continue;
      for (const auto& entry : fs::recursive_directory_iterator{at / folder}) {
        if (!entry.is_regular_file()) continue;
        CAPTURE(entry.path().string());
        std::ifstream in{entry.path(), std::ios::binary};
        const std::string text{std::istreambuf_iterator<char>{in}, {}};
        if (text.size() > 200'000) continue;
        check_stable(text);
        ++files;
      }
    }
    break;
  }
  CHECK(files >= 40);
}

/// A small generator of its own, so that every machine makes the same files.
struct Random {
  std::uint64_t state;
  std::uint32_t below(std::uint32_t end) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state >> 33U) % end);
  }
  template <class T, std::size_t N>
  const T& pick(const T (&from)[N]) {
    return from[below(N)];
  }
};

/// A valid definition, laid out as badly as YAML allows.
class Untidy {
 public:
  explicit Untidy(std::uint64_t seed) : random_{seed} {}

  std::string make() {
    const std::string top(random_.below(3), ' ');
    step_ = 1 + random_.below(5);
    add(top, "name:" + gap() + "close" + tail());
    if (chance(3)) add(top, "title:" + gap() + "\"日次 '締め': a  b\"" + tail());
    if (chance(2)) add(top, "labels:" + gap() + flow({"a: b", "c:  d"}) + tail());
    add(top, "jobs:" + tail());
    const std::string inner = top + std::string(step_, ' ');
    const std::uint32_t jobs = 1 + random_.below(5);
    for (std::uint32_t i = 0; i < jobs; ++i) job(inner, i);
    if (chance(3)) add("", "# the end");
    for (std::uint32_t i = random_.below(3); i > 0; --i) out_ += "\n";
    return out_;
  }

 private:
  bool chance(std::uint32_t one_in) { return random_.below(one_in) == 0; }
  std::string gap() { return std::string(1 + (chance(2) ? random_.below(4) : 0), ' '); }
  std::string tail() {
    constexpr const char* kTails[] = {"", "", "", "  ", " # 注", "   # a: b", " \t"};
    return random_.pick(kTails);
  }
  void add(const std::string& indent, const std::string& line) {
    if (chance(8)) out_ += random_.pick(kBlanks);
    if (chance(8)) out_ += std::string(random_.below(9), ' ') + "# comment {[: -\n";
    out_ += indent + line + "\n";
  }
  std::string flow(std::vector<std::string> parts) {
    std::string text = chance(2) ? "{" : "{ ";
    for (std::size_t i = 0; i < parts.size(); ++i)
      text += (i == 0 ? "" : random_.pick(kCommas)) + parts[i];
    return text + (chance(2) ? " }" : "}");
  }

  void job(const std::string& indent, std::uint32_t number) {
    const std::string id = fmt::format("load_{}", std::string(1, static_cast<char>('a' + number)));
    const std::string before =
        number == 0 ? ""
                    : fmt::format("load_{}", std::string(1, static_cast<char>('a' + number - 1)));
    if (chance(4)) {
      add(indent, id + ":" + gap() + flow({"run: 'x'", "env: {A:   \"1\"}"}) + tail());
      return;
    }
    add(indent, id + ":" + tail());
    const std::string inner = indent + std::string(1 + random_.below(5), ' ');
    command(inner);
    if (!before.empty() && chance(2)) dependencies(inner, before);
    if (chance(3))
      add(inner, "env:" + tail());
    else
      return;
    const std::string deep = inner + std::string(1 + random_.below(4), ' ');
    add(deep, "ONE:" + gap() + "'a  b'" + tail());
    add(deep, "TWO:" + gap() + "plain words" + tail());
    if (chance(2)) out_ += deep + std::string(1 + random_.below(3), ' ') + "that go on\n";
  }

  void command(const std::string& indent) {
    switch (random_.below(4)) {
      case 0:
        add(indent, "run:" + gap() + "echo hello" + tail());
        return;
      case 1: {
        constexpr const char* kHeads[] = {"|", ">-", "|+", "|-  # note", ">"};
        add(indent, std::string{"run:"} + gap() + random_.pick(kHeads));
        const std::string inner = indent + std::string(1 + random_.below(5), ' ');
        out_ += inner + "first  # no comment\n";
        if (chance(2)) out_ += chance(2) ? "\n" : std::string(random_.below(12), ' ') + "\n";
        out_ += inner + std::string(random_.below(4), ' ') + "key: [ value  ]   \n";
        return;
      }
      case 2:
        add(indent, "run:" + gap() + "\"one");
        out_ += std::string(random_.below(9) + indent.size() + 1, ' ') + "two\"\n";
        return;
      default:
        add(indent, "run:" + gap() + "[ echo,");
        out_ += std::string(random_.below(9), ' ') + "'x' ,  \"y\" ]\n";
    }
  }

  void dependencies(const std::string& indent, const std::string& before) {
    if (chance(3)) return add(indent, "depends_on:" + gap() + "[" + before + " ]" + tail());
    add(indent, "depends_on:" + tail());
    const std::string inner = chance(2) ? indent : indent + std::string(random_.below(4), ' ');
    const std::string dash = "-" + gap();
    if (chance(2)) return add(inner, dash + before + tail());
    out_ += inner + dash + "job:" + gap() + before + "\n";
    out_ += inner + std::string(dash.size(), ' ') + "state:" + gap() + "[failed,killed ]\n";
  }

  static constexpr const char* kBlanks[] = {"\n", "   \n", "\n\n"};
  static constexpr const char* kCommas[] = {",", ", ", " , ", ",   "};
  Random random_;
  std::size_t step_ = 2;
  std::string out_;
};

TEST_CASE("formatting alters no meaning and is done after once: untidy files of every kind") {
  std::size_t valid = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const std::string text = Untidy{seed}.make();
    CAPTURE(seed);
    CAPTURE(text);
    const Formatted made = format_definitions("test.yaml", text);
    if (!made.problems.empty()) continue;
    if (parse_definitions("test.yaml", text).problems.empty()) ++valid;
    check_stable(text);
    // Nothing was left alone: keys below `jobs` stand at two columns.
    CHECK(made.text.contains("\njobs:"));
    CHECK(made.text.contains("\n  load_a:"));
  }
  CHECK(valid > 2000);
}

}  // namespace
}  // namespace dandori::spec
