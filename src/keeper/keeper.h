#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "keeper/cgroup.h"
#include "keeper/core.h"
#include "keeper/fd.h"
#include "keeper/log_store.h"
#include "keeper/runner_link.h"
#include "keeper/slot_file.h"
#include "keeper/spool.h"
#include "model/agent.h"
#include "model/log_find.h"

namespace dandori::keeper {

struct Config {
  std::string data;            ///< data folder; everything of the keeper lies in its `agent`
  std::string name = "local";  ///< the agent's
  std::string version;         ///< of the program
  std::string runner;  ///< path of dandori-exec; empty: DATA/bin/dandori-exec, written if needed
  std::string work;    ///< working folder of jobs that name none; empty: DATA/agent/work
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string home = "/", user, lang = "C.UTF-8";  ///< environment of every job
  std::uint32_t slots = 0;                         ///< 0: 16 × cores
  std::uint32_t running_max = 0;                   ///< 0: 12 × cores
  bool use_cgroups = true;      ///< where the host has them; else jobs are process groups only
  std::optional<Uuid> boot_id;  ///< tests; else the host's
};

/// Called from within the keeper's methods. They may call the keeper.
struct Callbacks {
  std::function<void(const Report&)> on_report;
  /// The log of a held attempt has grown, or is now complete: followers may read on.
  std::function<void(const model::AttemptRef&)> log_grew;
};

/// Starts and keeps the processes of one host: the live shell around keeper::decide.
///
/// One thread. The owner polls poll_fd() for reading together with its own descriptors, and calls
/// on_ready() when it is ready; nothing here blocks. Its death costs nothing: runners go on, and
/// the next keeper on the same data folder adopts them.
class Keeper {
 public:
  /// Errors: keeper.locked (another keeper has the data folder), keeper.instance,
  ///         keeper.runner_install, keeper.io, and those of SlotFile::open.
  static Result<std::unique_ptr<Keeper>> open(Config config, Callbacks callbacks);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  int poll_fd() const { return epoll_.get(); }
  void on_ready();
  /// Waits at most `wait_max` for something to happen, then on_ready(). For tests and benchmarks.
  void step(Duration wait_max);

  /// First message of a session.
  model::AgentHello hello() const;
  /// The server has welcomed us: unacknowledged reports go out, now and every few seconds.
  void session_opened() { run(SessionOpened{}); }
  void session_closed() { run(SessionClosed{}); }
  void start(model::StartOrder order) { run(OrderStart{std::move(order)}); }
  void stop(const model::StopOrder& order) { run(OrderStop{order}); }
  void acknowledge(const model::AckOrder& order) { run(OrderAck{order}); }

  /// A piece of the log of a held or an ended attempt. LogChunk::error: log.unknown_attempt,
  /// log.unreadable. Where bytes were dropped, `offset` of the answer is that of the next kept
  /// byte.
  model::LogChunk read_log(const model::LogRequest& request);
  /// A place in such a log, or lines of it. LogFound::error as there, and log.bad_pattern.
  model::LogFound find_log(const model::LogFind& find);
  /// Removes logs of whole UTC days before `day` (`2026-11-24`); returns how many days.
  std::size_t remove_logs_before(std::string_view day) { return logs_.remove_before(day); }
  const State& state() const { return state_; }

  /// Whether the data folder was removed or replaced under us: nobody will ever find what we write.
  bool folder_is_gone() const;
  /// From now on every new order is refused (`busy`); what is accepted goes on.
  void take_no_more() { state_.closing = true; }

 private:
  /// What the shell knows of a slot beside the core's State.
  struct Seat {
    RunnerLink link;
    Spool spool;
    bool spool_open = false;
    bool busy = false;             ///< its runner has an order without a reported end
    std::uint32_t generation = 0;  ///< of the descriptor in epoll: events of an older one are stale
    model::AttemptRef attempt;
    std::uint64_t sequence = 0;
    std::uint64_t job_boot_us = 0;  ///< identifies the job's process; 0: not known
    int start_error = 0;            ///< the runner could not be started
    Cgroup cgroup;                  ///< of its job; none: where there are none
    bool cgroup_reusable = false;   ///< made by us and never killed
    bool cgroup_clean = false;      ///< seen empty since the job ended
    bool cgroup_told = false;       ///< the runner has its descriptor
    bool stop_marked = false;       ///< in the slot file
    bool signalled = false;         ///< told to stop before it had ended
    std::string program, folder;    ///< for the line that explains a failed start
  };

  Keeper(Config config, Callbacks callbacks)
      : config_{std::move(config)}, callbacks_{std::move(callbacks)} {}
  Result<void> prepare();
  Result<void> make_folders();
  void make_spools();
  Result<void> take_lock();
  Result<void> restore_slots();
  Result<SlotImage> restore_seat(std::uint32_t slot, const dx_slot& record);
  void remove_stale_outputs();

  void run(Input input);
  void perform(std::vector<Action> actions);
  void act(WriteSequence& action);
  void act(WriteStart& action);
  void act(HandToRunner& action);
  void act(SignalGroup& action);
  void act(ProbeGroup& action);
  void act(SendReport& action);
  void act(ReleaseSlot& action);

  int ensure_runner(std::uint32_t slot);
  void prepare_cgroup(std::uint32_t slot);
  void look_at_left_overs(std::uint32_t slot);
  void watch(std::uint32_t slot);
  void drop_runner(std::uint32_t slot);
  int send_order(std::uint32_t slot, const model::StartOrder& order, const User* user);
  void fail_start(std::uint32_t slot, int error, std::string_view line);
  void on_slot(std::uint32_t slot);
  void on_report(std::uint32_t slot, const dx_report& report);
  void on_gone(std::uint32_t slot);
  model::ExitRecord settle_log(std::uint32_t slot, model::ExitRecord exit, int stage);
  void end_job(std::uint32_t slot, std::int64_t pid, const model::ExitRecord& exit, int stage);
  void drain(std::uint32_t slot);
  bool drain_log_of(const model::AttemptRef& attempt);
  void drain_adopted();
  std::string take_output(std::uint64_t sequence);
  bool make_outputs_for(std::uint64_t sequence, const User& user);
  void finish_turn();
  void arm_timer();

  Config config_;
  Callbacks callbacks_;
  std::string folder_;  ///< DATA/agent
  Uuid boot_id_, instance_;
  State state_;
  Fd lock_, epoll_, timer_, out_;
  SlotFile slot_file_;
  Cgroups cgroups_;
  LogStore logs_;
  std::vector<Seat> seats_;
  std::deque<Input> inputs_;
  bool running_ = false;         ///< within run(): inputs queue up
  std::optional<Steady> armed_;  ///< what the timer is set to
};

}  // namespace dandori::keeper
