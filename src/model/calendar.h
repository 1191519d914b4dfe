#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/day.h"
#include "base/time.h"
#include "model/words.h"

namespace dandori::model {

/// A span of days and, where the definition gives one, its name (`こどもの日`).
struct NamedDays {
  Day first, last;
  std::string title = {};
  bool operator==(const NamedDays&) const = default;
};

/// `12-31`: month 1…12, day 1…31.
struct MonthDay {
  std::uint8_t month = 1, day = 1;
  auto operator<=>(const MonthDay&) const = default;
};
/// `12-29..01-03` of every year, both included; one whose end lies before its begin goes over the
/// new year.
struct YearlyDays {
  MonthDay first, last;
  std::string title = {};
  bool operator==(const YearlyDays&) const = default;
};

/// The n-th of a weekday in a month. nth: 1…5, or 0: the last one.
struct NthWeekday {
  std::uint8_t weekday = 0;  ///< 0 = Sunday … 6
  std::int8_t nth = 1;
  bool operator==(const NthWeekday&) const = default;
};

/// A calendar by name, or several combined; what a trigger or `extends` names.
///
/// A combined one is open on a day when every part that is given holds: open in all of `all_of`, in
/// one of `any_of`, in none of `none_of`, and in the first of `minus` but in none of its others.
/// Its zone, day_starts_at, month_starts_on and label are those of the first calendar it names.
struct CalendarRef {
  std::string name = {};  ///< set: this calendar, and the lists are empty
  std::vector<CalendarRef> all_of = {}, any_of = {}, none_of = {}, minus = {};

  bool empty() const {
    return name.empty() && all_of.empty() && any_of.empty() && none_of.empty() && minus.empty();
  }
  bool operator==(const CalendarRef&) const = default;
};
/// The calendar of this name.
CalendarRef ref_to(std::string name);
/// The first calendar that it names, in order of writing; empty: none.
std::string_view first_name(const CalendarRef& ref);
/// Every calendar that it names, with doubles.
void each_name(const CalendarRef& ref, std::vector<std::string>& out);

/// Which days a rule is about. Of the forms that are given every one must match (a day of `dates`
/// and `yearly` counts as one form); within a form one entry is enough.
struct DayMatch {
  std::vector<NamedDays> dates = {};          ///< `dates: ["2026-11-22"]`, `ranges: ["A..B"]`
  std::vector<YearlyDays> yearly = {};        ///< `dates: ["12-31"]`, `ranges: ["12-29..01-03"]`
  std::uint8_t weekdays = 0;                  ///< bits, 0 = Sunday; 0: not given
  std::vector<NthWeekday> nth_weekdays = {};  ///< `weekday: {mon: 2}`, by the calendar's months
  std::uint16_t months = 0;                   ///< bits 1…12 of civil months; 0: not given
  std::string holidays = {};                  ///< a shipped set: `japan`; empty: not given
  /// A rule `open` matches days that are open there, a rule `closed` those that are closed there.
  std::string calendar = {};
  bool operator==(const DayMatch&) const = default;
};

struct CalendarRule {
  bool open = false;
  DayMatch days = {};
  std::string title = {};
  bool operator==(const CalendarRule&) const = default;
};

/// Which day begins a calendar's month, told of a civil month (Y, M).
struct MonthStart {
  enum class Form : std::uint8_t {
    day,      ///< `n`: day n, 1…28
    weekday,  ///< `{mon: 2}`
    last,     ///< `last+N`: N days after the last day of M, N −27…28 (`last-2`, `last`, `last+5`)
  } form = Form::day;
  std::int8_t number = 1;  ///< of day and last
  NthWeekday nth = {};
  bool operator==(const MonthStart&) const = default;
};

/// `kind: Calendar`: decides which business dates are open. The first of its own rules that matches
/// a day decides; then `extends`; then the day is open.
struct Calendar {
  std::string name;
  std::string title = {};
  std::string folder = {};
  std::string timezone = {};         ///< IANA; empty: the server's
  std::int32_t day_starts_at_s = 0;  ///< seconds after midnight, 0…86,340
  MonthStart month_starts_on = {};
  MonthLabel label = MonthLabel::start;
  std::optional<DayRange> valid = {};  ///< days outside it are closed, for that reason
  /// The revision decides days from this one on; earlier days stay with the revisions before.
  std::optional<Day> effective_from = {};
  CalendarRef extends = {};  ///< empty: nothing
  std::vector<CalendarRule> rules = {};
  bool operator==(const Calendar&) const = default;
};

using CalendarPtr = std::shared_ptr<const Calendar>;

/// What moves a business date on.
struct AdvanceRule {
  /// Clock on the date it has now, seconds, 0…172,799 (`"29:00"`); nullopt: not by the clock.
  std::optional<std::int32_t> at_s = {};
  std::vector<std::string> after = {};  ///< workflows whose runs for the date must have ended well
  bool by_job() const { return !at_s && after.empty(); }
  bool operator==(const AdvanceRule&) const = default;
};

/// `kind: BusinessDate`: a stored value that runs work for, with its history.
struct BusinessDate {
  std::string name;
  std::string title = {};
  std::string folder = {};
  std::string calendar = {};  ///< empty: every day is open
  std::string timezone = {};  ///< of `at`; empty: the calendar's, else the server's
  AdvanceRule advance = {};
  DateUnit unit = DateUnit::open_day;
  std::optional<Day> start =
      {};  ///< value when it is created; nullopt: the open day of that moment
  bool operator==(const BusinessDate&) const = default;
};

using BusinessDatePtr = std::shared_ptr<const BusinessDate>;

// ---- Schedules.

struct DayRule {
  DayForm form = DayForm::every_day;
  /// day, relative_day, open_day, closed_day: n counts from the begin (1…), 0 is the last and −n
  /// the one n before it (`last-n`).
  std::vector<std::int16_t> numbers = {};
  std::uint8_t weekdays = 0;  ///< bits, 0 = Sunday
  std::vector<NthWeekday> nth_weekdays = {};
  std::vector<NamedDays> dates = {};  ///< with `yearly`
  std::vector<YearlyDays> yearly = {};
  std::uint32_t every = 1;  ///< cycle, 1…10,000
  CycleUnit unit = CycleUnit::day;
  Day from = {};  ///< cycle: its first anchor
  /// `months: [3, 9]`: only in these (bits 1…12), by the label of the calendar's month for the
  /// forms that count in it, else by the civil month; 0: every month.
  std::uint16_t months = 0;
  bool operator==(const DayRule&) const = default;
};

/// `offset` (起算): further days from the shifted date.
struct DateOffset {
  std::int32_t days = 0;         ///< −366…366
  bool open_days = false;        ///< counts open days, not calendar days
  std::int32_t limit_days = 31;  ///< farthest it may go, in calendar days, 1…366
  bool operator==(const DateOffset&) const = default;
};

/// Business dates on which a trigger starts nothing (排他スケジュール).
struct Exclusion {
  std::vector<std::string> workflows = {};  ///< when one of these is planned for the date
  std::vector<NamedDays> dates = {};
  std::vector<YearlyDays> yearly = {};
  bool empty() const { return workflows.empty() && dates.empty() && yearly.empty(); }
  bool operator==(const Exclusion&) const = default;
};

/// `runs_on` of a job: the business dates on which it runs; on others it is bypassed.
struct RunsOn {
  std::vector<DayRule> days = {};  ///< one is enough; empty: the open days of `calendar`
  CalendarRef calendar = {};       ///< empty: that of the workflow's business date
  bool operator==(const RunsOn&) const = default;
};

}  // namespace dandori::model
