#include <fmt/core.h>

#include "engine/business_dates.h"
#include "engine/job_state.h"
#include "engine/turn.h"

namespace dandori::engine {

using model::JobState;
using model::RunState;
using Phase = model::JobRun::Phase;

namespace {

Error nothing_to_confirm(const model::Run& run) {
  return {"run.nothing_to_confirm",
          fmt::format("run '{}' has nothing to confirm ({})", run_name(run), to_string(run.state)),
          "only a failed or killed run, or a job of unknown fate, can be confirmed"};
}

/// Whoever confirms says so: the agent of these attempts is gone for good, and their fate with it.
/// `on_lost` decides what follows.
Json lose_given_up(Turn& turn, ActiveRun& run) {
  Json names = Json::array();
  for (std::uint32_t job = 0; job < run.run.jobs.size(); ++job) {
    if (run.job(job).phase != Phase::live && !is_left_running(run, job)) continue;
    if (!is_given_up(turn.state, *run.extra[job].newest, turn.now)) continue;
    names.push(run.definition(job).id);
    lose_attempt(turn, run, job, "agent_gone");
  }
  return names;
}

/// Jobs of unknown fate count as failed from now on: their successors are decided.
Result<Json> confirm_unknown(Turn& turn, const model::Actor& actor, ActiveRun& run) {
  Json given_up = lose_given_up(turn, run);
  std::vector<std::uint32_t> jobs;
  for (std::uint32_t job = 0; job < run.run.jobs.size(); ++job) {
    if (run.job(job).phase == Phase::ended && !is_decided(run.run, run.job(job)))
      jobs.push_back(job);
  }
  if (jobs.empty() && given_up.size() == 0) return std::unexpected(nothing_to_confirm(run.run));
  if (!jobs.empty()) {
    run.run.needs_decision = false;
    turn.touch_run(run);
  }
  Json names = Json::array();
  for (const std::uint32_t job : jobs) {
    run.job(job).confirmed = true;
    turn.touch_job(run, job);
    turn.journal(run.run.id, "job.confirmed", run.definition(job).id, run.job(job).attempts);
    names.push(run.definition(job).id);
  }
  Json after = Json::object({{"unknown", std::move(names)}});
  if (given_up.size() > 0) after.set("given_up", std::move(given_up));
  turn.audit(actor, "run.confirm", run_name(run.run), {}, std::move(after));
  for (const std::uint32_t job : jobs) settle_decided(turn, run, job);
  return run_answer(run.run);
}

void mark_confirmed(Turn& turn, const model::Actor& actor, model::Run& run) {
  run.confirmed = true;
  run.confirmed_by = actor.name;
  turn.journal(run.id, "run.confirmed", {}, 0, Json::object({{"by", actor.name}}));
  turn.audit(actor, "run.confirm", run_name(run), Json::object({{"confirmed", false}}),
             Json::object({{"confirmed", true}}));
  WorkflowState& workflow = turn.state.workflows.find(run.workflow)->second;
  if (workflow.row.last_ended == run.id && workflow.row.last_failed) {
    workflow.row.last_failed = false;
    turn.touch_workflow(workflow);
  }
  turn.state.queues.insert(run.workflow);
  tell_heirs(turn, run);
  note_good_end(turn, run);
}

}  // namespace

/// An operator accepts a failure: what it blocked (on_previous_failure, overlap: block) may go on.
Result<Json> confirm_run(Turn& turn, const model::Actor& actor, const model::ConfirmRun& request,
                         const model::Fetched& fetched) {
  ActiveRun* memory = find_run(turn.state, request.run);
  if (memory != nullptr && !memory->ended) return confirm_unknown(turn, actor, *memory);
  std::unique_ptr<ActiveRun> rebuilt;
  if (memory == nullptr) {
    Result<std::unique_ptr<ActiveRun>> found = ended_run(turn.state, request.run, fetched);
    if (!found) return std::unexpected(found.error());
    rebuilt = std::move(*found);
  }
  model::Run& run = memory != nullptr ? memory->run : rebuilt->run;
  if (run.confirmed) return run_answer(run);
  if (run.state != RunState::failed && run.state != RunState::killed) {
    return std::unexpected(nothing_to_confirm(run));
  }
  mark_confirmed(turn, actor, run);
  if (rebuilt) {
    ++run.version;
    turn.state.ended.put(to_string(run.id), run.version);
    turn.state.ended.put(run_name(run), run.version);
    run.jobs.clear();
    turn.keep(model::RunEndedRow{run});
  }
  return run_answer(run);
}

}  // namespace dandori::engine
