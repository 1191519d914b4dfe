#include "app/server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "api/definitions.h"
#include "api/event_hub.h"
#include "api/routes.h"
#include "app/allocator.h"
#include "app/clocks.h"
#include "app/data_folder.h"
#include "app/engine_thread.h"
#include "app/log_sink.h"
#include "app/measured_store.h"
#include "app/scheduling.h"
#include "app/version.h"
#include "base/log.h"
#include "base/text.h"
#include "calendar/zone.h"
#include "http/server.h"
#include "observe/exporter.h"
#include "observe/observer.h"
#include "spec/spec.h"
#include "store/sqlite/sqlite_store.h"

namespace dandori::app {

namespace {

int refuse(const Error& error) {
  fmt::print(stderr, "{} [{}]\n", error.message, error.code);
  if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
  return error.code == "store.owned" ? cli::kConflict : cli::kInternal;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 &&
         (ntohl(address.s_addr) >> 24U) == 127U;
}

/// SIGTERM, SIGINT, SIGHUP and our own SIGUSR1 (the engine has ended), blocked in every thread and
/// read here.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set_, signal);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }
  /// The signal that ends the server. A terminal that goes takes `dandori dev` along, nothing else.
  int wait(bool hangup_ends) const {
    for (;;) {
      int signal = 0;
      if (::sigwait(&set_, &signal) != 0) continue;
      if (signal != SIGHUP || hangup_ends) return signal;
      log(LogLevel::info, "server.hangup", {{"why", "no setting is read again while it runs"}});
    }
  }
  /// From now on a further SIGTERM or SIGINT ends the process where it stands: what was answered is
  /// durable, and the next start goes on from there.
  void end_at_once() const {
    std::thread{[set = set_] {
      for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
        if (::sigwait(&set, &signal) != 0) signal = 0;
      }
      ::_exit(cli::kInternal);
    }}.detach();
  }

 private:
  sigset_t set_{};
};

EngineThread::Config engine_config(const cli::ServerConfig& config, const std::string& timezone) {
  EngineThread::Config engine;
  engine.runtime.owner = fmt::format("pid {}", ::getpid());
  engine.runtime.settings.timezone = timezone;
  engine.runtime.settings.zone = calendar::TimeZone::load;
  engine.test_clock = config.test_clock;
  engine.agent.data = config.data;
  engine.agent.slots = config.slots;
  engine.agent.running_max = config.running_max;
  engine.agent.ends_with_server = config.dev;
  if (config.dev) engine.agent.work = std::filesystem::current_path().string();
  return engine;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

/// Database, write-ahead log and index of it.
std::uint64_t store_bytes(const std::string& data) {
  std::uint64_t bytes = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator{data, failed}) {
    if (!entry.path().filename().string().starts_with("dandori.db")) continue;
    const auto size = entry.file_size(failed);
    if (!failed) bytes += size;
  }
  return bytes;
}

Result<std::string> check_timezone(const cli::ServerConfig& config) {
  const std::string name = config.timezone.empty() ? machine_timezone() : config.timezone;
  const auto zone = calendar::TimeZone::load(name);
  if (!zone) return std::unexpected(zone.error());
  return name;
}

Result<void> check_address(const cli::ServerConfig& config) {
  if (is_loopback(config.host)) return {};
  return fail(
      "server.not_loopback",
      fmt::format("'{}' is reachable from other machines, and this server does not speak TLS",
                  config.host),
      "listen on 127.0.0.1 and put a proxy with TLS in front of it");
}

void log_request(const http::Answered& answered) {
  log(LogLevel::info, "http.request",
      {{"method", std::string{answered.method}},
       {"target", to_valid_utf8(answered.target)},
       {"route", std::string{answered.label}},
       {"status", std::to_string(answered.status)},
       {"user", std::string{answered.user}},
       {"peer", std::string{answered.peer}},
       {"request_id", std::string{answered.request_id}},
       {"bytes", answered.streamed ? "streamed" : std::to_string(answered.body_bytes)},
       {"us", std::to_string(answered.took.count())}});
}

bool is_logged(cli::AccessLog access_log, const http::Answered& answered) {
  return access_log == cli::AccessLog::all ||
         (access_log == cli::AccessLog::problems && answered.status >= 400);
}

http::ServerOptions http_options(const cli::ServerConfig& config, observe::Metrics& metrics) {
  http::ServerOptions options{.address = config.host, .port = config.port};
  options.on_answered = [&metrics, kind = config.access_log](const http::Answered& answered) {
    metrics.note_request(answered.label, answered.status, answered.took, !answered.streamed);
    if (is_logged(kind, answered)) log_request(answered);
  };
  return options;
}

