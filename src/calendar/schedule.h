#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "calendar/business_calendar.h"
#include "calendar/cron.h"
#include "calendar/zone.h"
#include "model/workflow.h"

namespace dandori::calendar {

/// What a schedule needs of the world around it.
struct Surroundings {
  std::function<Result<TimeZone>(std::string_view)> zone;  ///< zone data by name
  std::string_view server_zone;          ///< of triggers and calendars without one
  const Calendars* calendars = nullptr;  ///< nullptr: there are none
};

/// Whether another workflow is planned for a business date: what `exclude` asks.
class OtherPlans {
 public:
  virtual ~OtherPlans() = default;
  /// depth: grows by one for each workflow on the way; an answer at kExcludeDepthMax looks at no
  /// further exclusions.
  virtual bool is_planned(std::string_view workflow, Day date, int depth) const = 0;
};
inline constexpr int kExcludeDepthMax = 8;

/// One occurrence of a trigger: a start, or a date that was dropped.
///
/// fire.nominal: its origin, the unshifted local reading; with workflow and trigger (and
/// fire.second) its identity. business_date: the date it works for, after shift and offset.
/// dropped: not `none`: there is no start, for that reason; fire.at is then when it would have been
/// unshifted. A dropped date is one occurrence (its first clock time), however many times the day
/// would have had. Occurrences of one trigger may share an instant (a start, and a date that was
/// dropped); its starts never do.
struct PlannedStart {
  Fire fire;
  Day business_date;
  model::MissReason dropped = model::MissReason::none;

  bool is_start() const { return dropped == model::MissReason::none; }
  bool operator==(const PlannedStart&) const = default;
};
/// The origin as text: `2026-11-20T22:00:00`, with `*` after it when it is the second of a repeated
/// reading.
std::string origin_text(const PlannedStart& start);

/// One step from a rule to a start. step: `anchor shift offset exclude validity clock zone jitter
/// merge`. code: what happened there, such as `named`, `closed`, `moved`, `too_far`,
/// `excluded_date`, `excluded_workflow`, `not_valid`, `gap_shifted`, `gap_skipped`, `first_of_two`,
/// `second_of_two`, `superseded`. facts: an object of dates, names and numbers.
struct TraceStep {
  std::string step, code;
  Json facts;
};
Json to_json(const TraceStep& step);

struct ScheduleRule;

/// A trigger of type schedule or once, checked and ready to be asked. Value; parse once, keep it.
class Schedule {
 public:
  /// Errors: those of parse_cron, parse_event_cron, parse_rate, parse_on_calendar and parse_once;
  /// calendar.unknown_zone, calendar.unknown, calendar.bad_time (a time before day_starts_at).
  /// workflow: its name, which with the trigger's places it within a `jitter`.
  static Result<Schedule> make(const model::Trigger& trigger, const Surroundings& around,
                               std::string_view workflow);

  /// First occurrence strictly after `after`, or nullopt when there is none any more
  /// (kSearchYears). `expand(at, at + 1 µs)` gives all that share its instant. A trigger `from_end`
  /// has none: see next_from_end.
  std::optional<PlannedStart> next(Timestamp after, const OtherPlans* others = nullptr) const;
  /// Occurrences in [from, to), ascending, at most `count_max`.
  std::vector<PlannedStart> expand(Timestamp from, Timestamp to, std::size_t count_max,
                                   const OtherPlans* others = nullptr) const;
  /// Whether it starts something for the business date.
  bool plans_on(Day date, const OtherPlans* others = nullptr, int depth = 0) const;

  /// Of a trigger `from_end`: the start that follows a run which ended then: `every` later, or the
  /// next begin of its hours on a day that it plans. nullopt: none any more.
  std::optional<PlannedStart> next_from_end(Timestamp ended_at,
                                            const OtherPlans* others = nullptr) const;
  bool is_from_end() const;

  /// What the trigger does for a date, with every step: `{named, day: REASON, starts: [{at, local,
  /// origin, business_date, trace}], starts_count, dropped: [{origin, reason, trace}], moved_away:
  /// [{origin, business_date, trace}], merged: [{origin, into, trace}], previous, next}`. day: why
  /// the calendar has it open or closed. starts: the first 20. previous, next: the dates before and
  /// after with starts, within 400 days; null: none.
  Json explain(Day date, const OtherPlans* others = nullptr) const;
  /// The steps to one occurrence.
  std::vector<TraceStep> trace(const PlannedStart& start, const OtherPlans* others = nullptr) const;

  const TimeZone& zone() const { return zone_; }
  bool is_once() const;
  /// Names of the workflows that it looks at (`exclude`); empty for most.
  std::span<const std::string> excluded_workflows() const;

 private:
  /// Plain cron: five fields, no calendar and nothing else that moves or drops a date.
  using Form = std::variant<CronExpr, std::shared_ptr<const ScheduleRule>>;
  Schedule(TimeZone zone, model::DstRule dst, Form form);
  std::shared_ptr<const ScheduleRule> rule() const;

  TimeZone zone_;
  Form form_;
  model::DstRule dst_;
};

/// The occurrences of one trigger in [from, to). A trigger that Schedule::make refuses plans
/// nothing.
std::vector<PlannedStart> expand(const model::Trigger& trigger, const Surroundings& around,
                                 std::string_view workflow, Timestamp from, Timestamp to,
                                 std::size_t count_max);

/// Whether a job with `runs_on` runs on the business date. calendar: its own, or that of the
/// workflow's business date.
bool runs_on(const model::RunsOn& rule, const BusinessCalendar& calendar, Day date);

/// A schedule by name, as `expand` takes it.
struct NamedSchedule {
  std::string workflow, trigger;
  Schedule schedule;
};
/// What an operator changed of one planned run, by its identity.
struct PlanEdit {
  std::string workflow, trigger, origin;
  bool excluded = false;
  std::optional<Timestamp> moved_to = {};
};
struct PlannedRun {
  std::size_t schedule = 0;  ///< index
  PlannedStart start;
  const PlanEdit* edit = nullptr;
};
/// The only code that answers questions about the future: every occurrence of the schedules in
/// [from, to), by instant and place in `schedules`; each excludes what the others plan. Edits are
/// matched by identity, whatever has changed around it.
std::vector<PlannedRun> expand(std::span<const NamedSchedule> schedules, Timestamp from,
                               Timestamp to, std::span<const PlanEdit> edits = {});

}  // namespace dandori::calendar
