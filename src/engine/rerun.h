#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/turn.h"

namespace dandori::engine {

// Choosing what a rerun takes; rerun_set and held_back_by are in turn.h.

/// What `after_failed` accepts: failed, killed or of unknown fate.
std::vector<std::uint32_t> jobs_to_accept(const model::Run& run);
/// Chosen jobs marked `idempotent: false` that have run already, but the one that was named.
std::vector<std::uint32_t> jobs_not_to_repeat(const model::Run& run,
                                              const std::vector<bool>& chosen,
                                              std::string_view named);
/// Holds jobs that must not be repeated unseen, and says so in a preview.
void hold_risky(Turn& turn, const model::Actor& actor, ActiveRun& run,
                const std::vector<std::uint32_t>& risky);

}  // namespace dandori::engine
