#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/link_executor.h"
#include "runtime/runtime.h"
#include "sim/checker.h"
#include "sim/clock.h"
#include "sim/host.h"
#include "sim/random.h"
#include "sim/witness.h"
#include "spec/spec.h"
#include "store/faulty.h"
#include "store/memory/memory_store.h"

namespace dandori::sim {

/// What an apply of these definitions asks for.
model::ApplyDefinitions apply_request(spec::Parsed parsed);

struct Seed {
  std::uint64_t value = 0;
};

struct WorldConfig {
  std::vector<HostConfig> hosts = {{.name = "local"}};
  engine::TurnLimits limits;
  Duration delay_max{0};                   ///< of bytes on their way; 0: they arrive at once
  Timestamp start{1'795'132'800'000'000};  ///< 2026-11-20T00:00:00Z
};

/// What is recorded of one job run.
struct JobView {
  model::JobState state = model::JobState::wait_pred;
  Timestamp ended_at;
  std::vector<model::Attempt> attempts;
};

/// A world in virtual time: the real engine and runtime over the model store, the real agent
/// protocol over a virtual network, and the real keeper core on virtual hosts. One thread; the seed
/// decides all of it.
class World {
 public:
  using Answered = std::function<void(Result<Json>)>;

  explicit World(Seed seed, WorldConfig config = {});
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // ---- What people do.

  /// Applies a workflow; `text` without its name. Broken text or a refusal is a violation.
  void define(const std::string& name, std::string_view text);
  /// The same of any definitions, whole documents.
  void apply(std::string_view text);
  /// The ends of the job's coming attempts, in order; the last one stays.
  void script(const std::string& job, std::initializer_list<ProcessScript> ends);
  /// Takes over from script() for every process.
  void script_all(std::function<ProcessScript(const model::StartOrder&)> script) {
    scripts_ = std::move(script);
  }
  /// Starts a run; a refusal is a violation.
  RunId start(const std::string& workflow);
  /// Waits for the answer (at most 10 s; then server.no_answer).
  Result<Json> ask(model::Request request);
  /// Sends a command; `answered` is called at some instant, or with an error when the server dies.
  void send(model::Request request, std::string key, Answered answered, bool preview = false);

  // ---- Time.

  /// Lets the world go on until `since_start` after its beginning, or a violation.
  void run_until(Duration since_start);
  /// The instant `since_start` after the beginning.
  Timestamp at(Duration since_start) const { return config_.start + since_start; }
  Clock& clock() { return clock_; }
  void jump_wall(Duration by);

  // ---- What is recorded.

  JobView job(RunId run, const std::string& path);
  model::Run run(const std::string& name);
  model::Run run(RunId id) { return run(to_string(id)); }
  /// What a fresh load makes of the committed rows, and what the memory holds, as text.
  std::string load();
  std::string state() const;
  const std::string& violation() const { return witness_.violation(); }
  Checker& checker() { return checker_; }
  Witness& witness() { return witness_; }
  store::MemoryStore& store() { return memory_; }
  const engine::State* engine_state() const;

  // ---- Faults.

  bool server_is_up() const { return server_ != nullptr; }
  void crash_server();
  void start_server();
  /// The server dies in its next commit, before it is written or after; `then` follows.
  void crash_in_commit(bool written, std::function<void()> then);
  /// It does nothing for a while; bytes wait.
  void pause_server(Duration span);
  /// It stands still while another takes the store over, then goes on and finds itself fenced.
  void supersede_server(Duration zombie_wakes_after);
  store::FaultyStore& faults() { return faulty_; }
  /// No fault that was planned happens any more; what has happened stays.
  void end_faults();
  /// Cuts the agent's connection: bytes on their way are lost, and each side learns of it in its
  /// own time.
  void cut(std::size_t host);
  /// No new connections until then.
  void isolate(std::size_t host, Duration span);
  void crash_agent(std::size_t host);
  void crash_host(std::size_t host);
  std::vector<std::unique_ptr<Host>>& hosts() { return hosts_; }
  bool is_connected(std::size_t host) const { return hosts_[host]->is_welcomed(); }

  /// Told of everything that happens, with its instant.
  void trace_to(std::function<void(const std::string&)> sink) { trace_ = std::move(sink); }
  void trace(const std::string& text) const;

 private:
  struct Lease final : store::LeaseStore {
    explicit Lease(World& world_in) : world{world_in} {}
    Result<std::uint64_t> acquire(const std::string& owner) override;
    void release() override;
    World& world;
    std::uint64_t epoch = 0;
  };
  /// One server process.
  struct Server {
    Server(World& world, std::uint64_t id_in);
    std::uint64_t id;
    Lease lease;
    runtime::LinkExecutor links;
    runtime::Runtime runtime;
    runtime::Wake wake{.at_once = true};
    bool dirty = true;
    bool paused = false;
    std::uint64_t commits_checked = 0, recoveries_checked = 0;
  };
  struct Piece {
    Steady at;
    std::string bytes;
    bool is_end = false;
  };
  struct Wire {
    Server* server = nullptr;  ///< null: that end is gone
    Host* host = nullptr;      ///< null: that end is gone
    std::uint64_t session = 0;
    bool is_cut = false;  ///< what is sent now is lost
    std::deque<Piece> up, down;
  };
  struct Scripts {
    std::deque<ProcessScript> ends;
  };

  void settle();
  bool step_server(Server& server);
  bool step_hosts();
  bool move_bytes();
  bool deliver_up(Wire& wire);
  bool deliver_down(Wire& wire);
  bool collect(Wire& wire);
  void send_piece(std::deque<Piece>& queue, std::string bytes, bool is_end, bool is_cut);
  bool connect_hosts();
  void agent_loses(Wire& wire, const Error& why);
  void drop_wires_of(const Server& server);
  Steady next_wake();
  Steady wake_of(const Server& server);
  void check(Server& server);
  ProcessScript script_for(const model::StartOrder& order);
  engine::Settings settings() const;

  WorldConfig config_;
  Random random_;
  Clock clock_;
  Witness witness_;
  Checker checker_;
  store::MemoryStore memory_;
  WatchedStore watched_;
  store::FaultyStore faulty_;
  runtime::Loader loader_;
  std::uint64_t epoch_ = 0;
  std::uint64_t servers_ = 0, commands_ = 0;
  std::map<std::string, Scripts> by_job_;
  std::function<ProcessScript(const model::StartOrder&)> scripts_;
  std::function<void(const std::string&)> trace_;
  std::function<void()> after_crash_;
  std::uint64_t crash_after_commits_ = 0;  ///< 0: none planned
  std::vector<std::unique_ptr<Host>> hosts_;
  std::map<const Host*, Steady> connect_at_, isolated_until_;
  std::vector<std::unique_ptr<Wire>> wires_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Server> zombie_;
};

}  // namespace dandori::sim
