#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "flow/draw.h"
#include "flow/looks.h"

namespace dandori::flow {

namespace {

constexpr std::size_t kNamesMax = 6;  // predecessors told in one line

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : to_valid_utf8(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

/// What each node waits for, in words: `load, check (failed, killed)`.
std::vector<std::string> predecessors_of(const Graph& graph) {
  std::vector<std::string> texts(graph.nodes.size());
  std::vector<std::size_t> counts(graph.nodes.size(), 0);
  for (const Edge& edge : graph.edges) {
    std::string& text = texts[edge.to];
    if (++counts[edge.to] > kNamesMax) continue;
    if (!text.empty()) text += ", ";
    text += graph.nodes[edge.from].id;
    if (const std::string condition = condition_of(edge); !condition.empty())
      text += " (" + condition + ")";
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (counts[i] > kNamesMax) texts[i] += fmt::format(", … (+{})", counts[i] - kNamesMax);
  }
  return texts;
}

/// The text in so many columns, filled with spaces.
std::string padded(const std::string& text, std::size_t columns) {
  return text + std::string(columns - std::min(columns, display_width(text)), ' ');
}

}  // namespace

std::string write_dot(const Graph& graph) {
  std::string out = fmt::format(
      "digraph {} {{\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", "
      "fillcolor=\"#ffffff\", fontname=\"Noto Sans CJK JP\"];\n",
      quoted(graph.name));
  if (!graph.title.empty()) out += fmt::format("  label={};\n", quoted(graph.title));
  for (const Node& node : graph.nodes) {
    out += fmt::format("  {} [label={}", quoted(node.id),
                       quoted(node.title.empty() ? node.id : node.title + " / " + node.id));
    if (node.state) {
      const Look look = look_of(*node.state);
      out += fmt::format(", fillcolor=\"{}\", color=\"{}\", tooltip={}", look.fill, look.stroke,
                         quoted(to_string(*node.state)));
    }
    out += "];\n";
  }
  for (const Edge& edge : graph.edges) {
    out += fmt::format("  {} -> {}", quoted(graph.nodes[edge.from].id),
                       quoted(graph.nodes[edge.to].id));
    if (const std::string condition = condition_of(edge); !condition.empty())
      out += fmt::format(" [style=dashed, label={}]", quoted(condition));
    out += ";\n";
  }
  return out + "}\n";
}

std::string write_text(const Graph& graph, const Layout& layout, const StateWord& word) {
  std::string out = graph.name;
  if (!graph.title.empty()) out += "  " + graph.title;
  out += "\n";
  const std::vector<std::string> waits = predecessors_of(graph);
  std::size_t id_width = 0;
  std::size_t title_width = 0;
  std::size_t state_width = 0;
  for (const Node& node : graph.nodes) {
    id_width = std::max(id_width, display_width(node.id));
    title_width = std::max(title_width, display_width(node.title));
    if (node.state) state_width = std::max(state_width, display_width(word(*node.state)));
  }
  const std::size_t number_width = std::to_string(layout.layers.size()).size();
  for (std::size_t layer = 0; layer < layout.layers.size(); ++layer) {
    bool is_first = true;
    for (const std::uint32_t index : layout.layers[layer].jobs) {
      const Node& node = graph.nodes[index];
      std::string line = is_first ? fmt::format("{:>{}}  ", layer + 1, number_width + 1)
                                  : std::string(number_width + 3, ' ');
      is_first = false;
      if (state_width > 0) line += padded(node.state ? word(*node.state) : "", state_width) + "  ";
      line += padded(node.id, id_width) + "  ";
      if (title_width > 0) line += padded(node.title, title_width) + "  ";
      if (!waits[index].empty()) line += "← " + waits[index];
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
  }
  return out;
}

}  // namespace dandori::flow
