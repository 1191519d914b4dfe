#pragma once

#include "engine/turn.h"

namespace dandori::engine {

/// What the command would do: decided by the same functions on a copy of what it touches, and not
/// kept. A command that would be refused is refused with the same error.
///
/// `{dry_run, plan_id, action, target, revision, business_date, run_state, jobs: [{run, job, title,
/// effect, state, state_after, attempt}], counts, runs, warnings, command}`; a job that becomes
/// startable counts as started (`state_after: wait_pool`), whether a slot is free or not.
Result<Json> preview(const State& state, Now now, const model::Command& command,
                     const model::Fetched& fetched);

/// The same request as a line for a shell. Empty: there is no such command.
std::string command_line(const model::Request& request);

/// Whether the world is still as it was when the preview gave this plan. Errors: plan.stale.
Result<void> check_plan(const State& state, const model::Command& command,
                        const model::Fetched& fetched);

/// Decides a request on a turn, of the state or of a copy.
Result<Json> handle_request(Turn& turn, const model::Command& command,
                            const model::Fetched& fetched);

}  // namespace dandori::engine
