#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/agent.h"

/// The pure half of the keeper: what to do about orders, reports of runners, and time. No I/O, no
/// clock; the live shell (keeper.h) and the simulator's virtual host perform the same actions.
namespace dandori::keeper {

/// What the agent tells the server, each repeated until acknowledged except AttemptStarted.
using Report = std::variant<model::AttemptStarted, model::AttemptEnded, model::AttemptNeverStarted,
                            model::AttemptLost>;

struct Settings {
  Uuid boot_id;                    ///< of this host, now
  std::uint32_t slots = 32;        ///< attempts that may be assigned at once
  std::uint32_t running_max = 16;  ///< of them, running at once; the rest wait in order
  Duration report_again{5s};       ///< between repetitions of an unacknowledged report
  Duration probe_every{20ms};      ///< while waiting for a killed process group to be gone
  Duration probe_for{10s};         ///< after KILL; then the end is reported with group_gone = false
  Duration grace_after_restart{
      10s};  ///< from a restart to KILL for what an earlier keeper told to stop
};

/// One slot. Everything that survives a restart is in the slot file; see restore().
struct Slot {
  enum class Phase : std::uint8_t {
    free,
    running,   ///< handed to a runner, or adopted
    clearing,  ///< ended or lost, but its process group must be gone before that is reported
    ended,     ///< `report` goes out until acknowledged
  };
  Phase phase = Phase::free;
  model::AttemptRef attempt;
  std::uint64_t sequence = 0;
  std::int64_t pid = 0;  ///< of the job; 0: not known (yet)
  Timestamp started_at;
  bool started_reported = false;
  std::optional<Steady> kill_at;   ///< TERM was sent; KILL follows then
  bool killed = false;             ///< KILL was sent
  std::optional<Steady> probe_at;  ///< Phase::clearing: ask again whether the group is gone
  Steady probe_until;
  std::optional<Report> report;  ///< Phase::clearing and ended
  Steady report_at;              ///< Phase::ended: when to say it again
};

/// An order accepted but not handed over: all `running_max` are taken. Not in the slot file: after
/// a restart of the keeper the server delivers it again.
struct Waiting {
  model::StartOrder order;
};

struct Refusal {
  model::AttemptNeverStarted report;
  Steady report_at;
};

struct State {
  Settings settings;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> free;  ///< indexes of free slots; the last freed is used first (warm)
  std::deque<Waiting> waiting;      ///< by sequence
  std::deque<Refusal> refused;      ///< unacknowledged, at most kRefusedMax (oldest forgotten)
  std::uint64_t sequence_seen = 0;  ///< highest of any order
  std::uint64_t sequence_high = 0;  ///< highest in the slot file's header
  std::uint32_t running = 0;        ///< slots in Phase::running or clearing
  bool connected = false;           ///< a session is open: reports can go out
  bool closing = false;             ///< no new order is accepted
};
inline constexpr std::size_t kRefusedMax = 4096;

// ------------------------------------------------------------------------------------------ inputs

struct OrderStart {
  model::StartOrder order;
};
struct OrderStop {
  model::StopOrder order;
};
struct OrderAck {
  model::AckOrder order;
};
/// A session with the server begins: everything unacknowledged is said again.
struct SessionOpened {};
struct SessionClosed {};
/// The runner says that the job runs (left out for very short ones).
struct JobStarted {
  std::uint32_t slot = 0;
  std::uint64_t sequence = 0;
  std::int64_t pid = 0;
  Timestamp started_at;
};
/// The runner's exit record; `output` is the content of the DANDORI_OUTPUT file.
struct JobEnded {
  std::uint32_t slot = 0;
  std::uint64_t sequence = 0;
  std::int64_t pid = 0;
  model::ExitRecord exit;
  std::string output;
  bool signalled = false;  ///< SignalGroup was done before it ended
};
/// The runner died without an exit record for `sequence`. pid: of the orphan, 0 if not known.
struct RunnerGone {
  std::uint32_t slot = 0;
  std::uint64_t sequence = 0;
  std::int64_t pid = 0;
  bool taken = true;  ///< false: it never took the order, so nothing was started
};
/// Answer to ProbeGroup.
struct GroupProbed {
  std::uint32_t slot = 0;
  std::uint64_t sequence = 0;
  bool gone = true;
};
/// The instant of next_wake() has come.
struct Tick {};
using Input = std::variant<OrderStart, OrderStop, OrderAck, SessionOpened, SessionClosed,
                           JobStarted, JobEnded, RunnerGone, GroupProbed, Tick>;

// ----------------------------------------------------------------------------------------- actions
// To be done in order, before the next decide().

/// Raise the sequence in the header of the slot file: no order up to it ever starts again.
struct WriteSequence {
  std::uint64_t sequence = 0;
};
/// Write the start record: from now on a crash cannot make this attempt "never started".
struct WriteStart {
  std::uint32_t slot = 0;
  model::AttemptRef attempt;
  std::uint64_t sequence = 0;
};
/// Give the order to the slot's runner, which is started first if there is none.
struct HandToRunner {
  std::uint32_t slot = 0;
  model::StartOrder order;
};
/// Signal the whole process group (and cgroup) of the slot's job, which the slot's record must say
/// first (SlotImage::stopped): whoever comes after us has to see to the rest of the job.
struct SignalGroup {
  std::uint32_t slot = 0;
  std::int64_t pid = 0;  ///< 0: not known, so only the cgroup
  bool kill = false;     ///< KILL; else TERM
};
/// Find out whether anything of group and cgroup is left; answered by GroupProbed.
struct ProbeGroup {
  std::uint32_t slot = 0;
  std::uint64_t sequence = 0;
  std::int64_t pid = 0;
};
struct SendReport {
  Report report;
};
/// Clear the slot's record: the server has the end.
struct ReleaseSlot {
  std::uint32_t slot = 0;
  model::AttemptRef attempt;
};
using Action = std::variant<WriteSequence, WriteStart, HandToRunner, SignalGroup, ProbeGroup,
                            SendReport, ReleaseSlot>;

// --------------------------------------------------------------------------------------- functions

/// What one slot of the slot file said when the keeper started.
struct SlotImage {
  std::uint32_t slot = 0;
  model::AttemptRef attempt;
  std::uint64_t sequence = 0;
  bool same_boot = true;      ///< its start record is of this boot
  bool runner_alive = false;  ///< adopted: its end will come as JobEnded or RunnerGone
  bool taken = true;          ///< the runner took the order
  std::int64_t pid = 0;       ///< of the running record; 0: none
  Timestamp started_at;
  std::optional<model::ExitRecord> exit;
  std::string output;    ///< with `exit`
  bool stopped = false;  ///< an earlier keeper signalled the job
};

/// The state after a start: free slots, and what the slot file holds. `sequence_high`: of its
/// header. Slots beyond settings.slots that hold attempts are kept until acknowledged. Follow with
/// the actions.
struct Restored {
  State state;
  std::vector<Action> actions;  ///< orphans to kill and probe
};
Restored restore(const Settings& settings, std::uint64_t sequence_high,
                 const std::vector<SlotImage>& images, Now now);

/// Changes `state` and says what to do. Inputs about other sequences than the slot's current are
/// ignored.
///
/// An order starts only under this boot id and with a sequence above every one seen; everything
/// else is a known attempt (nothing new) or answered with AttemptNeverStarted.
std::vector<Action> decide(State& state, Input input, Now now);

/// When to call decide(Tick) at the latest; nullopt: nothing is timed.
std::optional<Steady> next_wake(const State& state);

/// What the agent says of its attempts when it connects.
std::vector<model::HeldAttempt> held_attempts(const State& state);
/// Nothing runs, or is to; with `reported` nothing waits for its acknowledgement either.
bool is_idle(const State& state, bool reported);

}  // namespace dandori::keeper
