#include "calendar/zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/format.h>

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
#include "calendar/zone_names.h"

namespace dandori::calendar {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kBigBang = std::numeric_limits<std::int64_t>::min() / kMicrosPerSecond;
constexpr std::int64_t kEndOfTime = std::numeric_limits<std::int64_t>::max() / kMicrosPerSecond;
/// No two offsets of one zone differ by more (Alaska and the Philippines changed sides: 24 hours).
constexpr std::int64_t kOffsetMax = 26 * 3600;

/// Before the first change of every zone.
constexpr std::int64_t kLongAgo = -1'000'000'000'000;

constexpr std::int64_t floor_div(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

constexpr Timestamp from_seconds(std::int64_t seconds) {
  return Timestamp{seconds * kMicrosPerSecond};
}

/// Appends `value` with at least `width` digits. Faster than a format call; plans print millions.
void append_digits(std::string& out, int value, std::size_t width) {
  std::array<char, 12> digits{};
  std::size_t used = 0;
  for (unsigned rest = static_cast<unsigned>(value); rest > 0 || used < width; rest /= 10) {
    digits[used++] = static_cast<char>('0' + rest % 10);
  }
  while (used > 0) out.push_back(digits[--used]);
}

void append_day(std::string& out, Day day) {
  const YearMonthDay date = to_ymd(day);
  if (date.year < 0) out.push_back('-');
  append_digits(out, std::abs(date.year), 4);
  out.push_back('-');
  append_digits(out, date.month, 2);
  out.push_back('-');
  append_digits(out, date.day, 2);
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

std::string format_day(Day day) {
  std::string out;
  append_day(out, day);
  return out;
}

Result<Day> parse_day(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail("calendar.bad_day",
                fmt::format("'{}' is no day: {}", to_valid_utf8(text.substr(0, 40)), why),
                "write YYYY-MM-DD, such as 2026-11-20");
  };
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return bad("the form is YYYY-MM-DD");
  std::array<int, 3> parts{};
  for (std::size_t i = 0, part = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return bad("the form is YYYY-MM-DD");
    parts[part] = parts[part] * 10 + (text[i] - '0');
  }
  const auto [year, month, day] = parts;
  if (year < 1) return bad("years count from 0001");
  if (month < 1 || month > 12) return bad("months are 01…12");
  const Day result = make_day(year, month, day);
  if (day < 1 || to_ymd(result).month != month) return bad("the month has no such day");
  return result;
}

Day make_day(int year, int month, int day_of_month) {
  const std::chrono::sys_days first{std::chrono::year{year} / month / 1};
  return Day{static_cast<std::int32_t>(first.time_since_epoch().count()) + day_of_month - 1};
}

YearMonthDay to_ymd(Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day.days}}};
  return YearMonthDay{static_cast<int>(date.year()),
                      static_cast<int>(static_cast<unsigned>(date.month())),
                      static_cast<int>(static_cast<unsigned>(date.day()))};
}

int weekday(Day day) {
  const int rest = (day.days + 4) % 7;  // 1970-01-01 was a Thursday
  return rest < 0 ? rest + 7 : rest;
}

Day day_of(LocalTime local) {
  return Day{static_cast<std::int32_t>(floor_div(local.seconds, kSecondsPerDay))};
}

std::string format_local(LocalTime local) {
  const Day day = day_of(local);
  const auto second = static_cast<int>(local.seconds - day.days * kSecondsPerDay);
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
