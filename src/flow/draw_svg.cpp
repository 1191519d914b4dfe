#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.h"
#include "flow/card.h"
#include "flow/draw.h"
#include "flow/looks.h"

namespace dandori::flow {

namespace {

constexpr std::int32_t kHeadHeight = 30;  // of the line with the name, above the drawing
constexpr std::int32_t kHeadSize = 15;
constexpr std::int32_t kWordRoom = 6;

constexpr std::string_view kStyle =
    "text{font-family:'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic UI',Meiryo,"
    "'DejaVu Sans',sans-serif;fill:#1b2328}"
    ".head{font-weight:600}.note{fill:#4a565e}"
    ".edge{fill:none;stroke:#7c8a93;stroke-width:1.3}"
    ".other{stroke-dasharray:5 3;stroke:#b23c00}";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : to_valid_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

class Svg {
 public:
  Svg(const Graph& graph, const Layout& layout, const StateWord& word)
      : graph_{graph}, layout_{layout}, word_{word} {}

  std::string write() {
    open();
    put("<g transform=\"translate(0 {})\">\n", kHeadHeight);
    for (std::size_t i = 0; i < graph_.edges.size(); ++i) edge(i);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) card(graph_.nodes[i], layout_.nodes[i]);
    out_ += "</g>\n</svg>\n";
    return std::move(out_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> pattern, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), pattern, std::forward<Args>(args)...);
  }

  std::string heading() const {
    return graph_.title.empty() ? graph_.name : graph_.title + "  " + graph_.name;
  }

  void open() {
    const std::string name = heading();
    const auto wanted =
        static_cast<std::int32_t>(display_width(name)) * (kHeadSize * 6 / 10) + 2 * kMargin;
    const std::int32_t width = std::max(layout_.width, wanted);
    const std::int32_t height = layout_.height + kHeadHeight;
    put("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} "
        "{1}\" role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n<defs>\n",
        width, height, escaped(name), kStyle);
    put("<marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" "
        "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0l8 4-8 4z\" "
        "fill=\"#7c8a93\"/></marker>\n");
    const bool has_states =
        std::ranges::any_of(graph_.nodes, [](const Node& node) { return node.state.has_value(); });
    if (has_states) out_ += glyph_definitions();
    put("</defs>\n<rect width=\"{}\" height=\"{}\" fill=\"#fbfcfc\"/>\n", width, height);
    put("<text class=\"head\" x=\"{}\" y=\"{}\" font-size=\"{}\">{}</text>\n", kMargin,
        kHeadHeight - 6, kHeadSize, escaped(name));
  }

  void edge(std::size_t index) {
    const Edge& edge = graph_.edges[index];
    const std::vector<Point>& route = layout_.routes[index];
    std::string path = fmt::format("M{} {}", route.front().x, route.front().y);
    for (std::size_t i = 1; i < route.size(); ++i) {
      const Point& a = route[i - 1];
      const Point& b = route[i];
      if (a.y == b.y) {
        fmt::format_to(std::back_inserter(path), "H{}", b.x);
      } else {
        const std::int32_t middle = a.x + (b.x - a.x) / 2;
        fmt::format_to(std::back_inserter(path), "C{0} {1} {0} {2} {3} {2}", middle, a.y, b.y, b.x);
      }
    }
    const std::string condition = condition_of(edge);
    put("<path class=\"edge{}\" marker-end=\"url(#arrow)\" d=\"{}\">",
        condition.empty() ? "" : " other", path);
    put("<title>{} → {}{}</title></path>\n", escaped(graph_.nodes[edge.from].id),
        escaped(graph_.nodes[edge.to].id), condition.empty() ? "" : " (" + condition + ")");
  }

  void card(const Node& node, const Box& box) {
    const Look look = node.state ? look_of(*node.state) : Look{"#ffffff", "#5b6770", "", false};
    const std::string word = node.state ? word_(*node.state) : std::string{};
    put("<g><title>{}{}{}</title>", escaped(node.id),
        node.title.empty() ? "" : " " + escaped(node.title),
        word.empty() ? "" : ": " + escaped(word));
    put("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\" fill=\"{}\" stroke=\"{}\" "
        "stroke-width=\"{}\"/>",
        box.x, box.y, box.width, box.height, look.fill, look.stroke, node.state ? "1.6" : "1.1");
    if (look.hatched) {
      put("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\" fill=\"url(#hatch)\"/>",
          box.x, box.y, box.width, box.height);
    }
    std::int32_t left = 12;
    if (node.state) {
      left = kTextLeft;
      put("<use href=\"#{}\" x=\"{}\" y=\"{}\" width=\"16\" height=\"16\" color=\"{}\"/>",
          look.glyph, box.x + 10, box.y + 7, look.stroke);
    }
    const std::int32_t room = box.width - left - kWordRoom;
    line(box.x + left, box.y + 20, kTitleSize, "", cut_to(headline(node), room, kTitleSize));
    const std::string below = note(node, word);
    line(box.x + left, box.y + 37, kNoteSize, " class=\"note\"", cut_to(below, room, kNoteSize));
    out_ += "</g>\n";
  }

  void line(std::int32_t x, std::int32_t y, std::int32_t size, std::string_view more,
            const std::string& text) {
    put("<text{} x=\"{}\" y=\"{}\" font-size=\"{}\">{}</text>", more, x, y, size, escaped(text));
  }

  const Graph& graph_;
  const Layout& layout_;
  const StateWord& word_;
  std::string out_;
};

}  // namespace

std::string plain_state(model::JobState state) {
  return std::string{to_string(state)};
}

std::string write_svg(const Graph& graph, const Layout& layout, const StateWord& word) {
  return Svg{graph, layout, word}.write();
}

}  // namespace dandori::flow
