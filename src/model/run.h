#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "model/words.h"
#include "model/workflow.h"

namespace dandori::model {

/// An attempt's global name: run, job index, number counted from 1. Its text is `RUN/JOB/N`.
struct AttemptRef {
  RunId run;
  std::uint32_t job = 0;
  std::uint32_t number = 0;
  auto operator<=>(const AttemptRef&) const = default;
};

/// How a process ended, as the runner recorded it on the host.
struct ExitRecord {
  std::int32_t exit_code = -1;  ///< 0…255, or -1 when ended by a signal or never run
  std::int32_t signal = 0;      ///< >0: ended by it
  Timestamp started_at;
  Timestamp ended_at;
  Duration cpu{0};  ///< user + system, of the process and the children it reaped
  std::uint64_t memory_peak_bytes = 0;
  std::int32_t spawn_errno = 0;   ///< >0: execve, chdir or setuid failed with it; nothing ran
  bool group_gone = true;         ///< after TERM/KILL: nothing of its process group is left
  std::uint64_t log_bytes = 0;    ///< what it wrote
  std::uint64_t log_dropped = 0;  ///< of it, past the limit or for want of disk
  bool operator==(const ExitRecord&) const = default;
};

/// One try of a job run. Append-only: a recorded end never changes.
struct Attempt {
  AttemptRef ref;
  AttemptState state = AttemptState::starting;
  FailureKind failure = FailureKind::none;
  std::string agent;             ///< empty: no process (noop, or failed before it was assigned)
  Uuid boot_id;                  ///< of the agent's host at assignment
  std::uint64_t sequence = 0;    ///< of the order, per agent; 0: never assigned
  bool start_confirmed = false;  ///< the agent said that it runs
  bool manual_kill = false;      ///< an operator ordered the end
  bool timed_out = false;
  std::int64_t pid = 0;
  Timestamp assigned_at;
  Timestamp started_at;         ///< process started; 0: not yet
  Timestamp ended_at;           ///< 0: not yet
  Timestamp stop_requested_at;  ///< 0: not asked to stop
  ExitRecord exit;              ///< valid once ended with a process
  Json outputs;                 ///< object; null: none
  std::string error;            ///< one line for people when `failure` needs words
};

/// One job inside one run. 64 bytes or less: a big server holds a million.
/// Waiting states are derived (engine::job_state); `ended` is what is kept.
struct JobRun {
  enum class Phase : std::uint8_t { waiting, live, retry_wait, ended };
  Phase phase = Phase::waiting;
  JobState ended = JobState::wait_pred;  ///< valid in Phase::ended
  bool in_scope = true;                  ///< false: this rerun leaves it as it is
  bool confirmed = false;  ///< ended unknown: an operator said that it counts as failed
  bool accepted = false;   ///< failed, and what follows went on all the same: counts as a warning
  std::uint8_t marks = 0;  ///< derived: bits of MarkKind, its own and those of every run
  bool off_day = false;    ///< `runs_on` leaves the run's date out; kept once it has ended
  std::uint32_t attempts = 0;  ///< number of the newest attempt; 0: none
  std::uint32_t tries = 0;     ///< attempts since the last (re)run of the job: what retry counts
  std::uint32_t lost = 0;      ///< of them, lost
  std::uint32_t predecessors_open = 0;  ///< not yet decided (derived; counts down)
  Timestamp ready_at;  ///< became startable; 0: not yet. For start_within and fairness
  Timestamp retry_at;  ///< Phase::retry_wait: wall instant, for show and restart
  Timestamp ended_at;
  std::shared_ptr<const std::string> changed_by = {};  ///< who set its state; null: nobody
};

static_assert(sizeof(JobRun) <= 64);

/// One execution of a workflow.
struct Run {
  RunId id;
  std::uint64_t number = 0;  ///< per workflow, from 1: `nightly#142`
  std::string workflow;
  std::uint32_t revision = 0;
  WorkflowPtr definition;
  RunState state = RunState::queued;
  bool has_warning = false, has_failure = false, needs_decision = false;
  bool cancel_requested = false;  ///< no new jobs; ends interrupted
  bool kill_requested = false;
  bool confirmed = false;  ///< an operator accepted its failure
  std::string confirmed_by;
  Origin origin = Origin::manual;
  std::string trigger;  ///< trigger id, or empty
  std::string
      nominal;  ///< unshifted local time of the planned run (its identity with trigger), or empty
  std::string actor;        ///< who started it; `schedule` for triggers
  Timestamp scheduled_for;  ///< planned instant; manual: the start
  Timestamp created_at;
  Timestamp started_at, ended_at;       ///< 0: not yet
  std::string business_date;            ///< YYYY-MM-DD, pinned at creation
  DateWait date_wait = DateWait::none;  ///< of one that is queued by `on_mismatch: hold`
  Json params;                          ///< object, all of them, typed
  std::uint32_t reruns = 0;             ///< times rerun
  std::string only_job;                 ///< run alone, outside the flow; empty: the whole flow
  std::string traceparent;              ///< the span that started it; empty: it begins a trace
  std::uint32_t attempt_floor = 0;  ///< attempts get higher numbers: a rerun took a revision whose
                                    ///< jobs stand in another order
  std::vector<JobRun> jobs;         ///< one per job of the definition
  std::uint32_t jobs_open = 0;      ///< derived: jobs not ended
  std::uint32_t jobs_live = 0;      ///< derived: jobs with a live attempt
  bool drained = false;             ///< derived: its workflow or the server is drained
  std::uint64_t version = 0;        ///< grows with every change; plan ids hash it
};

/// Names a mark: what it is on, and what it does there.
struct MarkKey {
  std::string workflow;      ///< empty: the server
  std::uint64_t number = 0;  ///< of the run; 0: the workflow itself
  std::string job;           ///< empty: the whole run, workflow or server
  MarkKind kind = MarkKind::hold;
  auto operator<=>(const MarkKey&) const = default;
};

/// Something that an operator did and has not undone: a difference from normal.
struct Mark {
  MarkKey key;
  std::string by, reason;
  Timestamp since;
  Timestamp until;  ///< 0: until somebody undoes it
  Json values;      ///< of a skip: outputs in place of the job's own; null: none
};

/// Outcome of one instant of a trigger that has passed. Key: (workflow, trigger, nominal).
struct PlannedOutcome {
  std::string workflow;
  std::string trigger;
  std::string nominal;  ///< local text; a second reading of a repeated time ends with `*`
  Timestamp at;         ///< planned instant
  std::string business_date;
  PlannedState state = PlannedState::started;
  MissReason reason = MissReason::none;
  std::string detail;  ///< one line in English, codes and values only
  RunId run;           ///< nil unless started
  Timestamp decided_at;
};

/// Who asks for a change, and why: on every command, audit row and journal line it causes.
struct Actor {
  std::string name;  ///< `admin`, `schedule`
  Channel channel = Channel::system;
  std::string address;  ///< peer address, or empty
  std::string request_id;
  std::string reason;
};

/// One line of the audit log. `hash` = sha256(previous hash, canonical JSON of the row).
struct AuditRow {
  std::uint64_t seq = 0;  ///< from 1, without gaps
  Timestamp at;
  Actor actor;
  std::string action;  ///< `run.start`, `run.rerun`, `workflow.apply` …
  std::string target;  ///< `daily_close#3`, `daily_close` …
  Json before, after;
  std::string hash;
};

/// One line of the journal: feeds event history and SSE; never replayed to get state.
struct JournalRow {
  std::uint64_t seq = 0;
  Timestamp at;
  RunId run;         ///< nil: not about a run
  std::string kind;  ///< `job.started`, `run.ended` …
  std::string job;   ///< path, or empty
  std::uint32_t attempt = 0;
  Json body;
};

}  // namespace dandori::model
