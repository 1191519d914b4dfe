#include <set>
#include <utility>

#include <fmt/core.h>

#include "engine/business_dates.h"
#include "engine/job_state.h"
#include "engine/state.h"
#include "engine/turn.h"
#include "sim/checker.h"

namespace dandori::sim {

using Phase = model::JobRun::Phase;

namespace {

using Places = std::set<std::pair<RunId, std::uint32_t>>;

/// Jobs that some queue of the engine holds.
Places held_by_queues(const engine::State& state) {
  Places places;
  for (const auto& [name, agent] : state.agents) {
    for (const engine::ReadyKey& key : agent.ready) places.insert({key.run, key.job});
  }
  for (const engine::JobPlace& place : state.settling) places.insert({place.run, place.job});
  return places;
}

std::string stuck(const engine::ActiveRun& run, std::uint32_t job, std::string_view why) {
  return fmt::format("{}/{} waits for nothing: {}", engine::run_name(run.run),
                     run.definition(job).id, why);
}

bool has_open_predecessor(const engine::ActiveRun& run, std::uint32_t job) {
  for (const model::Dependency& dependency : run.definition(job).depends_on) {
    if (!engine::is_decided(run.run, run.job(dependency.job))) return true;
  }
  return false;
}

std::string check_held_by_agent(const engine::State& state, const engine::ActiveRun& run,
                                std::uint32_t job) {
  const model::Attempt& attempt = *run.extra[job].newest;
  const auto agent = state.agents.find(attempt.agent);
  const bool known = agent != state.agents.end() && agent->second.live.contains(attempt.sequence);
  return known ? std::string{} : stuck(run, job, "its agent does not hold its attempt");
}

std::string check_live(const engine::State& state, const engine::ActiveRun& run, std::uint32_t job,
                       const Places& places) {
  const model::Attempt* attempt = run.extra[job].newest.get();
  if (attempt == nullptr || is_ended(attempt->state)) return stuck(run, job, "no live attempt");
  if (std::string why = check_held_by_agent(state, run, job); !why.empty()) return why;
  const bool timed = attempt->state == model::AttemptState::running && run.definition(job).timeout;
  if (timed && run.extra[job].timer_at == engine::kNoTimer)
    return stuck(run, job, "its timeout is not armed");
  if (run.run.kill_requested && !attempt->manual_kill && !places.contains({run.run.id, job}))
    return stuck(run, job, "its run is being killed, and nobody ends it");
  return {};
}

std::string check_job(const engine::State& state, const engine::ActiveRun& run, std::uint32_t job,
                      const Places& places) {
  const bool timer = run.extra[job].timer_at != engine::kNoTimer;
  if (timer && !state.timers.contains({run.extra[job].timer_at, run.run.id, job})) {
    return stuck(run, job, "its timer is lost");
  }
  switch (run.job(job).phase) {
    case Phase::ended:
      return engine::is_left_running(run, job) ? check_held_by_agent(state, run, job)
                                               : std::string{};
    case Phase::live:
      return check_live(state, run, job, places);
    case Phase::retry_wait:
      if (timer || places.contains({run.run.id, job})) return {};
      return stuck(run, job, "its retry is not armed");
    case Phase::waiting:
      break;
  }
  if (run.run.state == model::RunState::queued || places.contains({run.run.id, job})) return {};
  // An operator holds it: `differences` names the mark that ends the wait.
  if (engine::gate(run.run, run.job(job)) == engine::Gate::shut) return {};
  return has_open_predecessor(run, job) ? std::string{}
                                        : stuck(run, job, "nothing before it is open");
}

}  // namespace

std::string check_waits(const engine::State& state) {
  const Places places = held_by_queues(state);
  for (const auto& [id, run] : state.runs) {
    const engine::WorkflowState& workflow = state.workflows.find(run.run.workflow)->second;
    if (run.run.state == model::RunState::queued) {
      // Until the stored date is its own, or somebody forces it: `why` names it.
      if (engine::waits_for_date(state, run.run)) continue;
      const std::uint64_t first = engine::queue_head(state, workflow).value_or(0);
      const bool is_held =
          state.marks.contains({run.run.workflow, first, {}, model::MarkKind::hold});
      const bool waits =
          workflow.queued.contains(run.run.number) &&
          (is_held || !engine::may_start(workflow) || state.queues.contains(run.run.workflow));
      if (!waits) return fmt::format("{} is queued behind nothing", engine::run_name(run.run));
      continue;
    }
    bool is_open = run.run.needs_decision || run.run.jobs_live > 0;
    for (std::uint32_t job = 0; job < run.run.jobs.size(); ++job) {
      if (std::string why = check_job(state, run, job, places); !why.empty()) return why;
      is_open = is_open || run.job(job).phase != Phase::ended;
    }
    if (!is_open)
      return fmt::format("{} has nothing open and does not end", engine::run_name(run.run));
  }
  return {};
}

std::string check_plan(const engine::State& state, Timestamp wall) {
  if (!state.rewinds.empty()) return {};
  for (const auto& [name, workflow] : state.workflows) {
    if (workflow.row.triggers_since <= wall + engine::kLateAfter) continue;
    return fmt::format("{} starts nothing until {}", name,
                       format_rfc3339(workflow.row.triggers_since));
  }
  return {};
}

}  // namespace dandori::sim
