#include "sim/checker.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "calendar/schedule.h"
#include "engine/audit.h"
#include "sim/conditions.h"

namespace dandori::sim {

using model::Attempt;
using model::AttemptState;
using model::FailureKind;
using model::JobState;
using Phase = model::JobRun::Phase;

namespace {

/// Lost by the word of a person, who confirmed it while another agent asked for the name.
bool is_given_up(const Attempt& attempt) {
  return attempt.state == AttemptState::lost && attempt.error.ends_with("agent_gone");
}

bool is_live(const Attempt& attempt) {
  return !is_ended(attempt.state) && attempt.sequence != 0;
}

std::string name_of(const model::Run& run) {
  return fmt::format("{}#{}", run.workflow, run.number);
}

std::string name_of(const Checker::RunTable& run, std::uint32_t job) {
  return fmt::format("{}/{}", name_of(run.run), run.definition->jobs[job].id);
}

bool is_going(const model::Run& run) {
  return run.started_at.us != 0 && run.reruns == 0 && run.only_job.empty() && !is_ended(run.state);
}

}  // namespace

const Checker::RunTable* Checker::find(const std::string& name) const {
  for (const auto& [id, run] : runs_) {
    if (name_of(run.run) == name) return &run;
  }
  return nullptr;
}

// -------------------------------------------------------------------------------------- one batch

void Checker::committed(const model::Batch& batch) {
  forced_names_.clear();
  scopes_.clear();
  unknown_reruns_.clear();
  states_set_.clear();
  touched_by_hand_.clear();
  forced_now_.clear();
  marks_before_.clear();
  for (const auto& [key, mark] : marks_) marks_before_.insert(key);
  marks_seen_ = marks_before_;
  starts_.clear();
  ends_.clear();
  decided_.clear();
  runs_ended_.clear();
  runs_begun_.clear();
  moved_.clear();
  read_lines(batch);
  const auto take_all = [&]<class... Kinds>() {
    for (const model::Change& change : batch.changes) {
      std::visit(
          [&](const auto& row) {
            if constexpr ((std::is_same_v<std::decay_t<decltype(row)>, Kinds> || ...)) take(row);
          },
          change);
    }
  };
  take_all.template operator()<model::RevisionRow, model::AgentRow, model::MarkRow>();
  take_all.template operator()<model::RunRow, model::RunEndedRow, model::RunReopenedRow>();
  take_all.template operator()<model::JobRow>();
  take_all.template operator()<model::AttemptRow, model::WorkflowRow, model::PlannedRow,
                               model::KeyRow, model::AuditLine, model::JournalLine>();
  for (const Due& due : ends_) check_end(*due.run, due.run->attempts.at({due.job, due.number}));
  for (const Due& due : starts_)
    check_start(*due.run, due.job, due.run->attempts.at({due.job, due.number}));
  for (const auto& [run, job] : decided_) check_decided(*run, job);
  for (const RunTable* run : runs_ended_) check_run_end(*run);
  check_slots();
  check_queues();
  check_instants();
}

/// What the lines say about the rows of the same batch.
void Checker::read_lines(const model::Batch& batch) {
  for (const model::Change& change : batch.changes) {
    if (const auto* line = std::get_if<model::AuditLine>(&change)) {
      const model::AuditRow& row = line->row;
      if (row.action == "run.start" && row.after.bool_or("force", false))
        forced_names_.insert(row.target);
      if (row.action == "run.rerun" && row.before.find("unknown") != nullptr) {
        unknown_reruns_.emplace_back(row.target, row.before.text_or("unknown", ""));
      }
    }
    if (const auto* line = std::get_if<model::JournalLine>(&change)) {
      const model::JournalRow& row = line->row;
      if (row.kind == "job.state_set") {
        states_set_.emplace(row.run, row.job);
        touched_by_hand_.insert(row.run);
      }
      if (row.kind == "job.accepted") touched_by_hand_.insert(row.run);
      if (row.kind == "job.forced") forced_now_.emplace(row.run, row.job);
      if (row.kind != "run.reopened") continue;
      const auto scope = model::parse_word<model::RerunScope>(line->row.body.text_or("scope", ""));
      if (scope) scopes_[line->row.run] = *scope;
    }
  }
}

Checker::RunTable& Checker::table(RunId id) {
  return runs_[id];
}

void Checker::take(const model::RevisionRow& row) {
  if (!revisions_.emplace(std::pair{row.workflow, row.revision}, row.definition).second) {
    broken(fmt::format("revision {} of {} was written twice", row.revision, row.workflow));
  }
}

void Checker::take_run(const model::Run& run, bool active) {
  RunTable& at = table(run.id);
  const bool is_new = at.run.id.is_nil();
  const model::Run before = at.run;
  if (is_new) {
    at.definition = revisions_.at({run.workflow, run.revision});
    at.jobs.resize(at.definition->jobs.size());
    leave_out(at, run);
    at.forced = forced_names_.contains(name_of(run));
  } else if (before.revision != run.revision && scopes_.contains(run.id)) {
    take_revision(at, run);
  } else if (before.revision != run.revision) {
    broken(fmt::format("{} changed its revision from {} to {}", name_of(run), before.revision,
                       run.revision));
  } else if (is_ended(before.state) && run.reruns == before.reruns && run.state != before.state) {
    broken(fmt::format("{} ended {} and is now {} without a rerun", name_of(run),
                       to_string(before.state), to_string(run.state)));
  }
  at.run = run;
  at.run.jobs.clear();
  at.active = active;
  if (const auto scope = scopes_.find(run.id); scope != scopes_.end()) at.scope = scope->second;
  if (run.reruns > before.reruns || is_new) {
    for (JobTable& job : at.jobs) {
      job.unknown_reruns = 0;
      job.forced = false;
    }
  }
  if (run.state == model::RunState::queued)
    queued_[run.workflow].insert(run.number);
  else
    queued_[run.workflow].erase(run.number);
  std::set<RunId>& going = going_[run.workflow];
  if (is_going(run))
    going.insert(run.id);
  else
    going.erase(run.id);
  if (is_going(run) && (is_new || before.started_at.us == 0)) runs_begun_.push_back(&at);
}

void Checker::take(const model::RunEndedRow& row) {
  take_run(row.run, false);
  runs_ended_.push_back(&table(row.run.id));
}

void Checker::take(const model::JobRow& row) {
  RunTable& run = table(row.run);
  if (row.job >= run.jobs.size()) return broken("a job row of a job that the run does not have");
  JobTable& job = run.jobs[row.job];
  const bool was_ended = job.row.phase == Phase::ended;
  const bool unknown_again = std::ranges::any_of(
      unknown_reruns_, [&](const auto& each) { return each.first == name_of(run.run); });
  const bool reopened = scopes_.contains(row.run) || touched_by_hand_.contains(row.run);
  if (forced_now_.contains({row.run, row.path})) job.forced = true;
  if (was_ended && row.state.phase != Phase::ended && !reopened && !unknown_again) {
    broken(fmt::format("{} ended {} and goes on without a rerun", name_of(run, row.job),
                       to_string(job.row.ended)));
  }
  if (was_ended && row.state.phase == Phase::ended && row.state.ended != job.row.ended &&
      !reopened && !unknown_again) {
    broken(fmt::format("{} ended {} and is now {}", name_of(run, row.job), to_string(job.row.ended),
                       to_string(row.state.ended)));
  }
  if (reopened || unknown_again) {
    const std::uint32_t none_yet = std::max(row.state.attempts, run.run.attempt_floor);
    if (row.state.in_scope) {
      job.round_base = row.state.tries > 0 ? row.state.attempts - row.state.tries : none_yet;
    }
  }
  job.row = row.state;
  if (row.state.phase == Phase::ended && row.state.in_scope &&
      (!was_ended || reopened || unknown_again)) {
    decided_.emplace_back(&run, row.job);
  }
}

void Checker::take(const model::AttemptRow& row) {
  const Attempt& attempt = row.attempt;
  RunTable& run = table(attempt.ref.run);
  const std::uint32_t index = attempt.ref.job;
  if (index >= run.jobs.size()) return broken("an attempt of a job that the run does not have");
  JobTable& job = run.jobs[index];
  const std::pair key{index, attempt.ref.number};
  const auto known = run.attempts.find(key);
  const bool is_new = known == run.attempts.end();
  if (is_new && attempt.ref.number != std::max(job.newest, run.run.attempt_floor) + 1) {
    broken(fmt::format("{} has attempt {} after attempt {}", name_of(run, index),
                       attempt.ref.number, job.newest));
  }
  const Attempt before = is_new ? Attempt{} : known->second;
  if (is_ended(before.state)) {
    const bool same = before.state == attempt.state && before.failure == attempt.failure &&
                      before.exit == attempt.exit && before.ended_at == attempt.ended_at;
    if (!same) {
      broken(fmt::format("the recorded end of {} attempt {} changed from {} to {}",
                         name_of(run, index), attempt.ref.number, to_string(before.state),
                         to_string(attempt.state)));
    }
    return;
  }
  if (!is_new && before.sequence != 0 && before.sequence != attempt.sequence) {
    const Truth* truth = witness_.find(attempt.ref);
    if (truth != nullptr && truth->starts > 0) {
      broken(fmt::format("{} attempt {} ran and is assigned again", name_of(run, index),
                         attempt.ref.number));
    }
    live_[before.agent].erase(attempt.ref);
  }
  run.attempts.insert_or_assign(key, attempt);
  job.newest = std::max(job.newest, attempt.ref.number);
  if (!before.agent.empty()) live_[before.agent].erase(attempt.ref);
  if (is_live(attempt)) live_[attempt.agent].insert(attempt.ref);
  const bool assigned = attempt.sequence != 0 && attempt.sequence != before.sequence;
  const bool by_hand = attempt.state == AttemptState::succeeded && attempt.sequence == 0;
  if ((is_new && !by_hand) || assigned) starts_.push_back({&run, index, attempt.ref.number});
  if (is_ended(attempt.state)) {
    job.ends[attempt.ref.number] = clock_.steady();
    ends_.push_back({&run, index, attempt.ref.number});
  }
}

void Checker::take(const model::AgentRow& row) {
  slots_[row.name] = row.slots;
}

void Checker::take(const model::WorkflowRow& row) {
  const auto [at, is_new] = workflows_.try_emplace(row.name, row);
  if (is_new) return;
  if (row.run_number < at->second.run_number)
    broken(fmt::format("run numbers of {} go back", row.name));
  // Only what was decided ahead of the clock, before it went back, is planned again.
  const bool rewound = went_back_ && at->second.triggers_since > clock_.wall();
  if (row.triggers_since < at->second.triggers_since && !rewound) {
    broken(fmt::format("decided instants of {} are undecided again", row.name));
  }
  moved_.emplace_back(at->second, row);
  at->second = row;
}

void Checker::take(const model::PlannedRow& row) {
  const model::PlannedOutcome& outcome = row.outcome;
  const model::MarkKey disabled{outcome.workflow, 0, {}, model::MarkKind::disable};
  const bool is_disabled = outcome.reason == model::MissReason::disabled;
  if (is_disabled && !marks_seen_.contains(disabled))
    broken(fmt::format("a start of {} is missed as disabled, and it is not", outcome.workflow));
  if (outcome.state == model::PlannedState::started && was_marked(disabled))
    broken(fmt::format("{} starts though it is disabled", outcome.workflow));
  const auto [at, is_new] =
      planned_.emplace(std::tuple{outcome.workflow, outcome.trigger, outcome.nominal}, outcome);
  // A clock that ran ahead passed it over as late; now its instant has come.
  const bool again = went_back_ && at->second.state == model::PlannedState::missed &&
                     at->second.reason == model::MissReason::catch_up;
  at->second = outcome;
  if (!is_new && !again) {
    return broken(fmt::format("the instant {} of {}/{} was decided twice", outcome.nominal,
                              outcome.workflow, outcome.trigger));
  }
  if (outcome.state != model::PlannedState::started) return;
  const auto run = runs_.find(outcome.run);
  const bool fits = run != runs_.end() && run->second.run.trigger == outcome.trigger &&
                    run->second.run.nominal == outcome.nominal;
  if (!fits)
    broken(fmt::format("the instant {} of {} names no run of its own", outcome.nominal,
                       outcome.workflow));
}

void Checker::take(const model::KeyRow& row) {
  if (!keys_.emplace(row.key, row).second)
    broken(fmt::format("the key '{}' was answered twice", row.key));
}

void Checker::take(const model::AuditLine& line) {
  if (line.row.seq != audit_seq_ + 1 ||
      line.row.hash != engine::audit_hash(audit_hash_, line.row)) {
    broken(fmt::format("audit row {} does not follow row {}", line.row.seq, audit_seq_));
  }
  audit_seq_ = line.row.seq;
  audit_hash_ = line.row.hash;
}

void Checker::take(const model::JournalLine& line) {
  if (line.row.seq != journal_seq_ + 1) {
    broken(fmt::format("journal line {} follows line {}", line.row.seq, journal_seq_));
  }
  journal_seq_ = line.row.seq;
}

// ------------------------------------------------------------------------------------------ rules

void Checker::started(const model::StartOrder& order, const std::string& agent, Uuid boot_id) {
  const auto run = runs_.find(order.attempt.run);
  if (run == runs_.end()) return broken("a process was started for a run that was never recorded");
  const auto at = run->second.attempts.find({order.attempt.job, order.attempt.number});
  if (at == run->second.attempts.end()) {
    return broken(fmt::format("{} attempt {} was started before it was recorded",
                              name_of(run->second, order.attempt.job), order.attempt.number));
  }
  const Attempt& attempt = at->second;
  const bool fits =
      attempt.agent == agent && attempt.sequence == order.sequence && attempt.boot_id == boot_id;
  // Given up while the order was still on its way: whoever confirmed it took it for gone.
  if (is_given_up(attempt)) return;
  if (is_ended(attempt.state) || !fits) {
    broken(fmt::format("{} attempt {} was started on {} though it is recorded as {} on '{}'",
                       name_of(run->second, order.attempt.job), order.attempt.number, agent,
                       to_string(attempt.state), attempt.agent));
  }
}

void Checker::check_end(const RunTable& run, const Attempt& attempt) {
  const Truth* truth = witness_.find(attempt.ref);
  const std::string name =
      fmt::format("{} attempt {}", name_of(run, attempt.ref.job), attempt.ref.number);
  const bool ran = truth != nullptr && truth->starts > 0;
  if (attempt.state == AttemptState::succeeded && attempt.sequence == 0) {
    if (ran) broken(name + " ran, and outputs were given for it");
    return;
  }
  if (attempt.state == AttemptState::lost) {
    const bool lost = truth != nullptr && (truth->runner_lost || truth->host_lost);
    // Assigned under a boot that is over: whether the order arrived is not known.
    const bool rebooted = attempt.error.ends_with("host_restarted");
    if (!lost && !rebooted && !is_given_up(attempt))
      broken(name + " is recorded as lost, but neither runner nor host was: " + attempt.error);
    return;
  }
  const bool without_process =
      attempt.failure == FailureKind::not_started || attempt.failure == FailureKind::expression ||
      (attempt.state == AttemptState::killed && attempt.exit.ended_at.us == 0);
  if (without_process) {
    if (ran)
      broken(fmt::format("{} ran and is recorded as never started ({})", name,
                         to_string(attempt.failure)));
    return;
  }
  if (!ran || !truth->exit) return broken(name + " is recorded as ended and has not ended");
  const model::ExitRecord& exit = *truth->exit;
  if (exit.exit_code != attempt.exit.exit_code || exit.signal != attempt.exit.signal ||
      exit.started_at != attempt.exit.started_at || exit.ended_at != attempt.exit.ended_at) {
    return broken(fmt::format("{} ended with {}/{} and is recorded with {}/{}", name,
                              exit.exit_code, exit.signal, attempt.exit.exit_code,
                              attempt.exit.signal));
  }
  check_judgement(run, attempt);
}

void Checker::check_judgement(const RunTable& run, const Attempt& attempt) {
  const model::Job& job = run.definition->jobs[attempt.ref.job];
  const std::string name =
      fmt::format("{} attempt {}", name_of(run, attempt.ref.job), attempt.ref.number);
  const auto within = [&](const std::vector<model::ExitRange>& ranges) {
    return std::ranges::any_of(ranges, [&](const model::ExitRange& range) {
      return range.first <= attempt.exit.exit_code && attempt.exit.exit_code <= range.last;
    });
  };
  AttemptState wanted = AttemptState::failed;
  const Truth* truth = witness_.find(attempt.ref);
  const bool by_signal = attempt.exit.signal == 9 || attempt.exit.signal == 15;
  if (attempt.manual_kill && (by_signal || (truth != nullptr && truth->signalled))) {
    wanted = AttemptState::killed;
  } else if (attempt.failure == FailureKind::timeout) {
    const Duration ran = attempt.exit.ended_at - attempt.exit.started_at;
    if (!attempt.timed_out || !job.timeout || (clocks_agree_ && ran < *job.timeout)) {
      broken(fmt::format("{} timed out after {}", name, format_duration(ran)));
    }
  } else if (attempt.exit.signal == 0 && attempt.failure != FailureKind::output) {
    if (attempt.exit.exit_code == 0 || within(job.exit_success))
      wanted = AttemptState::succeeded;
    else if (within(job.exit_warning))
      wanted = AttemptState::warning;
  }
  if (attempt.state != wanted) {
    broken(fmt::format("{} ended with {}/{} and counts as {}, not {}", name, attempt.exit.exit_code,
                       attempt.exit.signal, to_string(attempt.state), to_string(wanted)));
  }
}

void Checker::check_start(const RunTable& run, std::uint32_t job, const Attempt& attempt) {
  if (run.run.started_at.us == 0)
    return broken(name_of(run, job) + " starts in a run that has not started");
  if (is_live(attempt) && (run.run.cancel_requested || run.run.kill_requested) &&
      attempt.state == AttemptState::starting) {
    return broken(name_of(run, job) + " starts in a run that is being ended");
  }
  if (attempt.sequence != 0 && attempt.state == AttemptState::starting) check_marks(run, job);
  if (attempt.ref.number > run.jobs[job].round_base + 1)
    return check_further_try(run, job, attempt.ref.number);
  if (is_forced_root(run, job)) return;
  const Condition condition = condition_of(run, job);
  if (condition != Condition::holds) {
    broken(fmt::format("{} starts though its condition does not hold ({})", name_of(run, job),
                       static_cast<int>(condition)));
  }
}

void Checker::check_further_try(const RunTable& run, std::uint32_t job, std::uint32_t number) {
  const Attempt& last = run.attempts.at({job, number - 1});
  const model::Job& definition = run.definition->jobs[job];
  const std::uint32_t tries = number - 1 - run.jobs[job].round_base;
  const std::string name = fmt::format("{} attempt {}", name_of(run, job), number);
  if (!is_ended(last.state)) return broken(name + " starts while the one before has not ended");
  if (last.state == AttemptState::lost) {
    std::uint32_t lost = 0;
    for (std::uint32_t n = run.jobs[job].round_base + 1; n < number; ++n) {
      if (run.attempts.at({job, n}).state == AttemptState::lost) ++lost;
    }
    const bool rerun = definition.on_lost == model::OnLost::rerun && lost <= definition.lost_limit;
    const bool retry =
        definition.on_lost == model::OnLost::fail && may_retry(definition, last, tries);
    if (!rerun && !retry) broken(name + " starts though the fate of the one before is unknown");
    return;
  }
  if (last.state != AttemptState::failed) {
    return broken(fmt::format("{} starts though the one before {}", name, to_string(last.state)));
  }
  if (!may_retry(definition, last, tries)) return broken(name + " starts past its retries");
  if (!clocks_agree_) return;
  for (const model::RetryRule& rule : definition.retry) {
    const bool only = definition.retry.size() == 1 && rule.jitter == model::Jitter::none;
    const Duration waited = clock_.steady() - run.jobs[job].ends.at(number - 1);
    if (only && waited < std::min(rule.interval, rule.interval_max)) {
      broken(fmt::format("{} starts {} after the failure", name, format_duration(waited)));
    }
  }
}

void Checker::check_decided(const RunTable& run, std::uint32_t index) {
  const JobTable& job = run.jobs[index];
  const JobState ended = job.row.ended;
  const bool is_noop = run.definition->jobs[index].type == model::JobType::noop;
  const std::string& id = run.definition->jobs[index].id;
  if (states_set_.contains({run.run.id, id})) return;
  if (ended == JobState::skipped) {
    const bool asked =
        marks_seen_.contains({run.run.workflow, run.run.number, id, model::MarkKind::skip}) ||
        marks_seen_.contains({run.run.workflow, 0, id, model::MarkKind::skip});
    if (!asked) broken(name_of(run, index) + " is skipped, and nobody said so");
  }
  const bool is_stopping = run.run.cancel_requested || run.run.kill_requested;
  const Condition condition = condition_of(run, index);
  bool fits = true;
  if (ended == JobState::not_run) fits = is_stopping || condition == Condition::can_not;
  if (ended == JobState::bypassed) fits = condition == Condition::bypassed;
  if ((ended == JobState::succeeded && is_noop) || ended == JobState::skipped) {
    const bool began = ended == JobState::skipped && job.row.tries > 0;
    fits = began || condition == Condition::holds || is_forced_root(run, index);
  }
  if (!fits) {
    return broken(fmt::format("{} ended {} though its condition says otherwise ({})",
                              name_of(run, index), to_string(ended), static_cast<int>(condition)));
  }
  const bool needs_none =
      ended == JobState::not_run || ended == JobState::bypassed || ended == JobState::skipped;
  if (is_noop || needs_none) return;
  const auto last = run.attempts.find({index, job.row.attempts});
  if (last == run.attempts.end() || !is_ended(last->second.state)) {
    broken(fmt::format("{} ended {} without the end of an attempt", name_of(run, index),
                       to_string(ended)));
  }
}

void Checker::check_run_end(const RunTable& run) {
  for (std::uint32_t job = 0; job < run.jobs.size(); ++job) {
    if (run.jobs[job].row.phase != Phase::ended) {
      return broken(fmt::format("{} ended though {} has not", name_of(run.run), name_of(run, job)));
    }
  }
  if (run.run.state != result_of(run)) {
    broken(fmt::format("{} ended {}, its jobs say {}", name_of(run.run), to_string(run.run.state),
                       to_string(result_of(run))));
  }
}

void Checker::check_slots() {
  for (const auto& [agent, live] : live_) {
    if (live.size() > slots_[agent]) {
      broken(fmt::format("agent {} has {} live attempts and {} slots", agent, live.size(),
                         slots_[agent]));
    }
  }
}

void Checker::check_queues() {
  for (const RunTable* run : runs_begun_) {
    const std::string& workflow = run->run.workflow;
    const bool waits = was_marked({workflow, 0, {}, model::MarkKind::hold}) ||
                       was_marked({workflow, 0, {}, model::MarkKind::drain}) ||
                       was_marked({{}, 0, {}, model::MarkKind::drain});
    if (waits) broken(name_of(run->run) + " begins though an operator holds it back");
    if (run->forced || run->run.reruns > 0) continue;
    const std::set<std::uint64_t>& queued = queued_[workflow];
    if (!queued.empty() && *queued.begin() < run->run.number) {
      broken(fmt::format("{} overtakes {}#{}", name_of(run->run), workflow, *queued.begin()));
    }
    const auto most_of = [&](std::uint32_t revision) -> std::size_t {
      const model::OverlapRule& rule = revisions_.at({workflow, revision})->overlap;
      return rule.policy == model::Overlap::parallel ? rule.parallel_max : 1;
    };
    // The revision may have changed within the batch, before or after the start.
    std::size_t most = most_of(workflows_.at(workflow).revision);
    for (const auto& [before, after] : moved_) {
      if (before.name == workflow) most = std::max(most, most_of(before.revision));
    }
    const std::set<RunId>& going = going_[workflow];
    const bool forced = std::ranges::any_of(going, [&](RunId id) { return runs_.at(id).forced; });
    if (!forced && going.size() > most) {
      broken(fmt::format("{} starts while {} others are active ({} may be)", name_of(run->run),
                         going.size() - 1, most - 1));
    }
  }
}

/// Each instant that has been passed has its row.
void Checker::check_instants() {
  for (const auto& [before, after] : moved_) {
    if (after.revision != before.revision || after.triggers_since <= before.triggers_since)
      continue;
    const model::WorkflowPtr& workflow = revisions_.at({after.name, after.revision});
    for (const model::Trigger& trigger : workflow->triggers) {
      const auto zone =
          calendar::TimeZone::load(trigger.timezone.empty() ? "UTC" : trigger.timezone);
      if (!zone) continue;
      const auto starts = calendar::expand(trigger, *zone, before.triggers_since + Duration{1},
                                           after.triggers_since + Duration{1}, 1000);
      for (const calendar::PlannedStart& start : starts) {
        if (planned_.contains({after.name, trigger.id, start.nominal_text})) continue;
        broken(fmt::format("the instant {} of {}/{} passed without a row", start.nominal_text,
                           after.name, trigger.id));
      }
    }
  }
}

void Checker::answered(const std::string& key, const Json& answer) {
  if (key.empty()) return;
  const auto at = keys_.find(key);
  if (at == keys_.end())
    return broken(fmt::format("the key '{}' was answered before its commit", key));
  if (at->second.answer != write_json(answer)) {
    broken(fmt::format("the key '{}' was answered in two ways", key));
  }
}

void Checker::finish() {
  std::map<std::string, std::size_t> started;
  for (const auto& [key, row] : keys_) {
    const auto answer = parse_json(row.answer);
    if (answer && key.find("start") != std::string::npos)
      ++started[std::string{answer->text_or("id", "")}];
  }
  for (const auto& [id, run] : runs_) {
    if (run.active)
      broken(fmt::format("{} never ends ({})", name_of(run.run), to_string(run.run.state)));
    if (run.run.origin == model::Origin::schedule) continue;
    const std::size_t keys = started[to_string(id)];
    if (keys != 1) broken(fmt::format("{} was started by {} commands", name_of(run.run), keys));
  }
  for (const auto& [id, keys] : started) {
    const auto found =
        std::ranges::any_of(runs_, [&](const auto& run) { return to_string(run.first) == id; });
    if (!found) broken(fmt::format("the accepted start {} is gone", id));
  }
}

}  // namespace dandori::sim
