#include "calendar/zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/text.h"
#include "calendar/arithmetic.h"
#include "calendar/zone_names.h"

namespace dandori::calendar {

namespace {

constexpr std::int64_t kBigBang = std::numeric_limits<std::int64_t>::min() / kMicrosPerSecond;
constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max() / kMicrosPerSecond;
/// No two offsets of one zone differ by more (Alaska and the Philippines changed sides: 24 hours).
constexpr std::int64_t kOffsetMax = 26 * 3600;

/// Before the first change of every zone.
constexpr std::int64_t kLongAgo = -1'000'000'000'000;

constexpr Timestamp from_seconds(std::int64_t seconds) {
  return Timestamp{seconds * kMicrosPerSecond};
}

/// Names as the database writes them. Keeps absl from reading other files (`file:`, absolute paths)
/// or the environment (`localtime`).
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name == "localtime") return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  });
}

std::unexpected<Error> unknown_zone(std::string_view name) {
  const std::string meant = suggest_zone(name);
  std::string hint = meant.empty() ? "names look like Asia/Tokyo or UTC"
                                   : fmt::format("did you mean '{}'?", meant);
  if (!meant.empty() && meant == name)
    hint = "the system lists it but has no data for it: install tzdata";
  std::string shown = to_valid_utf8(name.substr(0, 64));
  return fail("calendar.unknown_zone", fmt::format("time zone '{}' is not known", shown),
              std::move(hint));
}

std::int64_t seconds_of(absl::CivilSecond civil) {
  return civil - absl::CivilSecond{1970};
}

}  // namespace

struct TimeZone::Impl {
  struct Change {
    std::int64_t at;  ///< first second of the offset
    std::int32_t offset;
  };

  std::string name;
  std::vector<Change> changes;  ///< ascending; the first one stands at kBigBang

  /// Index of the change that holds at this instant.
  std::size_t index_at(std::int64_t seconds) const {
    const auto after = std::ranges::upper_bound(changes, seconds, {}, &Change::at);
    return after == changes.begin() ? 0 : static_cast<std::size_t>(after - changes.begin()) - 1;
  }

  std::int64_t end_of(std::size_t index) const {
    return index + 1 < changes.size() ? changes[index + 1].at : kEndOfTime;
  }

  static std::shared_ptr<const Impl> read(std::string_view name, const absl::TimeZone& zone);
};

std::shared_ptr<const TimeZone::Impl> TimeZone::Impl::read(std::string_view name,
                                                           const absl::TimeZone& zone) {
  auto impl = std::make_shared<Impl>();
  impl->name = name;
  int offset = zone.At(absl::FromUnixSeconds(kLongAgo)).offset;  // InfinitePast() has none
  impl->changes.push_back({kBigBang, offset});
  absl::TimeZone::CivilTransition change;
  absl::Time at = absl::InfinitePast();
  while (zone.NextTransition(at, &change)) {
    const std::int64_t seconds = seconds_of(change.from) - offset;
    if (seconds <= impl->changes.back().at) break;  // broken data must not hang us
    at = absl::FromUnixSeconds(seconds);
    if (change.from == change.to) continue;  // only the abbreviation changes
    offset = static_cast<int>(seconds_of(change.to) - seconds);
    impl->changes.push_back({seconds, offset});
  }
  impl->changes.shrink_to_fit();
  return impl;
}

TimeZone::TimeZone() {
  static const std::shared_ptr<const Impl> utc = Impl::read("UTC", absl::UTCTimeZone());
  impl_ = utc;
}

TimeZone::TimeZone(std::shared_ptr<const Impl> impl) : impl_{std::move(impl)} {}

Result<TimeZone> TimeZone::load(std::string_view name) {
  if (name == "UTC") return TimeZone{};
  if (!is_zone_name(name)) return unknown_zone(name);

  // Immutable data, as many entries as the database has names: loading 10,000 triggers stays cheap.
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Impl>, std::less<>> loaded;
  const std::scoped_lock lock{mutex};
  if (const auto known = loaded.find(name); known != loaded.end()) return TimeZone{known->second};

  absl::TimeZone zone;
  if (!absl::LoadTimeZone(absl::string_view{name.data(), name.size()}, &zone))
    return unknown_zone(name);
  std::shared_ptr<const Impl> impl = Impl::read(name, zone);
  loaded.emplace(std::string{name}, impl);
  return TimeZone{std::move(impl)};
}

