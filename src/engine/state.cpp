#include "engine/state.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/core.h>

#include "base/assert.h"
#include "base/hash.h"
#include "engine/business_dates.h"
#include "engine/calendars.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/plan_triggers.h"

namespace dandori::engine {

using model::Job;
using model::JobRun;
using model::Run;
using model::RunState;
using Phase = JobRun::Phase;

std::string run_name(const Run& run) {
  return fmt::format("{}#{}", run.workflow, run.number);
}

const ActiveRun* find_run(const State& state, std::string_view name) {
  RunId id;
  const std::size_t mark = name.rfind('#');
  if (mark == std::string_view::npos) {
    const Result<Uuid> parsed = parse_uuid(name);
    if (!parsed) return nullptr;
    id = RunId{*parsed};
  } else {
    const auto workflow = state.workflows.find(name.substr(0, mark));
    if (workflow == state.workflows.end()) return nullptr;
    std::uint64_t number = 0;
    const char* end = name.data() + name.size();
    const auto read = std::from_chars(name.data() + mark + 1, end, number);
    if (read.ec != std::errc{} || read.ptr != end) return nullptr;
    const auto active = workflow->second.active.find(number);
    if (active == workflow->second.active.end()) return nullptr;
    id = active->second;
  }
  const auto run = state.runs.find(id);
  return run == state.runs.end() ? nullptr : &run->second;
}

ActiveRun* find_run(State& state, std::string_view name) {
  return const_cast<ActiveRun*>(find_run(std::as_const(state), name));
}

const std::string& agent_of(const State& state, const Job& job) {
  return job.agent.empty() ? state.settings.local_agent : job.agent;
}

AgentState& agent_state(State& state, const std::string& name) {
  AgentState& agent = state.agents[name];
  if (agent.row.name.empty()) agent.row.name = name;
  return agent;
}

bool counts_for_overlap(const Run& run) {
  return run.reruns == 0 && run.only_job.empty();
}

bool is_caught_up(const Run& run) {
  return run.origin == model::Origin::schedule && run.created_at - run.scheduled_for > kLateAfter;
}

ReadyKey ready_key(const ActiveRun& run, std::uint32_t job) {
  return ReadyKey{-run.definition(job).priority, run.job(job).ready_at, run.run.id, job};
}

void set_timer(State& state, ActiveRun& run, std::uint32_t job, std::int64_t at) {
  clear_timer(state, run, job);
  run.extra[job].timer_at = at;
  state.timers.insert(TimerKey{at, run.run.id, job});
}

void clear_timer(State& state, ActiveRun& run, std::uint32_t job) {
  std::int64_t& at = run.extra[job].timer_at;
  if (at == kNoTimer) return;
  state.timers.erase(TimerKey{at, run.run.id, job});
  at = kNoTimer;
}

void index_run(State& state, const Run& run) {
  const auto found = state.workflows.find(run.workflow);
  DANDORI_ASSERT(found != state.workflows.end(), "a run of an unknown workflow");
  WorkflowState& workflow = found->second;
  workflow.active[run.number] = run.id;
  if (run.state == RunState::queued) {
    if (workflow.queued.insert(run.number).second && !is_caught_up(run)) ++workflow.queue_counted;
    state.queues.insert(run.workflow);
  } else if (counts_for_overlap(run) && run.started_at.us != 0) {
    ++workflow.running;
  }
}

void leave_queue(State& state, const Run& run) {
  WorkflowState& workflow = state.workflows.find(run.workflow)->second;
  if (workflow.queued.erase(run.number) == 0) return;
  if (!is_caught_up(run)) --workflow.queue_counted;
  plan_from_end(state, workflow);
}

namespace {

/// A span that began at `since` and is to last `span`, seen from `now`: never longer than it was.
std::int64_t deadline(Now now, Timestamp since, Duration span) {
  const Duration passed = std::max(now.wall - since, Duration::zero());
  return (now.steady + std::max(span - passed, Duration::zero())).us;
}

void arm_timeout(State& state, ActiveRun& run, std::uint32_t job, Now now) {
  const model::Attempt& attempt = *run.extra[job].newest;
  const std::optional<Duration>& timeout = run.definition(job).timeout;
  if (!timeout || attempt.state != model::AttemptState::running) return;
  set_timer(state, run, job, (now.steady + timeout_left(attempt, *timeout, now)).us);
}

void arm_retry(State& state, ActiveRun& run, std::uint32_t job, Now now) {
  const JobRun& state_of_job = run.job(job);
  Duration wait = std::max(state_of_job.retry_at - now.wall, Duration::zero());
  if (const model::Attempt* last = run.extra[job].newest.get()) {
    const auto whole = retry_delay(run.definition(job), state_of_job, last->ref, last->failure,
                                   last->exit.exit_code);
    if (whole) wait = std::min(wait, *whole);
  }
  set_timer(state, run, job, (now.steady + wait).us);
}

void derive_job(State& state, ActiveRun& run, std::uint32_t index, Now now) {
  JobRun& job = run.job(index);
  switch (job.phase) {
    case Phase::ended: {
      if (!is_left_running(run, index)) return;
      const model::Attempt& attempt = *run.extra[index].newest;
      agent_state(state, attempt.agent).live[attempt.sequence] = attempt.ref;
      if (run.run.kill_requested && !attempt.manual_kill)
        state.settling.push_back({run.run.id, index});
      return;
    }
    case Phase::retry_wait:
      if (!is_stopping(run.run)) return arm_retry(state, run, index, now);
      state.settling.push_back({run.run.id, index});
      return;
    case Phase::live: {
      const model::Attempt& attempt = *run.extra[index].newest;
      agent_state(state, attempt.agent).live[attempt.sequence] = attempt.ref;
      if (job.ready_at.us == 0) job.ready_at = condition_time(run, index);
      if (run.run.kill_requested && !attempt.manual_kill) {
        state.settling.push_back({run.run.id, index});
      }
      return arm_timeout(state, run, index, now);
    }
    case Phase::waiting:
      switch (verdict(run, index)) {
        case Verdict::not_yet:
          return;
        case Verdict::start:
          if (job.ready_at.us == 0) job.ready_at = condition_time(run, index);
          return queue_job(state, run, index, now);
        case Verdict::not_run:
        case Verdict::bypass:
          job.ready_at = Timestamp{};  // withdrawn, if it was ready when the run was stopped
          state.settling.push_back({run.run.id, index});
          return;
      }
  }
}

}  // namespace

Duration timeout_left(const model::Attempt& attempt, Duration timeout, Now now) {
  const Timestamp since = std::max(attempt.started_at, attempt.assigned_at);
  const Duration passed = std::max(now.wall - since, Duration::zero());
  return std::max(timeout - passed, Duration::zero());
}

void queue_job(State& state, ActiveRun& run, std::uint32_t index, Now now) {
  const Job& job = run.definition(index);
  const Gate how = gate(run.run, run.job(index));
  if (how == Gate::shut) return;
  if (how == Gate::skip || !needs_process(job)) {
    state.settling.push_back({run.run.id, index});
    return;
  }
  agent_state(state, agent_of(state, job)).ready.insert(ready_key(run, index));
  if (job.start_within) {
    set_timer(state, run, index, deadline(now, run.job(index).ready_at, *job.start_within));
  }
}

void unqueue_job(State& state, ActiveRun& run, std::uint32_t index) {
  const Job& job = run.definition(index);
  if (!needs_process(job) || run.job(index).ready_at.us == 0) return;
  agent_state(state, agent_of(state, job)).ready.erase(ready_key(run, index));
}

void blank_jobs(Run& run) {
  run.jobs.assign(run.definition->jobs.size(), JobRun{});
  if (run.only_job.empty()) return;
  for (std::uint32_t index = 0; index < run.jobs.size(); ++index) {
    if (run.definition->jobs[index].id == run.only_job) continue;
    run.jobs[index].phase = Phase::ended;
    run.jobs[index].ended = model::JobState::bypassed;
    run.jobs[index].in_scope = false;
  }
}

void derive_off_days(const State& state, Run& run) {
  const Result<Day> date = parse_day(run.business_date);
  for (std::uint32_t index = 0; index < run.jobs.size(); ++index) {
    const std::optional<model::RunsOn>& rule = run.definition->jobs[index].runs_on;
    JobRun& job = run.jobs[index];
    if (job.phase == Phase::ended) continue;
    job.off_day = false;
    if (!rule || !date) continue;
    calendar::BusinessCalendarPtr calendar = calendar::BusinessCalendar::plain();
    if (!rule->calendar.empty()) {
      calendar = calendar_of(state, rule->calendar);
    } else if (const DateState* stored = find_date(state, run.definition->business_date)) {
      const std::string& name = stored->row.definition->calendar;
      if (!name.empty()) calendar = calendar_named(state, name);
    }
    job.off_day = !calendar::runs_on(*rule, *calendar, *date);
  }
}

void derive_run(State& state, ActiveRun& run, Now now) {
  derive_marks(state, run);
  derive_off_days(state, run.run);
  count_predecessors(run);
  run.run.jobs_open = 0;
  run.run.jobs_live = 0;
  for (std::uint32_t index = 0; index < run.run.jobs.size(); ++index) {
    const JobRun& job = run.job(index);
    if (!is_decided(run.run, job)) ++run.run.jobs_open;
    if (job.phase == Phase::live || is_left_running(run, index)) ++run.run.jobs_live;
  }
  for (std::uint32_t index = 0; index < run.run.jobs.size(); ++index) {
    derive_job(state, run, index, now);
  }
}

void place_attempt(ActiveRun& run, std::uint32_t index, const model::Attempt& attempt) {
  JobRun& job = run.job(index);
  JobExtra& extra = run.extra[index];
  if (attempt.ref.number < job.attempts) return;
  if (attempt.ref.number > job.attempts) {
    job.attempts = attempt.ref.number;
    ++job.tries;
    job.phase = Phase::waiting;
    job.retry_at = Timestamp{};
  }
  // Assigned and not ended: it lives. Without a sequence it waits to be assigned (again).
  // A job that has ended all the same was set by hand while this attempt ran.
  if (!is_ended(attempt.state) && job.phase != Phase::ended)
    job.phase = attempt.sequence == 0 ? Phase::waiting : Phase::live;
  extra.newest = std::make_unique<model::Attempt>(attempt);
  extra.newest->ref.job = index;
}

namespace {

bool rule_matches(const model::RetryRule& rule, model::FailureKind failure,
                  std::int32_t exit_code) {
  if (rule.on_kinds.empty() && rule.on_exits.empty()) return failure != model::FailureKind::killed;
  if (std::find(rule.on_kinds.begin(), rule.on_kinds.end(), failure) != rule.on_kinds.end())
    return true;
  return failure == model::FailureKind::exit &&
         std::find(rule.on_exits.begin(), rule.on_exits.end(), exit_code) != rule.on_exits.end();
}

/// A number in [0, 1) that is the same whenever the attempt is the same.
double fraction_of(const model::AttemptRef& attempt) {
  const std::uint64_t mixed = mix64(
      attempt.run.value.high, mix64(attempt.run.value.low, mix64(attempt.job, attempt.number)));
  return static_cast<double>(mixed >> 11U) * 0x1.0p-53;
}

}  // namespace

std::optional<Duration> retry_delay(const Job& job, const JobRun& state,
                                    const model::AttemptRef& attempt, model::FailureKind failure,
                                    std::int32_t exit_code) {
  const auto rule = std::find_if(
      job.retry.begin(), job.retry.end(),
      [&](const model::RetryRule& each) { return rule_matches(each, failure, exit_code); });
  if (rule == job.retry.end() || state.tries > rule->tries_max) return std::nullopt;
  const double further = std::max(static_cast<double>(state.tries) - 1.0, 0.0);
  double wait = static_cast<double>(rule->interval.count()) * std::pow(rule->backoff, further);
  wait = std::min(wait, static_cast<double>(rule->interval_max.count()));
  if (rule->jitter == model::Jitter::full) wait *= fraction_of(attempt);
  return Duration{static_cast<std::int64_t>(wait)};
}

void keep_key(State& state, model::KeyRow row) {
  const std::string key = row.key;
  const std::size_t bytes = key.size() + row.answer.size();
  state.keys.put(key, std::move(row), bytes);
}

}  // namespace dandori::engine
