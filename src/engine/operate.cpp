#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "engine/job_state.h"
#include "engine/marks.h"
#include "engine/outputs_read.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::Actor;
using model::Mark;
using model::MarkKey;
using model::MarkKind;
using model::Operate;
using model::Operation;
using Phase = model::JobRun::Phase;

std::string job_name(const ActiveRun& run, std::uint32_t job) {
  return fmt::format("{}/{}", run_name(run.run), run.definition(job).id);
}

Json job_answer(const ActiveRun& run, std::uint32_t job) {
  Json answer = run_answer(run.run);
  answer.set("job", run.definition(job).id);
  answer.set("job_state", to_string(seen_state(run, job)));
  return answer;
}

namespace {

/// What an operation sets or clears, and the word of its journal line.
struct MarkWord {
  Operation action;
  MarkKind kind;
  bool sets;
  std::string_view done;
};
constexpr MarkWord kMarkWords[] = {
    {Operation::hold, MarkKind::hold, true, "held"},
    {Operation::release, MarkKind::hold, false, "released"},
    {Operation::skip, MarkKind::skip, true, "skip_set"},
    {Operation::unskip, MarkKind::skip, false, "skip_cleared"},
    {Operation::disable, MarkKind::disable, true, "disabled"},
    {Operation::enable, MarkKind::disable, false, "enabled"},
    {Operation::suspend, MarkKind::suspend, true, "suspended"},
    {Operation::resume, MarkKind::suspend, false, "resumed"},
    {Operation::drain, MarkKind::drain, true, "drained"},
    {Operation::undrain, MarkKind::drain, false, "undrained"},
};

const MarkWord* word_of(Operation action) {
  const auto* found = std::ranges::find(kMarkWords, action, &MarkWord::action);
  return found == std::end(kMarkWords) ? nullptr : found;
}

std::unexpected<Error> not_here(Operation action, std::string_view what) {
  return fail("operation.not_here",
              fmt::format("'{}' is no operation on a {}", to_string(action), what),
              "hold, release, skip, unskip, disable and enable take RUN/JOB or WORKFLOW/JOB; "
              "suspend and resume a run; drain and undrain a workflow or the server");
}

Result<void> check_until(const Turn& turn, const Operate& request) {
  if (request.until.us == 0 || request.until > turn.now.wall) return {};
  return fail("operation.until_past",
              fmt::format("{} is not in the future", format_rfc3339(request.until)),
              "name a later instant, or none: then it stays until it is undone", "/until");
}

/// A skipped job hands on nothing: what others read of it must be given. A preview asks for it.
Result<void> check_values(Turn& turn, const model::Workflow& workflow, const std::string& job,
                          const std::string& target, const Json& values) {
  const std::vector<OutputRead> missing = outputs_missing(workflow, job, values);
  if (missing.empty()) return {};
  if (turn.is_preview) {
    turn.note(Json::object(
        {{"code", "preview.outputs_needed"}, {"job", target}, {"outputs", outputs_json(missing)}}));
    return {};
  }
  std::vector<std::string> texts;
  for (const OutputRead& read : missing) {
    texts.push_back(fmt::format("'{}' (read by {})", read.output, fmt::join(read.readers, ", ")));
  }
  return fail(
      "job.outputs_needed",
      fmt::format("'{}' would be skipped, but its outputs are read: {}", target,
                  fmt::join(texts, "; ")),
      fmt::format("give a value for each, for example --value {}=…", missing.front().output),
      "/outputs");
}

Mark make_mark(const Turn& turn, const Actor& actor, const Operate& request, MarkKey key) {
  Mark mark{std::move(key), actor.name, actor.reason, turn.now.wall, {}, {}};
  if (request.action == Operation::disable) mark.until = request.until;
  if (request.action == Operation::skip && request.values.size() > 0) mark.values = request.values;
  return mark;
}

Json mark_json(const Mark& mark) {
  Json made = Json::object(
      {{"kind", to_string(mark.key.kind)}, {"by", mark.by}, {"at", format_rfc3339(mark.since)}});
  if (!mark.reason.empty()) made.set("reason", mark.reason);
  if (mark.until.us != 0) made.set("until", format_rfc3339(mark.until));
  if (!mark.values.is_null()) made.set("outputs", mark.values);
  return made;
}

/// Sets or clears the mark, with its lines. False: nothing was to be done.
Result<bool> change_mark(Turn& turn, const Actor& actor, const Operate& request, MarkKey key,
                         RunId run) {
  const MarkWord& word = *word_of(request.action);
  const std::string target = target_name(key);
  const std::string action = fmt::format("{}.{}",
                                         !key.job.empty()       ? "job"
                                         : key.number != 0      ? "run"
                                         : key.workflow.empty() ? "server"
                                                                : "workflow",
                                         to_string(request.action));
  const Mark* known = find_mark(turn.state, key);
  const Json before = known == nullptr ? Json{} : mark_json(*known);
  Json after;
  if (word.sets) {
    Mark mark = make_mark(turn, actor, request, key);
    if (known != nullptr && known->until == mark.until && known->values == mark.values)
      return false;
    after = mark_json(mark);
    turn.audit(actor, action, target, before, after);
  } else {
    if (known == nullptr) {
      MarkKey other = key;
      other.number = 0;
      const bool of_all = key.number != 0 && find_mark(turn.state, other) != nullptr;
      return fail("mark.not_set",
                  fmt::format("'{}' has no {} to undo", target, to_string(word.kind)),
                  of_all ? fmt::format("it is so for every run: dandori {} {}",
                                       to_string(request.action), target_name(other))
                         : "`dandori differences` lists what can be undone");
    }
    turn.audit(actor, action, target, before, {});
  }
  const std::size_t dot = action.find('.');
  turn.journal(run, action.substr(0, dot + 1) + std::string{word.done}, key.job, 0,
               Json::object({{"target", target}, {"by", actor.name}, {"reason", actor.reason}}));
  if (word.sets) {
    set_mark(turn, make_mark(turn, actor, request, std::move(key)));
  } else {
    clear_mark(turn, key);
  }
  return true;
}

// ---- A job of a run.

Error job_running(const ActiveRun& run, std::uint32_t job, Operation action) {
  const model::Attempt& attempt = *run.extra[job].newest;
  return {"job.running",
          fmt::format("job '{}' is {} already (attempt {} on '{}')", job_name(run, job),
                      to_string(seen_state(run, job)), attempt.ref.number, attempt.agent),
          fmt::format("{} is for what has not started; `dandori kill '{}'` ends it",
                      to_string(action), job_name(run, job))};
}

Error job_ended(const ActiveRun& run, std::uint32_t job) {
  const std::string& id = run.definition(job).id;
  return {
      "job.ended",
      fmt::format("job '{}' has ended ({})", job_name(run, job), to_string(seen_state(run, job))),
      fmt::format("`dandori rerun '{}' --hold {}` stops before it when it runs again; "
                  "`dandori set-state` changes its state",
                  run_name(run.run), id)};
}

Result<void> must_not_have_started(const ActiveRun& run, std::uint32_t job, Operation action) {
  switch (run.job(job).phase) {
    case Phase::waiting:
    case Phase::retry_wait:
      return {};
    case Phase::live:
      return std::unexpected(job_running(run, job, action));
    case Phase::ended:
      break;
  }
  return std::unexpected(job_ended(run, job));
}

Result<Json> mark_job(Turn& turn, const Actor& actor, const Operate& request, ActiveRun& run,
                      std::uint32_t job) {
  const MarkWord& word = *word_of(request.action);
  const MarkKey key{run.run.workflow, run.run.number, run.definition(job).id, word.kind};
  if (word.sets) {
    if (const auto waits = must_not_have_started(run, job, request.action); !waits)
      return std::unexpected(waits.error());
    if (const auto future = check_until(turn, request); !future)
      return std::unexpected(future.error());
  }
  if (request.action == Operation::skip) {
    const auto values =
        check_values(turn, *run.run.definition, key.job, job_name(run, job), request.values);
    if (!values) return std::unexpected(values.error());
  }
  if (const auto done = change_mark(turn, actor, request, key, run.run.id); !done)
    return std::unexpected(done.error());
  return job_answer(run, job);
}

Result<Json> suspend_run(Turn& turn, const Actor& actor, const Operate& request, ActiveRun& run) {
  if (run.run.state == model::RunState::queued || run.run.state == model::RunState::stopping) {
    const bool is_queued = run.run.state == model::RunState::queued;
    return fail(
        is_queued ? "run.queued" : "run.stopping",
        fmt::format("run '{}' is {}", run_name(run.run), to_string(run.run.state)),
        is_queued ? fmt::format("`dandori hold {}` keeps its runs from starting", run.run.workflow)
                  : "it starts no more jobs as it is");
  }
  const MarkKey key{run.run.workflow, run.run.number, {}, MarkKind::suspend};
  if (const auto done = change_mark(turn, actor, request, key, run.run.id); !done)
    return std::unexpected(done.error());
  return run_answer(run.run);
}

/// A run that waits for its turn goes on waiting until it is released, and those behind it with it.
Result<Json> hold_queued(Turn& turn, const Actor& actor, const Operate& request, ActiveRun& run) {
  if (request.action == Operation::hold && run.run.state != model::RunState::queued) {
    return fail(
        "run.started",
        fmt::format("run '{}' has started ({})", run_name(run.run), to_string(run.run.state)),
        fmt::format("`dandori suspend '{}'` starts no more jobs in it", run_name(run.run)));
  }
  const MarkKey key{run.run.workflow, run.run.number, {}, MarkKind::hold};
  if (const auto done = change_mark(turn, actor, request, key, run.run.id); !done)
    return std::unexpected(done.error());
  return run_answer(run.run);
}

Result<Json> of_run(Turn& turn, const Actor& actor, const Operate& request,
                    const model::Fetched& fetched) {
  const Result<ActiveRun*> found = active_run(turn, request.run, fetched);
  if (!found) return std::unexpected(found.error());
  ActiveRun& run = **found;
  if (request.job.empty()) {
    const bool holds = request.action == Operation::hold || request.action == Operation::release;
    if (holds) return hold_queued(turn, actor, request, run);
    if (request.action == Operation::force) return force_run(turn, actor, run);
    const bool fits = request.action == Operation::suspend || request.action == Operation::resume;
    if (!fits) return not_here(request.action, "run");
    return suspend_run(turn, actor, request, run);
  }
  const Result<std::uint32_t> job = job_of(run.run, request.job);
  if (!job) return std::unexpected(job.error());
  switch (request.action) {
    case Operation::hold:
    case Operation::release:
    case Operation::skip:
    case Operation::unskip:
    case Operation::disable:
    case Operation::enable:
      return mark_job(turn, actor, request, run, *job);
    case Operation::force:
      return force_job(turn, actor, run, *job);
    case Operation::set_state:
    case Operation::confirm:
    case Operation::suspend:
    case Operation::resume:
    case Operation::drain:
    case Operation::undrain:
      break;
  }
  return not_here(request.action, "job of a run");
}

// ---- A workflow, a job of every run of it, the server.

Result<WorkflowState*> workflow_of(State& state, const std::string& name) {
  const auto found = state.workflows.find(name);
  if (found != state.workflows.end() && found->second.definition) return &found->second;
  std::vector<std::string> names;
  for (const auto& [known, workflow] : state.workflows) names.push_back(known);
  const auto near = nearest(name, names);
  return fail("workflow.unknown", fmt::format("there is no workflow '{}'", name),
              near ? fmt::format("did you mean '{}'?", *near)
                   : "`dandori workflow list` shows them; a run is named as WORKFLOW#NUMBER",
              "/workflow");
}

Result<void> check_job_of(Turn& turn, const Operate& request, const WorkflowState& workflow) {
  const model::Workflow& definition = *workflow.definition;
  const bool known =
      model::find_job(definition, request.job).has_value() || !word_of(request.action)->sets;
  if (!known) {
    std::vector<std::string> names;
    for (const model::Job& job : definition.jobs) names.push_back(job.id);
    const auto near = nearest(request.job, names);
    return fail("workflow.unknown_job",
                fmt::format("workflow '{}' has no job '{}'", workflow.row.name, request.job),
                near ? fmt::format("did you mean '{}'?", *near) : "", "/job");
  }
  if (request.action != Operation::skip) return {};
  return check_values(turn, definition, request.job,
                      fmt::format("{}/{}", workflow.row.name, request.job), request.values);
}

bool fits_workflow(Operation action, bool has_job) {
  switch (action) {
    case Operation::hold:
    case Operation::release:
    case Operation::disable:
    case Operation::enable:
      return true;
    case Operation::skip:
    case Operation::unskip:
      return has_job;
    case Operation::drain:
    case Operation::undrain:
      return !has_job;
    case Operation::force:
    case Operation::set_state:
    case Operation::confirm:
    case Operation::suspend:
    case Operation::resume:
      break;
  }
  return false;
}

/// The target with its own marks.
Json target_answer(const State& state, const MarkKey& key) {
  Json marks = Json::array();
  for (const auto& [each, mark] : state.marks) {
    const bool same =
        each.workflow == key.workflow && each.number == key.number && each.job == key.job;
    if (same) marks.push(mark_json(mark));
  }
  return Json::object({{"target", target_name(key)}, {"marks", std::move(marks)}});
}

Result<Json> of_workflow(Turn& turn, const Actor& actor, const Operate& request) {
  const Result<WorkflowState*> found = workflow_of(turn.state, request.workflow);
  if (!found) return std::unexpected(found.error());
  WorkflowState& workflow = **found;
  const bool has_job = !request.job.empty();
  if (!fits_workflow(request.action, has_job))
    return not_here(request.action, has_job ? "job of every run" : "workflow");
  if (const auto future = check_until(turn, request); !future)
    return std::unexpected(future.error());
  if (has_job) {
    if (const auto job = check_job_of(turn, request, workflow); !job)
      return std::unexpected(job.error());
  }
  const MarkKey key{workflow.row.name, 0, request.job, word_of(request.action)->kind};
  if (const auto done = change_mark(turn, actor, request, key, {}); !done)
    return std::unexpected(done.error());
  return target_answer(turn.state, key);
}

Result<Json> of_server(Turn& turn, const Actor& actor, const Operate& request) {
  if (request.action != Operation::drain && request.action != Operation::undrain)
    return not_here(request.action, "server");
  const MarkKey key{{}, 0, {}, MarkKind::drain};
  if (const auto done = change_mark(turn, actor, request, key, {}); !done)
    return std::unexpected(done.error());
  return server_json(turn.state);
}

}  // namespace

Json server_json(const State& state) {
  const Mark* drain = find_mark(state, {{}, 0, {}, MarkKind::drain});
  std::uint64_t live = 0;
  for (const auto& [name, agent] : state.agents) live += agent.live.size();
  Json answer = Json::object({{"draining", drain != nullptr}, {"live", live}});
  answer.set("drained_by", drain == nullptr ? Json{} : Json{drain->by});
  answer.set("drained_at", drain == nullptr ? Json{} : Json{format_rfc3339(drain->since)});
  answer.set("reason", drain == nullptr ? Json{} : Json{drain->reason});
  return answer;
}

/// Each is refused with a reason where it makes no sense; doing it twice changes nothing.
Result<Json> operate(Turn& turn, const Actor& actor, const Operate& request,
                     const model::Fetched& fetched) {
  if (request.of_server) return of_server(turn, actor, request);
  if (request.action == Operation::set_state) return set_state(turn, actor, request, fetched);
  const bool of_job = !request.run.empty() && !request.job.empty();
  if (request.action == Operation::confirm && of_job)
    return confirm_job(turn, actor, request, fetched);
  if (!request.run.empty()) return of_run(turn, actor, request, fetched);
  return of_workflow(turn, actor, request);
}

}  // namespace dandori::engine
