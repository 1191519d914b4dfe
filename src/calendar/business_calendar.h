#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/day.h"
#include "base/json.h"
#include "base/result.h"
#include "calendar/zone.h"
#include "model/calendar.h"

namespace dandori::calendar {

/// Calendars know these days; outside them no day is open and schedules plan nothing.
inline constexpr DayRange kCalendarDays{Day{0}, Day{47'846}};  // 1970-01-01 … 2100-12-31

/// What decides a day.
///
/// rule: index in the rules of `calendar`, or one of the numbers below. title: of the rule, the
/// date or the holiday, in the definition's words; may be empty.
struct DayReason {
  static constexpr int kNoRule = -1;    ///< nothing matches: open
  static constexpr int kNotValid = -2;  ///< outside the calendar's validity: closed
  static constexpr int kCombined = -3;  ///< `all_of any_of none_of minus` of `calendar` decides
  static constexpr int kOutside = -4;   ///< outside kCalendarDays: closed
  bool open = true;
  std::string calendar = {};
  int rule = kNoRule;
  std::string form = {};  ///< `holidays`, `weekdays`, `dates` …: the forms that matched
  std::string title = {};
  std::string title_en = {};  ///< of a holiday
  bool operator==(const DayReason&) const = default;
};
/// `{open, calendar, rule, form, title, title_en}`; rule as number from 1, or a word: `none`,
/// `not_valid`, `combined`, `outside`.
Json to_json(const DayReason& reason);

/// A month of a calendar: its days and the civil month that it is called after.
struct CalendarMonth {
  Day first, last;
  int year = 0, month = 0;
  bool operator==(const CalendarMonth&) const = default;
};

/// How a calendar cuts days into months.
class CalendarMonths {
 public:
  CalendarMonths() = default;
  CalendarMonths(model::MonthStart start, model::MonthLabel label) : start_{start}, label_{label} {}

  /// The month that holds the day, and the one that is called so.
  CalendarMonth of(Day day) const;
  CalendarMonth labelled(int year, int month) const;

 private:
  Day begin(int year, int month) const;

  model::MonthStart start_;
  model::MonthLabel label_ = model::MonthLabel::start;
};

/// One calendar, or several combined, made ready to be asked. Immutable; shared.
class BusinessCalendar {
 public:
  /// Every day open, months as they are, days from midnight: a trigger without a calendar.
  static std::shared_ptr<const BusinessCalendar> plain();
  /// Its name, zone, months and begin of days, with the days that `is_open` says are open.
  static std::shared_ptr<const BusinessCalendar> make(const model::Calendar& definition,
                                                      const std::function<bool(Day)>& is_open);

  const std::string& name() const { return name_; }
  const std::string& timezone() const { return timezone_; }
  std::int32_t day_starts_at_s() const { return day_starts_at_s_; }

  bool is_open(Day day) const;
  /// Open days before `day` since the first of kCalendarDays.
  std::int32_t open_before(Day day) const;
  /// The `index`-th open day of all (from 0), or nullopt past the last.
  std::optional<Day> open_at(std::int32_t index) const;
  /// The first open day at or after, at or before it.
  std::optional<Day> next_open(Day day) const;
  std::optional<Day> previous_open(Day day) const;

  /// The business date that a local reading belongs to.
  Day business_date(LocalTime local) const;
  const CalendarMonths& months() const { return months_; }

 private:
  BusinessCalendar() = default;
  void count_open();

  std::string name_, timezone_;
  std::int32_t day_starts_at_s_ = 0;
  CalendarMonths months_;
  std::vector<std::uint64_t> open_;       ///< one bit a day
  std::vector<std::int32_t> open_words_;  ///< open days before each word
};
using BusinessCalendarPtr = std::shared_ptr<const BusinessCalendar>;

/// All calendars of a server or of a set of files. Immutable; cheap to copy.
///
/// Several definitions of one name are its revisions, oldest first: a day is decided by the newest
/// one whose effective_from is not after it. Facts that are not of a day (zone, day_starts_at,
/// month_starts_on, label) are those of the newest.
class Calendars {
 public:
  Calendars();
  /// Never fails as a whole: what is wrong stands in problems(), and the calendar at fault closes
  /// nothing by the part that is wrong. before: tables of calendars that are the same there are
  /// taken over.
  static Calendars make(std::vector<model::Calendar> definitions,
                        const Calendars* before = nullptr);

  /// One for each wrong reference: calendar.unknown, calendar.cycle, calendar.unknown_holidays. The
  /// message names the calendar.
  const std::vector<Error>& problems() const;
  /// Names, ascending.
  std::vector<std::string> names() const;
  /// Revisions of the calendar, oldest first; empty: there is none.
  std::span<const model::Calendar> revisions(std::string_view name) const;

  /// Empty ref: plain(). Errors: calendar.unknown.
  Result<BusinessCalendarPtr> find(const model::CalendarRef& ref) const;
  /// What decides the day. ref must be known.
  DayReason reason(const model::CalendarRef& ref, Day day) const;
  /// Names that the ref rests on: those it names and what they extend or match, ascending.
  std::vector<std::string> closure(const model::CalendarRef& ref) const;
  /// The last day up to which what the ref rests on is officially announced (holiday tables); a far
  /// day where it rests on no table.
  Day verified_until(const model::CalendarRef& ref) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace dandori::calendar
