#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace dandori::model {

// Every enumerator is spelt as in JSON, SQL and UI. `to_string` gives that spelling;
// `parse_word<E>` reads it back (nullopt: unknown word); `words_of<E>` lists them all for messages
// and schemas.

/// What a trigger is (20-language, "Triggers"); the kinds that exist so far.
enum class TriggerType : std::uint8_t { schedule, once };
/// What a job is. shell: a process. noop: nothing. business_date: moves a stored date on.
enum class JobType : std::uint8_t { shell, noop, business_date };
/// A start inside the spring gap: shift to the first instant after it, or skip it.
enum class DstGap : std::uint8_t { shift, skip };
/// A repeated local time in autumn.
enum class DstOverlap : std::uint8_t { first, second, both };
struct DstRule {
  DstGap gap = DstGap::shift;
  DstOverlap overlap = DstOverlap::first;
  bool operator==(const DstRule&) const = default;
};
/// Whether a calendar's month has the name of the civil month in which it starts or ends.
enum class MonthLabel : std::uint8_t { start, end };
/// What the next business date is.
enum class DateUnit : std::uint8_t { open_day, day };
/// What moved a business date: it was made, its clock time came, a job, the workflows it waits for
/// had ended, or an operator.
enum class DateMove : std::uint8_t { created, clock, job, after, hand };
/// Whether a run waits for its business date: it was created while the stored one was still before
/// that date, or past it.
enum class DateWait : std::uint8_t { none, behind, ahead };
/// What a planned run does when the stored business date is another when it is due.
enum class OnMismatch : std::uint8_t { hold, run_planned, run_current };
/// A rule of `days`.
enum class DayForm : std::uint8_t {
  every_day,
  open_days,
  closed_days,
  weekdays,
  day,           ///< of the civil month
  relative_day,  ///< of the calendar's month, as the ones below
  open_day,
  closed_day,
  weekday,
  dates,
  cycle,
};
enum class CycleUnit : std::uint8_t { day, week, month, year, open_day };
/// What happens to a date that the calendar closes (休日シフト).
enum class ClosedDay : std::uint8_t { skip, previous, next, nearest, run };
/// What happens to instants that passed while nobody could start them.
enum class CatchUp : std::uint8_t { all, latest, none };
/// What a start does while another run of the workflow is active.
enum class Overlap : std::uint8_t { queue, skip, parallel, replace, block };
/// What a start does when the previous run ended failed or killed and was not confirmed.
enum class OnPreviousFailure : std::uint8_t { run, rerun, hold };
/// What an attempt of unknown fate does.
enum class OnLost : std::uint8_t { hold, fail, rerun };
/// How a job joins its predecessors.
enum class Join : std::uint8_t { all, any, at_least };
enum class ParamType : std::uint8_t {
  string,
  integer,
  number,
  boolean,
  date,
  time,
  list,
  object
};  // int, bool in text
enum class Jitter : std::uint8_t { none, full };

