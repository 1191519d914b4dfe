#include "engine/preview.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/core.h>

#include "base/hash.h"
#include "engine/job_state.h"
#include "engine/marks.h"

namespace dandori::engine {

using model::Command;
using model::JobState;

namespace {

constexpr std::size_t kChangesMax = 2'000;  ///< jobs listed; all are counted
constexpr std::size_t kRunsMax = 1'000;
constexpr std::size_t kMarksMax = 1'000;
constexpr std::size_t kStepsMax = 1'000'000;  ///< of the copy: more is a loop

/// The workflow and the run that a request is about; empty: none.
struct Subject {
  std::string workflow, run;
  bool of_server = false;  ///< all workflows
  std::string date = {};   ///< business date: all workflows that work for it
};

struct SubjectOf {
  Subject operator()(const model::StartRun& request) const {
    return {request.workflow, request.like};
  }
  Subject operator()(const model::RerunRun& request) const { return {{}, request.run}; }
  Subject operator()(const model::CancelRun& request) const { return {{}, request.run}; }
  Subject operator()(const model::KillRun& request) const { return {{}, request.run}; }
  Subject operator()(const model::ConfirmRun& request) const { return {{}, request.run}; }
  Subject operator()(const model::Operate& request) const {
    return {request.workflow, request.run, request.of_server};
  }
  Subject operator()(const model::MoveBusinessDate& request) const {
    return {{}, {}, false, request.name};
  }
  template <class Other>
  Subject operator()(const Other&) const {
    return {};
  }
};

bool is_touched(const Subject& subject, const std::string& name, const WorkflowState& workflow) {
  if (subject.of_server || name == subject.workflow) return true;
  return !subject.date.empty() && workflow.definition &&
         workflow.definition->business_date == subject.date;
}

const model::Run* fetched_run(const model::Fetched& fetched) {
  for (const model::Change& row : fetched.run_rows) {
    if (const auto* ended = std::get_if<model::RunEndedRow>(&row)) return &ended->run;
  }
  return nullptr;
}

/// With the workflow filled in from the run.
Subject subject_of(const State& state, const Command& command, const model::Fetched& fetched) {
  Subject subject = std::visit(SubjectOf{}, command.request);
  if (subject.run.empty()) return subject;
  if (const ActiveRun* run = find_run(state, subject.run)) {
    subject.workflow = run->run.workflow;
  } else if (const model::Run* run_row = fetched_run(fetched)) {
    subject.workflow = run_row->workflow;
  }
  return subject;
}

ActiveRun copy_of(const ActiveRun& run) {
  ActiveRun copy;
  copy.run = run.run;
  copy.ended = run.ended;
  copy.extra.resize(run.extra.size());
  for (std::size_t job = 0; job < run.extra.size(); ++job) {
    const JobExtra& from = run.extra[job];
    copy.extra[job].satisfied = from.satisfied;
    copy.extra[job].bypassed = from.bypassed;
    if (from.newest) copy.extra[job].newest = std::make_unique<model::Attempt>(*from.newest);
  }
  return copy;
}

void copy_agents(const State& state, State& copy) {
  for (const auto& [name, agent] : state.agents) {
    AgentState& made = copy.agents[name];
    made.row = agent.row;
    made.live = agent.live;
    made.connected = agent.connected;
    made.session = agent.session;
    made.host = agent.host;
    made.rival_at = agent.rival_at;
  }
}

void copy_workflow(const State& state, const std::string& name, const WorkflowState& workflow,
                   State& copy) {
  WorkflowState& made = copy.workflows[name];
  made = workflow;
  made.dirty = false;
  for (const auto& [number, id] : made.active) {
    const auto run = state.runs.find(id);
    if (run != state.runs.end()) copy.runs.emplace(id, copy_of(run->second));
  }
}

/// What the request may touch: the workflow (of the server: each) with its active runs, and what
/// all share. Agents' queues stay behind: a preview starts nothing.
StatePtr overlay(const State& state, const Subject& subject) {
  StatePtr copy = make_state(state.settings, state.epoch);
  copy->counters = state.counters;
  copy->variables = state.variables;
  copy->folders = state.folders;
  copy->calendar_rows = state.calendar_rows;
  copy->calendars = state.calendars;
  copy->business_dates = state.business_dates;
  copy->marks = state.marks;
  copy->mark_ends = state.mark_ends;
  copy->drained = state.drained;
  copy->set_aside = state.set_aside;
  copy_agents(state, *copy);
  if (const std::uint64_t* version = state.ended.find(subject.run)) {
    copy->ended.put(subject.run, *version);
  }
  for (const auto& [name, workflow] : state.workflows) {
    if (is_touched(subject, name, workflow)) copy_workflow(state, name, workflow, *copy);
  }
  for (const JobPlace& place : state.settling) {
    if (copy->runs.contains(place.run)) copy->settling.push_back(place);
  }
  return copy;
}

/// What follows at once without any process: jobs that are skipped or do not run, queued runs.
void settle(Turn& turn) {
  for (std::size_t step = 0; step < kStepsMax; ++step) {
    std::set<std::string>& queues = turn.state.queues;
    bool did = settle_one(turn);
    if (!queues.empty()) {
      const std::string name = *queues.begin();
      const bool known = turn.state.workflows.contains(name);
      if (!known || !advance_queue(turn, name)) queues.erase(name);
      did = true;
    }
    if (!did) return;
  }
}

/// How a job is treated by the request, in the words of previews.
std::string_view effect_of(JobState after) {
  switch (after) {
    case JobState::wait_pool:
    case JobState::starting:
    case JobState::running:
    case JobState::succeeded:
      return "start";
    case JobState::wait_time:
    case JobState::wait_pred:
    case JobState::wait_event:
    case JobState::retry_wait:
      return "wait";
    case JobState::stopping:
    case JobState::killed:
    case JobState::failed:
    case JobState::warning:
    case JobState::unknown:
      return "stop";
    case JobState::held:
      return "hold";
    case JobState::disabled:
      return "disable";
    case JobState::skipped:
      return "skip";
    case JobState::not_run:
    case JobState::bypassed:
      return "not_run";
  }
  return "keep";
}

/// One job before and after. `before` is null in a run that would be made.
struct JobChange {
  const ActiveRun* before = nullptr;
  std::uint32_t old_index = 0;
  const ActiveRun& after;
  std::uint32_t index = 0;

