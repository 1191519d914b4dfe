#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/state.h"

namespace dandori::engine {

/// One turn: the state under change, what to keep of it, and what to do after the commit.
///
/// Whoever alters an object touches it; at the end of the turn each touched object becomes one row.
class Turn {
 public:
  Turn(State& state_in, Now now_in, TurnLimits limits_in)
      : state{state_in}, now{now_in}, limits{limits_in} {}

  State& state;
  const Now now;
  const TurnLimits limits;
  std::vector<model::Effect> effects;
  bool is_preview = false;  ///< on an overlay: nothing of it is kept
  Json notes;               ///< what a preview has to say besides changes; null: nothing
  std::string first_action, first_target;  ///< of the first audit line: what a preview is of

  /// Not before anything that was decided earlier: ids and numbers made in this turn grow.
  Timestamp id_time() const { return std::max(now.wall, state.counters.clock_high); }
  RunId new_run_id();

  void touch_run(ActiveRun& run);
  void touch_job(ActiveRun& run, std::uint32_t job);
  void touch_attempt(ActiveRun& run, std::uint32_t job);
  void touch_workflow(WorkflowState& workflow);
  void touch_agent(AgentState& agent);
  void touch_date(DateState& date);
  /// Rows that are written as they are.
  void keep(model::Change row);
  /// Something that whoever looks at a preview must know: `{code, …}`.
  void note(Json fact);
  void journal(RunId run, std::string_view kind, std::string_view job = {},
               std::uint32_t attempt = 0, Json body = {});
  void audit(const model::Actor& actor, std::string_view action, std::string target, Json before,
             Json after);
  /// The newest attempt makes room for a further one; its row is not lost.
  void replace_attempt(ActiveRun& run, std::uint32_t job, std::unique_ptr<model::Attempt> next);

  /// Work that makes no row counts as well.
  void worked() { ++changes_; }
  /// Changes so far, roughly: what the turn's bound looks at.
  std::size_t changes() const { return changes_; }
  bool full() const { return changes_ >= limits.changes_max; }

  /// Rows of all that was touched; runs that ended leave the memory.
  model::Batch finish();

 private:
  void append_runs(std::vector<model::Change>& rows);
  void append_jobs(std::vector<model::Change>& rows);
  void append_ended(std::vector<model::Change>& rows);

