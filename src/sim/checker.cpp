#include "sim/checker.h"

#include <algorithm>
#include <variant>

#include <fmt/core.h>

#include "calendar/schedule.h"
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

}  // namespace

bool is_live(const Attempt& attempt) {
  return !is_ended(attempt.state) && attempt.sequence != 0;
}

std::string name_of(const model::Run& run) {
  return fmt::format("{}#{}", run.workflow, run.number);
}

std::string name_of(const Checker::RunTable& run, std::uint32_t job) {
  return fmt::format("{}/{}", name_of(run.run), run.definition->jobs[job].id);
}

const Checker::RunTable* Checker::find(const std::string& name) const {
  for (const auto& [id, run] : runs_) {
    if (name_of(run.run) == name) return &run;
  }
  return nullptr;
}

// -------------------------------------------------------------------------------------- one batch

void Checker::committed(const model::Batch& batch) {
  forced_names_.clear();
  reopened_.clear();
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
  take_all.template operator()<model::RevisionRow, model::CalendarRow, model::BusinessDateMoveRow,
                               model::BusinessDateRow, model::AgentRow, model::MarkRow>();
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
      if (row.action == "run.force") forced_names_.insert(row.target);
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
      // Only a rerun starts the job that it names whatever comes before it.
      const bool is_rerun = row.body.find("scope") != nullptr;
      reopened_[row.run] = is_rerun ? row.body.text_or("job", "") : "";
    }
  }
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
      attempt.failure == FailureKind::business_date ||
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
  if (!clocks_agree_ || run.jobs[job].forced_try == number) return;
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
  const bool is_noop = run.definition->jobs[index].type != model::JobType::shell;
  const std::string& id = run.definition->jobs[index].id;
  if (job.set_by_hand) return;
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
    for (const std::uint64_t number : queued_[workflow]) {
      if (number >= run->run.number) break;
      // One that waits for its business date is passed by.
      const RunTable* before = find(fmt::format("{}#{}", workflow, number));
      if (before != nullptr && before->run.date_wait != model::DateWait::none) continue;
      broken(fmt::format("{} overtakes {}#{}", name_of(run->run), workflow, number));
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

/// Each instant that has been passed has its row: a start, or a date that was dropped.
void Checker::check_instants() {
  for (const auto& [before, after] : moved_) {
    if (after.revision != before.revision || after.triggers_since <= before.triggers_since)
      continue;
    const model::WorkflowPtr& workflow = revisions_.at({after.name, after.revision});
    for (const model::Trigger& trigger : workflow->triggers) {
      // What others plan is not known here.
      if (!trigger.exclude.workflows.empty()) continue;
      Timestamp from = before.triggers_since;
      // Instants before the calendars were changed belong to those before.
      if (!trigger.calendar.empty()) from = std::max(from, calendars_since_);
      const auto starts = calendar::expand(trigger, surroundings(), after.name, from + Duration{1},
                                           after.triggers_since + Duration{1}, 1000);
      for (const calendar::PlannedStart& start : starts) {
        const std::string origin = origin_text(start);
        if (planned_.contains({after.name, trigger.id, origin})) continue;
        broken(fmt::format("the instant {} of {}/{} passed without a row", origin, after.name,
                           trigger.id));
      }
    }
  }
}

/// A date that the rules drop starts nothing.
void Checker::check_start_by_rule(const model::PlannedOutcome& outcome) {
  const auto workflow = workflows_.find(outcome.workflow);
  if (workflow == workflows_.end()) return;
  const auto revision = revisions_.find({outcome.workflow, workflow->second.revision});
  if (revision == revisions_.end()) return;
  for (const model::Trigger& trigger : revision->second->triggers) {
    if (trigger.id != outcome.trigger || !trigger.exclude.workflows.empty() || trigger.from_end)
      continue;
    if (!trigger.calendar.empty() && calendars_since_ >= outcome.at) continue;
    const auto starts = calendar::expand(trigger, surroundings(), outcome.workflow, outcome.at,
                                         outcome.at + Duration{1}, 100);
    const bool is_start = std::ranges::any_of(starts, [&](const calendar::PlannedStart& start) {
      return start.is_start() && origin_text(start) == outcome.nominal;
    });
    if (!is_start)
      broken(fmt::format("{}/{} starts for {}, which its rule does not name", outcome.workflow,
                         outcome.trigger, outcome.nominal));
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
