#include <fmt/core.h>

#include "engine/turn.h"

namespace dandori::engine {

Result<std::unique_ptr<ActiveRun>> ended_run(const State& state, const std::string& name,
                                             const model::Fetched& fetched) {
  std::unique_ptr<ActiveRun> run = rebuild_run(state, fetched);
  const std::uint64_t* version = state.ended.find(name);
  if (!run && version == nullptr) {
    return fail("run.unknown", fmt::format("there is no run '{}'", name),
                "name it by id or as WORKFLOW#NUMBER; `dandori runs` lists them", "/run");
  }
  if (version != nullptr && (!run || run->run.version < *version)) {
    return fail("run.changed", fmt::format("run '{}' has changed while this was asked", name),
                "ask again");
  }
  return run;
}

Result<ActiveRun*> active_run(Turn& turn, const std::string& name, const model::Fetched& fetched) {
  ActiveRun* run = find_run(turn.state, name);
  if (run != nullptr && !run->ended) return run;
  if (run == nullptr) {
    const Result<std::unique_ptr<ActiveRun>> old = ended_run(turn.state, name, fetched);
    if (!old) return std::unexpected(old.error());
    return fail("run.ended", fmt::format("run '{}' is over ({})", run_name((*old)->run),
                                         to_string((*old)->run.state)));
  }
  return fail("run.ended",
              fmt::format("run '{}' is over ({})", run_name(run->run), to_string(run->run.state)));
}

/// No new jobs; what runs may finish; then the run ends interrupted.
Result<Json> cancel_run(Turn& turn, const model::Actor& actor, const model::CancelRun& request,
                        const model::Fetched& fetched) {
  const Result<ActiveRun*> found = active_run(turn, request.run, fetched);
  if (!found) return std::unexpected(found.error());
  ActiveRun& run = **found;
  if (run.run.cancel_requested || run.run.kill_requested) return run_answer(run.run);
  const Json before = Json::object({{"state", to_string(run.run.state)}});
  stop_run(turn, run, false);
  turn.audit(actor, "run.cancel", run_name(run.run), before,
             Json::object({{"state", to_string(run.run.state)}}));
  return run_answer(run.run);
}

}  // namespace dandori::engine
