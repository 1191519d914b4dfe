#include "engine/business_dates.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/assert.h"
#include "calendar/business_dates.h"
#include "engine/calendars.h"
#include "engine/plan_triggers.h"

namespace dandori::engine {

using model::DateMove;
using model::DateUnit;
using model::DateWait;

namespace {

constexpr std::size_t kDoneMax = 1'000;

std::optional<Day> day_in(std::string_view text) {
  const Result<Day> day = parse_day(text);
  return day ? std::optional{*day} : std::nullopt;
}

const model::DateDone* find_done(const model::BusinessDateRow& row, std::string_view workflow) {
  const auto found = std::ranges::find_if(row.done, [&](const model::DateDone& done) {
    return done.date == row.value && done.workflow == workflow;
  });
  return found == row.done.end() ? nullptr : &*found;
}

bool all_done(const model::BusinessDateRow& row) {
  return std::ranges::all_of(row.definition->advance.after, [&](const std::string& workflow) {
    return find_done(row, workflow) != nullptr;
  });
}

Timestamp due_of(const State& state, const DateState& date) {
  if (date.row.deleted || !date.row.definition) return kFarFuture;
  const model::BusinessDate& definition = *date.row.definition;
  if (definition.advance.by_job() || !all_done(date.row)) return kFarFuture;
  const Day value = value_of(date);
  if (!next_date(state, definition, value, definition.unit)) return kFarFuture;
  const auto calendar = calendar::calendar_of(state.calendars, definition);
  return calendar::advance_at(definition, *calendar, value, surroundings(state))
      .value_or(Timestamp{});
}

/// By the clock, or after workflows: then the run that was the last to end.
DateMover mover_of(const DateState& date) {
  const model::AdvanceRule& advance = date.row.definition->advance;
  DateMover mover{.how = advance.after.empty() ? DateMove::clock : DateMove::after};
  for (const std::string& workflow : advance.after) {
    if (const model::DateDone* done = find_done(date.row, workflow))
      mover.run = std::max(mover.run, done->run);
  }
  return mover;
}

}  // namespace

const DateState* find_date(const State& state, std::string_view name) {
  if (name.empty()) return nullptr;
  const auto found = state.business_dates.find(name);
  const bool is_there = found != state.business_dates.end() && !found->second.row.deleted &&
                        found->second.row.definition != nullptr;
  return is_there ? &found->second : nullptr;
}

DateState* find_date(State& state, std::string_view name) {
  return const_cast<DateState*>(find_date(std::as_const(state), name));
}

Day value_of(const DateState& date) {
  const std::optional<Day> day = day_in(date.row.value);
  DANDORI_ASSERT(day.has_value(), "a business date whose value is no day");
  return *day;
}

std::optional<Day> next_date(const State& state, const model::BusinessDate& date, Day from,
                             DateUnit unit) {
  return calendar::next_date(*calendar::calendar_of(state.calendars, date), unit, from);
}

std::optional<Day> previous_date(const State& state, const model::BusinessDate& date, Day from) {
  return calendar::previous_date(*calendar::calendar_of(state.calendars, date), date.unit, from);
}

Day first_value(const State& state, const model::BusinessDate& date, Timestamp now) {
  if (date.start) return *date.start;
  const auto calendar = calendar::calendar_of(state.calendars, date);
  const calendar::TimeZone zone = calendar::zone_of(date, *calendar, surroundings(state));
  const Day today = calendar->business_date(zone.to_local(now));
  return calendar->next_open(today).value_or(today);
}

void plan_date(State& state, DateState& date) {
  if (date.due != kFarFuture) state.date_moves.erase({date.due, date.row.name});
  date.due = due_of(state, date);
  if (date.due != kFarFuture) state.date_moves.insert({date.due, date.row.name});
}

void move_date(Turn& turn, DateState& date, Day to, DateMover mover) {
  model::BusinessDateRow& row = date.row;
  model::BusinessDateMoveRow move{.name = row.name,
                                  .number = ++row.moves,
                                  .from = row.value,
                                  .to = format_day(to),
                                  .at = turn.now.wall,
                                  .how = mover.how,
                                  .actor = std::move(mover.actor),
                                  .reason = std::move(mover.reason),
                                  .run = mover.run};
  row.value = move.to;
  row.moved_at = turn.now.wall;
  std::erase_if(row.done, [&](const model::DateDone& done) { return done.date < row.value; });
  turn.touch_date(date);
  turn.journal(move.run, "business_date.moved", {}, 0,
               Json::object({{"business_date", row.name},
                             {"from", move.from},
                             {"to", move.to},
                             {"how", to_string(move.how)}}));
  turn.keep(std::move(move));
  plan_date(turn.state, date);
  // Runs that wait for a date stand in queues: whether theirs has come is seen there.
  for (const auto& [name, workflow] : turn.state.workflows) {
    if (!workflow.queued.empty()) turn.state.queues.insert(name);
  }
}

bool date_is_due(const State& state, Timestamp at) {
  return !state.date_moves.empty() && state.date_moves.begin()->first <= at;
}

/// In the order of instants: a start that was due before belongs to the date before. At the same
/// instant the date moves first.
bool move_due_date(Turn& turn) {
  State& state = turn.state;
  if (!date_is_due(state, turn.now.wall)) return false;
  const auto [at, name] = *state.date_moves.begin();
  if (at.us != 0) {
    const bool start_first = !state.fires.empty() && state.fires.begin()->first < at;
    if (start_first || !state.outcomes_wanted.empty() || !state.replans.empty()) return false;
  }
  DateState& date = state.business_dates.find(name)->second;
  const model::BusinessDate& definition = *date.row.definition;
  const auto next = next_date(state, definition, value_of(date), definition.unit);
  if (next) {
    move_date(turn, date, *next, mover_of(date));
  } else {
    plan_date(state, date);  // its calendar has none any more
  }
  return true;
}

bool settle_date(Turn& turn, std::string_view name) {
  const DateState* date = find_date(turn.state, name);
  while (date != nullptr && date->due <= turn.now.wall) {
    if (turn.full() || !fire_one(turn)) return false;
  }
  return true;
}

void note_good_end(Turn& turn, const model::Run& run) {
  if (!run.only_job.empty()) return;
  for (auto& [name, date] : turn.state.business_dates) {
    if (find_date(turn.state, name) == nullptr || run.business_date < date.row.value) continue;
    const std::vector<std::string>& after = date.row.definition->advance.after;
    if (std::ranges::find(after, run.workflow) == after.end()) continue;
    model::DateDone done{run.business_date, run.workflow, run.id};
    std::vector<model::DateDone>& all = date.row.done;
    const bool is_known = std::ranges::any_of(all, [&](const model::DateDone& other) {
      return other.date == done.date && other.workflow == done.workflow;
    });
    if (is_known || all.size() >= kDoneMax) continue;
    all.insert(std::ranges::upper_bound(all, done), std::move(done));
    turn.touch_date(date);
    plan_date(turn.state, date);
  }
}

DateAgreement agree_on_date(const State& state, const model::Workflow& workflow, Day planned) {
  const DateState* date = find_date(state, workflow.business_date);
  if (date == nullptr) return {planned};
  const Day value = value_of(*date);
  if (value == planned) return {planned};
  switch (workflow.on_mismatch) {
    case model::OnMismatch::hold:
      return {planned, value < planned ? DateWait::behind : DateWait::ahead};
    case model::OnMismatch::run_planned:
      return {planned};
    case model::OnMismatch::run_current:
      return {value};
  }
  DANDORI_ASSERT(false, "an unknown rule for another date");
}

bool waits_for_date(const State& state, const model::Run& run) {
  if (run.date_wait == DateWait::none) return false;
  const DateState* date = find_date(state, run.definition->business_date);
  if (date == nullptr) return false;
  // YYYY-MM-DD: in the order of days.
  return run.date_wait == DateWait::behind ? date->row.value < run.business_date
                                           : date->row.value > run.business_date;
}

namespace {

std::string wrong_date(const DateState& date, const std::string& pinned, Day next) {
  return fmt::format(
      "business date '{}' is {}: neither {}, for which this run works, nor {}, the one after it",
      date.row.name, date.row.value, pinned, format_day(next));
}

/// What the job hands on, as an attempt that needed no process.
void hand_on(Turn& turn, ActiveRun& run, std::uint32_t index, const std::string& from, Day to) {
  auto attempt = std::make_unique<model::Attempt>();
  attempt->ref = {run.run.id, index, next_attempt(run, index)};
  run.job(index).attempts = attempt->ref.number;
  ++run.job(index).tries;
  attempt->state = model::AttemptState::succeeded;
  attempt->assigned_at = attempt->started_at = attempt->ended_at = turn.now.wall;
  attempt->outputs = Json::object({{"from", from}, {"to", format_day(to)}});
  turn.replace_attempt(run, index, std::move(attempt));
}

}  // namespace

/// Compare and set: doing it twice moves once.
void run_date_job(Turn& turn, ActiveRun& run, std::uint32_t index) {
  const model::Job& job = run.definition(index);
  const auto refuse = [&](std::string why) {
    fail_without_process(turn, run, index, model::FailureKind::business_date, std::move(why));
  };
  DateState* date = find_date(turn.state, job.business_date);
  if (date == nullptr)
    return refuse(fmt::format("there is no business date '{}'", job.business_date));
  const std::string& pinned = run.run.business_date;
  const auto from = day_in(pinned);
  const auto next =
      from ? next_date(turn.state, *date->row.definition, *from, job.date_unit) : std::nullopt;
  if (!next) {
    return refuse(fmt::format("calendar '{}' of business date '{}' has no date after {}",
                              date->row.definition->calendar, date->row.name, pinned));
  }
  const Day value = value_of(*date);
  if (value != *from && value != *next) return refuse(wrong_date(*date, pinned, *next));
  if (value == *from) {
    move_date(turn, *date, *next,
              {.how = DateMove::job, .actor = run.run.actor, .run = run.run.id});
  }
  hand_on(turn, run, index, pinned, *next);
  end_job(turn, run, index, model::JobState::succeeded);
}

}  // namespace dandori::engine
