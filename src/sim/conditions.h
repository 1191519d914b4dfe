#pragma once

#include <cstdint>

#include "sim/checker.h"

/// The oracle: what may start, by the recorded ends alone (20-language, 40-execution), written
/// anew.
namespace dandori::sim {

/// What the job's condition says.
enum class Condition : std::uint8_t { holds, open, can_not, bypassed };

Condition condition_of(const Checker::RunTable& run, std::uint32_t job);
/// Named by a rerun of scope from or only, with nothing before it in the rerun: starts whatever it
/// waits for.
bool is_forced_root(const Checker::RunTable& run, std::uint32_t job);
/// Whether retry allows a further try after `tries` tries that ended so.
bool may_retry(const model::Job& job, const model::Attempt& last, std::uint32_t tries);
/// failed > killed > interrupted > not_run > warning > succeeded.
model::RunState result_of(const Checker::RunTable& run);

}  // namespace dandori::sim
