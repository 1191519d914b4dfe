#include <algorithm>

#include <fmt/core.h>

#include "engine/audit.h"
#include "sim/checker.h"

/// The rows of a commit, taken into the checker's tables.
namespace dandori::sim {

using model::Attempt;
using model::AttemptState;
using model::JobState;
using Phase = model::JobRun::Phase;

namespace {

bool is_going(const model::Run& run) {
  return run.started_at.us != 0 && run.reruns == 0 && run.only_job.empty() && !is_ended(run.state);
}

}  // namespace

Checker::RunTable& Checker::table(RunId id) {
  return runs_[id];
}

void Checker::take(const model::RevisionRow& row) {
  if (!revisions_.emplace(std::pair{row.workflow, row.revision}, row.definition).second) {
    broken(fmt::format("revision {} of {} was written twice", row.revision, row.workflow));
  }
}

void Checker::take(const model::CalendarRow& row) {
  const auto [at, is_new] = calendar_rows_.try_emplace({row.name, row.revision}, row);
  at->second.deleted = row.deleted;
  if (!is_new) return;
  std::vector<model::Calendar> all;
  for (const auto& [key, each] : calendar_rows_) all.push_back(*each.definition);
  calendars_ = calendar::Calendars::make(std::move(all), &calendars_);
  calendars_since_ = std::max(calendars_since_, row.applied_at);
}

void Checker::take(const model::BusinessDateMoveRow& row) {
  if (row.number != ++date_moves_[row.name])
    broken(fmt::format("move {} of business date {} is not the next one", row.number, row.name));
  std::string& value = date_values_[row.name];
  if (row.from != value) {
    broken(fmt::format("business date {} moves from {}, and it is {}", row.name, row.from, value));
  }
  const bool is_back = row.to < row.from;
  if (is_back && row.how != model::DateMove::hand && row.how != model::DateMove::created)
    broken(fmt::format("business date {} goes back to {} by itself", row.name, row.to));
  if (row.how == model::DateMove::hand)
    std::erase_if(moved_by_job_, [&](const auto& each) { return each.first == row.name; });
  if (row.how == model::DateMove::job && !moved_by_job_.emplace(row.name, row.run).second) {
    broken(fmt::format("a run moves business date {} a second time, to {}", row.name, row.to));
  }
  value = row.to;
}

void Checker::take(const model::BusinessDateRow& row) {
  if (row.value != date_values_[row.name]) {
    broken(fmt::format("business date {} is {}, and its last move says {}", row.name, row.value,
                       date_values_[row.name]));
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
  } else if (before.revision != run.revision && reopened_.contains(run.id)) {
    take_revision(at, run);
  } else if (before.revision != run.revision) {
    broken(fmt::format("{} changed its revision from {} to {}", name_of(run), before.revision,
                       run.revision));
  } else if (is_ended(before.state) && run.reruns == before.reruns && run.state != before.state) {
    broken(fmt::format("{} ended {} and is now {} without a rerun", name_of(run),
                       to_string(before.state), to_string(run.state)));
  }
  if (!is_new && before.business_date != run.business_date) {
    broken(fmt::format("{} worked for {} and now works for {}", name_of(run), before.business_date,
                       run.business_date));
  }
  if (forced_names_.contains(name_of(run))) at.forced = true;
  at.run = run;
  at.run.jobs.clear();
  at.active = active;
  if (const auto named = reopened_.find(run.id); named != reopened_.end()) at.root = named->second;
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
  const bool reopened = reopened_.contains(row.run) || touched_by_hand_.contains(row.run);
  if (forced_now_.contains({row.run, row.path})) {
    job.forced = true;
    job.forced_try = job.newest + 1;
  }
  if (states_set_.contains({row.run, row.path})) job.set_by_hand = true;
  if (row.state.phase != Phase::ended) job.set_by_hand = false;
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
  check_start_by_rule(outcome);
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

}  // namespace dandori::sim
