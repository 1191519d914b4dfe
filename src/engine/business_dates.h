#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/day.h"
#include "engine/turn.h"

namespace dandori::engine {

/// The business date of that name, or nullptr when there is none (any more).
DateState* find_date(State& state, std::string_view name);
const DateState* find_date(const State& state, std::string_view name);

/// Its value, as a day.
Day value_of(const DateState& date);
/// The date after `from`, counted in `unit` by its calendar; nullopt: there is none any more.
std::optional<Day> next_date(const State& state, const model::BusinessDate& date, Day from,
                             model::DateUnit unit);
std::optional<Day> previous_date(const State& state, const model::BusinessDate& date, Day from);
/// The value with which it begins.
Day first_value(const State& state, const model::BusinessDate& date, Timestamp now);

/// Finds out when it moves by itself and puts it into `date_moves`.
void plan_date(State& state, DateState& date);

/// Who or what moves a business date.
struct DateMover {
  model::DateMove how = model::DateMove::created;
  std::string actor = "schedule";
  std::string reason = {};
  RunId run = {};
};
/// Gives it another value: row, history, journal, and what waited for that value goes on.
void move_date(Turn& turn, DateState& date, Day to, DateMover mover);
/// Moves a business date that is due by itself, unless a start comes first. False: none is due.
bool move_due_date(Turn& turn);
/// Whether a business date moves by itself at this instant or before.
bool date_is_due(const State& state, Timestamp at);

/// A run has ended well, or its failure was confirmed: what business dates wait for.
void note_good_end(Turn& turn, const model::Run& run);

/// A startable job of type business_date: moves the date from the run's own to the next one.
void run_date_job(Turn& turn, ActiveRun& run, std::uint32_t job);

/// What becomes of a planned run for `planned`, by the stored value.
struct DateAgreement {
  Day date;                                      ///< that the run is pinned to
  model::DateWait wait = model::DateWait::none;  ///< it waits
};
DateAgreement agree_on_date(const State& state, const model::Workflow& workflow, Day planned);
/// Whether the queued run waits for its business date.
bool waits_for_date(const State& state, const model::Run& run);

/// Decides what was due before a request that reads or moves the date. False: some is left.
bool settle_date(Turn& turn, std::string_view name);
/// What an operator should know before he moves it: `[{code, …}]`.
Json date_guards(const State& state, const DateState& date, Timestamp now);

}  // namespace dandori::engine
