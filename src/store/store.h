#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/event.h"

namespace dandori::store {

/// Everything needed to go on after a restart, as the rows that were committed: counters, every
/// revision of the calendars, business dates, workflows and their newest revisions, revisions
/// pinned by active runs, active runs with their jobs and attempts, variables, folders, agents,
/// tokens, marks; in an order that apply_change accepts (revisions before runs before jobs before
/// attempts). `definition` of revisions, calendars and business dates is null: the runtime compiles
/// `canonical`.
struct Snapshot {
  std::vector<model::Change> rows;
};

/// Durable state of one engine: sqlite, postgres, memory; `faulty` wraps any of them for tests.
///
/// Called from the engine's own thread only, and blocks. One conformance suite covers all.
class EngineStore {
 public:
  virtual ~EngineStore() = default;
  virtual Result<Snapshot> load() = 0;

  /// What one event needs and memory does not hold: an ended run, an old key. Absent things are
  /// absent in the answer, not an error.
  virtual Result<model::Fetched> fetch(const model::Needs& needs) = 0;

  /// Writes one batch atomically; on success all of it survives power loss.
  ///
  /// batch.epoch: lease epoch of the writer, counts from 1.
  /// Errors: store.fenced   another server owns the store now: stop using it at once.
  ///         store.unknown  the outcome is not known: drop the state and load() before going on.
  ///         store.full     the disk is full: nothing was written; may succeed later.
  ///         store.failed   nothing was written; the store refuses until it is opened again.
  virtual Result<void> commit(const model::Batch& batch) = 0;

  /// Forgets at most 10,000 idempotency keys given before `before`, and sessions signed out that
  /// expired before it; returns how many. For idle moments: call again until it returns less.
  /// Errors as commit.
  virtual Result<std::uint64_t> purge(Timestamp before) = 0;
};

/// Most rows that one purge removes.
inline constexpr std::uint32_t kPurgeRowsMax = 10'000;

/// Who owns the store. On SQLite ownership is a close-on-exec OS lock, freed by the kernel at
/// death.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;
  /// Takes ownership and returns the new epoch (the last one + 1), durable.
  /// Errors: store.owned  another server has it; the message names its pid or address.
  virtual Result<std::uint64_t> acquire(const std::string& owner) = 0;
  virtual void release() = 0;
};

struct Page {
  std::uint32_t limit = 50;  ///< 1…1000
  std::string cursor;        ///< empty: first page; else `next_cursor` of the page before
};
template <class T>
struct Listed {
  std::vector<T> items;
  std::string next_cursor;  ///< empty: no more
};

struct RunFilter {
  std::optional<std::string> workflow;
  std::vector<model::RunState> states;  ///< empty: all
  std::optional<std::string> business_date;
  std::optional<Timestamp> created_from, created_until;
  std::optional<std::vector<std::string>> workflows;  ///< any of these; an empty list finds nothing
  bool needs_decision = false;                        ///< only those that wait for a person
};
struct AuditFilter {
  std::string actor = {};   ///< empty: any, as below
  std::string action = {};  ///< `run.rerun`, or all that begin so when it ends with a dot
  std::string target = {};  ///< `daily_close#3`; without a number also its runs
  std::optional<Timestamp> from = {}, until = {};
};
/// Lines of the audit log that one page of a filtered list looks at: beyond them the page ends,
/// perhaps without items, and its cursor goes on.
inline constexpr std::int64_t kAuditScanMax = 50'000;
struct RunDetail {
  model::Run run;  ///< `definition` null, `jobs` empty
  std::vector<model::JobRow> jobs;
  std::vector<model::AttemptRow> attempts;
  std::vector<model::Mark> marks;  ///< of the run, its workflow, and the server
  std::string canonical;           ///< of the pinned revision
};

/// What a list of workflows says of the runs of one.
struct WorkflowRuns {
  std::uint64_t active = 0;          ///< not ended, waiting ones included
  std::optional<model::Run> newest;  ///< `definition` null, `jobs` empty
};

/// A day of a window: its date and the instant with which it begins.
struct DaySpan {
  std::string date;
  Timestamp begin;
};
/// Days in order, each up to where the next one begins, the last one up to `end`.
struct DayWindow {
  std::string workflow;
  std::vector<DaySpan> days;
  Timestamp end;
};
/// What became of the runs of one day.
struct DayRuns {
  std::map<model::RunState, std::uint64_t> counts;
  std::vector<Duration> took;  ///< of each run that ended well, in no order
};
/// A run's business date may lie so far from the day it was created: runs created further from the
/// window are not looked at.
inline constexpr Duration kBusinessDateSlack = std::chrono::hours{24 * 3};

