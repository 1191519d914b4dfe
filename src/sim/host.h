#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "keeper/core.h"
#include "link/agent_session.h"
#include "sim/clock.h"
#include "sim/random.h"
#include "sim/witness.h"

namespace dandori::sim {

struct HostConfig {
  std::string name;
  std::uint32_t slots = 8;
  std::uint32_t running_max = 8;
  Duration spawn_max{0};     ///< a runner takes up to this long before it starts a job
  std::uint64_t folder = 0;  ///< of agents of one name, which data folder it has
};

/// A virtual machine with an agent: the real keeper core and agent session over virtual slots,
/// runners and processes.
///
/// The slot memory survives the agent. A crash of the host ends all processes, brings another boot
/// id, and may take back the newest writes to the slot memory. Runners finish their job without the
/// agent.
class Host {
 public:
  struct Hooks {
    std::function<ProcessScript(const model::StartOrder&)> script;
    std::function<void(const model::StartOrder&)> started;  ///< a process has been started
    std::function<void(const std::string&)> trace;
  };

  Host(HostConfig config, Clock& clock, Random random, Witness& witness, Hooks hooks);

  const HostConfig& config() const { return config_; }
  Uuid boot_id() const { return boot_id_; }

  bool agent_is_up() const { return agent_ != nullptr; }
  void start_agent();
  void crash_agent();
  /// The agent dies between two actions of its next decision.
  void crash_agent_soon() { crash_in_ = static_cast<std::int32_t>(random_.below(4)) + 1; }
  void spare_agent() { crash_in_ = 0; }
  /// The agent finds no room for the next order, whatever the server thinks.
  void refuse_next() { refuse_next_ = true; }
  bool is_up() const { return is_up_; }
  void crash();
  void boot();
  /// Kills the runner of some slot that has a job. False: there is none.
  bool kill_runner();

  // ---- The agent's connection, moved by the world.

  /// Says hello in a new connection.
  void connect();
  void disconnect(const Error& why);
  void receive(std::string_view bytes);
  std::string take_bytes();
  bool is_open() const { return agent_ && agent_->session.is_open(); }
  bool is_welcomed() const { return agent_ && agent_->session.is_welcomed(); }
  /// Timers of session and keeper.
  void step();
  Steady next_wake() const;

  /// Slots that hold anything, processes that live.
  std::size_t slots_taken() const;
  std::size_t processes() const;
  const keeper::State* keeper() const { return agent_ ? &agent_->state : nullptr; }

 private:
  /// What stands in the slot file.
  struct Record {
    model::AttemptRef attempt;
    std::uint64_t sequence = 0;  ///< 0: free
    Uuid boot_id;
    bool taken = false;
    std::int64_t pid = 0;
    Timestamp started_at;
    std::optional<model::ExitRecord> exit;
    std::string output;
    bool stopped = false;  ///< its process was told to stop
  };
  struct Process {
    std::uint32_t slot = 0;
    std::uint64_t sequence = 0;
    model::AttemptRef attempt;
    ProcessScript script;
    Timestamp started_at;
    bool alive = true;  ///< the leader; its group goes with it
    bool is_ending = false;
    std::int32_t signal = 0;  ///< sent and obeyed
  };
  struct Seat {
    Record record;
    bool runner_alive = false;
    std::uint64_t runner = 0;                ///< generation
    std::optional<model::StartOrder> order;  ///< in the runner's socket
  };
  struct Agent {
    explicit Agent(link::AgentSession::Hooks hooks) : session{std::move(hooks)} {}
    link::AgentSession session;
    keeper::State state;
    std::deque<keeper::Input> inputs;
    bool running = false;
    std::uint64_t session_seen = 0;
  };

  void take_order(const model::StartOrder& order);
  void run(keeper::Input input);
  bool perform(std::vector<keeper::Action> actions);
  void act(const keeper::WriteSequence& action);
  void act(const keeper::WriteStart& action);
  void act(const keeper::HandToRunner& action);
  void act(const keeper::SignalGroup& action);
  void act(const keeper::ProbeGroup& action);
  void act(const keeper::SendReport& action);
  void act(const keeper::ReleaseSlot& action);
  void follow_session();
  model::AgentHello hello() const;
  std::vector<keeper::SlotImage> images() const;

  void runner_takes(std::uint32_t slot, std::uint64_t runner);
  void process_ends(std::int64_t pid, std::int32_t signal);
  void trace(const std::string& text) {
    if (hooks_.trace) hooks_.trace(config_.name + ": " + text);
  }

  HostConfig config_;
  Clock& clock_;
  Random random_;
  Witness& witness_;
  Hooks hooks_;

  bool is_up_ = true;
  Uuid boot_id_;
  std::uint64_t boots_ = 0;
  std::uint64_t sequence_high_ = 0;
  std::vector<Seat> seats_;
  std::map<std::int64_t, Process> processes_;  ///< by pid
  std::int64_t last_pid_ = 100;
  std::uint64_t last_runner_ = 0;
  bool refuse_next_ = false;
  std::int32_t crash_in_ = 0;  ///< actions left before the agent dies; 0: it does not
  std::unique_ptr<Agent> agent_;
};

}  // namespace dandori::sim
