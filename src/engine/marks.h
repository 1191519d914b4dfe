#pragma once

#include <optional>
#include <span>
#include <string>

#include "engine/turn.h"

namespace dandori::engine {

// What operators did by hand and have not undone. The marks are kept as they are; which job they
// hold and which workflow starts nothing is derived from them, in memory and after a load alike.

/// `five#1/load`, `five/load`, `five`, `server`.
std::string target_name(const model::MarkKey& key);

/// Puts a stored mark back (load); runs are derived afterwards.
void remember_mark(State& state, const model::Mark& mark);
void forget_mark(State& state, const model::MarkKey& key);

/// The workflow's own bits.
void derive_workflow(const State& state, WorkflowState& workflow);
/// The run's bits, from all marks of the state.
void derive_marks(const State& state, ActiveRun& run);
/// The same from the marks that a store gave with the run.
void apply_marks(model::Run& run, std::span<const model::Mark> marks);

const model::Mark* find_mark(const State& state, const model::MarkKey& key);
/// The skip that is in force for a job: its own, or the one of every run.
const model::Mark* skip_mark(const State& state, const model::Run& run, const std::string& job);

/// Sets a mark and lets everything under it see it: jobs leave their queue or are skipped.
void set_mark(Turn& turn, model::Mark mark);
/// Undoes it: what it held goes on in this turn.
void clear_mark(Turn& turn, const model::MarkKey& key);
/// A workflow has got another name: what was said of it and of all its runs goes along. Runs under
/// the old name keep it while there are any.
void rename_marks(Turn& turn, WorkflowState& before, WorkflowState& after);
/// The job has ended: what was said about it in this run is done with.
void clear_job_marks(Turn& turn, ActiveRun& run, std::uint32_t job);
/// The run is over or is being ended: its marks mean nothing any more.
void clear_run_marks(Turn& turn, ActiveRun& run);

/// The earliest `until` that is due, unless starts before it are still to be decided. False: none.
bool fire_mark_end(Turn& turn);
/// Whether starts of the workflow at this instant are ignored.
const model::Mark* disabling(const State& state, const WorkflowState& workflow, Timestamp at);

/// The answer to `differences`: every mark with its undo.
Json differences_json(const State& state);

}  // namespace dandori::engine
