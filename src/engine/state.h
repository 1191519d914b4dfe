#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "calendar/business_calendar.h"
#include "calendar/schedule.h"
#include "engine/engine.h"
#include "model/event.h"

namespace dandori::engine {

inline constexpr std::int64_t kNoTimer = INT64_MAX;
/// A planned instant this old was not met on time: catch_up decides, and its run is a caught-up
/// one.
inline constexpr Duration kLateAfter = std::chrono::seconds{60};

/// What the engine keeps beside a JobRun; all of it derived but `newest`.
struct JobExtra {
  std::uint32_t satisfied = 0;  ///< decided predecessors in a state that satisfies the dependency
  std::uint32_t bypassed = 0;   ///< of them, bypassed by a branch that the dependency does not name
  std::int64_t timer_at = kNoTimer;  ///< steady instant of the job's one timer
  std::unique_ptr<model::Attempt> newest;
  bool job_dirty = false;  ///< a row is due at the end of this turn
  bool attempt_dirty = false;
};

/// A run in progress; until the end of its last turn also one that has just ended.
struct ActiveRun {
  model::Run run;
  std::vector<JobExtra> extra;  ///< beside run.jobs
  bool run_dirty = false;
  bool reopened = false;  ///< by a rerun in this turn
  bool ended = false;     ///< in this turn: leaves the memory at its end

  model::JobRun& job(std::uint32_t index) { return run.jobs[index]; }
  const model::JobRun& job(std::uint32_t index) const { return run.jobs[index]; }
  const model::Job& definition(std::uint32_t index) const { return run.definition->jobs[index]; }
};

/// Order of starts on one agent: priority, then how long it waits, then age of the run.
struct ReadyKey {
  std::int32_t rank = 0;  ///< -priority
  Timestamp ready_at;
  RunId run;
  std::uint32_t job = 0;
  auto operator<=>(const ReadyKey&) const = default;
};

/// A job's timer: what it means follows from the job's phase (start_within, timeout or retry).
struct TimerKey {
  std::int64_t at = kNoTimer;
  RunId run;
  std::uint32_t job = 0;
  auto operator<=>(const TimerKey&) const = default;
};

struct AgentState {
  model::AgentRow row;
  std::set<ReadyKey> ready;                         ///< jobs that wait for a slot here
  std::map<std::uint64_t, model::AttemptRef> live;  ///< by order sequence
  // Of the connection; lost with the process:
  bool connected = false;
  std::uint64_t session = 0;
  std::string version, host;
  std::int64_t pid = 0;
  std::uint32_t running_max = 0;
  std::int64_t busy_until = 0;     ///< steady; it refused an order for want of room
  std::optional<Steady> rival_at;  ///< when another agent last asked for the name and was refused
  bool dirty = false;
};

struct TriggerState {
  std::optional<calendar::Schedule>
      schedule;  ///< nullopt: its zone or text is unknown here; plans nothing
  std::optional<calendar::PlannedStart> next;  ///< first one after WorkflowRow::triggers_since
};

struct WorkflowState {
  model::WorkflowRow row;
  model::WorkflowPtr definition;                          ///< newest
  std::string digest;                                     ///< of the newest
  std::map<std::uint32_t, model::WorkflowPtr> revisions;  ///< only between load and finish_load
  std::vector<TriggerState> triggers;                     ///< beside definition->triggers
  Timestamp next_fire = kFarFuture;                       ///< earliest of the triggers
  /// Instants after triggers_since, up to this one, whose outcomes have been asked for; `settled`
  /// (trigger, nominal) are those of them that stay as they are.
  Timestamp outcomes_known;
  std::set<std::pair<std::string, std::string>> settled;
  std::map<std::uint64_t, RunId> active;  ///< by number: queued, running, stopping
  std::set<std::uint64_t> queued;
  std::uint32_t queue_counted = 0;  ///< of them, those that count against queue_max
  std::uint32_t running = 0;        ///< active, started, never rerun: what overlap looks at
  std::uint8_t marks = 0;           ///< its own: bits of MarkKind
  bool drained = false;             ///< it or the server is
  bool has_from_end = false;        ///< a trigger counts from the end of its runs
  bool stale = false;  ///< its schedules are of calendars or workflows that have been changed
  bool dirty = false;
};

/// A business date.
struct DateState {
  model::BusinessDateRow row;
  Timestamp due = kFarFuture;  ///< when it moves by itself; 0: at once
  bool dirty = false;
};

struct VariableKey {
  std::string name, folder;
  auto operator<=>(const VariableKey&) const = default;
};

/// Remembers the newest entries: at most `items_max`, of `bytes_max` together.
template <class T>
class RecentMap {
 public:
  explicit RecentMap(std::size_t items_max, std::size_t bytes_max = SIZE_MAX)
      : items_max_{items_max}, bytes_max_{bytes_max} {}
  /// bytes: what it counts for.
  void put(const std::string& key, T value, std::size_t bytes = 0) {
    const auto [at, added] = items_.try_emplace(key);
    bytes_ += bytes - at->second.bytes;
    at->second = {std::move(value), bytes};
    if (added) order_.push_back(key);
    while (order_.size() > items_max_ || (bytes_ > bytes_max_ && order_.size() > 1)) {
      const auto oldest = items_.find(order_.front());
      bytes_ -= oldest->second.bytes;
      items_.erase(oldest);
      order_.pop_front();
    }
  }
  const T* find(const std::string& key) const {
    const auto at = items_.find(key);
    return at == items_.end() ? nullptr : &at->second.value;
  }

