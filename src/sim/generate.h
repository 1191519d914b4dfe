#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/random.h"

namespace dandori::sim {

/// What a made-up workflow has; the text is built from it, so that a later revision can differ in
/// one thing.
struct WorkflowShape {
  std::string name;
  std::string text;  ///< without its name
  std::vector<std::string> jobs;
};

/// Calendars `c0`, `c1` and business dates `d0` (moved by jobs), `d1` (by the clock), `d2` (after
/// `w0`): definitions as text. Days of the trial's time are open and closed at random.
std::string make_calendars(Random random);
std::string make_business_dates(Random random);

/// A workflow of random size and shape: chains, fans, diamonds and random graphs, with all that
/// jobs may say.
///
/// agents: names to choose from; the first is the server's own. with_triggers: false gives the same
/// jobs and rules without schedules. with_dates: it may name the calendars and dates above, and
/// other workflows in its exclusions.
WorkflowShape make_workflow(Random random, const std::string& name,
                            const std::vector<std::string>& agents, bool with_triggers,
                            bool with_dates, std::uint32_t jobs_max);

}  // namespace dandori::sim
