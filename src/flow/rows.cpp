#include <algorithm>

#include "flow/parts.h"

namespace dandori::flow {

namespace {

constexpr double kLaneHeight = 4;
constexpr double kCardGap = 18;  // between cards; joins of folded layers run in it
constexpr double kLaneGap = 8;
constexpr double kLaneWeight = 4;  // lanes bend less than cards move
constexpr double kLooseWeight = 0.01;
constexpr int kRounds = 6;
constexpr std::size_t kBigRowItems = 20'000;

double height_of(const Row& row) {
  return row.is_lane ? kLaneHeight : kCardHeight;
}

struct Wish {
  double y = 0;
  double weight = 0;
};

/// Where a row would like to be: the mean height of what its items are joined to.
Wish wish_of(const Layered& layered, const Row& row, const std::vector<double>& y_of, bool before,
             bool after) {
  double sum = 0;
  double count = 0;
  const auto add = [&](const std::vector<std::uint32_t>& joined) {
    for (const std::uint32_t other : joined) sum += y_of[other];
    count += static_cast<double>(joined.size());
  };
  for (const std::uint32_t item : row.items) {
    if (before) add(layered.items[item].before);
    if (after) add(layered.items[item].after);
  }
  if (count == 0) return {row.y, kLooseWeight};
  return {sum / count, row.is_lane ? kLaneWeight : 1};
}

/// The heights nearest to the wishes (least squares) that keep order and distance: pools of rows
/// that touch each other move as one.
void settle(Rows& rows, const std::vector<Wish>& wishes) {
  struct Pool {
    double sum, weight;
    std::size_t rows;
  };
  std::vector<double> offset(rows.size(), 0);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    offset[i] = offset[i - 1] + distance(rows[i - 1], rows[i]);
  }
  std::vector<Pool> pools;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    pools.push_back({(wishes[i].y - offset[i]) * wishes[i].weight, wishes[i].weight, 1});
    while (pools.size() > 1) {
      const Pool& last = pools.back();
      Pool& upper = pools[pools.size() - 2];
      if (upper.sum / upper.weight <= last.sum / last.weight) break;
      upper.sum += last.sum;
      upper.weight += last.weight;
      upper.rows += last.rows;
      pools.pop_back();
    }
  }
  std::size_t row = 0;
  for (const Pool& pool : pools) {
    for (std::size_t i = 0; i < pool.rows; ++i, ++row) {
      rows[row].y = pool.sum / pool.weight + offset[row];
    }
  }
}

void note_heights(const Rows& rows, std::vector<double>& y_of) {
  for (const Row& row : rows) {
    for (const std::uint32_t item : row.items) y_of[item] = row.y;
  }
}

/// Every layer one below the other, around the height 0.
void stack(Rows& rows) {
  double y = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) y += distance(rows[i - 1], rows[i]);
    rows[i].y = y;
  }
  for (Row& row : rows) row.y -= y / 2;
}

}  // namespace

double distance(const Row& upper, const Row& lower) {
  const double gap = upper.is_lane || lower.is_lane ? kLaneGap : kCardGap;
  const double folded = upper.items.size() > 1 || lower.items.size() > 1 ? kCardGap : gap;
  return (height_of(upper) + height_of(lower)) / 2 + std::max(gap, folded);
}

Rows make_rows(const Layered& layered, std::uint32_t layer, std::size_t columns) {
  Rows rows;
  Rows lanes;  // those met while a row of cards is filled come below it
  const auto flush = [&] {
    for (Row& lane : lanes) rows.push_back(std::move(lane));
    lanes.clear();
  };
  Row open;
  for (const std::uint32_t item : layered.layers[layer]) {
    if (layered.items[item].node == kNone) {
      lanes.push_back({.items = {item}, .is_lane = true});
      if (open.items.empty()) flush();
      continue;
    }
    open.items.push_back(item);
    if (open.items.size() < columns) continue;
    rows.push_back(std::exchange(open, Row{}));
    flush();
  }
  if (!open.items.empty()) rows.push_back(std::move(open));
  flush();
  return rows;
}

void place_rows(const Layered& layered, std::vector<Rows>& rows) {
  std::vector<double> y_of(layered.items.size(), 0);
  for (Rows& layer : rows) {
    stack(layer);
    note_heights(layer, y_of);
  }
  const int rounds = layered.items.size() > kBigRowItems ? 3 : kRounds;
  std::vector<Wish> wishes;
  const auto visit = [&](Rows& layer, bool before, bool after) {
    wishes.clear();
    for (const Row& row : layer) wishes.push_back(wish_of(layered, row, y_of, before, after));
    settle(layer, wishes);
    note_heights(layer, y_of);
  };
  for (int round = 0; round < rounds; ++round) {
    const bool both = round + 1 == rounds;
    for (Rows& layer : rows) visit(layer, true, both);
    for (std::size_t i = rows.size(); i-- > 0;) visit(rows[i], both, true);
  }
}

}  // namespace dandori::flow