/// Reads for API lists and history, on connections of their own; thread-safe; never waits for the
/// engine.
class QueryStore {
 public:
  virtual ~QueryStore() = default;
  /// Newest first (by id), active and ended together.
  virtual Result<Listed<model::Run>> runs(const RunFilter& filter, const Page& page) = 0;
  /// run: id or `name#number`. Errors: run.unknown.
  virtual Result<RunDetail> run(const std::string& run) = 0;
  /// By name; pruned ones too (`deleted`).
  virtual Result<Listed<model::WorkflowRow>> workflows(const Page& page) = 0;
  /// nullopt: none has this name, pruned or not.
  virtual Result<std::optional<model::WorkflowRow>> workflow(const std::string& name) = 0;
  virtual Result<WorkflowRuns> workflow_runs(const std::string& name) = 0;
  /// One for each day of the window. A run counts in the day of its business date, and without one
  /// in the day it was created. Reads a few narrow columns of the workflow's own runs.
  virtual Result<std::vector<DayRuns>> day_runs(const DayWindow& window) = 0;
  /// One attempt of a run's job; number 0: the newest. nullopt: there is none. Errors: run.unknown.
  virtual Result<std::optional<model::AttemptRow>> attempt(const std::string& run,
                                                           const std::string& path,
                                                           std::uint32_t number) = 0;
  /// revision 0: the newest. Errors: workflow.unknown, workflow.unknown_revision.
  virtual Result<model::RevisionRow> revision(const std::string& workflow,
                                              std::uint32_t revision) = 0;
  /// Newest first. Errors: workflow.unknown.
  virtual Result<Listed<model::RevisionRow>> revisions(const std::string& workflow,
                                                       const Page& page) = 0;
  /// The newest revision of each calendar, by name; removed ones too (`deleted`).
  virtual Result<Listed<model::CalendarRow>> calendars(const Page& page) = 0;
  /// Every revision of the calendars that are not removed, by name and revision: all that decides
  /// days.
  virtual Result<std::vector<model::CalendarRow>> live_calendars() = 0;
  /// revision 0: the newest. Errors: calendar.unknown, calendar.unknown_revision.
  virtual Result<model::CalendarRow> calendar(const std::string& name, std::uint32_t revision) = 0;
  /// Newest first. Errors: calendar.unknown.
  virtual Result<Listed<model::CalendarRow>> calendar_revisions(const std::string& name,
                                                                const Page& page) = 0;
  /// By name; removed ones too (`deleted`).
  virtual Result<Listed<model::BusinessDateRow>> business_dates(const Page& page) = 0;
  /// nullopt: none has this name, removed or not.
  virtual Result<std::optional<model::BusinessDateRow>> business_date(const std::string& name) = 0;
  /// Newest first. Errors: business_date.unknown.
  virtual Result<Listed<model::BusinessDateMoveRow>> business_date_moves(const std::string& name,
                                                                         const Page& page) = 0;
  /// Outcomes of instants that passed, by planned instant within [from, until).
  virtual Result<std::vector<model::PlannedOutcome>> outcomes(Timestamp from, Timestamp until) = 0;
  /// The same of one workflow.
  virtual Result<std::vector<model::PlannedOutcome>> workflow_outcomes(const std::string& workflow,
                                                                       Timestamp from,
                                                                       Timestamp until) = 0;
  /// Newest first.
  virtual Result<Listed<model::AuditRow>> audit(const AuditFilter& filter, const Page& page) = 0;
  /// nullopt: there is no such line.
  virtual Result<std::optional<model::AuditRow>> audit_line(std::uint64_t seq) = 0;
  /// Journal lines with seq > after, ascending; of one run when given.
  virtual Result<std::vector<model::JournalRow>> journal(std::uint64_t after, std::uint32_t limit,
                                                         std::optional<RunId> run) = 0;
  /// Everything that operators did and have not undone, by workflow, run and job.
  virtual Result<std::vector<model::Mark>> marks() = 0;
  /// By folder and name.
  virtual Result<Listed<model::Variable>> variables(const Page& page) = 0;
  virtual Result<std::vector<model::Folder>> folders() = 0;
  /// Newest first, revoked ones too.
  virtual Result<Listed<model::TokenRow>> tokens(const Page& page) = 0;
  /// Asked for every request: by key. nullopt: there is none, valid or not.
  virtual Result<std::optional<model::TokenRow>> token(const Uuid& id) = 0;
  virtual Result<std::optional<model::TokenRow>> token_of_secret(const std::string& hash) = 0;
  /// What is kept under an idempotency key (engine::key_of). nullopt: nothing.
  virtual Result<std::optional<model::KeyRow>> kept_answer(const std::string& key) = 0;
  /// Whether a browser session was signed out. Asked for every request of a browser.
  virtual Result<bool> signed_out(const std::string& session) = 0;
};

}  // namespace dandori::store