/// States of a job run. The waiting ones are derived, not stored.
enum class JobState : std::uint8_t {
  wait_time,
  wait_pred,
  wait_event,
  wait_pool,
  held,
  disabled,
  starting,
  running,
  stopping,
  retry_wait,
  succeeded,
  warning,
  failed,
  killed,
  not_run,
  skipped,
  bypassed,
  unknown,
};
enum class RunState : std::uint8_t {
  queued,
  running,
  suspended,
  stopping,
  succeeded,
  warning,
  failed,
  killed,
  interrupted,
  not_run,
};
/// States of one attempt. `lost`: its fate cannot be known (the job shows `unknown`).
enum class AttemptState : std::uint8_t {
  starting,
  running,
  stopping,
  succeeded,
  warning,
  failed,
  killed,
  lost,
};
/// Outcome of one instant of a schedule.
enum class PlannedState : std::uint8_t { planned, bypassed, held, excluded, started, missed };
/// Why a planned run was missed or bypassed.
enum class MissReason : std::uint8_t {
  none,
  overlap,
  catch_up,
  disabled,
  blocked,
  window,
  blackout,
  nonexistent_time,
  superseded,
  business_date_behind,
  gave_up,
  closed_day,    ///< on_closed_day: skip
  max_shift,     ///< no open day within it
  offset_limit,  ///< the offset leads beyond its limit
  excluded_date,
  excluded_workflow,  ///< another workflow is planned for the date
};
/// How a run came to be.
enum class Origin : std::uint8_t { schedule, manual, api };
/// Which jobs a rerun takes.
enum class RerunScope : std::uint8_t { whole, failed, from, only, after_failed };
/// What an operator does by hand to a job, a run, a workflow, or the server.
enum class Operation : std::uint8_t {
  hold,
  release,
  skip,
  unskip,
  disable,
  enable,
  force,
  set_state,
  suspend,
  resume,
  drain,
  undrain,
  confirm,
};
/// What stays of it until it is undone.
enum class MarkKind : std::uint8_t { hold, disable, skip, suspend, drain };
/// Where a command came from, for the audit log.
enum class Channel : std::uint8_t { cli, api, ui, system };
/// What a token's owner may do; each role has what the ones before it have.
enum class Role : std::uint8_t { viewer, operator_, author, admin };  // `operator` in text
/// Error kinds of an attempt that ended without a normal exit, and what `retry.on` may name.
enum class FailureKind : std::uint8_t {
  none,
  exit,           ///< non-zero exit code
  signal,         ///< ended by a signal nobody here sent
  timeout,        ///< ran past `timeout` and was ended
  killed,         ///< ended on an operator's order
  spawn,          ///< could not be started on the host: no such program, no rights, no such folder
  not_started,    ///< `start_within` passed
  output,         ///< DANDORI_OUTPUT broken or larger than 64 KiB
  expression,     ///< an expression in env, args, cwd or stdin had no value
  lost,           ///< on_lost: fail
  business_date,  ///< of type business_date: the stored date is neither the run's nor the next
};

constexpr bool is_ended(JobState state) {
  return state >= JobState::succeeded;
}
constexpr bool is_live(JobState state) {
  return state == JobState::starting || state == JobState::running || state == JobState::stopping;
}
constexpr bool is_ended(RunState state) {
  return state >= RunState::succeeded;
}
constexpr bool is_ended(AttemptState state) {
  return state >= AttemptState::succeeded;
}

#define DANDORI_WORDS(E)                          \
  std::string_view to_string(E word);             \
  std::span<const std::string_view> all_words(E); \
  std::optional<E> parse_word(std::string_view text, E /*tag*/);
DANDORI_WORDS(TriggerType)
DANDORI_WORDS(JobType)
DANDORI_WORDS(MonthLabel)
DANDORI_WORDS(DateUnit)
DANDORI_WORDS(DateMove)
DANDORI_WORDS(DateWait)
DANDORI_WORDS(OnMismatch)
DANDORI_WORDS(DayForm)
DANDORI_WORDS(CycleUnit)
DANDORI_WORDS(ClosedDay)
DANDORI_WORDS(DstGap)
DANDORI_WORDS(DstOverlap)
DANDORI_WORDS(CatchUp)
DANDORI_WORDS(Overlap)
DANDORI_WORDS(OnPreviousFailure)
DANDORI_WORDS(OnLost)
DANDORI_WORDS(Join)
DANDORI_WORDS(ParamType)
DANDORI_WORDS(Jitter)
DANDORI_WORDS(JobState)
DANDORI_WORDS(RunState)
DANDORI_WORDS(AttemptState)
DANDORI_WORDS(PlannedState)
DANDORI_WORDS(MissReason)
DANDORI_WORDS(Origin)
DANDORI_WORDS(RerunScope)
DANDORI_WORDS(Operation)
DANDORI_WORDS(MarkKind)
DANDORI_WORDS(Channel)
DANDORI_WORDS(FailureKind)
DANDORI_WORDS(Role)
#undef DANDORI_WORDS

/// The word of a closed set, or nullopt.
template <class E>
std::optional<E> parse_word(std::string_view text) {
  return parse_word(text, E{});
}
/// Every spelling of E in order of its enumerators.
template <class E>
std::span<const std::string_view> words_of() {
  return all_words(E{});
}

}  // namespace dandori::model