 private:
  struct Item {
    T value{};
    std::size_t bytes = 0;
  };
  std::size_t items_max_, bytes_max_;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, Item> items_;
  std::deque<std::string> order_;
};

struct JobPlace {
  RunId run;
  std::uint32_t job = 0;
};

struct State {
  State(Settings settings_in, std::uint64_t epoch_in)
      : settings{std::move(settings_in)}, epoch{epoch_in} {}

  Settings settings;
  std::uint64_t epoch = 0;
  model::CountersRow counters;
  std::map<std::string, WorkflowState, std::less<>> workflows;
  /// Every revision, oldest first, without its texts; removed calendars too.
  std::map<std::string, std::vector<model::CalendarRow>, std::less<>> calendar_rows;
  calendar::Calendars calendars;  ///< made of those that are not removed
  std::map<std::string, DateState, std::less<>> business_dates;
  std::map<VariableKey, model::Variable> variables;
  std::map<std::string, model::Folder> folders;
  std::map<std::string, AgentState, std::less<>> agents;
  std::map<Uuid, model::TokenRow> tokens;
  std::map<RunId, ActiveRun> runs;
  std::map<model::MarkKey, model::Mark> marks;
  bool drained = false;       ///< the server: a mark says so
  std::set<RunId> set_aside;  ///< active runs that only the store holds

  // Derived: work that is due.
  std::set<std::pair<Timestamp, std::string>> fires;       ///< workflows by next_fire
  std::set<std::pair<Timestamp, std::string>> date_moves;  ///< business dates by `due`
  std::set<TimerKey> timers;
  std::set<std::pair<Timestamp, model::MarkKey>> mark_ends;  ///< marks with an `until`
  /// Jobs decided without a process, and the open jobs of a run that is being stopped: checked
  /// again when taken.
  std::deque<JobPlace> settling;
  std::set<std::string> queues;  ///< workflows whose queue may move
  std::set<std::string>
      reruns_wanted;  ///< on_previous_failure: rerun waits for the ended run's rows

