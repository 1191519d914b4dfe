#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/day.h"
#include "model/calendar.h"
#include "spec/fields.h"

namespace dandori::spec {

extern const Shape::Form kDate;        ///< `2026-11-22`
extern const Shape::Form kDays;        ///< a date, a month and day, or a range of either
extern const Shape::Form kWeekdayKey;  ///< `sun` … `sat`
extern const Shape::Form kClock;       ///< `00:00` … `47:59`
extern const Shape::Form kClockOfDay;  ///< `00:00` … `23:59`
extern const Shape::Form kFromEnd;     ///< `last`, `last-2`

/// `sun` … `sat`, 0 = Sunday.
std::string_view weekday_word(std::size_t weekday);
std::optional<std::uint8_t> parse_weekday(std::string_view word);
std::vector<std::string_view> weekday_words();

/// A checked date. Problems: spec.bad_value.
std::optional<Day> read_date(Context& context, const Node& node, const Path& path);
std::int32_t read_clock(const Node& node);

/// Entries of one list of days, and of all rules of a calendar: each is looked at for many days.
inline constexpr std::size_t kDayEntriesMax = 10'000;

/// One of kDays, a list of them, or a map of them to names.
Shape day_list();
/// Adds what the node names, in order and without doubles. Problems: spec.bad_value, spec.too_many.
void read_day_list(Context& context, const Node& node, const Path& path,
                   std::vector<model::NamedDays>& dates, std::vector<model::YearlyDays>& yearly);

/// `[sat, sun]` or one of them, as bits.
Shape weekday_list();
std::uint8_t read_weekdays(const Node& node);
/// `{fri: 2}`, `{fri: last}`, `{fri: [1, 3]}`.
Shape nth_weekdays();
std::vector<model::NthWeekday> read_nth_weekdays(const Node& node);
/// `[3, 9]` or one of them, as bits.
Shape month_list();
std::uint16_t read_months(const Node& node);

/// `{from, until}` of business dates, both included.
const Table<DayRange>& validity_table();
/// Problems: spec.bad_value, spec.contradiction.
void read_validity(Context& context, const Node& node, const Path& path,
                   std::optional<DayRange>& out);

/// A calendar by name, or `{all_of, any_of, none_of, minus}`.
Shape calendar_reference();
/// Problems: spec.missing_key.
void read_calendar_reference(Context& context, const Node& node, const Path& path,
                             model::CalendarRef& out);

// The same as JSON, in the one spelling of canonical forms.
std::string days_text(const model::NamedDays& days);
std::string days_text(const model::YearlyDays& days);
/// single: only those of one day; else only stretches; nullopt: both.
Json day_list_json(const std::vector<model::NamedDays>& dates,
                   const std::vector<model::YearlyDays>& yearly, std::optional<bool> single);
Json weekdays_json(std::uint8_t bits);
Json nth_weekdays_json(const std::vector<model::NthWeekday>& days);
Json months_json(std::uint16_t bits);
Json validity_json(const DayRange& range);
Json calendar_reference_json(const model::CalendarRef& ref);

}  // namespace dandori::spec
