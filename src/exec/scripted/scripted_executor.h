#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "exec/executor.h"
#include "model/event.h"

namespace dandori::exec {

/// How one attempt goes in a script.
struct ScriptedExit {
  std::int32_t exit_code = 0;
  Duration lasts{0};          ///< from start to end
  std::int32_t signal = 0;    ///< >0: ended by it, exit_code is -1
  bool ignores_term = false;  ///< ends by KILL, after the grace
  std::string output = {};    ///< DANDORI_OUTPUT
};

/// One agent that runs nothing: each attempt ends as its script says, in virtual time. For tests.
///
/// It keeps the promises of a real agent: an order is started once, ends are reported until
/// acknowledged, and all of that again in every session. Attempts without a script end with exit 0
/// at once.
class ScriptedExecutor final : public Executor {
 public:
  using Post = std::function<void(model::Event)>;

  struct Settings {
    std::string name = "local";
    Uuid boot_id{1, 1};
    std::uint32_t slots = 16;
    std::uint32_t running_max = 16;
  };

  ScriptedExecutor(Settings settings, Post post)
      : settings_{std::move(settings)}, post_{std::move(post)} {}

  /// The next attempts of the job go like this, in order; the last one is repeated.
  void script(const std::string& path, std::deque<ScriptedExit> exits);

  /// A session begins: hello with what is held, then every unacknowledged end again.
  void connect();
  void disconnect();
  /// The host restarts: what ran is lost, under a new boot id nothing of it is known. Not
  /// connected.
  void restart_host();

  /// Ends what is due. Call before the engine's step; orders in between count as of this instant.
  void step(Now now);
  /// Next end that is due; INT64_MAX: none.
  Steady next_wake() const;

  void welcome(const std::string& agent, std::uint64_t session) override;
  void refuse(std::uint64_t session, const Error& why) override;
  void start(const std::string& agent, const model::StartOrder& order) override;
  void stop(const std::string& agent, const model::StopOrder& order) override;
  void acknowledge(const std::string& agent, const model::AckOrder& order) override;

  /// Times each attempt was really started: more than 1 breaks guarantee G2.
  const std::map<model::AttemptRef, int>& starts() const { return starts_; }
  /// Started and not yet ended.
  std::size_t running() const;
  const std::map<model::AttemptRef, model::StartOrder>& orders() const { return orders_; }

 private:
  struct Held {
    model::StartOrder order;
    ScriptedExit exit;
    Timestamp started_at;
    Steady ends_at;
    bool stopped = false;
    std::optional<model::AttemptEnded> end;
  };

  ScriptedExit next_exit(const std::string& path);
  void report(model::Event event);
  void end(Held& held);

  Settings settings_;
  Post post_;
  Now now_;
  bool connected_ = false;
  std::uint64_t session_ = 0;
  std::uint64_t sequence_high_ = 0;
  std::map<std::string, std::deque<ScriptedExit>> scripts_;
  std::map<model::AttemptRef, Held> held_;
  std::map<model::AttemptRef, int> starts_;
  std::map<model::AttemptRef, model::StartOrder> orders_;
};

}  // namespace dandori::exec
