#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "flow/graph.h"

namespace dandori::flow {

struct Point {
  std::int32_t x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

/// In pixels at zoom 1; y grows downward.
struct Box {
  std::int32_t x = 0, y = 0, width = 0, height = 0;
  std::int32_t right() const { return x + width; }
  std::int32_t bottom() const { return y + height; }
  std::int32_t middle() const { return y + height / 2; }
  bool operator==(const Box&) const = default;
};

inline constexpr std::int32_t kCardHeight = 46;
inline constexpr std::int32_t kMargin = 24;  ///< around the whole drawing
/// Jobs of one layer that still stand in one column; more are folded into a grid.
inline constexpr std::size_t kColumnMax = 24;

/// All jobs that begin after the same number of jobs before them: one block of the far level.
struct Layer {
  Box box;                          ///< around its jobs
  std::vector<std::uint32_t> jobs;  ///< indices in Graph::nodes, from top to bottom
};

/// Where everything stands. Jobs run from left to right, one layer after the other.
///
/// A route goes from the right side of a card to the left side of another; two points of different
/// height are joined by a curve that leaves and arrives level, or by a straight line.
struct Layout {
  std::int32_t width = 0, height = 0;
  std::vector<Box> nodes;                  ///< beside Graph::nodes
  std::vector<std::uint32_t> layer_of;     ///< beside Graph::nodes
  std::vector<std::vector<Point>> routes;  ///< beside Graph::edges
  std::vector<Layer> layers;
};

/// A layered layout: layers by the longest way from a first job, long edges through lanes of their
/// own, few crossings, cards near what they wait for; no route runs over a card.
///
/// The same graph gives the same layout. Time and memory grow with jobs, edges, and what lanes they
/// need (bounded: the longest edges share one lane above the drawing when there are too many).
Layout lay_out(const Graph& graph);

}  // namespace dandori::flow