  JobState state_before() const {
    return before == nullptr ? JobState::wait_pred : seen_state(*before, old_index);
  }
  JobState state_after() const { return seen_state(after, index); }
  bool is_accepted() const {
    return after.job(index).accepted && (before == nullptr || !before->job(old_index).accepted);
  }
  bool is_set() const {
    const auto& by = after.job(index).changed_by;
    if (by == nullptr || after.job(index).ended == JobState::skipped) return false;
    const auto& was = before == nullptr ? nullptr : before->job(old_index).changed_by;
    return was == nullptr || *was != *by || state_before() != state_after();
  }
  bool is_to_be_skipped() const {
    const bool was = before != nullptr && has_mark(before->job(old_index), model::MarkKind::skip);
    return !was && has_mark(after.job(index), model::MarkKind::skip);
  }
  bool same_marks() const {
    // What has started or ended does not look at them.
    using Phase = model::JobRun::Phase;
    const Phase phase = after.job(index).phase;
    if (phase == Phase::live || phase == Phase::ended) return true;
    return before != nullptr && before->job(old_index).marks == after.job(index).marks;
  }
  bool is_changed() const {
    if (before == nullptr) return state_after() != JobState::bypassed || after.job(index).off_day;
    return state_before() != state_after() || is_accepted() || is_set() || !same_marks();
  }
  std::string_view effect() const {
    if (is_accepted()) return "accept";
    if (is_set()) return "set";
    if (is_changed()) return is_to_be_skipped() ? "skip" : effect_of(state_after());
    const JobState state = state_after();
    const bool runs = state == JobState::starting || state == JobState::running;
    return runs ? "go_on" : "keep";
  }
};

/// What would be different, listed and counted.
class StateChanges {
 public:
  /// counts_all: of the run that was named, the counts of all jobs add up.
  void compare(const ActiveRun* before, const ActiveRun& after, bool counts_all) {
    bool changed = before == nullptr || before->run.state != after.run.state;
    for (std::uint32_t job = 0; job < after.run.jobs.size(); ++job) {
      const JobChange change = change_of(before, after, job);
      const bool is_changed = change.is_changed();
      changed = changed || is_changed;
      if (is_changed || counts_all) ++counts_[std::string{change.effect()}];
      if (is_changed) add(change);
    }
    if (changed && runs_.size() < kRunsMax) runs_.push(run_answer(after.run));
  }

