#pragma once

#include <cstdint>

#include "engine/state.h"

namespace dandori::engine {

/// What the three-valued condition of a waiting job says.
enum class Verdict : std::uint8_t { not_yet, start, not_run, bypass };

/// False as soon as the condition cannot become true any more. Costs nothing that grows with the
/// job's predecessors. A job that was once startable (ready_at set) stays so.
///
/// The answer does not depend on the order in which predecessors end: while every decided one is
/// bypassed by a branch, the job itself may still become bypassed, so it is not decided.
Verdict verdict(const ActiveRun& run, std::uint32_t job);

/// The same of the job's predecessors alone, whether or not it was once startable.
Verdict condition(const ActiveRun& run, std::uint32_t job);

/// Whether the job is a process on some agent; else the engine itself takes it to its end.
constexpr bool needs_process(const model::Job& job) {
  return job.type == model::JobType::shell;
}

/// No new jobs start in it, and what is open ends.
bool is_stopping(const model::Run& run);

/// Whether a startable job may start. `skip`: it ends skipped instead, past holds and disables, as
/// nothing is started; `shut`: it waits for an operator.
enum class Gate : std::uint8_t { open, skip, shut };
Gate gate(const model::Run& run, const model::JobRun& job);

constexpr std::uint8_t mark_bit(model::MarkKind kind) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
}
constexpr bool has_mark(const model::JobRun& job, model::MarkKind kind) {
  return (job.marks & mark_bit(kind)) != 0;
}

/// Its state was set by hand while its process ran on: what that makes no longer counts.
bool is_left_running(const ActiveRun& run, std::uint32_t job);

/// Whether successors may look at it: ended, and not `unknown` under a hold.
bool is_decided(const model::Run& run, const model::JobRun& job);

/// Whether the job's end satisfies a dependency that accepts `states`. A confirmed `unknown` counts
/// as failed.
bool satisfies(const model::JobRun& job, std::uint32_t states);

/// Whether the job's end makes what follows through a dependency with these states bypassed too: it
/// was bypassed by a branch, not by its own days.
bool passes_on(const model::JobRun& ended, std::uint32_t states);

/// When the condition of a startable job came true: the last (join any: first) end that it needed,
/// or the start of the run.
Timestamp condition_time(const ActiveRun& run, std::uint32_t job);

/// Counts predecessors that are decided: predecessors_open, satisfied and bypassed of every waiting
/// job.
void count_predecessors(ActiveRun& run);

/// The state that people see, but for what only the attempt knows (running, stopping).
model::JobState shown_state(const model::Run& run, std::uint32_t job);
/// The state that people see.
model::JobState seen_state(const ActiveRun& run, std::uint32_t job);

}  // namespace dandori::engine
