#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "model/agent.h"
#include "model/calendar.h"
#include "model/run.h"
#include "model/workflow.h"

namespace dandori::model {

// ---- What is kept: rows. One Change per object and commit; a new kind must not compile until
// every store handles it. load() gives the same rows back, and engine::apply_change rebuilds the
// state.

/// A run in progress (without `jobs`; those have rows of their own). `definition` is not stored.
struct RunRow {
  Run run;
};
/// The run has ended: it moves to the history. Its jobs and attempts stay where they are.
struct RunEndedRow {
  Run run;
};
/// A rerun moves an ended run back to the active ones.
struct RunReopenedRow {
  Run run;
};
struct JobRow {
  RunId run;
  std::string path;
  std::uint32_t job = 0;
  JobRun state;
};
/// `path` is the job's path (the ref's `job` is its index in the pinned revision).
struct AttemptRow {
  Attempt attempt;
  std::string path;
};
/// A new revision of a workflow. Never changed afterwards.
struct RevisionRow {
  std::string workflow;
  std::uint32_t revision = 0;  ///< from 1
  std::string source;          ///< text as written
  std::string canonical;       ///< canonical JSON: what `Compile` takes
  std::string digest;          ///< sha256 hex of `canonical`
  Timestamp applied_at;
  std::string applied_by;
  std::string reason = {};        ///< why, as given; may be empty
  std::string source_ref = {};    ///< where the text came from, such as a commit; may be empty
  std::uint32_t rollback_of = 0;  ///< the revision that it brings back; 0: none
  WorkflowPtr definition = {};    ///< not stored
};
/// A revision of a calendar. Of one that is stored only `since`, `source_set` and `deleted` change.
struct CalendarRow {
  std::string name;
  std::uint32_t revision = 0;  ///< from 1
  std::string source;          ///< text as written
  std::string canonical;       ///< canonical JSON
  std::string digest;          ///< sha256 hex of `canonical`
  Timestamp applied_at;
  std::string applied_by;
  std::string reason = {};
  std::string source_ref = {};
  /// Starts up to this instant were decided without it: applied_at, or earlier when the clock was
  /// ahead then and has been put right.
  Timestamp since = {};
  std::string source_set = {};
  bool deleted = false;         ///< of the newest revision: removed; what there was stays
  CalendarPtr definition = {};  ///< not stored
};
/// A workflow whose run for a business date ended well, which that date waits for (`after`).
struct DateDone {
  std::string date, workflow;
  RunId run;
  auto operator<=>(const DateDone&) const = default;
};
/// A business date: its definition in force and its value.
struct BusinessDateRow {
  std::string name;
  std::uint32_t revision = 0;  ///< of the definition, from 1
  std::string source, canonical, digest;
  Timestamp applied_at;
  std::string applied_by;
  std::string reason = {};
  std::string source_ref = {};
  std::string source_set = {};
  std::string value = {};           ///< YYYY-MM-DD
  Timestamp moved_at = {};          ///< when it got that value
  std::uint64_t moves = 0;          ///< number of the newest BusinessDateMoveRow
  std::vector<DateDone> done = {};  ///< for the value and later dates, ascending
  bool deleted = false;             ///< removed: nothing reads it; value and history stay
  BusinessDatePtr definition = {};  ///< not stored
};
/// One move of a business date. Never changed afterwards.
struct BusinessDateMoveRow {
  std::string name;
  std::uint64_t number = 0;  ///< per name, from 1
  std::string from, to;      ///< from is empty for the first value of all
  Timestamp at;
  DateMove how = DateMove::created;
  std::string actor;
  std::string reason = {};
  RunId run = {};  ///< whose job or end moved it; nil: none
};
/// Standing facts of a workflow.
struct WorkflowRow {
  std::string name;
  std::string folder;
  std::string title;
  std::uint32_t revision = 0;    ///< newest
  std::uint64_t run_number = 0;  ///< last number given
  bool deleted = false;          ///< pruned: starts nothing, history stays
  RunId last_ended;              ///< newest run that ended and counts for on_previous_failure
  bool last_failed = false;      ///< it ended failed or killed and is not confirmed
  bool last_rerun = false;   ///< on_previous_failure: rerun has tried it for the start that waits
  Timestamp triggers_since;  ///< instants after this one have not been decided yet
  std::string source_set = {};  ///< the set of files it comes from: what `prune` looks at
  Timestamp changed_at = {};  ///< since when its newest revision counts for others that exclude it
  Timestamp last_ended_at = {};  ///< when `last_ended` ended
  Timestamp from_end_at = {};    ///< last start of an `every … from_end` that was decided; 0: none
};
struct VariableRow {
  Variable variable;
  bool deleted = false;
};
struct FolderRow {
  Folder folder;
  bool deleted = false;
};
/// A mark was set or, `removed`, undone.
struct MarkRow {
  Mark mark;
  bool removed = false;
};
struct PlannedRow {
  PlannedOutcome outcome;
};
/// An agent that has been seen; keeps the order sequence.
struct AgentRow {
  std::string name;
  Uuid boot_id;
  std::uint64_t sequence = 0;  ///< last one given
  std::uint32_t slots = 0;
  Uuid instance;  ///< the data folder that the name stands for; nil: none has been told
};
/// A bearer token. Its secret is known to its owner only.
struct TokenRow {
  Uuid id;
  std::string name;  ///< who uses it: the actor in audit and runs; of one valid token at a time
  Role role = Role::viewer;
  std::string secret_hash;  ///< sha256 of the secret, hex
  std::string created_by;
  Timestamp created_at;
  Timestamp expires_at;    ///< 0: never
  Timestamp last_used_at;  ///< 0: never; up to kTokenTouchEvery late
  Timestamp revoked_at;    ///< 0: not
};
/// A browser session that was signed out: its cookie is refused until it would have expired anyway.
struct SignedOutRow {
  std::string session;
  Timestamp until;
};
/// The answer given under an idempotency key; kept 7 days.
struct KeyRow {
  std::string key;             ///< actor + key
  std::string request_digest;  ///< another request under the same key is refused
  std::string answer;          ///< JSON
  Timestamp at;
};
struct AuditLine {
  AuditRow row;
};
struct JournalLine {
  JournalRow row;
};
/// Counters of the engine: ids, journal and audit positions.
struct CountersRow {
  std::uint64_t id_counter = 0;
  std::uint64_t id_key = 0;
  std::uint64_t journal_seq = 0;
  std::uint64_t audit_seq = 0;
  std::string audit_hash;
  Timestamp clock_high;  ///< latest wall instant decided at
};

using Change = std::variant<RunRow, RunEndedRow, RunReopenedRow, JobRow, AttemptRow, RevisionRow,
                            CalendarRow, BusinessDateRow, BusinessDateMoveRow, WorkflowRow,
                            VariableRow, FolderRow, MarkRow, PlannedRow, AgentRow, TokenRow,
                            SignedOutRow, KeyRow, AuditLine, JournalLine, CountersRow>;

/// What one turn keeps: written atomically, guarded by the epoch.
struct Batch {
  std::uint64_t epoch = 0;
  std::vector<Change> changes;
};

// ---- What is asked and what happens: events.

/// One definition of an `apply`, checked and compiled by spec.
struct WorkflowDefinition {
  WorkflowPtr workflow;
  std::string source;
  std::string canonical;
};
/// A calendar or business date of an `apply`; canonical: JSON that spec reads back.
struct CalendarDefinition {
  Calendar value;
  std::string source;
  std::string canonical;
};
struct BusinessDateDefinition {
  BusinessDate value;
  std::string source;
  std::string canonical;
};
struct ApplyDefinitions {
  std::vector<WorkflowDefinition> workflows;
  std::vector<Variable> variables;
  std::vector<Folder> folders;
  bool dry_run = false;
  bool prune = false;           ///< workflows of the set that are not among these are removed
  std::uint32_t prune_max = 0;  ///< so many may be removed whatever share they are; 0: not said
  std::string source_set = {};  ///< empty: the one a workflow has, else the default set
  std::string source_ref = {};  ///< kept with each new revision
  std::string plan = {};        ///< id that a dry run gave: refused when the world has moved since
  std::optional<std::uint32_t> base = {};  ///< newest revision that every workflow here must have
  std::uint32_t rollback_of = 0;           ///< the one workflow is this revision of itself again
  std::vector<CalendarDefinition> calendars = {};
  std::vector<BusinessDateDefinition> business_dates = {};
};
struct StartRun {
  std::string workflow;
  Json params;                               ///< object or null
  std::optional<std::string> business_date;  ///< YYYY-MM-DD
  bool force = false;                        ///< past overlap and previous failure; audited
  std::string only = {};  ///< one job, alone and outside the flow; empty: the whole flow
  std::string like = {};  ///< of `only`: a run that gives parameters, date, revision, outputs
  std::string traceparent = {};  ///< of who asks; empty: the run begins a trace
};
struct RerunRun {
  std::string run;  ///< id or `name#number`
  RerunScope scope = RerunScope::failed;
  std::string job;                     ///< of scopes from, only
  std::vector<std::string> hold = {};  ///< jobs that are held before they start
  bool hold_first = false;             ///< hold the first jobs
  bool newest = false;                 ///< by the newest revision, not the run's own
};
struct CancelRun {
  std::string run;
};
struct KillRun {
  std::string run;
  std::string job;
};  ///< job empty: every live attempt, and no new ones
struct ConfirmRun {
  std::string run;
};
/// One operation. Of the server when it says so, of a run when `run` is set, else of a workflow.
struct Operate {
  Operation action = Operation::hold;
  std::string run;                       ///< id or `name#number`
  std::string workflow;                  ///< without `run`
  std::string job = {};                  ///< empty: the whole run, workflow or server
  bool of_server = false;                ///< never because nothing else is named
  Timestamp until = {};                  ///< of disable; 0: until enabled
  Json values = {};                      ///< of skip: outputs in place of the job's own; null: none
  JobState state = JobState::succeeded;  ///< of set_state
  bool leave_running = false;            ///< of set_state: its process goes on and no longer counts
};
/// An operator moves a business date: to `to`, or by one date of its calendar.
struct MoveBusinessDate {
  std::string name;
  std::string to;  ///< YYYY-MM-DD; empty: by `step`
  int step = 1;    ///< 1: to the next date, -1: back to the one before
};
struct SetVariable {
  Variable variable;
  bool remove = false;
};
struct CreateToken {
  std::string name;
  Role role = Role::viewer;
  std::string secret_hash;
  Timestamp expires_at;  ///< 0: never
};
struct RevokeToken {
  std::string token;  ///< id, or the name of the valid one
};
/// A token was used: noted at most every kTokenTouchEvery.
struct TouchToken {
  Uuid id;
};
/// Keeps `answer` under the command's key: of a request that takes several commands. The answer is
/// what is kept: without `replaces` that of the first such command under the key.
struct KeepAnswer {
  Json answer;
  bool replaces = false;
};
/// A browser signs out.
struct SignOut {
  std::string session;
  Timestamp until;  ///< when its cookie expires
};
inline constexpr Duration kTokenTouchEvery = std::chrono::minutes{5};
/// Questions answered from memory, changing nothing.
struct AskWhy {
  std::string run;
  std::string job;
};  ///< job empty: the run
/// Why a workflow starts, or does not, on a business date: of each trigger, from the rule and from
/// what became of it.
struct AskWhyWorkflow {
  std::string workflow;
  std::string date;  ///< YYYY-MM-DD
};
struct AskDifferences {};  ///< everything done by hand and not undone
struct AskServer {};       ///< whether it is drained
struct AskAgents {};
struct AskSummary {};  ///< counts for doctor and metrics

using Request = std::variant<ApplyDefinitions, StartRun, RerunRun, CancelRun, KillRun, ConfirmRun,
                             Operate, MoveBusinessDate, SetVariable, CreateToken, RevokeToken,
                             TouchToken, SignOut, KeepAnswer, AskWhy, AskWhyWorkflow,
                             AskDifferences, AskServer, AskAgents, AskSummary>;

struct Command {
  std::uint64_t token = 0;  ///< pairs the Reply effect with who asked
  Actor actor;
  std::string idempotency_key;  ///< empty: none; of a question or preview it is not looked at
  std::string request_digest;   ///< sha256 of the request, with a key
  Request request;
  bool preview = false;   ///< say what it would do, and do nothing
  std::string plan = {};  ///< id that a preview gave: refused when the world has moved since
};
/// Timers may be due, or work was left over from the turn before.
struct Tick {};
/// The wall clock was stepped by more than 60 s, forward or back.
struct ClockJumped {
  Timestamp from;
};

using Event = std::variant<Tick, ClockJumped, Command, AgentConnected, AgentDisconnected,
                           AttemptStarted, AttemptEnded, AttemptNeverStarted, AttemptLost>;

/// The instants of one workflow within (after, until]; workflow empty: none.
struct PlannedSpan {
  std::string workflow;
  Timestamp after, until;
};
/// Their outcomes, by instant. span.until comes back earlier when there are more than
/// kOutcomesMax.
struct PlannedRows {
  PlannedSpan span;
  std::vector<PlannedOutcome> outcomes;
};
inline constexpr std::size_t kOutcomesMax = 1000;

/// What an event needs and memory does not hold.
struct Needs {
  std::string ended_run;  ///< id or `name#number` of a run that is not in memory; empty: none
  std::string key;        ///< idempotency key row
  PlannedSpan planned = {};
  bool empty() const { return ended_run.empty() && key.empty() && planned.workflow.empty(); }
};
/// Rows of one ended run (RunEndedRow, JobRow…, AttemptRow…, RevisionRow of its revision), the
/// key's row, and the outcomes of the span.
struct Fetched {
  std::vector<Change> run_rows;
  std::optional<KeyRow> key;
  std::optional<PlannedRows> planned = {};
};

// ---- What is done after the commit: effects.

/// The agent of this session has its name: it may report, and gets orders.
struct WelcomeAgent {
  std::string agent;
  std::uint64_t session = 0;
};
/// It has not: the session ends, and the agent asks again later.
struct RefuseAgent {
  std::uint64_t session = 0;
  Error why;
};
struct SendStart {
  std::string agent;
  StartOrder order;
};
struct SendStop {
  std::string agent;
  StopOrder order;
};
struct SendAck {
  std::string agent;
  AckOrder order;
};
struct Reply {
  std::uint64_t token = 0;
  Result<Json> answer;
};
using Effect = std::variant<WelcomeAgent, RefuseAgent, SendStart, SendStop, SendAck, Reply>;

}  // namespace dandori::model
