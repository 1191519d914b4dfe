#include <algorithm>

#include <fmt/core.h>

#include "base/json_time.h"
#include "engine/business_dates.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Attempt;
using model::JobRun;
using model::JobState;
using model::RunState;
using Phase = JobRun::Phase;

namespace {

constexpr std::size_t kWhyListMax =
    100;  ///< predecessors, holders, jobs shown; the rest is a number

/// A leaf or branch of the answer. ok: true, false, or null for "not yet". Never prose: clients
/// have the words.
Json reason(std::string_view code, Json ok) {
  return Json::object({{"code", code}, {"ok", std::move(ok)}});
}

/// Looks at one run, active or ended.
struct View {
  const State& state;
  const ActiveRun& run;
  Now now;
  bool active = false;
};

JobState state_of(const View& view, std::uint32_t job) {
  return seen_state(view.run, job);
}

Json states_json(std::uint32_t states) {
  Json words = Json::array();
  for (const JobState state :
       {JobState::succeeded, JobState::warning, JobState::failed, JobState::killed,
        JobState::not_run, JobState::skipped, JobState::bypassed, JobState::unknown}) {
    if ((states & model::state_bit(state)) != 0) words.push(to_string(state));
  }
  return words;
}

Json predecessor_reason(const View& view, const model::Dependency& dependency) {
  const JobRun& predecessor = view.run.job(dependency.job);
  Json ok;
  if (is_decided(view.run.run, predecessor)) ok = satisfies(predecessor, dependency.states);
  Json made = reason("why.predecessor", std::move(ok));
  made.set("job", view.run.definition(dependency.job).id);
  made.set("state", to_string(state_of(view, dependency.job)));
  made.set("needs", states_json(dependency.states));
  return made;
}

Json predecessors_reason(const View& view, std::uint32_t index) {
  const model::Job& job = view.run.definition(index);
  Json ok;
  switch (view.run.job(index).ready_at.us != 0 ? Verdict::start : verdict(view.run, index)) {
    case Verdict::start:
      ok = true;
      break;
    case Verdict::not_run:
      ok = false;
      break;
    case Verdict::bypass:
      ok = false;
      break;
    case Verdict::not_yet:
      break;
  }
  Json made = reason("why.predecessors", std::move(ok));
  made.set("join", to_string(job.join));
  if (job.join == model::Join::at_least) made.set("count", job.join_count);
  Json children = Json::array();
  for (const model::Dependency& dependency : job.depends_on) {
    if (children.size() == kWhyListMax) break;
    children.push(predecessor_reason(view, dependency));
  }
  if (job.depends_on.size() > kWhyListMax) made.set("more", job.depends_on.size() - kWhyListMax);
  made.set("children", std::move(children));
  return made;
}

/// Name of a run anywhere, for the lists of who holds something.
std::string attempt_name(const State& state, const model::AttemptRef& ref) {
  const auto run = state.runs.find(ref.run);
  if (run == state.runs.end()) return to_string(ref.run);
  return fmt::format("{}/{}", run_name(run->second.run), run->second.definition(ref.job).id);
}

Json agent_reason(const View& view, std::uint32_t index) {
  const std::string& name = agent_of(view.state, view.run.definition(index));
  const auto found = view.state.agents.find(name);
  if (found == view.state.agents.end() || !found->second.connected) {
    Json made = reason("why.agent_missing", Json{});
    made.set("agent", name);
    return made;
  }
  const AgentState& agent = found->second;
  const bool has_room = agent.live.size() < agent.row.slots;
  Json made = reason("why.slots", has_room ? Json{true} : Json{});
  made.set("agent", name);
  made.set("slots", agent.row.slots);
  made.set("used", agent.live.size());
  made.set("ahead",
           std::distance(agent.ready.begin(), agent.ready.find(ready_key(view.run, index))));
  Json holders = Json::array();
  for (const auto& [sequence, ref] : agent.live) {
    if (holders.size() == kWhyListMax) break;
    holders.push(attempt_name(view.state, ref));
  }
  made.set("held_by", std::move(holders));
  return made;
}

void add_attempt(Json& made, const Attempt& attempt) {
  made.set("attempt", attempt.ref.number);
  if (!attempt.agent.empty()) made.set("agent", attempt.agent);
  if (attempt.failure != model::FailureKind::none) made.set("failure", to_string(attempt.failure));
  if (attempt.exit.exit_code >= 0) made.set("exit_code", attempt.exit.exit_code);
  if (attempt.exit.signal > 0) made.set("signal", attempt.exit.signal);
  if (!attempt.error.empty()) made.set("error", attempt.error);
  if (attempt.started_at.us != 0) made.set("started_at", instant_json(attempt.started_at));
  if (attempt.ended_at.us != 0) made.set("ended_at", instant_json(attempt.ended_at));
}

Json retry_reason(const View& view, std::uint32_t index) {
  Json made = reason("why.retry_at", Json{});
  made.set("at", instant_json(view.run.job(index).retry_at));
  if (const Attempt* attempt = view.run.extra[index].newest.get()) add_attempt(made, *attempt);
  return made;
}

Json live_reason(const View& view, std::uint32_t index) {
  const Attempt& attempt = *view.run.extra[index].newest;
  const bool stopping = attempt.state == model::AttemptState::stopping;
  const bool running = attempt.state == model::AttemptState::running;
  Json made = reason(stopping ? "why.stopping" : running ? "why.running" : "why.starting", Json{});
  add_attempt(made, attempt);
  if (attempt.pid != 0) made.set("pid", attempt.pid);
  if (stopping) {
    made.set("since", instant_json(attempt.stop_requested_at));
    made.set("because", attempt.timed_out ? "timeout" : "killed");
    made.set("grace", format_duration(view.run.definition(index).grace));
  }
  const auto agent = view.state.agents.find(attempt.agent);
  made.set("agent_connected", agent != view.state.agents.end() && agent->second.connected);
  if (const auto& timeout = view.run.definition(index).timeout)
    made.set("timeout", format_duration(*timeout));
  return made;
}

/// The failed jobs behind a job that did not run.
Json causes_of(const View& view, std::uint32_t index) {
  std::vector<bool> seen(view.run.run.jobs.size(), false);
  std::vector<std::uint32_t> open{index};
  Json causes = Json::array();
  while (!open.empty() && causes.size() < kWhyListMax) {
    const std::uint32_t job = open.back();
    open.pop_back();
    for (const model::Dependency& dependency : view.run.definition(job).depends_on) {
      const JobRun& predecessor = view.run.job(dependency.job);
      if (seen[dependency.job] || predecessor.phase != Phase::ended) continue;
      if (satisfies(predecessor, dependency.states)) continue;
      seen[dependency.job] = true;
      if (predecessor.ended == JobState::not_run) {
        open.push_back(dependency.job);
      } else {
        causes.push(view.run.definition(dependency.job).id);
      }
    }
  }
  return causes;
}

Json not_run_reason(const View& view, std::uint32_t index) {
  Json made = reason("why.not_run", false);
  const model::Run& run = view.run.run;
  if (run.kill_requested || run.cancel_requested) {
    made.set("because", run.kill_requested ? "run_killed" : "run_cancelled");
    return made;
  }
  made.set("because", "predecessors");
  made.set("causes", causes_of(view, index));
  Json children = Json::array();
  for (const model::Dependency& dependency : view.run.definition(index).depends_on) {
    if (children.size() == kWhyListMax) break;
    children.push(predecessor_reason(view, dependency));
  }
  made.set("children", std::move(children));
  return made;
}

Json bypassed_reason(const View& view, std::uint32_t index) {
  Json made = reason("why.bypassed", true);
  if (!view.run.run.only_job.empty()) {
    made.set("because", "alone");
    made.set("only", view.run.run.only_job);
    return made;
  }
  if (view.run.job(index).off_day) {
    made.set("because", "runs_on");
    made.set("business_date", view.run.run.business_date);
    return made;
  }
  made.set("because", view.run.definition(index).enabled ? "predecessors" : "disabled");
  if (view.run.definition(index).enabled)
    made.set("children", Json::array({predecessors_reason(view, index)}));
  return made;
}

Json ended_reason(const View& view, std::uint32_t index) {
  const JobRun& job = view.run.job(index);
  const Attempt* attempt = view.run.extra[index].newest.get();
  switch (job.ended) {
    case JobState::not_run:
      return not_run_reason(view, index);
    case JobState::bypassed:
      return bypassed_reason(view, index);
    default:
      break;
  }
  const bool well = (model::kSatisfied & model::state_bit(job.ended)) != 0;
  Json made = reason(job.ended == JobState::unknown ? "why.unknown"
                     : well                         ? "why.ended"
                                                    : "why.failed",
                     well);
  if (job.ended == JobState::skipped) made.set("because", "skipped");
  if (attempt != nullptr) add_attempt(made, *attempt);
  if (job.changed_by) made.set("changed_by", *job.changed_by);
  if (job.accepted) made.set("accepted", true);
  if (is_left_running(view.run, index)) made.set("left_running", true);
  if (job.ended == JobState::unknown) {
    made.set("on_lost", to_string(view.run.definition(index).on_lost));
    made.set("decided", is_decided(view.run.run, job));
  }
  return made;
}

std::string_view code_of(model::MarkKind kind) {
  switch (kind) {
    case model::MarkKind::hold:
      return "why.held";
    case model::MarkKind::disable:
      return "why.disabled";
    case model::MarkKind::skip:
      return "why.skip_set";
    case model::MarkKind::suspend:
      return "why.suspended";
    case model::MarkKind::drain:
      return "why.drained";
  }
  return "";
}

/// Who did it, since when, and why. Nothing when there is no such mark.
void push_mark(Json& reasons, const View& view, const model::MarkKey& key) {
  const model::Mark* mark = find_mark(view.state, key);
  if (mark == nullptr) return;
  Json made = reason(code_of(key.kind), key.kind == model::MarkKind::skip ? Json{true} : Json{});
  made.set("target", target_name(key));
  made.set("by", mark->by);
  made.set("since", instant_json(mark->since));
  made.set("reason", mark->reason);
  if (mark->until.us != 0) made.set("until", instant_json(mark->until));
  reasons.push(std::move(made));
}

/// Its business date is not the stored one.
void push_date_wait(Json& reasons, const View& view) {
  const model::Run& run = view.run.run;
  if (run.date_wait == model::DateWait::none) return;
  const bool waits = waits_for_date(view.state, run);
  Json made = reason("why.business_date", waits ? Json{} : Json{true});
  made.set("business_date", run.definition->business_date);
  made.set("date", run.business_date);
  if (const DateState* date = find_date(view.state, run.definition->business_date)) {
    made.set("value", date->row.value);
    made.set("moved_at", instant_json(date->row.moved_at));
  }
  made.set("because", fmt::format("business_date_{}", to_string(run.date_wait)));
  reasons.push(std::move(made));
}

Json queue_reasons(const View& view) {
  Json children = Json::array();
  const auto found = view.state.workflows.find(view.run.run.workflow);
  if (found == view.state.workflows.end() || !found->second.definition) return children;
  const WorkflowState& workflow = found->second;
  push_mark(children, view, {workflow.row.name, view.run.run.number, {}, model::MarkKind::hold});
  push_mark(children, view, {workflow.row.name, 0, {}, model::MarkKind::hold});
  push_mark(children, view, {workflow.row.name, 0, {}, model::MarkKind::drain});
  push_mark(children, view, {{}, 0, {}, model::MarkKind::drain});
  push_date_wait(children, view);
  Json overlap = reason("why.overlap", is_busy(workflow) ? Json{} : Json{true});
  overlap.set("policy", to_string(workflow.definition->overlap.policy));
  overlap.set("running", workflow.running);
  Json active = Json::array();
  for (const auto& [number, id] : workflow.active) {
    if (workflow.queued.count(number) != 0 || active.size() == kWhyListMax) continue;
    active.push(fmt::format("{}#{}", workflow.row.name, number));
  }
  overlap.set("held_by", std::move(active));
  children.push(std::move(overlap));
  std::int64_t place = 0;  // those before it that wait for their business date are passed by
  for (const std::uint64_t number : workflow.queued) {
    if (number >= view.run.run.number) break;
    const auto run = view.state.runs.find(workflow.active.at(number));
    if (run != view.state.runs.end() && !waits_for_date(view.state, run->second.run)) ++place;
  }
  Json queue = reason("why.queue", place == 0 ? Json{true} : Json{});
  queue.set("ahead", place);
  children.push(std::move(queue));
  if (waits_for_good_end(workflow)) {
    Json previous = reason("why.previous_failed", Json{});
    previous.set("policy", to_string(workflow.definition->on_previous_failure));
    previous.set("run_id", to_string(workflow.row.last_ended));
    children.push(std::move(previous));
  }
  return children;
}

/// What operators said about a job that has not started.
void push_job_marks(Json& reasons, const View& view, std::uint32_t index) {
  using model::MarkKind;
  const model::Run& run = view.run.run;
  const std::string& job = view.run.definition(index).id;
  for (const MarkKind kind : {MarkKind::disable, MarkKind::hold, MarkKind::skip}) {
    push_mark(reasons, view, {run.workflow, run.number, job, kind});
    if (run.only_job.empty()) push_mark(reasons, view, {run.workflow, 0, job, kind});
  }
  push_mark(reasons, view, {run.workflow, run.number, {}, MarkKind::suspend});
  push_mark(reasons, view, {run.workflow, 0, {}, MarkKind::drain});
  push_mark(reasons, view, {{}, 0, {}, MarkKind::drain});
}

Json waiting_reasons(const View& view, std::uint32_t index) {
  Json children = Json::array();
  const model::Run& run = view.run.run;
  if (run.state == RunState::queued) {
    Json queued = reason("why.run_queued", Json{});
    queued.set("children", queue_reasons(view));
    children.push(std::move(queued));
  }
  if (view.active) push_job_marks(children, view, index);
  const model::Job& job = view.run.definition(index);
  if (job.predecessors > 0) children.push(predecessors_reason(view, index));
  const bool waits = gate(run, view.run.job(index)) == Gate::open;
  if (waits && view.run.job(index).ready_at.us != 0 && needs_process(job)) {
    children.push(agent_reason(view, index));
  }
  return children;
}

Json job_reasons(const View& view, std::uint32_t index) {
  switch (view.run.job(index).phase) {
    case Phase::waiting:
      return waiting_reasons(view, index);
    case Phase::live:
      return Json::array({live_reason(view, index)});
    case Phase::retry_wait:
      return Json::array({retry_reason(view, index)});
    case Phase::ended:
      return Json::array({ended_reason(view, index)});
  }
  return Json::array();
}

void push_command(Json& commands, std::string text) {
  commands.push(std::move(text));
}

/// Commands that would help, as they are typed.
Json run_commands(const View& view) {
  Json commands = Json::array();
  const model::Run& run = view.run.run;
  const std::string name = run_name(run);
  for (std::uint32_t index = 0; index < run.jobs.size() && commands.size() < 3; ++index) {
    const JobRun& job = run.jobs[index];
    const bool failed = job.phase == Phase::ended && job.ended == JobState::failed;
    if (failed && job.attempts > 0) {
      push_command(commands,
                   fmt::format("dandori logs '{}' {}", name, view.run.definition(index).id));
    }
  }
  if (is_ended(run.state) && run.state != RunState::succeeded && run.state != RunState::warning) {
    push_command(commands, fmt::format("dandori rerun '{}' --from failed", name));
    if (!run.confirmed) push_command(commands, fmt::format("dandori confirm '{}'", name));
  }
  if (run.state == RunState::queued && waits_for_date(view.state, run))
    push_command(commands, fmt::format("dandori force '{}'", name));
  if (run.needs_decision) {
    push_command(commands, fmt::format("dandori confirm '{}'", name));
    push_command(commands, fmt::format("dandori rerun '{}' --from failed", name));
  }
  return commands;
}

Json job_item(const View& view, std::uint32_t index) {
  return Json::object({{"job", view.run.definition(index).id},
                       {"title", view.run.definition(index).title},
                       {"state", to_string(state_of(view, index))},
                       {"reasons", job_reasons(view, index)}});
}

Json base_answer(const View& view) {
  const model::Run& run = view.run.run;
  Json answer = Json::object({{"run", run_name(run)},
                              {"run_id", to_string(run.id)},
                              {"workflow", run.workflow},
                              {"run_state", to_string(run.state)},
                              {"runbook", run.definition->runbook}});
  if (run.confirmed) answer.set("confirmed_by", run.confirmed_by);
  return answer;
}

/// Ended badly, unknown, or still going on: what a question about the whole run is about.
bool is_of_interest(const JobRun& job) {
  if (job.phase != Phase::ended)
    return job.phase != Phase::waiting || job.ready_at.us != 0 || job.marks != 0;
  return job.ended == JobState::failed || job.ended == JobState::killed ||
         job.ended == JobState::unknown;
}

Json suspend_reasons(const View& view) {
  Json reasons = Json::array();
  const model::Run& run = view.run.run;
  push_mark(reasons, view, {run.workflow, run.number, {}, model::MarkKind::suspend});
  return reasons;
}

Json why_run(const View& view) {
  Json answer = base_answer(view);
  answer.set("state", to_string(view.run.run.state));
  if (view.run.run.state == RunState::suspended) answer.set("reasons", suspend_reasons(view));
  if (view.run.run.state == RunState::queued) answer.set("reasons", queue_reasons(view));
  Json jobs = Json::array();
  Json not_run = Json::array();
  std::size_t more = 0;
  for (std::uint32_t index = 0; index < view.run.run.jobs.size(); ++index) {
    const JobRun& job = view.run.job(index);
    const bool left_out = job.phase == Phase::ended && job.ended == JobState::not_run;
    Json& list = left_out ? not_run : jobs;
    if (!left_out && !is_of_interest(job)) continue;
    if (list.size() < kWhyListMax) {
      list.push(job_item(view, index));
    } else {
      ++more;
    }
  }
  answer.set("jobs", std::move(jobs));
  answer.set("not_run", std::move(not_run));
  if (more > 0) answer.set("more", more);
  answer.set("hint_commands", run_commands(view));
  return answer;
}

Json why_job(const View& view, std::uint32_t index) {
  Json answer = base_answer(view);
  answer.set("job", view.run.definition(index).id);
  answer.set("title", view.run.definition(index).title);
  answer.set("state", to_string(state_of(view, index)));
  answer.set("reasons", job_reasons(view, index));
  answer.set("hint_commands", run_commands(view));
  return answer;
}

}  // namespace

/// Why a run or job is where it is: a tree of reasons with codes and values, from the same
/// functions that decide.
Result<Json> why(const State& state, Now now, const model::AskWhy& request,
                 const model::Fetched& fetched) {
  const ActiveRun* run = find_run(state, request.run);
  std::unique_ptr<ActiveRun> rebuilt;
  if (run == nullptr) {
    Result<std::unique_ptr<ActiveRun>> found = ended_run(state, request.run, fetched);
    if (!found) return std::unexpected(found.error());
    rebuilt = std::move(*found);
    run = rebuilt.get();
  }
  const View view{state, *run, now, rebuilt == nullptr};
  if (request.job.empty()) return why_run(view);
  const Result<std::uint32_t> job = job_of(run->run, request.job);
  if (!job) return std::unexpected(job.error());
  return why_job(view, *job);
}

}  // namespace dandori::engine
