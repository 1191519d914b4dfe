#include "flow/layout.h"

#include <algorithm>
#include <cmath>

#include "flow/card.h"
#include "flow/parts.h"

namespace dandori::flow {

namespace {

constexpr std::int32_t kColumnGap = 28;  // between cards of one row of a folded layer
constexpr std::int32_t kStep = 10;       // from a card's side to the lane in the gap beside its row
constexpr std::int32_t kRowLane = 8;     // of that lane above or below the card
constexpr std::int32_t kFarLane = 28;    // of the shared lane above everything
constexpr std::int32_t kLayerGapMin = 56;
constexpr std::int32_t kLayerGapMax = 200;
constexpr std::int32_t kRowPitch = kCardHeight + 18;

/// Cards in one row of a layer: one, or so many that a big layer is about as wide as high.
std::size_t columns_for(std::size_t cards, std::int32_t card_width) {
  if (cards <= kColumnMax) return 1;
  const double ratio = static_cast<double>(kRowPitch) / (card_width + kColumnGap);
  return static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(cards) * ratio)));
}

class Placer {
 public:
  explicit Placer(const Graph& graph) : graph_{graph} {}

  Layout place() {
    out_.layer_of = find_layers(graph_);
    layered_ = cut_into_layers(graph_, out_.layer_of);
    reduce_crossings(layered_);
    measure();
    place_rows(layered_, rows_);
    set_boxes();
    for (std::size_t i = 0; i < graph_.edges.size(); ++i) out_.routes.push_back(route(i));
    collect_layers();
    return std::move(out_);
  }

 private:
  /// Width of cards, number of columns, and the room between two layers.
  void measure() {
    const std::size_t count = layered_.layers.size();
    card_width_.assign(count, kCardWidthMin);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      std::int32_t& width = card_width_[out_.layer_of[i]];
      width = std::max(width, card_width(graph_.nodes[i]));
    }
    std::int32_t x = kMargin;
    for (std::uint32_t layer = 0; layer < count; ++layer) {
      const auto cards = static_cast<std::size_t>(std::ranges::count_if(
          layered_.layers[layer],
          [&](std::uint32_t item) { return layered_.items[item].node != kNone; }));
      const std::size_t columns = columns_for(cards, card_width_[layer]);
      rows_.push_back(make_rows(layered_, layer, columns));
      const auto wide =
          static_cast<std::int32_t>(std::min(columns, std::max<std::size_t>(cards, 1)));
      left_.push_back(x);
      right_.push_back(x + wide * card_width_[layer] + (wide - 1) * kColumnGap);
      x = right_.back() + gap_after(layer);
    }
    out_.width = count == 0 ? 2 * kMargin : right_.back() + kMargin;
  }

  /// Many joins need more room to be told apart.
  std::int32_t gap_after(std::uint32_t layer) const {
    std::size_t joins = 0;
    for (const std::uint32_t item : layered_.layers[layer])
      joins += layered_.items[item].after.size();
    const auto wanted =
        kLayerGapMin + static_cast<std::int32_t>(6 * std::sqrt(static_cast<double>(joins)));
    return std::min(wanted, kLayerGapMax);
  }

  void set_boxes() {
    double top = 0;
    double bottom = 0;
    bool is_first = true;
    for (const Rows& layer : rows_) {
      for (const Row& row : layer) {
        top = is_first ? row.y : std::min(top, row.y);
        bottom = is_first ? row.y : std::max(bottom, row.y);
        is_first = false;
      }
    }
    const bool has_far = std::ranges::find(layered_.far, true) != layered_.far.end();
    const double shift = kMargin + (has_far ? kFarLane : 0) + kCardHeight / 2.0 - top;
    out_.height =
        static_cast<std::int32_t>(std::ceil(bottom + shift + kCardHeight / 2.0)) + kMargin;
    if (graph_.nodes.empty()) out_.height = 2 * kMargin;
    out_.nodes.resize(graph_.nodes.size());
    y_of_.resize(layered_.items.size());
    for (std::uint32_t layer = 0; layer < rows_.size(); ++layer) {
      for (const Row& row : rows_[layer]) set_row(layer, row, shift);
    }
  }

  void set_row(std::uint32_t layer, const Row& row, double shift) {
    const auto y = static_cast<std::int32_t>(std::lround(row.y + shift));
    std::int32_t x = left_[layer];
    for (const std::uint32_t item : row.items) {
      y_of_[item] = y;
      const std::uint32_t node = layered_.items[item].node;
      if (node == kNone) continue;
      out_.nodes[node] = {x, y - kCardHeight / 2, card_width_[layer], kCardHeight};
      x += card_width_[layer] + kColumnGap;
    }
  }

  std::vector<Point> route(std::size_t index) const {
    const Edge& edge = graph_.edges[index];
    const Box& from = out_.nodes[edge.from];
    const Box& to = out_.nodes[edge.to];
    const std::int32_t end = right_[out_.layer_of[edge.from]];
    const std::int32_t begin = left_[out_.layer_of[edge.to]];
    std::vector<Point> points{{from.right(), from.middle()}};
    if (from.right() < end) {  // other cards stand on the right: along the gap below the row
      const std::int32_t lane = from.bottom() + kRowLane;
      points.push_back({from.right() + kStep, lane});
      points.push_back({end, lane});
    }
    if (layered_.far[index]) {
      points.push_back({end + kLayerGapMin / 2, kMargin});
      points.push_back({begin - kLayerGapMin / 2, kMargin});
    }
    for (const std::uint32_t lane : layered_.lanes[index]) {
      const std::uint32_t layer = layered_.items[lane].layer;
      points.push_back({left_[layer], y_of_[lane]});
      points.push_back({right_[layer], y_of_[lane]});
    }
    if (begin < to.x) {  // other cards stand on the left: along the gap above the row
      const std::int32_t lane = to.y - kRowLane;
      points.push_back({begin, lane});
      points.push_back({to.x - kStep, lane});
    }
    points.push_back({to.x, to.middle()});
    return points;
  }

  void collect_layers() {
    out_.layers.resize(layered_.layers.size());
    for (std::uint32_t layer = 0; layer < rows_.size(); ++layer) {
      Layer& made = out_.layers[layer];
      std::int32_t top = out_.height;
      std::int32_t bottom = 0;
      for (const Row& row : rows_[layer]) {
        for (const std::uint32_t item : row.items) {
          const std::uint32_t node = layered_.items[item].node;
          if (node == kNone) continue;
          made.jobs.push_back(node);
          top = std::min(top, out_.nodes[node].y);
          bottom = std::max(bottom, out_.nodes[node].bottom());
        }
      }
      made.box = {left_[layer], top, right_[layer] - left_[layer], bottom - top};
    }
  }

  const Graph& graph_;
  Layout out_;
  Layered layered_;
  std::vector<Rows> rows_;
  std::vector<std::int32_t> card_width_, left_, right_;  // by layer
  std::vector<std::int32_t> y_of_;                       // by item
};

}  // namespace

Layout lay_out(const Graph& graph) {
  return Placer{graph}.place();
}

}  // namespace dandori::flow
