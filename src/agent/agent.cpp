#include "agent/agent.h"

#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

#include <fmt/core.h>

#include "agent/connection.h"
#include "base/log.h"
#include "keeper/host.h"
#include "keeper/keeper.h"
#include "link/agent_session.h"

namespace dandori::agent {

namespace {

constexpr Duration kSleepMax = 5s;
constexpr Duration kLookEvery = 5s;  // at the data folder
constexpr Duration kLogsKept = 24h * 90;
constexpr Duration kCleanEvery = 1h;

std::string environment_or(const char* name, std::string fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::string{value} : std::move(fallback);
}

keeper::Config keeper_config(const Config& config) {
  keeper::Config keeper;
  keeper.data = config.data;
  keeper.name = config.name;
  keeper.version = config.version;
  keeper.work = config.work;
  keeper.slots = config.slots;
  keeper.running_max = config.running_max;
  const passwd* user = ::getpwuid(::geteuid());
  keeper.path = environment_or("PATH", keeper.path);
  keeper.lang = environment_or("LANG", keeper.lang);
  keeper.home = environment_or("HOME", user != nullptr ? user->pw_dir : keeper.home);
  keeper.user = environment_or("USER", user != nullptr ? user->pw_name : keeper.user);
  return keeper;
}

/// `PID START`: the start, in clock ticks since boot, tells it from a later process of the same
/// number.
void write_pid_file(const std::string& data) {
  const auto start = keeper::process_start(::getpid());
  std::ofstream{data + "/agent/pid"} << ::getpid() << ' ' << start.value_or(0) << '\n';
}

/// SIGTERM and SIGINT as a descriptor.
keeper::Fd watch_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  return keeper::Fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
}

/// Keeper and session, held together by one poll loop.
class AgentProcess {
 public:
  explicit AgentProcess(const Config& config)
      : config_{config}, connection_{config.data, session_} {}

  Result<void> open();
  Result<void> run();

 private:
  void step(Steady now);
  void follow_session();
  int sleep_ms(Steady now) const;
  void clean_logs(Now now);
  bool has_lost_its_folder(Steady now);

  const Config& config_;
  std::unique_ptr<keeper::Keeper> keeper_;
  link::AgentSession session_{{
      .start = [this](const model::StartOrder& order) { keeper_->start(order); },
      .stop = [this](const model::StopOrder& order) { keeper_->stop(order); },
      .acknowledge = [this](const model::AckOrder& order) { keeper_->acknowledge(order); },
      .read_log = [this](const model::LogRequest& request) { return keeper_->read_log(request); },
      .find_log = [this](const model::LogFind& find) { return keeper_->find_log(find); },
  }};
  Connection connection_;
  keeper::Fd signals_;
  std::uint64_t session_seen_ = 0;
  Steady clean_at_{0};
  Steady look_at_{0};
  bool folder_is_gone_ = false;
};

Result<void> AgentProcess::open() {
  signals_ = watch_signals();
  if (!signals_) return fail("agent.io", fmt::format("signalfd: {}", std::strerror(errno)));
  auto keeper = keeper::Keeper::open(
      keeper_config(config_),
      {.on_report = [this](const keeper::Report& report) { session_.report(report); },
       .log_grew = [this](const model::AttemptRef& attempt) { session_.log_grew(attempt); }});
  if (!keeper) return std::unexpected(std::move(keeper.error()));
  keeper_ = std::move(*keeper);
  write_pid_file(config_.data);
  log(LogLevel::info, "agent.ready",
      {{"agent", config_.name}, {"pid", std::to_string(::getpid())}, {"data", config_.data}});
  return {};
}

Result<void> AgentProcess::run() {
  for (;;) {
    step(keeper::read_clocks().steady);
    std::array<pollfd, 3> polled{{
        {signals_.get(), POLLIN, 0},
        {keeper_->poll_fd(), POLLIN, 0},
        {connection_.fd(),
         static_cast<short>(POLLIN | (connection_.wants_to_write() ? POLLOUT : 0)), 0},
    }};
    const Now before = keeper::read_clocks();
    clean_logs(before);
    if (has_lost_its_folder(before.steady)) return {};
    if (::poll(polled.data(), polled.size(), sleep_ms(before.steady)) < 0 && errno != EINTR) {
      return fail("agent.io", fmt::format("poll: {}", std::strerror(errno)));
    }
    if (polled[0].revents != 0) return {};
    if (polled[2].revents != 0) {
      connection_.receive(keeper::read_clocks().steady);
      follow_session();
    }
    if (polled[1].revents != 0) keeper_->on_ready();
  }
}

/// Connects, beats, writes: all that time or the keeper may have made due.
void AgentProcess::step(Steady now) {
  if (connection_.connect_if_due(now)) session_.connect(keeper_->hello(), now);
  session_.step(now);
  connection_.flush(now);
  connection_.settle(now);
  follow_session();
}

/// Tells the keeper when a session begins or ends.
void AgentProcess::follow_session() {
  const std::uint64_t session = session_.session();
  if (session == session_seen_) return;
  if (session_seen_ != 0) keeper_->session_closed();
  session_seen_ = session;
  if (session == 0) return;
  keeper_->session_opened();
  log(LogLevel::info, "session.opened", {{"session", std::to_string(session)}});
  connection_.flush(keeper::read_clocks().steady);
}

int AgentProcess::sleep_ms(Steady now) const {
  const Steady wake = std::min({session_.next_wake(), connection_.next_wake(), now + kSleepMax});
  const auto span = std::chrono::ceil<std::chrono::milliseconds>(wake - now);
  return static_cast<int>(std::max<std::int64_t>(0, span.count()));
}

void AgentProcess::clean_logs(Now now) {
  if (now.steady < clean_at_) return;
  clean_at_ = now.steady + kCleanEvery;
  const std::string day = format_rfc3339(now.wall - kLogsKept).substr(0, 10);
  const std::size_t removed = keeper_->remove_logs_before(day);
  if (removed > 0)
    log(LogLevel::info, "logs.removed", {{"days", std::to_string(removed)}, {"before", day}});
}

/// Whether to end, as the data folder is gone: once nothing runs here, and the server, if it is
/// there, has the ends.
bool AgentProcess::has_lost_its_folder(Steady now) {
  if (now >= look_at_ && !folder_is_gone_) {
    look_at_ = now + kLookEvery;
    folder_is_gone_ = keeper_->folder_is_gone();
    if (!folder_is_gone_) return false;
    keeper_->take_no_more();
    log(LogLevel::warning, "agent.folder_gone",
        {{"data", config_.data},
         {"message",
          "the data folder was removed: this agent takes no more orders and ends when "
          "none of its jobs runs"}});
  }
  if (!folder_is_gone_ || !keeper::is_idle(keeper_->state(), session_.is_welcomed())) return false;
  log(LogLevel::warning, "agent.ended",
      {{"data", config_.data}, {"message", "the data folder is gone and nothing runs"}});
  return true;
}

}  // namespace

Result<void> run_agent(const Config& config) {
  AgentProcess process{config};
  if (auto opened = process.open(); !opened) return opened;
  return process.run();
}

}  // namespace dandori::agent
