#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "calendar/cron.h"

namespace dandori::calendar {

namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kDay = 86'400;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_{seed} {}
  int roll(int low, int high) { return std::uniform_int_distribution{low, high}(engine_); }
  bool chance(int percent) { return roll(1, 100) <= percent; }
  template <class Range>
  auto pick(const Range& from) {
    return from[static_cast<std::size_t>(roll(0, static_cast<int>(from.size()) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

std::string random_item(Dice& dice, int low, int high) {
  switch (dice.roll(0, 3)) {
    case 0:
      return fmt::format("*/{}", dice.roll(1, high - low + 1));
    case 1:
      return fmt::format("{}-{}", dice.roll(low, high), dice.roll(low, high));
    case 2:
      return fmt::format("{}-{}/{}", dice.roll(low, high), dice.roll(low, high), dice.roll(1, 5));
    default:
      return fmt::format("{}", dice.roll(low, high));
  }
}

std::string random_field(Dice& dice, int low, int high, int star_percent) {
  if (dice.chance(star_percent)) return "*";
  std::string field = random_item(dice, low, high);
  while (dice.chance(30)) field += "," + random_item(dice, low, high);
  return field;
}

std::string random_cron(Dice& dice) {
  // Hours near the usual clock changes come up often.
  const std::string hours =
      dice.chance(50) ? fmt::format("{}", dice.roll(0, 3)) : random_field(dice, 0, 23, 40);
  return fmt::format("{} {} {} {} {}", random_field(dice, 0, 59, 20), hours,
                     random_field(dice, 1, 31, 60), random_field(dice, 1, 12, 70),
                     random_field(dice, 0, 7, 60));
}

/// The rule of crontab(5), as slowly as it is written there.
bool matches(const CronExpr& cron, LocalTime reading) {
  const Day day = day_of(reading);
  const std::int64_t second = reading.seconds - day.days * kDay;
  const YearMonthDay date = to_ymd(day);
  if (!cron.minutes[static_cast<std::size_t>(second / 60 % 60)]) return false;
  if (!cron.hours[static_cast<std::size_t>(second / 3600)]) return false;
  if (!cron.months[static_cast<std::size_t>(date.month)]) return false;
  const bool by_month = cron.days_of_month[static_cast<std::size_t>(date.day)];
  const bool by_week = cron.days_of_week[static_cast<std::size_t>(weekday(day))];
  if (cron.any_day_of_month || cron.any_day_of_week) return by_month && by_week;
  return by_month || by_week;
}

/// All fires in (after, until), found by asking every local minute what it is.
std::vector<Fire> scan(const CronExpr& cron, const TimeZone& zone, model::DstRule dst,
                       Timestamp after, Timestamp until) {
  std::map<Timestamp, Fire> found;  // a reading that exists beats one of a gap that ends there
  const auto add = [&](Timestamp at, LocalTime reading, bool second) {
    if (at > after && at < until) found[at] = Fire{at, reading, second};
  };
  const std::int64_t begin = (after.us / 1'000'000 / kMinute) * kMinute - 2 * kDay;
  for (LocalTime reading{begin}; reading.seconds < until.us / 1'000'000 + 2 * kDay;
       reading.seconds += kMinute) {
    if (!matches(cron, reading)) continue;
    const LocalLookup what = zone.from_local(reading);
    switch (what.kind) {
      case LocalLookup::Kind::unique:
        add(what.first, reading, false);
        break;
      case LocalLookup::Kind::gap:
        if (dst.gap == model::DstGap::shift && !found.contains(what.first)) {
          add(what.first, reading, false);
        }
        break;
      case LocalLookup::Kind::overlap:
        if (dst.overlap != model::DstOverlap::second) add(what.first, reading, false);
        if (dst.overlap != model::DstOverlap::first) add(what.second, reading, true);
        break;
    }
  }
  std::vector<Fire> fires;
  for (const auto& [at, fire] : found) fires.push_back(fire);
  return fires;
}

std::vector<Fire> walk(const CronExpr& cron, const TimeZone& zone, model::DstRule dst,
                       Timestamp after, Timestamp until) {
  std::vector<Fire> fires;
  while (true) {
    const std::optional<Fire> fire = next_fire(cron, zone, dst, after);
    if (!fire || fire->at >= until) return fires;
    if (fire->at <= after) return {};  // must not happen: shows as a difference
    after = fire->at;
    fires.push_back(*fire);
  }
}

std::string show(const std::vector<Fire>& fires) {
  std::string out;
  for (const Fire& fire : fires) {
    out += fmt::format("{} = {}{}\n", format_rfc3339(fire.at), format_local(fire.nominal),
                       fire.second ? "*" : "");
  }
  return out;
}

std::uint64_t seed() {
  const char* text = std::getenv("DANDORI_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 20'260'308;
}

struct Week {
  const char* zone;
  const char* begin;  ///< a week with a clock change (Tokyo and Kolkata: none)
};

constexpr std::array<Week, 24> kWeeks{{
    {"America/New_York", "2026-03-05T00:00:00Z"},
    {"America/New_York", "2026-10-29T00:00:00Z"},
    {"Europe/London", "2026-03-26T00:00:00Z"},
    {"Europe/London", "2026-10-22T00:00:00Z"},
    {"Australia/Lord_Howe", "2026-04-02T00:00:00Z"},
    {"Australia/Lord_Howe", "2026-10-01T00:00:00Z"},
    {"America/Sao_Paulo", "2018-02-15T00:00:00Z"},
    {"America/Sao_Paulo", "2018-11-01T00:00:00Z"},
    {"Asia/Beirut", "2026-03-26T00:00:00Z"},
    {"Asia/Beirut", "2026-10-22T00:00:00Z"},
    {"Asia/Tokyo", "2026-03-05T00:00:00Z"},
    {"Asia/Kolkata", "2026-10-29T00:00:00Z"},
    {"Pacific/Apia", "2011-12-27T00:00:00Z"},
    {"America/St_Johns", "2006-10-26T00:00:00Z"},
    {"Africa/Casablanca", "2026-02-12T00:00:00Z"},
    {"Africa/Casablanca", "2026-03-19T00:00:00Z"},
    {"Antarctica/Troll", "2026-03-26T00:00:00Z"},
    {"Antarctica/Troll", "2026-10-22T00:00:00Z"},
    {"Pacific/Chatham", "2026-04-02T00:00:00Z"},
    {"Pacific/Chatham", "2026-09-24T00:00:00Z"},
    {"America/Caracas", "2007-12-06T00:00:00Z"},
    {"Asia/Pyongyang", "2018-05-02T00:00:00Z"},
    {"Asia/Gaza", "2026-03-25T00:00:00Z"},
    {"Europe/Dublin", "1971-10-28T00:00:00Z"},
}};

}  // namespace

TEST_CASE("next_fire finds what a scan of every minute finds, in every zone and under every rule") {
  const std::uint64_t start = seed();
  Dice dice{start};
  int compared = 0;
  for (int round = 0; round < 600; ++round) {
    const Week week = dice.pick(kWeeks);
    const std::string text = random_cron(dice);
    const Result<CronExpr> cron = parse_cron(text);
    if (!cron) continue;
    const TimeZone zone = *TimeZone::load(week.zone);
    const model::DstRule dst{dice.chance(70) ? model::DstGap::shift : model::DstGap::skip,
                             static_cast<model::DstOverlap>(dice.roll(0, 2))};
    const Timestamp after =
        *parse_rfc3339(week.begin) + std::chrono::seconds{dice.roll(0, 100'000)};
    const Timestamp until = after + std::chrono::days{6};
    const std::vector<Fire> expected = scan(*cron, zone, dst, after, until);
    const std::vector<Fire> got = walk(*cron, zone, dst, after, until);
    ++compared;
    if (expected == got) continue;
    FAIL_CHECK(fmt::format(
        "DANDORI_SEED={} round {}: '{}' {} gap {} overlap {} after {}\n"
        "scan:\n{}next_fire:\n{}",
        start, round, text, week.zone, model::to_string(dst.gap), model::to_string(dst.overlap),
        format_rfc3339(after), show(expected), show(got)));
    break;
  }
  MESSAGE("DANDORI_SEED=" << start << ": " << compared << " expressions compared");
  CHECK(compared > 400);
}

}  // namespace dandori::calendar
