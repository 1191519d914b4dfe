#include <algorithm>
#include <cstddef>
#include <tuple>

#include "flow/parts.h"

namespace dandori::flow {

namespace {

constexpr int kSweepsMax = 12;
constexpr std::size_t kBigItems = 20'000;    // from here on fewer sweeps
constexpr std::size_t kSwitchItems = 3'000;  // up to here neighbours are also tried the other way

using Order = std::vector<std::vector<std::uint32_t>>;
using Positions = std::vector<std::uint32_t>;

void note_positions(const std::vector<std::uint32_t>& layer, Positions& at) {
  for (std::uint32_t i = 0; i < layer.size(); ++i) at[layer[i]] = i;
}

/// Sorts one layer by the mean place of what its items are joined to in the layer beside it.
void sort_by_mean(const Layered& layered, std::vector<std::uint32_t>& layer, bool look_before,
                  Positions& at) {
  std::vector<std::tuple<double, std::size_t, std::uint32_t>>
      keyed;  // what is equal keeps its order
  keyed.reserve(layer.size());
  for (const std::uint32_t item : layer) {
    const auto& joined = look_before ? layered.items[item].before : layered.items[item].after;
    const double own = (at[item] + 0.5) / static_cast<double>(layer.size());
    if (joined.empty()) {
      keyed.emplace_back(own, keyed.size(), item);
      continue;
    }
    const auto others =
        static_cast<double>(layered.layers[layered.items[joined.front()].layer].size());
    double sum = 0;
    for (const std::uint32_t other : joined) sum += at[other] + 0.5;
    keyed.emplace_back(sum / static_cast<double>(joined.size()) / others, keyed.size(), item);
  }
  std::ranges::sort(keyed);
  for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = std::get<2>(keyed[i]);
  note_positions(layer, at);
}

/// Pairs (a of `left`, b of `right`) with a below b: crossings when left stands above right.
std::int64_t crossings_of(const std::vector<std::uint32_t>& left,
                          const std::vector<std::uint32_t>& right, const Positions& at,
                          std::vector<std::uint32_t>& scratch) {
  scratch.clear();
  for (const std::uint32_t item : right) scratch.push_back(at[item]);
  std::ranges::sort(scratch);
  std::int64_t count = 0;
  for (const std::uint32_t item : left) {
    count += std::ranges::lower_bound(scratch, at[item]) - scratch.begin();
  }
  return count;
}

/// Exchanges neighbours wherever fewer joins cross that way. True: something changed.
bool switch_neighbours(Layered& layered, Positions& at) {
  bool changed = false;
  std::vector<std::uint32_t> scratch;
  for (auto& layer : layered.layers) {
    for (std::size_t i = 0; i + 1 < layer.size(); ++i) {
      const Item& upper = layered.items[layer[i]];
      const Item& lower = layered.items[layer[i + 1]];
      const std::int64_t now = crossings_of(upper.before, lower.before, at, scratch) +
                               crossings_of(upper.after, lower.after, at, scratch);
      const std::int64_t then = crossings_of(lower.before, upper.before, at, scratch) +
                                crossings_of(lower.after, upper.after, at, scratch);
      if (then >= now) continue;
      std::swap(layer[i], layer[i + 1]);
      std::swap(at[layer[i]], at[layer[i + 1]]);
      changed = true;
    }
  }
  return changed;
}

/// How many of the positions counted so far lie above a place (Fenwick).
class Counter {
 public:
  explicit Counter(std::size_t size) : sums_(size + 1, 0) {}
  void add(std::size_t place) {
    for (std::size_t i = place + 1; i < sums_.size(); i += i & (~i + 1)) ++sums_[i];
    ++total_;
  }
  std::uint64_t above(std::size_t place) const {
    std::uint64_t upto = 0;
    for (std::size_t i = place + 1; i > 0; i -= i & (~i + 1)) upto += sums_[i];
    return total_ - upto;
  }

 private:
  std::vector<std::uint64_t> sums_;
  std::uint64_t total_ = 0;
};

}  // namespace

std::uint64_t count_crossings(const Layered& layered) {
  Positions at(layered.items.size(), 0);
  for (const auto& layer : layered.layers) note_positions(layer, at);
  std::uint64_t crossings = 0;
  std::vector<std::uint32_t> targets;
  for (std::size_t l = 0; l + 1 < layered.layers.size(); ++l) {
    Counter counter{layered.layers[l + 1].size()};
    for (const std::uint32_t item : layered.layers[l]) {
      targets.clear();
      for (const std::uint32_t next : layered.items[item].after) targets.push_back(at[next]);
      for (const std::uint32_t target : targets) crossings += counter.above(target);
      for (const std::uint32_t target : targets) counter.add(target);
    }
  }
  return crossings;
}

void reduce_crossings(Layered& layered) {
  Positions at(layered.items.size(), 0);
  for (auto& layer : layered.layers) note_positions(layer, at);
  const bool is_big = layered.items.size() > kBigItems;
  const bool may_switch = layered.items.size() <= kSwitchItems;
  std::uint64_t best = count_crossings(layered);
  Order best_order = layered.layers;
  int idle = 0;
  for (int sweep = 0; sweep < (is_big ? 4 : kSweepsMax) && best > 0 && idle < 4; ++sweep) {
    const bool forward = sweep % 2 == 0;
    const std::size_t count = layered.layers.size();
    for (std::size_t i = 1; i < count; ++i) {
      const std::size_t layer = forward ? i : count - 1 - i;
      sort_by_mean(layered, layered.layers[layer], forward, at);
    }
    for (int pass = 0; may_switch && pass < 4 && switch_neighbours(layered, at); ++pass) {
    }
    const std::uint64_t crossings = count_crossings(layered);
    ++idle;
    if (crossings >= best) continue;
    idle = 0;
    best = crossings;
    best_order = layered.layers;
  }
  layered.layers = std::move(best_order);
}

}  // namespace dandori::flow