  std::size_t changes_ = 0;
  std::vector<ActiveRun*> runs_;
  std::vector<std::pair<ActiveRun*, std::uint32_t>> jobs_;
  std::vector<std::pair<ActiveRun*, std::uint32_t>> attempts_;
  std::vector<WorkflowState*> workflows_;
  std::vector<AgentState*> agents_;
  std::vector<DateState*> dates_;
  std::vector<model::Change> attempt_rows_;
  std::vector<model::Change> kept_;
  std::vector<model::Change> lines_;
};

// ---- Steps that several events share.

/// Creates a run in state queued. Its row is due at the end of the turn.
struct NewRun {
  model::Origin origin = model::Origin::manual;
  std::string trigger, nominal, actor;
  Timestamp scheduled_for;
  std::string business_date;
  Json params;
  std::string only_job = {};
  std::string traceparent = {};
  model::WorkflowPtr definition = {};  ///< null: the newest
  std::uint32_t revision = 0;
  model::DateWait date_wait = model::DateWait::none;
};
ActiveRun& create_run(Turn& turn, WorkflowState& workflow, NewRun wanted);
/// queued → running: its first jobs become startable.
void begin_run(Turn& turn, ActiveRun& run);
/// The last open job is decided: the run gets its result and leaves the active ones.
void finish_run(Turn& turn, ActiveRun& run);
/// A run that had failed is mended or confirmed: so it is for a workflow that took this one over.
void tell_heirs(Turn& turn, const model::Run& run);
/// Starts the head of the workflow's queue if overlap and previous failure allow it. False: nothing
/// to do.
bool advance_queue(Turn& turn, const std::string& workflow);
/// Whether the workflow may start one more run now (overlap, previous failure).
bool may_start(const WorkflowState& workflow);
/// Whether an operator holds its starts back (hold, drain): they wait.
bool waits_for_operator(const WorkflowState& workflow);
/// Whether so many runs are going on that one more would overlap.
bool is_busy(const WorkflowState& workflow);
/// Whether policy makes a start wait for the previous run's good end.
bool waits_for_good_end(const WorkflowState& workflow);

/// A waiting job whose condition may have changed: queues what follows from it.
void consider_job(Turn& turn, ActiveRun& run, std::uint32_t job);
/// Calendars or business dates have been changed: jobs whose own days say something else now
/// follow.
void review_off_days(Turn& turn);
/// What was startable and has not started is so no longer. Its row is left to the caller.
void withdraw_job(Turn& turn, ActiveRun& run, std::uint32_t job);
/// Ends a job (not its attempt): row, journal, successors, end of the run.
void end_job(Turn& turn, ActiveRun& run, std::uint32_t job, model::JobState ended);
/// Ends a startable (or retrying) job as skipped, with the outputs that the skip gives.
void skip_job(Turn& turn, ActiveRun& run, std::uint32_t job);
/// Ends the run when no job is open and no process of it lives.
void finish_if_over(Turn& turn, ActiveRun& run);
/// Number of the job's next attempt.
std::uint32_t next_attempt(const ActiveRun& run, std::uint32_t job);
/// A job that had ended undecided (or ends now) counts: successors look at it, the run may be over.
void settle_decided(Turn& turn, ActiveRun& run, std::uint32_t job);
/// Looks at one job of `settling` again: takes it to its end, or orders the end of its process.
/// False: none left.
bool settle_one(Turn& turn);

/// Starts the next ready job on some connected agent with a free slot. False: nothing can start.
bool start_one(Turn& turn);
/// Whether start_one would start something.
bool start_possible(const State& state, Now now);
/// The attempt is over: slot and timers are free. Sets its state, failure and error text.
void close_attempt(Turn& turn, ActiveRun& run, std::uint32_t job, model::AttemptState state,
                   model::FailureKind failure, std::string error);
/// After a failed attempt: retries by the job's rules, or ends the job in `ended`.
void retry_or_end(Turn& turn, ActiveRun& run, std::uint32_t job, model::FailureKind failure,
                  std::int32_t exit_code, model::JobState ended);
/// A new attempt that fails before any process existed.
void fail_without_process(Turn& turn, ActiveRun& run, std::uint32_t job, model::FailureKind failure,
                          std::string error);
/// The fate of a live attempt cannot be known: `on_lost` decides.
void lose_attempt(Turn& turn, ActiveRun& run, std::uint32_t job, const std::string& reason);
/// Orders the end of a live attempt: TERM, grace, KILL on the host.
void stop_attempt(Turn& turn, ActiveRun& run, std::uint32_t job);
/// The same because of a kill, which the attempt's end then shows.
void kill_live(Turn& turn, ActiveRun& run, std::uint32_t job);
/// No new jobs; `kill` also ends the live ones. The jobs end by settle_one, in as many turns as it
/// takes.
void stop_run(Turn& turn, ActiveRun& run, bool kill);
/// Sends the agent what it may have missed.
void send_ack(Turn& turn, const std::string& agent, const model::AttemptRef& attempt);
/// The live attempt of the ref, or nullptr.
model::Attempt* live_attempt(State& state, const model::AttemptRef& ref);

/// Sees whether the wall clock has gone back: then the workflows that were decided ahead of it are
/// to be planned again.
void notice_clock(State& state, Now now);
/// Plans one of them again. False: none is left.
bool rewind_one(Turn& turn);
/// Which stored outcomes an instant that is due waits for.
model::PlannedSpan wanted_outcomes(const State& state);
void take_outcomes(State& state, const model::PlannedRows& rows);
/// They cannot be read: nothing in that span starts, as it could start twice.
void skip_outcomes(Turn& turn);

/// One due timer or trigger instant. False: none is due.
bool fire_one(Turn& turn);
/// Decides the workflow's earliest due instant. False: none is due, or it may have an outcome that
/// is wanted first.
bool fire_trigger(Turn& turn, WorkflowState& workflow);

/// The rows of an ended run, put together again; nullptr when there are none.
std::unique_ptr<ActiveRun> rebuild_run(const State& state, const model::Fetched& fetched);
/// Which jobs a rerun takes. Errors: job.unknown, job.disabled, run.nothing_to_rerun.
Result<std::vector<bool>> rerun_set(const model::Run& run, model::RerunScope scope,
                                    std::string_view job);
/// Jobs after `job` that did not run because of what came before them.
std::vector<bool> held_back_by(const model::Run& run, const std::vector<std::uint32_t>& jobs);
/// Jobs of a run in progress wait again; the others see what has changed.
void reopen_jobs(Turn& turn, ActiveRun& run, const std::vector<bool>& chosen);
/// What takes an ended run up again.
struct Reopening {
  std::string_view action;                      ///< as in the audit log
  std::optional<model::RerunScope> scope = {};  ///< of a rerun
  std::string_view job = {};                    ///< that it names; empty: none
};
/// Makes `run` active again with the chosen jobs waiting; the journal says what did it.
void reopen_run(Turn& turn, ActiveRun& run, const std::vector<bool>& chosen,
                const Reopening& reopening);
/// Takes an ended run back into memory for a rerun.
ActiveRun& adopt_run(Turn& turn, std::unique_ptr<ActiveRun> run);

// ---- One function per event.

void on_command(Turn& turn, const model::Command& command, const model::Fetched& fetched);
Result<Json> apply_definitions(Turn& turn, const model::Actor& actor,
                               const model::ApplyDefinitions& request);
/// Decides the instants up to now of the workflows that the request changes: they belong to the
/// revisions before. False: some are left for the next turn, and the request must wait.
bool settle_instants(Turn& turn, const model::ApplyDefinitions& request);
Result<Json> set_variable(Turn& turn, const model::Actor& actor, const model::SetVariable& request);
/// The answer is the token without its secret. Errors: token.bad_name, token.exists,
/// token.expired.
Result<Json> create_token(Turn& turn, const model::Actor& actor, const model::CreateToken& request);
/// Errors: token.unknown.
Result<Json> revoke_token(Turn& turn, const model::Actor& actor, const model::RevokeToken& request);
Result<Json> touch_token(Turn& turn, const model::TouchToken& request);
Result<Json> sign_out(Turn& turn, const model::SignOut& request);
Result<Json> start_run(Turn& turn, const model::Actor& actor, const model::StartRun& request,
                       const model::Fetched& fetched);
Result<Json> rerun_run(Turn& turn, const model::Actor& actor, const model::RerunRun& request,
                       const model::Fetched& fetched);
Result<Json> cancel_run(Turn& turn, const model::Actor& actor, const model::CancelRun& request,
                        const model::Fetched& fetched);
Result<Json> kill_run(Turn& turn, const model::Actor& actor, const model::KillRun& request,
                      const model::Fetched& fetched);
Result<Json> confirm_run(Turn& turn, const model::Actor& actor, const model::ConfirmRun& request,
                         const model::Fetched& fetched);
/// hold, release, skip … of a job, a run, a workflow, the server.
Result<Json> operate(Turn& turn, const model::Actor& actor, const model::Operate& request,
                     const model::Fetched& fetched);
Result<Json> set_state(Turn& turn, const model::Actor& actor, const model::Operate& request,
                       const model::Fetched& fetched);
Result<Json> confirm_job(Turn& turn, const model::Actor& actor, const model::Operate& request,
                         const model::Fetched& fetched);
Result<Json> force_job(Turn& turn, const model::Actor& actor, ActiveRun& run, std::uint32_t job);
/// One job of a workflow, outside the flow.
Result<Json> start_alone(Turn& turn, const model::Actor& actor, const model::StartRun& request,
                         const model::Fetched& fetched);
Result<Json> why(const State& state, Now now, const model::AskWhy& request,
                 const model::Fetched& fetched);
/// The instants whose outcomes why_workflow looks at.
model::PlannedSpan outcomes_of_day(const State& state, const model::AskWhyWorkflow& request);
/// Why the workflow starts or not on a business date, from its triggers and stored outcomes.
Result<Json> why_workflow(const State& state, Now now, const model::AskWhyWorkflow& request,
                          const model::Fetched& fetched);
/// By hand. Errors: business_date.unknown, business_date.no_next, business_date.same,
/// param.bad_business_date, operation.reason_needed.
Result<Json> move_business_date(Turn& turn, const model::Actor& actor,
                                const model::MoveBusinessDate& request);
/// Whether the attempt's agent is gone and another one keeps asking for its name.
bool is_given_up(const State& state, const model::Attempt& attempt, Now now);
/// Whether the server is drained, by whom, and what still runs.
Json server_json(const State& state);
Json agents_json(const State& state);
Json summary_json(const State& state);

void on_agent_connected(Turn& turn, const model::AgentConnected& event);
void on_agent_disconnected(Turn& turn, const model::AgentDisconnected& event);
void on_attempt_started(Turn& turn, const model::AttemptStarted& event);
void on_attempt_ended(Turn& turn, const model::AttemptEnded& event);
void on_attempt_never_started(Turn& turn, const model::AttemptNeverStarted& event);
void on_attempt_lost(Turn& turn, const model::AttemptLost& event);

/// Decides the workflow's instants up to now as things stand, before what decides them is changed.
/// False: some are left, and the turn is full.
bool settle_workflow(Turn& turn, const std::string& name);
/// A failed or retrying job tries again at once.
void start_again(Turn& turn, ActiveRun& run, std::uint32_t job);

/// Reruns the ended run that a queued start waits for (on_previous_failure: rerun).
void rerun_previous(Turn& turn, const model::Fetched& fetched);

// ---- Starts.

/// How a start of the workflow goes on. `later`: it is queued.
enum class Admission : std::uint8_t { now, later, replace, overlap, previous_failed };
/// manual: a person waits for the answer. late: caught up after downtime, past queue_max.
Admission admit(const State& state, const WorkflowState& workflow, bool manual, bool late);
/// Number of the queued run whose turn is next: those that wait for their business date are passed
/// by. nullopt: none.
std::optional<std::uint64_t> queue_head(const State& state, const WorkflowState& workflow);
/// queued → running at once, past everything it waits for.
Result<Json> force_run(Turn& turn, const model::Actor& actor, ActiveRun& run);
/// Creates the run and starts or queues it as admitted.
ActiveRun& start_admitted(Turn& turn, WorkflowState& workflow, NewRun wanted, Admission admission);

// ---- Small answers.

/// `{id, number, name, state}`.
Json run_answer(const model::Run& run);
/// An ended run from fetched rows. Errors: run.unknown; run.changed when the rows are older than
/// its last end.
Result<std::unique_ptr<ActiveRun>> ended_run(const State& state, const std::string& name,
                                             const model::Fetched& fetched);
/// The run in progress that an operation names. Errors: run.unknown, run.ended, run.changed.
Result<ActiveRun*> active_run(Turn& turn, const std::string& name, const model::Fetched& fetched);
/// `five#1/b`.
std::string job_name(const ActiveRun& run, std::uint32_t job);
/// `{id, number, name, state, job, job_state}`.
Json job_answer(const ActiveRun& run, std::uint32_t job);
Result<std::uint32_t> job_of(const model::Run& run, std::string_view job);

}  // namespace dandori::engine
