#include "calendar/cron.h"

#include <algorithm>

#include "calendar/arithmetic.h"

namespace dandori::calendar {

namespace {

constexpr std::int64_t kSearchSeconds = std::int64_t{kSearchYears} * 366 * kDaySeconds;

/// Years 1 to 9999: what dates are written in.
constexpr std::int64_t kFirstSecond = -62'135'596'800;
constexpr std::int64_t kLastSecond = 253'402'300'799;

/// First matching minute of the day at or after `from` (minutes since midnight), or -1.
int next_minute(const CronExpr& cron, int from) {
  const std::uint64_t hours = cron.hours.to_ullong();
  const std::uint64_t minutes = cron.minutes.to_ullong();
  const int start = from / 60;
  const int hour = next_bit(hours, start);
  if (hour > 23) return -1;
  if (hour > start) return hour * 60 + next_bit(minutes, 0);
  if (const int minute = next_bit(minutes, from % 60); minute < 60) return hour * 60 + minute;
  const int later = next_bit(hours, start + 1);
  return later > 23 ? -1 : later * 60 + next_bit(minutes, 0);
}

/// The days of one month that match; bit d is day d.
std::uint64_t matching_days(const CronExpr& cron, int year, int month) {
  const Day first = make_day(year, month, 1);
  const Day next = month == 12 ? make_day(year + 1, 1, 1) : make_day(year, month + 1, 1);
  const auto length = static_cast<unsigned>(next.days - first.days);
  const auto start = static_cast<unsigned>(weekday(first));
  // The week turned so that bit 0 is the weekday of the 1st, then repeated over the month.
  const std::uint64_t week = cron.days_of_week.to_ullong();
  const std::uint64_t turned = ((week >> start) | (week << (7 - start))) & 0x7FU;
  const std::uint64_t by_week = (turned * 0x10204081ULL) << 1U;
  const std::uint64_t by_month = cron.days_of_month.to_ullong();
  const std::uint64_t exists = ((std::uint64_t{1} << length) - 1) << 1U;
  const bool both = cron.any_day_of_month || cron.any_day_of_week;
  return exists & (both ? by_month & by_week : by_month | by_week);
}

/// First matching reading in [from, until) (local seconds), or `until`.
std::int64_t next_reading(const CronExpr& cron, std::int64_t from, std::int64_t until) {
  const std::int64_t minute = floor_div(from + 59, 60);
  Day day{static_cast<std::int32_t>(floor_div(minute, 1440))};
  auto minute_of_day = static_cast<int>(minute - std::int64_t{day.days} * 1440);
  YearMonthDay date = to_ymd(day);
  while (std::int64_t{day.days} * kDaySeconds < until) {
    const std::uint64_t days = cron.months[static_cast<std::size_t>(date.month)]
                                   ? matching_days(cron, date.year, date.month)
                                   : 0;
    for (int found = next_bit(days, date.day); found < 32; found = next_bit(days, found + 1)) {
      if (found != date.day) minute_of_day = 0;
      const int time = next_minute(cron, minute_of_day);
      minute_of_day = 0;
      if (time < 0) continue;  // today's times are over
      const std::int64_t found_day = std::int64_t{day.days} + found - date.day;
      return std::min(found_day * kDaySeconds + time * std::int64_t{60}, until);
    }
    date = date.month == 12 ? YearMonthDay{date.year + 1, 1, 1}
                            : YearMonthDay{date.year, date.month + 1, 1};
    day = make_day(date.year, date.month, 1);
    minute_of_day = 0;
  }
  return until;
}

Fire make_fire(std::int64_t instant, std::int64_t reading, bool second = false) {
  return Fire{
      .at = Timestamp{instant * kMicrosPerSecond}, .nominal = LocalTime{reading}, .second = second};
}

/// The one fire for all readings that the clock jumped over at the start of the span. A reading at
/// the very instant after the gap is no second fire, and names it, for it really exists.
std::optional<Fire> fire_after_gap(const CronExpr& cron, const ZoneSpan& span) {
  const std::int64_t gap_begin = span.begin + span.offset_before;
  const std::int64_t gap_end = span.begin + span.offset;
  const std::int64_t in_gap = next_reading(cron, gap_begin, gap_end);
  if (in_gap == gap_end) return std::nullopt;
  const bool own = next_reading(cron, gap_end, gap_end + 1) == gap_end;
  return make_fire(span.begin, own ? gap_end : in_gap);
}

/// First fire of the span at or after `from` and before `until` (both UTC seconds).
std::optional<Fire> fire_in_span(const CronExpr& cron, model::DstRule dst, const ZoneSpan& span,
                                 std::int64_t from, std::int64_t until) {
  if (from == span.begin && span.offset > span.offset_before && dst.gap == model::DstGap::shift) {
    if (std::optional<Fire> fire = fire_after_gap(cron, span)) return fire;
  }
  // Readings before this one are here for the second time.
  const std::int64_t repeated_until = span.begin + std::max(span.offset, span.offset_before);
  std::int64_t local_from = from + span.offset;
  std::int64_t local_until = std::min(span.end, until) + span.offset;
  if (dst.overlap == model::DstOverlap::first) local_from = std::max(local_from, repeated_until);
  if (dst.overlap == model::DstOverlap::second) {
    local_until = std::min(local_until, span.end + std::min(span.offset, span.offset_after));
  }
  if (local_from >= local_until) return std::nullopt;
  const std::int64_t reading = next_reading(cron, local_from, local_until);
  if (reading == local_until) return std::nullopt;
  return make_fire(reading - span.offset, reading, reading < repeated_until);
}

}  // namespace

std::optional<Fire> next_fire(const CronExpr& cron, const TimeZone& zone, model::DstRule dst,
                              Timestamp after) {
  std::int64_t from = std::max(floor_div(after.us, kMicrosPerSecond) + 1, kFirstSecond);
  const std::int64_t until = std::min(from + kSearchSeconds, kLastSecond);
  while (from < until) {
    const ZoneSpan span = zone.span_at(from);
    if (std::optional<Fire> fire = fire_in_span(cron, dst, span, from, until)) return fire;
    from = span.end;
  }
  return std::nullopt;
}

}  // namespace dandori::calendar
