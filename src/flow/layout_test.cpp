#include "flow/layout.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "flow/card.h"
#include "flow/parts.h"

namespace dandori::flow {
namespace {

Graph graph_with(std::size_t nodes, std::vector<std::pair<std::uint32_t, std::uint32_t>> edges) {
  Graph graph{.name = "test", .title = "", .nodes = {}, .edges = {}};
  for (std::size_t i = 0; i < nodes; ++i) {
    graph.nodes.push_back({fmt::format("job_{}", i), "", "shell", std::nullopt});
  }
  for (const auto& [from, to] : edges) graph.edges.push_back({from, to, model::kSatisfied});
  return graph;
}

/// A small generator of its own, so that every machine draws the same graphs.
struct Random {
  std::uint64_t state;
  std::uint32_t below(std::uint32_t end) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>((state >> 33U) % end);
  }
};

/// Jobs that wait for some of the jobs written shortly before them, rarely for far ones.
Graph random_graph(std::uint64_t seed, std::uint32_t nodes, std::uint32_t reach) {
  Random random{seed};
  std::set<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (std::uint32_t to = 1; to < nodes; ++to) {
    for (std::uint32_t n = random.below(4); n > 0; --n) {
      const bool is_far = random.below(40) == 0;
      const std::uint32_t span = is_far ? to : std::min(to, reach);
      edges.emplace(to - 1 - random.below(span), to);
    }
  }
  return graph_with(nodes, {edges.begin(), edges.end()});
}

bool overlap(const Box& a, const Box& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

/// Whether the stretch between two points of a route touches the inside of the box.
bool touches(const Point& a, const Point& b, const Box& box) {
  if (std::max(a.x, b.x) <= box.x || std::min(a.x, b.x) >= box.right()) return false;
  return std::max(a.y, b.y) > box.y && std::min(a.y, b.y) < box.bottom();
}

/// What must hold of every layout.
void check_layout(const Graph& graph, const Layout& layout) {
  REQUIRE(layout.nodes.size() == graph.nodes.size());
  REQUIRE(layout.routes.size() == graph.edges.size());
  for (const Box& box : layout.nodes) {
    CHECK(box.x >= 0);
    CHECK(box.y >= 0);
    CHECK(box.right() <= layout.width);
    CHECK(box.bottom() <= layout.height);
  }
  std::size_t in_layers = 0;
  for (const Layer& layer : layout.layers) {
    in_layers += layer.jobs.size();
    for (std::size_t i = 0; i < layer.jobs.size(); ++i) {
      for (std::size_t other = i + 1; other < layer.jobs.size(); ++other) {
        CHECK_FALSE(overlap(layout.nodes[layer.jobs[i]], layout.nodes[layer.jobs[other]]));
      }
    }
  }
  CHECK(in_layers == graph.nodes.size());
  for (std::size_t i = 1; i < layout.layers.size(); ++i) {
    CHECK(layout.layers[i - 1].box.right() < layout.layers[i].box.x);
  }
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const Edge& edge = graph.edges[i];
    const auto& route = layout.routes[i];
    REQUIRE(route.size() >= 2);
    CHECK(layout.layer_of[edge.from] < layout.layer_of[edge.to]);
    CHECK(route.front() ==
          Point{layout.nodes[edge.from].right(), layout.nodes[edge.from].middle()});
    CHECK(route.back() == Point{layout.nodes[edge.to].x, layout.nodes[edge.to].middle()});
    for (std::size_t p = 1; p < route.size(); ++p) {
      CHECK(route[p - 1].x <= route[p].x);
      for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        if (n == edge.from || n == edge.to) continue;
        if (touches(route[p - 1], route[p], layout.nodes[n])) {
          FAIL_CHECK(fmt::format("the edge {} → {} runs over {}", graph.nodes[edge.from].id,
                                 graph.nodes[edge.to].id, graph.nodes[n].id));
        }
      }
    }
  }
}

TEST_CASE("jobs run from left to right: each stands behind all that it waits for") {
  // a diamond with a short cut over it
  const Graph graph = graph_with(5, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}, {3, 4}});
  const Layout layout = lay_out(graph);
  check_layout(graph, layout);
  CHECK(layout.layers.size() == 4);
  CHECK(layout.layer_of == std::vector<std::uint32_t>{0, 1, 1, 2, 3});
  CHECK(layout.layers[1].jobs.size() == 2);
}

TEST_CASE("a straight chain is drawn in one line") {
  const Graph graph = graph_with(4, {{0, 1}, {1, 2}, {2, 3}});
  const Layout layout = lay_out(graph);
  for (const Box& box : layout.nodes) CHECK(box.y == layout.nodes[0].y);
  CHECK(layout.routes[0].size() == 2);
}