const std::string& TimeZone::name() const {
  return impl_->name;
}

int TimeZone::offset_seconds(Timestamp at) const {
  return impl_->changes[impl_->index_at(floor_div(at.us, kMicrosPerSecond))].offset;
}

LocalTime TimeZone::to_local(Timestamp at) const {
  return LocalTime{floor_div(at.us, kMicrosPerSecond) + offset_seconds(at)};
}

ZoneSpan TimeZone::span_at(std::int64_t seconds) const {
  const std::vector<Impl::Change>& changes = impl_->changes;
  const std::size_t index = impl_->index_at(seconds);
  const int offset = changes[index].offset;
  return ZoneSpan{.begin = changes[index].at,
                  .end = impl_->end_of(index),
                  .offset = offset,
                  .offset_before = index > 0 ? changes[index - 1].offset : offset,
                  .offset_after = index + 1 < changes.size() ? changes[index + 1].offset : offset};
}

LocalLookup TimeZone::from_local(LocalTime local) const {
  const std::int64_t reading =
      std::clamp(local.seconds, kBigBang + 2 * kOffsetMax, kEndOfTime - 2 * kOffsetMax);
  const std::vector<Impl::Change>& changes = impl_->changes;
  LocalLookup found;
  int hits = 0;
  std::int64_t gap_end = kEndOfTime;
  for (std::size_t i = impl_->index_at(reading - kOffsetMax);
       i < changes.size() && changes[i].at <= reading + kOffsetMax; ++i) {
    const std::int64_t instant = reading - changes[i].offset;
    if (instant < changes[i].at) {
      gap_end = std::min(gap_end, changes[i].at);
    } else if (instant < impl_->end_of(i)) {
      (hits == 0 ? found.first : found.second) = from_seconds(instant);
      if (++hits == 2) break;
    }
  }
  if (hits == 2) {
    found.kind = LocalLookup::Kind::overlap;
    return found;
  }
  if (hits == 0) {
    found.kind = LocalLookup::Kind::gap;
    found.first = from_seconds(gap_end);
  }
  found.second = found.first;
  return found;
}

bool TimeZone::operator==(const TimeZone& other) const {
  return impl_->name == other.impl_->name;
}

Day day_of(LocalTime local) {
  return Day{static_cast<std::int32_t>(floor_div(local.seconds, kDaySeconds))};
}

std::string format_local(LocalTime local) {
  const Day day = day_of(local);
  const auto second = static_cast<int>(local.seconds - day.days * kDaySeconds);
  std::string out;
  out.reserve(20);
  append_day(out, day);
  out.push_back('T');
  append_digits(out, second / 3600, 2);
  out.push_back(':');
  append_digits(out, second / 60 % 60, 2);
  out.push_back(':');
  append_digits(out, second % 60, 2);
  return out;
}

std::string format_in_zone(Timestamp at, const TimeZone& zone) {
  // RFC 3339 has no seconds in an offset (local mean times of before 1972 have some): whole
  // minutes, so that the text always names this very instant.
  const int minutes = zone.offset_seconds(at) / 60;
  const std::int64_t seconds = floor_div(at.us, kMicrosPerSecond);
  std::string out = format_local(LocalTime{seconds + minutes * 60});
  if (const std::int64_t fraction = at.us - seconds * kMicrosPerSecond; fraction != 0) {
    std::string digits = fmt::format(".{:06}", fraction);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += digits;
  }
  out.push_back(minutes < 0 ? '-' : '+');
  append_digits(out, std::abs(minutes) / 60, 2);
  out.push_back(':');
  append_digits(out, std::abs(minutes) % 60, 2);
  return out;
}

}  // namespace dandori::calendar