  void put_into(Json& answer) {
    Json counts = Json::object();
    for (const auto& [effect, count] : counts_) counts.set(effect, count);
    answer.set("jobs", std::move(jobs_));
    answer.set("counts", std::move(counts));
    answer.set("runs", std::move(runs_));
  }

 private:
  static JobChange change_of(const ActiveRun* before, const ActiveRun& after, std::uint32_t index) {
    if (before == nullptr) return {nullptr, 0, after, index};
    const auto old = model::find_job(*before->run.definition, after.definition(index).id);
    return {old ? before : nullptr, old.value_or(0), after, index};
  }

  void add(const JobChange& change) {
    if (jobs_.size() >= kChangesMax) return;
    const ActiveRun& run = change.after;
    Json job = Json::object({{"run", run_name(run.run)},
                             {"job", run.definition(change.index).id},
                             {"title", run.definition(change.index).title},
                             {"effect", change.effect()},
                             {"state", to_string(change.state_before())},
                             {"state_after", to_string(change.state_after())}});
    if (change.effect() == "start") job.set("attempt", next_attempt(run, change.index));
    jobs_.push(std::move(job));
  }

  Json jobs_ = Json::array();
  Json runs_ = Json::array();
  std::map<std::string, std::uint64_t> counts_;
};

/// Processes that would be ended.
void note_stops(Turn& turn) {
  for (const model::Effect& effect : turn.effects) {
    const auto* stop = std::get_if<model::SendStop>(&effect);
    if (stop == nullptr) continue;
    const auto found = turn.state.runs.find(stop->order.attempt.run);
    if (found == turn.state.runs.end()) continue;
    const std::uint32_t job = stop->order.attempt.job;
    const model::Attempt& attempt = *found->second.extra[job].newest;
    turn.note(Json::object({{"code", "preview.stops"},
                            {"job", job_name(found->second, job)},
                            {"agent", attempt.agent},
                            {"pid", attempt.pid > 0 ? Json{attempt.pid} : Json{}}}));
  }
}

StateChanges changes_of(const State& state, const State& copy, const model::Fetched& fetched,
                        std::string_view named) {
  StateChanges changes;
  for (const auto& [id, after] : copy.runs) {
    const bool is_named = named == run_name(after.run) || named == to_string(id);
    const auto before = state.runs.find(id);
    if (before != state.runs.end()) {
      changes.compare(&before->second, after, is_named);
      continue;
    }
    const model::Run* row = fetched_run(fetched);
    const bool is_reopened = row != nullptr && row->id == id;
    auto old = is_reopened ? rebuild_run(state, fetched) : nullptr;
    if (old) derive_marks(state, *old);
    changes.compare(old.get(), after, is_named || !is_reopened);
  }
  return changes;
}

/// Marks that are in one list and not in the other.
void push_marks(Json& marks, const State& has, const State& lacks, bool set) {
  for (const auto& [key, mark] : has.marks) {
    if (marks.size() >= kMarksMax) return;
    if (lacks.marks.contains(key)) continue;
    marks.push(
        Json::object({{"target", target_name(key)}, {"kind", to_string(key.kind)}, {"set", set}}));
  }
}

/// What operators' marks would be set and cleared, also where no job is concerned yet.
Json marks_of(const State& state, const State& copy) {
  Json marks = Json::array();
  push_marks(marks, copy, state, true);
  push_marks(marks, state, copy, false);
  return marks;
}

/// The run that the request names, as it would be: also one that is over, or is over again, and so
/// is in no index. nullptr: the request names none.
const model::Run* run_of(const State& copy, const model::Fetched& fetched,
                         const std::string& named) {
  if (named.empty()) return nullptr;
  for (const auto& [id, run] : copy.runs) {
    if (run_name(run.run) == named || to_string(id) == named) return &run.run;
  }
  return fetched_run(fetched);
}

void put_run(Json& made, const model::Run* run) {
  made.set("revision", run == nullptr ? Json{} : Json{run->revision});
  made.set("business_date", run == nullptr ? Json{} : Json{run->business_date});
  made.set("run_state", run == nullptr ? Json{} : Json{to_string(run->state)});
}

/// Business dates that would be other ones.
Json moves_of(const State& state, const State& copy) {
  Json moves = Json::array();
  for (const auto& [name, date] : copy.business_dates) {
    const auto before = state.business_dates.find(name);
    if (before == state.business_dates.end() || before->second.row.value == date.row.value)
      continue;
    moves.push(Json::object(
        {{"business_date", name}, {"from", before->second.row.value}, {"to", date.row.value}}));
  }
  return moves;
}

std::uint64_t digest_of(const ActiveRun& run) {
  std::uint64_t digest = mix64(run.run.version, static_cast<std::uint64_t>(run.run.state));
  for (std::size_t index = 0; index < run.run.jobs.size(); ++index) {
    const model::JobRun& job = run.run.jobs[index];
    const model::Attempt* attempt = run.extra[index].newest.get();
    digest = mix64(digest, static_cast<std::uint64_t>(job.phase) |
                               static_cast<std::uint64_t>(job.ended) << 8U |
                               static_cast<std::uint64_t>(job.marks) << 16U |
                               static_cast<std::uint64_t>(job.attempts) << 24U);
    digest = mix64(digest, attempt == nullptr ? 0 : 1 + static_cast<std::uint64_t>(attempt->state));
  }
  return digest;
}

/// What stands for the objects that the request looks at. Of the server only whether it is drained:
/// its jobs come and go faster than a person reads.
std::string plan_of(const State& state, const Command& command, const model::Fetched& fetched) {
  const Subject subject = subject_of(state, command, fetched);
  std::string text = fmt::format("{} {} {} {}", command.request.index(), subject.workflow,
                                 subject.run, state.drained);
  if (const auto* operate = std::get_if<model::Operate>(&command.request)) {
    text += fmt::format(" {} {}", to_string(operate->action), operate->job);
  }
  if (const auto* move = std::get_if<model::MoveBusinessDate>(&command.request))
    text += fmt::format(" {} {}", move->to, move->step);
  for (const auto& [name, of] : state.workflows) {
    if (subject.date.empty() || !is_touched(subject, name, of)) continue;
    text += fmt::format(" {} {} {}", name, of.row.run_number, of.active.size());
  }
  const auto workflow = state.workflows.find(subject.workflow);
  std::string_view date_name = subject.date;
  if (workflow != state.workflows.end() && workflow->second.definition)
    date_name = workflow->second.definition->business_date;
  if (const auto date = state.business_dates.find(date_name); date != state.business_dates.end())
    text += fmt::format(" {} {}", date_name, date->second.row.moves);
  if (workflow != state.workflows.end()) {
    const WorkflowState& of = workflow->second;
    text += fmt::format(" {} {} {} {} {} {}", of.row.revision, of.row.run_number, of.marks,
                        of.queued.size(), of.running, of.row.last_failed);
    const bool of_all = subject.run.empty();
    for (const auto& [number, id] : of.active) {
      const auto run = state.runs.find(id);
      if (of_all && run != state.runs.end()) text += fmt::format(" {:x}", digest_of(run->second));
    }
  }
  if (!subject.run.empty()) {
    const ActiveRun* run = find_run(state, subject.run);
    const auto rebuilt = run == nullptr ? rebuild_run(state, fetched) : nullptr;
    if (run == nullptr) run = rebuilt.get();
    if (run != nullptr) text += fmt::format(" {:x}", digest_of(*run));
  }
  return sha256_hex(text).substr(0, 32);
}

}  // namespace

Result<Json> preview(const State& state, Now now, const Command& command,
                     const model::Fetched& fetched) {
  const Subject subject = subject_of(state, command, fetched);
  const StatePtr copy = overlay(state, subject);
  Turn turn{*copy, now, {}};
  turn.is_preview = true;
  const Result<Json> answer = handle_request(turn, command, fetched);
  if (!answer) return answer;
  settle(turn);
  note_stops(turn);
  Json made = Json::object({{"dry_run", true},
                            {"plan_id", plan_of(state, command, fetched)},
                            {"action", turn.first_action},
                            {"target", turn.first_target}});
  const std::string named =
      std::holds_alternative<model::StartRun>(command.request) ? turn.first_target : subject.run;
  put_run(made, run_of(*copy, fetched, named));
  changes_of(state, *copy, fetched, named).put_into(made);
  made.set("marks", marks_of(state, *copy));
  made.set("business_dates", moves_of(state, *copy));
  made.set("warnings", turn.notes.is_null() ? Json::array() : turn.notes);
  made.set("command", command_line(command.request));
  return made;
}

Result<void> check_plan(const State& state, const Command& command, const model::Fetched& fetched) {
  if (command.plan.empty() || command.plan == plan_of(state, command, fetched)) return {};
  return fail("plan.stale", "something has changed since the preview that gave this plan",
              "ask for the preview again and look at what is different", "/plan_id");
}

}  // namespace dandori::engine