/// Everything of one server; destroyed in reverse order.
class ServerProcess {
 public:
  ServerProcess(const cli::ServerConfig& config, const std::string& timezone, std::string token)
      : config_{config},
        store_{{.folder = config.data, .vfs = {}, .sync_delay = config.sync_delay}},
        measured_store_{store_, metrics_.commit},
        engine_{with_observers(engine_config(config, timezone)),
                measured_store_,
                store_,
                {spec::compile_canonical, spec::compile_calendar, spec::compile_business_date}},
        events_{engine_, store_.queries()},
        services_{engine_,
                  store_.queries(),
                  definitions_,
                  events_,
                  [this](const std::string& path) { return store_.backup(path); },
                  calendar::TimeZone::load,
                  [this](observe::MetricsText& out) { write_metrics(out); },
                  {.version = std::string{kVersion},
                   .timezone = timezone,
                   .token = std::move(token),
                   .data = config.data,
                   .started_at = read_clocks().wall}},
        http_{http_options(config, metrics_), api::make_handler(services_)} {}

  /// Before start().
  Result<void> export_to(observe::ExporterConfig traces) {
    traces.version = kVersion;
    if (!traces.endpoint.empty()) {
      auto exporter = observe::Exporter::open(std::move(traces), metrics_);
      if (!exporter) return std::unexpected(exporter.error());
      exporter_ = std::move(*exporter);
    }
    observer_.emplace(metrics_, exporter_.get(), [this](RunId run) {
      auto row = api::find_run_row(store_.queries(), run);
      return row ? std::move(*row) : std::nullopt;
    });
    observer_->start();
    return {};
  }

  Result<void> start() {
    engine_.on_stopped([] { ::kill(::getpid(), SIGUSR1); });
    const auto engine = engine_.start();
    if (!engine) return engine;
    events_.start();
    const auto listening = http_.start();
    if (!listening) return listening;
    const std::string url = fmt::format("http://{}:{}", config_.host, http_.port());
    const auto written = write_server_file(config_.data, url, ::getpid());
    if (!written) return written;
    fmt::print("ready {}\n", url);
    std::fflush(stdout);
    log(LogLevel::info, "server.ready", {{"url", url}, {"data", config_.data}});
    return {};
  }

  void stop() {
    remove_server_file(config_.data);
    http_.stop();
    events_.stop();
    engine_.stop();
    if (observer_) observer_->stop();
    if (exporter_) exporter_->stop();
  }

 private:
  EngineThread::Config with_observers(EngineThread::Config config) {
    config.committed = [this](model::Batch batch) {
      if (observer_) observer_->committed(std::move(batch));
    };
    config.turned = [this](Duration took) { metrics_.loop.note(took); };
    return config;
  }

  void write_metrics(observe::MetricsText& out) const {
    metrics_.write(out);
    out.family("dandori_store_bytes", "gauge", "Size of the store's files.");
    out.value("dandori_store_bytes", {}, store_bytes(config_.data));
  }

  const cli::ServerConfig& config_;
  observe::Metrics metrics_;
  std::unique_ptr<observe::Exporter> exporter_;
  store::SqliteStore store_;
  MeasuredStore measured_store_;
  std::optional<observe::Observer> observer_;
  EngineThread engine_;
  api::Definitions definitions_;
  api::EventHub events_;
  api::Services services_;
  http::Server http_;
};

}  // namespace

int run_server(const cli::ServerConfig& config) {
  const StopSignals signals;
  log_to_stderr(config.log_level);
  keep_freed_memory();
  schedule_before_jobs();
  const auto address = check_address(config);
  if (!address) return refuse(address.error());
  const auto timezone = check_timezone(config);
  if (!timezone) return refuse(timezone.error());
  const auto folder = make_data_folder(config.data);
  if (!folder) return refuse(folder.error());
  auto token = load_admin_token(config.data);
  if (!token) return refuse(token.error());

  auto traces = observe::read_exporter(config.otlp_endpoint, environment);
  if (!traces) return refuse(traces.error());

  ServerProcess server{config, *timezone, std::move(*token)};
  const auto exporting = server.export_to(std::move(*traces));
  if (!exporting) return refuse(exporting.error());
  const auto started = server.start();
  if (!started) return refuse(started.error());
  const int signal = signals.wait(config.dev);
  signals.end_at_once();
  server.stop();
  if (signal == SIGUSR1) {
    log(LogLevel::error, "server.ended", {{"why", "the engine can do nothing any more"}});
    return cli::kConflict;
  }
  log(LogLevel::info, "server.stopped");
  return cli::kOk;
}

}  // namespace dandori::app
