#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/calendar.h"
#include "model/words.h"

namespace dandori::model {

inline constexpr std::size_t kJobsMax = 50'002;   ///< jobs of one workflow
inline constexpr std::size_t kTriggersMax = 200;  ///< triggers of one workflow
inline constexpr std::size_t kOutputBytesMax =
    65536;  ///< what one job may hand on through DANDORI_OUTPUT

/// Text that may hold `${{ … }}`; kept as written, evaluated by expr when an attempt starts.
/// `has_expression` is set by spec so that plain text costs nothing.
struct Template {
  std::string text;
  bool has_expression = false;
  bool operator==(const Template&) const = default;
};

struct Param {
  std::string name;
  ParamType type = ParamType::string;
  bool required = false;      ///< no default
  Json default_value;         ///< of the type; text with an expression stays text
  std::vector<Json> choices;  ///< `enum`; empty: any value of the type
  std::string title;
};

/// One entry of `retry`: the first whose `on` matches decides.
struct RetryRule {
  std::uint32_t tries_max = 0;                  ///< further tries after the first (`max`)
  Duration interval = std::chrono::seconds{0};  ///< before the first further try
  double backoff = 1.0;                         ///< factor per further try, 1…100
  Duration interval_max = std::chrono::hours{24};
  Jitter jitter = Jitter::none;
  std::vector<FailureKind> on_kinds;   ///< empty together with on_exits: any failure but `killed`
  std::vector<std::int32_t> on_exits;  ///< `exit:N`
};

/// Inclusive range of exit codes, 0…255.
struct ExitRange {
  std::int32_t first = 0, last = 0;
};

struct Dependency {
  std::uint32_t job = 0;     ///< index in Workflow::jobs
  std::uint32_t states = 0;  ///< bit set of JobState; 0 never occurs (spec writes the default)
};
constexpr std::uint32_t state_bit(JobState state) {
  return 1U << static_cast<unsigned>(state);
}
/// `succeeded | warning | skipped | bypassed`.
inline constexpr std::uint32_t kSatisfied =
    state_bit(JobState::succeeded) | state_bit(JobState::warning) | state_bit(JobState::skipped) |
    state_bit(JobState::bypassed);

struct Job {
  std::string id;
  std::string title;
  JobType type = JobType::noop;
  bool shell = false;  ///< true: argv[0] of `command` is a text for /bin/sh -c; args are $1…
  std::vector<Template>
      command;  ///< shell: one text (never an expression); else program and arguments
  std::vector<Template> args;  ///< after `command`
  std::vector<std::pair<std::string, Template>> env;
  std::optional<Template> cwd;         ///< nullopt: the agent's work folder
  std::optional<Template> stdin_text;  ///< nullopt: /dev/null
  std::string run_as;                  ///< user name on the agent; empty: the agent's own user
  std::string agent;                   ///< empty: the server's own agent
  std::vector<Dependency> depends_on;
  Join join = Join::all;
  std::uint32_t join_count = 0;  ///< of Join::at_least
  std::vector<RetryRule> retry;
  std::optional<Duration> timeout;
  Duration grace = std::chrono::seconds{10};  ///< between TERM and KILL
  std::optional<Duration> start_within;
  std::vector<ExitRange> exit_warning;
  std::vector<ExitRange> exit_success;  ///< besides 0
  bool enabled = true;
  bool idempotent = true;
  OnLost on_lost = OnLost::hold;
  std::uint32_t lost_limit = 3;
  std::int32_t priority = 50;  ///< 0…100, higher first
  std::uint64_t log_bytes_max = 64U << 20U;
  std::optional<RunsOn> runs_on;            ///< nullopt: on every business date
  std::string business_date;                ///< of type business_date: the value it moves
  DateUnit date_unit = DateUnit::open_day;  ///< of type business_date: `unit`
  // Derived by `finish_workflow`:
  std::vector<std::uint32_t> successors;  ///< jobs that name this one, ascending, without doubles
  std::vector<std::uint32_t>
      successor_states;            ///< beside `successors`: the states that satisfy each
  std::uint32_t predecessors = 0;  ///< distinct jobs in `depends_on`
};

struct CatchUpRule {
  CatchUp policy = CatchUp::all;
  std::optional<Duration> within;  ///< only instants at most this old
};

/// When the workflow starts by itself. Of `cron`, `rate`, `on_calendar`, `at`, `every`, and `times`
/// exactly one form is given; `days` goes with `every` and `times`.
struct Trigger {
  std::string id;
  TriggerType type = TriggerType::schedule;
  std::string cron;           ///< five fields (Vixie), or EventBridge's `cron(…)`; checked by spec
  std::string rate;           ///< `5m`, or EventBridge's `rate(5 minutes)`
  std::string on_calendar;    ///< systemd's OnCalendar
  std::string at;             ///< once: local `2026-12-31T20:00[:00]`, RFC 3339, or `at(…)`
  std::vector<DayRule> days;  ///< one that matches is enough; empty: every day
  std::vector<std::int32_t> times;  ///< seconds on the business date, 0…172,799, ascending
  std::optional<Duration> every;    ///< a grid within each business date, or from the end
  std::optional<std::int32_t> from_s, until_s;  ///< of `every`: seconds on the business date
  bool from_end = false;                        ///< `every` counts from the end of the last run
  CalendarRef calendar;                         ///< empty: every day is open
  std::optional<ClosedDay> on_closed_day;       ///< nullopt: skip with a calendar, run without
  std::int32_t max_shift_days = 10;             ///< calendar days, 1…366
  std::optional<DateOffset> offset;
  Exclusion exclude;
  Duration jitter{0};             ///< starts are spread over it, the same for each name every time
  std::optional<DayRange> valid;  ///< business dates on which it plans
  std::string timezone;           ///< IANA name; empty: the calendar's, else the server's
  DstRule dst;
  CatchUpRule catch_up;
  Duration not_started_after = std::chrono::seconds{60};  ///< `start_within` of the trigger
  Json params;                                            ///< object of start parameters, or null
};

struct OverlapRule {
  Overlap policy = Overlap::queue;
  std::uint32_t queue_max = 10;    ///< runs waiting (`max_queue`)
  std::uint32_t parallel_max = 1;  ///< of Overlap::parallel
};

/// One revision of a workflow, checked and ready to run. Immutable once shared.
struct Workflow {
  std::string name;
  std::string title;
  std::string folder;
  std::string owner;
  std::string runbook;
  std::map<std::string, std::string> labels;
  std::vector<Param> params;
  std::vector<std::pair<std::string, Template>> env;
  std::vector<Trigger> triggers;  ///< by id, ascending
  OverlapRule overlap;
  OnPreviousFailure on_previous_failure = OnPreviousFailure::run;
  bool manual = true;  ///< false: only triggers start it
  std::string renamed_from;
  std::string business_date;  ///< name of the stored date its runs work for; empty: by the clock
  OnMismatch on_mismatch = OnMismatch::hold;
  std::vector<Job> jobs;  ///< in order of writing; JobRun and Dependency index into it
  // Derived by `finish_workflow`:
  std::vector<std::uint32_t> first_jobs;  ///< without predecessors, in order of writing
  std::map<std::string, std::uint32_t, std::less<>> job_index;
};
using WorkflowPtr = std::shared_ptr<const Workflow>;

/// Fills the derived fields. `workflow` must be acyclic and name existing jobs only (spec checks).
void finish_workflow(Workflow& workflow);

/// Index of the job, or nullopt.
std::optional<std::uint32_t> find_job(const Workflow& workflow, std::string_view id);

/// `kind: Variable`: a named value, visible to workflows of its folder and below ("" is
/// everywhere).
struct Variable {
  std::string name;
  std::string folder;
  Json value;
};

/// `kind: Folder`: defaults for what lives in it. (Rights and limits hang here later.)
struct Folder {
  std::string name;  ///< `sales/nightly`
  std::string title;
  std::map<std::string, std::string> labels;
  Json lint =
      {};  ///< rules of lint here and below: `{RULE: {level, limit}}`; null: nothing is said
};

}  // namespace dandori::model
