#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "flow/layout.h"

namespace dandori::flow {

inline constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// What stands in a layer: a job's card, or a point of the lane that edges of one job share on
/// their way past this layer.
struct Item {
  std::uint32_t node = kNone;  ///< kNone: a lane
  std::uint32_t layer = 0;
  std::vector<std::uint32_t> before, after;  ///< items of the neighbouring layers it is joined to
};

/// The graph cut into layers: every join of items leads from one layer to the next.
struct Layered {
  std::vector<Item> items;                         ///< the first ones are the nodes, by index
  std::vector<std::vector<std::uint32_t>> layers;  ///< items from top to bottom
  /// By edge: the lane items from source to target; empty also for neighbours.
  std::vector<std::vector<std::uint32_t>> lanes;
  std::vector<bool> far;  ///< by edge: it takes the shared lane above the drawing
};

/// Layer of each node: the longest way from a node without predecessors.
std::vector<std::uint32_t> find_layers(const Graph& graph);
Layered cut_into_layers(const Graph& graph, const std::vector<std::uint32_t>& layer_of);

/// Orders the items of every layer so that few joins cross.
void reduce_crossings(Layered& layered);
/// Crossings of joins between neighbouring layers. Cost: joins × log(items).
std::uint64_t count_crossings(const Layered& layered);

/// Cards and lanes of one layer as rows from top to bottom; a row of a folded layer has several
/// cards.
struct Row {
  std::vector<std::uint32_t> items;
  bool is_lane = false;
  double y = 0;  ///< of its middle
};
using Rows = std::vector<Row>;

/// columns: cards in one row.
Rows make_rows(const Layered& layered, std::uint32_t layer, std::size_t columns);
/// Sets the rows' heights so that joins are level where they can be. rows: by layer.
void place_rows(const Layered& layered, std::vector<Rows>& rows);
/// Least distance between the middles of two rows, the second below the first.
double distance(const Row& upper, const Row& lower);

}  // namespace dandori::flow
