#include "flow/draw.h"

#include <doctest/doctest.h>

#include "flow/graph_json.h"
#include "flow/looks.h"

namespace dandori::flow {
namespace {

using model::JobState;

Graph small() {
  Graph graph{.name = "daily_close#3", .title = "日次 <締め> & \"集計\"", .nodes = {}, .edges = {}};
  graph.nodes = {{"load", "取込", "shell", JobState::failed},
                 {"check", "", "noop", JobState::succeeded},
                 {"report", "日報", "shell", JobState::not_run}};
  graph.edges = {{0, 2, model::kSatisfied}, {1, 2, model::state_bit(JobState::failed)}};
  return graph;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

TEST_CASE("a drawing stands alone: no script, no reference to anything outside") {
  const Graph graph = small();
  const std::string svg = write_svg(graph, lay_out(graph));
  CHECK(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
  CHECK(count(svg, "http") == 1);  // the name space
  CHECK(count(svg, "<script") == 0);
  CHECK(count(svg, "<g><title>") == 3);
  CHECK(count(svg, "class=\"edge") == 2);
  CHECK(svg.contains("日次 &lt;締め&gt; &amp; &quot;集計&quot;"));
}

TEST_CASE("every state has a colour and a shape that the drawing defines") {
  const std::string_view shapes = glyph_definitions();
  for (const std::string_view word : model::words_of<JobState>()) {
    CAPTURE(word);
    const Look look = look_of(*model::parse_word<JobState>(word));
    CHECK(look.fill.starts_with("#"));
    CHECK(shapes.contains("id=\"" + std::string{look.glyph} + "\""));
  }
}

TEST_CASE("states are told in words of the reader's language, too") {
  const Graph graph = small();
  const StateWord word = [](JobState state) {
    return std::string{state == JobState::failed ? "異常終了" : "ほか"};
  };
  CHECK(write_svg(graph, lay_out(graph), word).contains("異常終了 · load"));
  CHECK(write_text(graph, lay_out(graph), word).contains("異常終了"));
}

TEST_CASE("as text each job says what it waits for, and in which state") {
  const Graph graph = small();
  const std::string text = write_text(graph, lay_out(graph));
  CHECK(text.contains("daily_close#3  日次"));
  CHECK(text.contains("← load, check (failed)"));
}

TEST_CASE("names and titles cannot break out of a DOT file") {
  Graph graph = small();
  graph.nodes[0].title = "a\" ]; evil [x=\"\\";
  const std::string dot = write_dot(graph);
  CHECK(dot.contains("label=\"a\\\" ]; evil [x=\\\"\\\\ / load\""));
  CHECK(dot.contains("\"check\" -> \"report\" [style=dashed, label=\"failed\"]"));
  CHECK(dot.ends_with("}\n"));
}

TEST_CASE("for programs: nodes, edges with their route, and one block for each layer [VIZ-01]") {
  const Graph graph = small();
  const Json json = to_json(graph, lay_out(graph), {"daily_close", 4, "daily_close#3"});
  CHECK(json["run"].as_string() == "daily_close#3");
  CHECK(json["nodes"].size() == 3);
  CHECK(json["nodes"].items()[0].text_or("state", "") == "failed");
  CHECK(json["edges"].items()[0].find("states") == nullptr);
  CHECK(json["edges"].items()[1]["states"].items()[0].as_string() == "failed");
  REQUIRE(json["blocks"].size() == 2);
  const Json& first = json["blocks"].items()[0];
  CHECK(first.text_or("worst", "") == "failed");
  CHECK(first["counts"].integer_or("succeeded", 0) == 1);
  CHECK(first["jobs"].size() == 2);
}

}  // namespace
}  // namespace dandori::flow