TEST_CASE("branches that can be drawn without crossings are") {
  // three branches of three jobs, written criss-cross, between one first and one last job
  const Graph graph = graph_with(11, {{0, 3},
                                      {0, 1},
                                      {0, 2},
                                      {3, 5},
                                      {1, 6},
                                      {2, 4},
                                      {5, 9},
                                      {6, 7},
                                      {4, 8},
                                      {7, 10},
                                      {8, 10},
                                      {9, 10}});
  Layered layered = cut_into_layers(graph, find_layers(graph));
  REQUIRE(count_crossings(layered) > 0);
  reduce_crossings(layered);
  CHECK(count_crossings(layered) == 0);
  check_layout(graph, lay_out(graph));
}

TEST_CASE("no card lies on another and no edge runs over a card, whatever the graph") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const Graph graph =
        random_graph(seed, 12 + static_cast<std::uint32_t>(seed) * 3, 3 + seed % 20);
    check_layout(graph, lay_out(graph));
  }
}

TEST_CASE("a wide layer is folded into a grid instead of one endless column") {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (std::uint32_t i = 1; i <= 400; ++i) {
    edges.emplace_back(0, i);
    edges.emplace_back(i, 401);
  }
  const Graph graph = graph_with(402, edges);
  const Layout layout = lay_out(graph);
  check_layout(graph, layout);
  REQUIRE(layout.layers.size() == 3);
  CHECK(layout.layers[1].jobs.size() == 400);
  CHECK(layout.height < 2 * layout.width);
  CHECK(layout.width < 3 * layout.height);
}

TEST_CASE("edges past a wide layer keep a lane beside its cards") {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (std::uint32_t i = 2; i <= 61; ++i) {
    edges.emplace_back(0, i);
    edges.emplace_back(i, 62);
  }
  edges.emplace_back(0, 62);
  edges.emplace_back(1, 62);
  const Graph graph = graph_with(63, edges);
  check_layout(graph, lay_out(graph));
}

TEST_CASE("too many long edges share one lane above the drawing") {
  constexpr std::uint32_t kJobs = 1200;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  for (std::uint32_t i = 1; i < kJobs; ++i) edges.emplace_back(i - 1, i);
  for (std::uint32_t i = 0; i + 600 < kJobs; ++i) edges.emplace_back(i, i + 600);
  const Graph graph = graph_with(kJobs, edges);
  const Layered layered = cut_into_layers(graph, find_layers(graph));
  CHECK(layered.items.size() < 100'000);
  CHECK(std::ranges::find(layered.far, true) != layered.far.end());
  const Layout layout = lay_out(graph);
  CHECK(layout.layers.size() == kJobs);
  const auto& far = layout.routes.back();
  CHECK(std::ranges::any_of(far, [](const Point& point) { return point.y == kMargin; }));
}

TEST_CASE("the same graph gives the same layout") {
  const Graph graph = random_graph(7, 300, 30);
  const Layout one = lay_out(graph);
  const Layout other = lay_out(graph);
  CHECK(one.nodes == other.nodes);
  CHECK(one.routes == other.routes);
}

TEST_CASE("a graph without jobs, and one of lone jobs, have a layout") {
  const Layout empty = lay_out(Graph{});
  CHECK(empty.layers.empty());
  CHECK(empty.width > 0);
  const Graph lone = graph_with(30, {});
  check_layout(lone, lay_out(lone));
}

TEST_CASE("a card has room for its Japanese title, and a longer one is cut") {
  const Node plain{"close", "close", "shell", std::nullopt};
  const Node japanese{"close", "夜間売上集計の締め処理", "shell", std::nullopt};
  CHECK(card_width(japanese) > card_width(plain));
  CHECK(cut_to(japanese.title, card_width(japanese) - kTextLeft - 6, kTitleSize) == japanese.title);
  const std::string cut =
      cut_to("夜間売上集計の締め処理を全店舗について行う長い名前のジョブ", 160, kTitleSize);
  CHECK(cut.ends_with("…"));
  CHECK(cut.size() < 60);
}

TEST_CASE("a workflow of 10,000 jobs is laid out in well under a second") {
  const Graph graph = random_graph(11, 10'000, 400);
  const std::clock_t begin = std::clock();
  const Layout layout = lay_out(graph);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  MESSAGE("10,000 jobs, ", graph.edges.size(), " edges, ", layout.layers.size(),
          " layers: ", seconds, " s of CPU");
  CHECK(layout.nodes.size() == 10'000);
#ifdef NDEBUG  // builds for debugging and sanitizers are slower
  CHECK(seconds < 1.0);
#endif
}

}  // namespace
}  // namespace dandori::flow