  // The wall clock may have run ahead and been put right (guarantee G9).
  Timestamp wall_high;       ///< latest seen since it last went back
  Timestamp outcomes_until;  ///< instants up to this one may have an outcome after triggers_since
  bool calendars_rewind = false;  ///< some were applied by a clock that ran ahead
  /// Workflows that are to be planned again, as what their starts rest on has been changed: out of
  /// `fires` until then.
  std::set<std::string> replans;
  /// Workflows that exclude the days of the one named.
  std::map<std::string, std::set<std::string>, std::less<>> excluders;
  std::set<std::string> rewinds;          ///< workflows to be planned again from now
  std::set<std::string> outcomes_wanted;  ///< workflows whose next instant may have an outcome

  // Answers to what arrives twice within moments (the store knows the rest).
  RecentMap<model::KeyRow> keys{10'000, 32U << 20U};
  RecentMap<std::uint64_t> ended{8'192};  ///< id and name of runs that ended → version
};

/// `daily_close#3`.
std::string run_name(const model::Run& run);
/// The active run (or one that ended in this turn) by id or `name#number`, or nullptr.
ActiveRun* find_run(State& state, std::string_view name);
const ActiveRun* find_run(const State& state, std::string_view name);
/// Name of the agent that starts the job.
const std::string& agent_of(const State& state, const model::Job& job);
AgentState& agent_state(State& state, const std::string& name);
/// Whether the run counts as "the previous run is not over": a rerun of an ended run does not.
bool counts_for_overlap(const model::Run& run);
/// Whether it was created long after its planned instant: then it does not count against queue_max.
bool is_caught_up(const model::Run& run);
ReadyKey ready_key(const ActiveRun& run, std::uint32_t job);
void set_timer(State& state, ActiveRun& run, std::uint32_t job, std::int64_t at);
void clear_timer(State& state, ActiveRun& run, std::uint32_t job);
/// Parses the triggers of the newest revision again.
void make_triggers(State& state, WorkflowState& workflow);
/// Computes every trigger's next start after triggers_since and puts the workflow into `fires`.
void plan_triggers(State& state, WorkflowState& workflow);
/// Only those whose next start is decided.
void plan_fire(State& state, WorkflowState& workflow);
/// Puts a run into the lists of its workflow (load, creation, rerun).
void index_run(State& state, const model::Run& run);
/// Takes a queued run out of its queue.
void leave_queue(State& state, const model::Run& run);
/// Remembers what is kept under an idempotency key.
void keep_key(State& state, model::KeyRow row);
/// Puts a startable job where it waits: nowhere while an operator holds it, `settling` when it
/// needs no process, else its agent's queue with the start_within timer. Doing it twice changes
/// nothing.
void queue_job(State& state, ActiveRun& run, std::uint32_t job, Now now);
/// Takes a waiting job out of its agent's queue.
void unqueue_job(State& state, ActiveRun& run, std::uint32_t job);
/// Job runs of a run that has just been made: all wait, but those that a run alone leaves out.
void blank_jobs(model::Run& run);
/// Finds out which waiting jobs have own days that leave the run's date out.
void derive_off_days(const State& state, model::Run& run);
/// Derives counters, queues and timers of one run from what is stored.
void derive_run(State& state, ActiveRun& run, Now now);
/// Puts a stored attempt into a run: the newest of its job is kept, and what a job row would say of
/// it.
void place_attempt(ActiveRun& run, std::uint32_t job, const model::Attempt& attempt);
/// A run from its stored rows, predecessors counted; nothing is queued or armed.
ActiveRun assemble_active(model::Run run, model::WorkflowPtr definition,
                          std::span<const model::JobRow> jobs,
                          std::span<const model::AttemptRow> attempts);
/// How long a running attempt may still run, by both clocks: the agent's clock is not trusted
/// further back than the assignment.
Duration timeout_left(const model::Attempt& attempt, Duration timeout, Now now);
/// Wait before the next try by the job's retry rules; nullopt: no further try.
std::optional<Duration> retry_delay(const model::Job& job, const model::JobRun& state,
                                    const model::AttemptRef& attempt, model::FailureKind failure,
                                    std::int32_t exit_code);

}  // namespace dandori::engine
