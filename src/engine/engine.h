#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "calendar/zone.h"
#include "model/event.h"

namespace dandori::engine {

/// What the engine is told once, at the start.
struct Settings {
  std::string timezone = "UTC";       ///< the server's zone: default of triggers
  std::string local_agent = "local";  ///< agent of jobs that name none
  /// Zone data by name, handed in by `app` (a known zone always succeeds: spec checked it).
  std::function<Result<calendar::TimeZone>(std::string_view)> zone;
};

/// Bounds of one turn; the simulator also runs with events_max 1 and changes_max 1.
struct TurnLimits {
  std::size_t events_max = 256;
  std::size_t changes_max = 2000;
};

/// All that the engine knows; rebuilt by apply_change from the rows of a Snapshot. See state.h.
struct State;
struct StateDeleter {
  void operator()(State* state) const;
};
using StatePtr = std::unique_ptr<State, StateDeleter>;

/// An empty state. epoch: of the lease that this server holds.
StatePtr make_state(Settings settings, std::uint64_t epoch);

/// Puts one kept row into the state: how load() rebuilds it. (decide alters the state itself and
/// gives one row for each object that it touched.) RevisionRow::definition must be set, and a run's
/// revision must come before it. Rows of jobs and attempts whose run is not active are left out.
void apply_change(State& state, const model::Change& change);

/// A stored run that cannot be taken into memory now (its definition cannot be read). Whatever
/// agents report of it stays with them, unacknowledged, until a program reads the definition again.
void set_aside(State& state, RunId run);

/// After the last row of a load: derives what is not stored and arms timers (spans with the smaller
/// of what remained and the wall difference).
void finish_load(State& state, Now now);

struct Envelope {
  model::Event event;
  model::Fetched fetched;  ///< what engine::needs asked for
};

/// What decide says: keep `batch`, and when that is durable do `effects`.
struct Decision {
  model::Batch batch;  ///< empty changes: nothing to commit
  std::vector<model::Effect> effects;
  std::size_t events_taken = 0;  ///< first ones of the span; the rest goes into the next turn
  bool more = false;             ///< work is left: take another turn at once
};

/// What `event` needs and the state lacks. Ask for Tick too (a turn with work left may need stored
/// rows), and ask again for events that a turn did not take: what was fetched before it may be old.
model::Needs needs(const State& state, const model::Event& event);

/// The key of the row that keeps the command's answer; empty: none is kept, because the command has
/// no key or changes nothing.
std::string key_of(const model::Command& command);

/// The answer given before under the same key, or nullopt. Errors within it: request.key_reused.
std::optional<Result<Json>> earlier_answer(const model::KeyRow* known,
                                           const model::Command& command);

/// One bounded turn: events in the order given (whoever calls puts commands of people first) until
/// the turn is full, then due timers, queues and starts. Alters `state` and says what to keep. If
/// the commit of the batch fails, drop the state and load again.
Decision decide(State& state, std::span<const Envelope> events, Now now, TurnLimits limits = {});

/// When decide must be called again though no event comes: wall and steady instants, kFarFuture if
/// never.
struct Wake {
  Timestamp wall = kFarFuture;
  Steady steady{INT64_MAX};
};
Wake next_wake(const State& state);

/// Every kept and derived fact as text, in a fixed order, without steady instants:
/// equal dumps mean equal states. For the simulator and tests.
std::string dump(const State& state);

/// Rebuilds a run from stored rows so that reads show derived waiting states by the engine's own
/// rules. rows: JobRow and AttemptRow of the run, marks that touch it. Rows of jobs the definition
/// lacks are ignored.
struct RunView {
  model::Run run;
  std::vector<model::Attempt> attempts;
};
RunView assemble_run(model::Run run, model::WorkflowPtr definition,
                     std::span<const model::JobRow> jobs,
                     std::span<const model::AttemptRow> attempts,
                     std::span<const model::Mark> marks);

/// The state people see: the stored phase, or the derived waiting state.
model::JobState job_state(const RunView& view, std::uint32_t job);

/// Result of a run from its jobs: failed > killed > interrupted > not_run > warning > succeeded.
model::RunState run_result(const model::Run& run);

}  // namespace dandori::engine
