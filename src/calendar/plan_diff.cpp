#include "calendar/plan_diff.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace dandori::calendar {

namespace {

constexpr Duration kOneDay = std::chrono::hours{24};
constexpr Duration kSlice = kOneDay * 8;
constexpr Duration kMargin = kOneDay * 31;  ///< how far a start is looked for beyond the window

/// Identity of an occurrence; triggers by number.
struct Key {
  std::uint32_t trigger = 0;
  LocalTime nominal;
  bool second = false;
  auto operator<=>(const Key&) const = default;
};
struct Occurrence {
  Key key;
  PlannedStart start;
};

/// A trigger on both sides.
struct TriggerPair {
  std::string workflow, trigger;
  TimeZone zone;
};

struct Pair {
  std::optional<PlannedStart> before, after;
};

bool is_start(const std::optional<PlannedStart>& start) {
  return start && start->is_start();
}

class Comparison {
 public:
  Comparison(std::span<const NamedSchedule> before, std::span<const NamedSchedule> after)
      : before_{before}, after_{after}, before_ids_{number(before)}, after_ids_{number(after)} {}

  PlanDiff run(Timestamp from, Timestamp to) {
    const Timestamp end = to + kMargin;
    for (Timestamp at = from - kMargin; at < end; at += kSlice) {
      compare(at, std::min(at + kSlice, end));
    }
    PlanDiff out;
    for (auto& [key, pair] : pairs_) add(key, pair, from, to, out);
    std::ranges::sort(out.changes, [](const PlanChange& a, const PlanChange& b) {
      return std::tuple{instant(a), std::tie(a.workflow, a.trigger, a.origin)} <
             std::tuple{instant(b), std::tie(b.workflow, b.trigger, b.origin)};
    });
    return out;
  }

 private:
  std::vector<std::uint32_t> number(std::span<const NamedSchedule> schedules) {
    std::vector<std::uint32_t> ids;
    for (const NamedSchedule& each : schedules) {
      const auto [at, is_new] = numbers_.try_emplace(std::pair{each.workflow, each.trigger},
                                                     static_cast<std::uint32_t>(triggers_.size()));
      if (is_new) triggers_.push_back({each.workflow, each.trigger, {}});
      triggers_[at->second].zone = each.schedule.zone();
      ids.push_back(at->second);
    }
    return ids;
  }

  static std::vector<Occurrence> occurrences(std::span<const NamedSchedule> schedules,
                                             const std::vector<std::uint32_t>& ids, Timestamp from,
                                             Timestamp to) {
    std::vector<Occurrence> out;
    for (PlannedRun& run : expand(schedules, from, to)) {
      const Fire& fire = run.start.fire;
      out.push_back({{ids[run.schedule], fire.nominal, fire.second}, std::move(run.start)});
    }
    std::ranges::sort(out, {}, &Occurrence::key);
    return out;
  }

  /// Keeps what differs within the slice; its other half may lie in another one.
  void compare(Timestamp from, Timestamp to) {
    const std::vector<Occurrence> old = occurrences(before_, before_ids_, from, to);
    const std::vector<Occurrence> now = occurrences(after_, after_ids_, from, to);
    auto a = old.begin();
    auto b = now.begin();
    while (a != old.end() || b != now.end()) {
      const bool has_a = a != old.end() && (b == now.end() || a->key <= b->key);
      const bool has_b = b != now.end() && (a == old.end() || b->key <= a->key);
      if (!has_a || !has_b || a->start != b->start) {
        Pair& pair = pairs_[has_a ? a->key : b->key];
        if (has_a) keep(pair.before, a->start);
        if (has_b) keep(pair.after, b->start);
      }
      a += has_a ? 1 : 0;
      b += has_b ? 1 : 0;
    }
  }

  static void keep(std::optional<PlannedStart>& place, const PlannedStart& start) {
    if (!is_start(place)) place = start;
  }

  void add(const Key& key, Pair& pair, Timestamp from, Timestamp to, PlanDiff& out) const {
    const auto counts = [&](const std::optional<PlannedStart>& start) {
      return is_start(start) && start->fire.at >= from && start->fire.at < to;
    };
    const bool was = is_start(pair.before), is = is_start(pair.after);
    if ((!counts(pair.before) && !counts(pair.after)) || pair.before == pair.after) return;
    const TriggerPair& of = triggers_[key.trigger];
    PlanChange change{.kind = was && is ? PlanChange::Kind::moved
                              : was     ? PlanChange::Kind::removed
                                        : PlanChange::Kind::added,
                      .workflow = of.workflow,
                      .trigger = of.trigger,
                      .origin = origin_text(was ? *pair.before : *pair.after),
                      .zone = of.zone,
                      .before = std::move(pair.before),
                      .after = std::move(pair.after)};
    out.added += change.kind == PlanChange::Kind::added ? 1 : 0;
    out.removed += change.kind == PlanChange::Kind::removed ? 1 : 0;
    out.moved += change.kind == PlanChange::Kind::moved ? 1 : 0;
    out.changes.push_back(std::move(change));
  }

  /// When the change is first seen.
  static Timestamp instant(const PlanChange& change) {
    Timestamp at = kFarFuture;
    if (is_start(change.before)) at = std::min(at, change.before->fire.at);
    if (is_start(change.after)) at = std::min(at, change.after->fire.at);
    return at;
  }

  std::span<const NamedSchedule> before_, after_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> numbers_;
  std::vector<TriggerPair> triggers_;
  std::vector<std::uint32_t> before_ids_, after_ids_;
  std::map<Key, Pair> pairs_;
};

Json side(const std::optional<PlannedStart>& start, const TimeZone& zone) {
  if (!is_start(start)) return {};
  return Json::object({{"at", format_rfc3339(start->fire.at)},
                       {"local", format_in_zone(start->fire.at, zone)},
                       {"business_date", format_day(start->business_date)}});
}

std::string_view word(PlanChange::Kind kind) {
  switch (kind) {
    case PlanChange::Kind::added:
      return "added";
    case PlanChange::Kind::removed:
      return "removed";
    case PlanChange::Kind::moved:
      return "moved";
  }
  return "";
}

}  // namespace

PlanDiff plan_diff(std::span<const NamedSchedule> before, std::span<const NamedSchedule> after,
                   Timestamp from, Timestamp to) {
  return Comparison{before, after}.run(from, to);
}

Json to_json(const PlanDiff& diff, std::size_t count_max) {
  Json::Array items;
  for (const PlanChange& change : diff.changes) {
    if (items.size() == count_max) break;
    Json item = Json::object({{"change", word(change.kind)},
                              {"workflow", change.workflow},
                              {"trigger", change.trigger},
                              {"origin", change.origin},
                              {"timezone", change.zone.name()},
                              {"before", side(change.before, change.zone)},
                              {"after", side(change.after, change.zone)}});
    for (const auto& start : {change.before, change.after}) {
      if (start && !start->is_start()) item.set("reason", model::to_string(start->dropped));
    }
    items.push_back(std::move(item));
  }
  return Json::object({{"added", static_cast<std::int64_t>(diff.added)},
                       {"removed", static_cast<std::int64_t>(diff.removed)},
                       {"moved", static_cast<std::int64_t>(diff.moved)},
                       {"truncated", items.size() < diff.changes.size()},
                       {"items", Json::array(std::move(items))}});
}

}  // namespace dandori::calendar
