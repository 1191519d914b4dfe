#include "engine/marks.h"

#include <fmt/core.h>

#include "base/json_time.h"
#include "engine/job_state.h"

namespace dandori::engine {

using model::Mark;
using model::MarkKey;
using model::MarkKind;
using Phase = model::JobRun::Phase;

std::string target_name(const MarkKey& key) {
  if (key.workflow.empty()) return "server";
  std::string name = key.workflow;
  if (key.number != 0) name += fmt::format("#{}", key.number);
  if (!key.job.empty()) name += "/" + key.job;
  return name;
}

void derive_workflow(const State& state, WorkflowState& workflow) {
  workflow.marks = 0;
  const std::string& name = workflow.row.name;
  for (auto at = state.marks.lower_bound({name, 0, {}, MarkKind::hold}); at != state.marks.end();
       ++at) {
    const MarkKey& key = at->first;
    if (key.workflow != name || key.number != 0 || !key.job.empty()) break;
    workflow.marks |= mark_bit(key.kind);
  }
  workflow.drained = state.drained || (workflow.marks & mark_bit(MarkKind::drain)) != 0;
}

namespace {

void mark_changed(State& state, const MarkKey& key) {
  if (key.workflow.empty()) {
    state.drained = state.marks.contains({{}, 0, {}, MarkKind::drain});
    for (auto& [name, workflow] : state.workflows) derive_workflow(state, workflow);
    return;
  }
  const auto workflow = state.workflows.find(key.workflow);
  if (workflow != state.workflows.end()) derive_workflow(state, workflow->second);
}

/// Whether a mark on jobs is for those of the run: one that is run alone is outside the flow, and
/// what is said of every run does not reach it.
bool reaches_jobs(const model::Run& run, std::uint64_t number) {
  return number != 0 || run.only_job.empty();
}

/// Adds what one mark says about jobs of the run.
void apply_mark(model::Run& run, const MarkKey& key) {
  if (key.job.empty()) {
    const bool of_all = key.workflow.empty() || (key.workflow == run.workflow && key.number == 0);
    if (of_all && key.kind == MarkKind::drain) run.drained = true;
    return;
  }
  if (!reaches_jobs(run, key.number)) return;
  const auto job = model::find_job(*run.definition, key.job);
  if (job) run.jobs[*job].marks |= mark_bit(key.kind);
}

}  // namespace

void remember_mark(State& state, const Mark& mark) {
  state.marks.insert_or_assign(mark.key, mark);
  if (mark.until.us != 0) state.mark_ends.insert({mark.until, mark.key});
  mark_changed(state, mark.key);
}

void forget_mark(State& state, const MarkKey& key) {
  const auto at = state.marks.find(key);
  if (at == state.marks.end()) return;
  if (at->second.until.us != 0) state.mark_ends.erase({at->second.until, key});
  state.marks.erase(at);
  mark_changed(state, key);
}

void derive_marks(const State& state, ActiveRun& run) {
  for (model::JobRun& job : run.run.jobs) job.marks = 0;
  run.run.drained = state.drained;
  const auto workflow = state.workflows.find(run.run.workflow);
  if (workflow != state.workflows.end()) run.run.drained = workflow->second.drained;
  const auto apply_range = [&](std::uint64_t number) {
    for (auto at = state.marks.lower_bound({run.run.workflow, number, {}, MarkKind::hold});
         at != state.marks.end(); ++at) {
      const MarkKey& key = at->first;
      if (key.workflow != run.run.workflow || key.number != number) return;
      apply_mark(run.run, key);
    }
  };
  apply_range(0);
  apply_range(run.run.number);
}

namespace {

/// The same for one job.
void derive_job_marks(const State& state, ActiveRun& run, std::uint32_t index) {
  const std::string& id = run.definition(index).id;
  run.job(index).marks = 0;
  for (const std::uint64_t number : {std::uint64_t{0}, run.run.number}) {
    for (const MarkKind kind : {MarkKind::hold, MarkKind::disable, MarkKind::skip}) {
      const Mark* mark = find_mark(state, {run.run.workflow, number, id, kind});
      if (mark != nullptr) apply_mark(run.run, mark->key);
    }
  }
}

}  // namespace

void apply_marks(model::Run& run, std::span<const Mark> marks) {
  for (const Mark& mark : marks) apply_mark(run, mark.key);
}

const Mark* find_mark(const State& state, const MarkKey& key) {
  const auto at = state.marks.find(key);
  return at == state.marks.end() ? nullptr : &at->second;
}

const Mark* skip_mark(const State& state, const model::Run& run, const std::string& job) {
  const Mark* own = find_mark(state, {run.workflow, run.number, job, MarkKind::skip});
  return own != nullptr ? own : find_mark(state, {run.workflow, 0, job, MarkKind::skip});
}

namespace {

/// What held or let go a waiting job has changed: it leaves its queue, or goes where it belongs.
void regate(Turn& turn, ActiveRun& run, std::uint32_t index, Gate before) {
  model::JobRun& job = run.job(index);
  const Gate after = gate(run.run, job);
  if (before == after) return;
  if (job.phase == Phase::retry_wait && after == Gate::skip) return skip_job(turn, run, index);
  if (job.phase != Phase::waiting || job.ready_at.us == 0) return;
  if (verdict(run, index) != Verdict::start) return;
  unqueue_job(turn.state, run, index);
  clear_timer(turn.state, run, index);
  if (after == Gate::shut) return;
  // The time it was held does not count against `start_within`.
  if (run.definition(index).start_within) {
    job.ready_at = turn.now.wall;
    turn.touch_job(run, index);
  }
  queue_job(turn.state, run, index, turn.now);
}

/// Derives the run's bits again and moves the jobs for which something has changed.
void review_run(Turn& turn, ActiveRun& run) {
  std::vector<Gate> before;
  before.reserve(run.run.jobs.size());
  for (const model::JobRun& job : run.run.jobs) before.push_back(gate(run.run, job));
  derive_marks(turn.state, run);
  for (std::uint32_t job = 0; job < before.size() && !run.ended; ++job)
    regate(turn, run, job, before[job]);
}

/// Only one job of the run is concerned.
void review_job(Turn& turn, ActiveRun& run, const MarkKey& key) {
  const auto index = model::find_job(*run.run.definition, key.job);
  if (!index) return;
  const Gate before = gate(run.run, run.job(*index));
  derive_job_marks(turn.state, run, *index);
  regate(turn, run, *index, before);
}

/// A suspended run is one whose state says so; its mark keeps who did it.
void review_suspended(Turn& turn, ActiveRun& run, bool is_set) {
  const bool may =
      run.run.state == model::RunState::running || run.run.state == model::RunState::suspended;
  if (!may || run.ended) return;
  std::vector<Gate> before;
  for (const model::JobRun& job : run.run.jobs) before.push_back(gate(run.run, job));
  run.run.state = is_set ? model::RunState::suspended : model::RunState::running;
  turn.touch_run(run);
  for (std::uint32_t job = 0; job < before.size() && !run.ended; ++job)
    regate(turn, run, job, before[job]);
}

std::vector<RunId> runs_under(const State& state, const MarkKey& key) {
  std::vector<RunId> runs;
  for (const auto& [name, workflow] : state.workflows) {
    if (!key.workflow.empty() && name != key.workflow) continue;
    for (const auto& [number, id] : workflow.active) {
      if (key.number == 0 || number == key.number) runs.push_back(id);
    }
  }
  return runs;
}

void review(Turn& turn, const MarkKey& key, bool is_set) {
  for (const RunId id : runs_under(turn.state, key)) {
    const auto found = turn.state.runs.find(id);
    if (found == turn.state.runs.end()) continue;
    ActiveRun& run = found->second;
    if (run.ended) continue;
    if (!key.job.empty()) {
      review_job(turn, run, key);
    } else if (key.kind == MarkKind::suspend) {
      review_suspended(turn, run, is_set);
    } else if (key.kind == MarkKind::drain) {
      review_run(turn, run);
    }
  }
  if (!key.job.empty()) return;
  for (const auto& [name, workflow] : turn.state.workflows) {
    if (key.workflow.empty() || name == key.workflow) turn.state.queues.insert(name);
  }
}

}  // namespace

void set_mark(Turn& turn, Mark mark) {
  const MarkKey key = mark.key;
  forget_mark(turn.state, key);
  remember_mark(turn.state, mark);
  turn.keep(model::MarkRow{std::move(mark), false});
  review(turn, key, true);
}

void clear_mark(Turn& turn, const MarkKey& key) {
  const Mark* known = find_mark(turn.state, key);
  if (known == nullptr) return;
  model::MarkRow row{*known, true};
  forget_mark(turn.state, key);
  turn.keep(std::move(row));
  review(turn, key, false);
}

namespace {

/// Forgets the run's own marks, or those of one of its jobs. False: there were none.
bool drop_marks(Turn& turn, const ActiveRun& run, const std::string* job) {
  const auto is_meant = [&](const MarkKey& key) {
    return key.workflow == run.run.workflow && key.number == run.run.number &&
           (job == nullptr || key.job == *job);
  };
  std::map<MarkKey, Mark>& marks = turn.state.marks;
  const std::string first = job == nullptr ? std::string{} : *job;
  auto at = marks.lower_bound({run.run.workflow, run.run.number, first, MarkKind::hold});
  if (at == marks.end() || !is_meant(at->first)) return false;
  while (at != marks.end() && is_meant(at->first)) {
    model::MarkRow row{at->second, true};
    ++at;
    forget_mark(turn.state, row.mark.key);
    turn.keep(std::move(row));
  }
  return true;
}

}  // namespace

void clear_run_marks(Turn& turn, ActiveRun& run) {
  if (drop_marks(turn, run, nullptr)) derive_marks(turn.state, run);
}

void clear_job_marks(Turn& turn, ActiveRun& run, std::uint32_t index) {
  const std::string& id = run.definition(index).id;
  if (drop_marks(turn, run, &id)) derive_job_marks(turn.state, run, index);
}

void rename_marks(Turn& turn, WorkflowState& before, WorkflowState& after) {
  std::vector<Mark> marks;
  for (auto at = turn.state.marks.lower_bound({before.row.name, 0, {}, MarkKind::hold});
       at != turn.state.marks.end(); ++at) {
    if (at->first.workflow != before.row.name || at->first.number != 0) break;
    marks.push_back(at->second);
  }
  for (Mark& mark : marks) {
    if (before.active.empty()) {
      forget_mark(turn.state, mark.key);
      turn.keep(model::MarkRow{mark, true});
    }
    mark.key.workflow = after.row.name;
    remember_mark(turn.state, mark);
    turn.keep(model::MarkRow{std::move(mark), false});
  }
}

namespace {

/// The active run that a mark is of; nil: it is of all runs.
RunId run_of(const State& state, const MarkKey& key) {
  const auto workflow = state.workflows.find(key.workflow);
  if (key.number == 0 || workflow == state.workflows.end()) return {};
  const auto run = workflow->second.active.find(key.number);
  return run == workflow->second.active.end() ? RunId{} : run->second;
}

}  // namespace

bool fire_mark_end(Turn& turn) {
  State& state = turn.state;
  if (state.mark_ends.empty()) return false;
  const auto& [until, key] = *state.mark_ends.begin();
  if (until > turn.now.wall) return false;
  // Starts before it are decided under the mark, also those whose outcomes are still looked up.
  if (!state.outcomes_wanted.empty()) return false;
  if (!state.fires.empty() && state.fires.begin()->first < until) return false;
  const MarkKey due = key;
  const Mark mark = *find_mark(state, due);
  model::Actor actor;
  actor.name = "schedule";
  actor.reason = "until " + format_rfc3339(mark.until);
  const RunId run = run_of(state, due);
  clear_mark(turn, due);
  const std::string target = target_name(due);
  turn.audit(actor, due.job.empty() ? "workflow.enable" : "job.enable", target,
             Json::object({{"by", mark.by}, {"since", format_rfc3339(mark.since)}}), {});
  turn.journal(run, due.job.empty() ? "workflow.enabled" : "job.enabled", due.job, 0,
               Json::object({{"target", target}, {"by", actor.name}}));
  return true;
}

const Mark* disabling(const State& state, const WorkflowState& workflow, Timestamp at) {
  if ((workflow.marks & mark_bit(MarkKind::disable)) == 0) return nullptr;
  const Mark* mark = find_mark(state, {workflow.row.name, 0, {}, MarkKind::disable});
  return mark->until.us == 0 || at < mark->until ? mark : nullptr;
}

namespace {

std::string_view undo_of(MarkKind kind) {
  switch (kind) {
    case MarkKind::hold:
      return "release";
    case MarkKind::disable:
      return "enable";
    case MarkKind::skip:
      return "unskip";
    case MarkKind::suspend:
      return "resume";
    case MarkKind::drain:
      return "undrain";
  }
  return "";
}

std::string undo_path(const MarkKey& key) {
  if (key.workflow.empty()) return "/api/v1/server";
  std::string path = key.number == 0
                         ? "/api/v1/workflows/" + key.workflow
                         : fmt::format("/api/v1/runs/{}%23{}", key.workflow, key.number);
  if (!key.job.empty()) path += "/jobs/" + key.job;
  return path;
}

}  // namespace

Json differences_json(const State& state) {
  Json items = Json::array();
  for (const auto& [key, mark] : state.marks) {
    const std::string target = target_name(key);
    const std::string_view undo = undo_of(key.kind);
    const std::string run = key.number == 0 ? "" : fmt::format("{}#{}", key.workflow, key.number);
    items.push(Json::object(
        {{"kind", to_string(key.kind)},
         {"target", target},
         {"workflow", key.workflow},
         {"run", run.empty() ? Json{} : Json{run}},
         {"job", key.job.empty() ? Json{} : Json{key.job}},
         {"by", mark.by},
         {"reason", mark.reason},
         {"at", format_rfc3339(mark.since)},
         {"until", instant_json(mark.until)},
         {"outputs", mark.values},
         {"undo", Json::object({{"action", undo},
                                {"method", "POST"},
                                {"path", fmt::format("{}:{}", undo_path(key), undo)},
                                {"command", fmt::format("dandori {} '{}'", undo, target)}})}}));
  }
  return Json::object({{"items", std::move(items)}, {"next_cursor", Json{}}});
}

}  // namespace dandori::engine
