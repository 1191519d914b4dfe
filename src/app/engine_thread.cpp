#include "app/engine_thread.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "app/clocks.h"
#include "base/log.h"

namespace dandori::app {

namespace {

// An idle engine looks at the clocks this often, as a step of the wall clock wakes nobody.
constexpr Duration kSleepMax = 10s;

Error dropped() {
  return {"server.memory_dropped", "the server loads its state again", "connect anew at once"};
}

}  // namespace

Timestamp EngineClock::wall() const {
  return now(read_clocks()).wall;
}

EngineThread::EngineThread(Config config, store::EngineStore& store, store::LeaseStore& lease,
                           runtime::Compile compile)
    : agent_name_{config.agent.name},
      data_{config.agent.data},
      clock_{config.test_clock},
      links_{[this](model::Event event) { runtime_.happened(std::move(event)); }},
      runtime_{std::move(config.runtime),
               {store, lease, links_, std::move(compile), [this] { links_.close_all(dropped()); },
                std::move(config.committed)}},
      listener_{runtime_, links_},
      local_agent_{std::move(config.agent)},
      turned_{std::move(config.turned)} {}

Result<void> EngineThread::start() {
  const Now host = read_clocks();
  if (auto started = runtime_.start(clock_.now(host), host.steady); !started) return started;
  if (auto listens = listener_.open(data_); !listens) {
    runtime_.stop();
    return listens;
  }
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
  return {};
}

void EngineThread::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    runtime_.wake();
    thread_.join();
  }
  runtime_
      .stop();  // first, so that the listener's thread is not left waiting for room in the inbox
  listener_.close();
  for (Move& move : std::exchange(moves_, {})) {
    move.done(fail("server.stopping", "the server is stopping", "try again when it runs"));
  }
}

void EngineThread::run(const std::stop_token& stop) {
  ::pthread_setname_np(::pthread_self(), "engine");  // ./dev bench tells its CPU from the others'
  while (!stop.stop_requested()) {
    const Now host = read_clocks();
    links_.step(host.steady);
    const Now now = clock_.now(host);
    const runtime::Wake wake = runtime_.step(now, host.steady);
    listener_.pump();
    if (runtime_.is_stopped() && !ended_.exchange(true) && on_stopped_) on_stopped_();
    if (!ended_) local_agent_.step(links_.is_connected(agent_name_), host.steady);
    if (turned_) turned_(read_clocks().steady - host.steady);
    if (wake.at_once || move_on(wake, now)) continue;
    const Duration sleep = sleep_for(wake, now, host.steady);
    if (sleep > Duration::zero()) runtime_.wait(sleep);
  }
  local_agent_.stop();
}

bool EngineThread::move_on(const runtime::Wake& wake, Now now) {
  const bool is_loading = wake.host.us != INT64_MAX;
  if (moves_.empty() || is_loading) return false;
  const Timestamp target = moves_.front().to;
  Timestamp due = wake.wall;
  if (wake.steady.us != INT64_MAX) due = std::min(due, now.wall + (wake.steady - now.steady));
  if (due <= target) {
    clock_.move_to(std::max(due, now.wall));
    return true;
  }
  clock_.move_to(target);
  const Move move = std::move(moves_.front());
  moves_.pop_front();
  move.done(target);
  return true;
}

Duration EngineThread::sleep_for(const runtime::Wake& wake, Now now, Steady host) const {
  Duration sleep = kSleepMax;
  const auto until = [&sleep](std::int64_t at, std::int64_t from) {
    if (at != INT64_MAX) sleep = std::min(sleep, Duration{at - from});
  };
  // A standing clock reaches no instant by waiting, only those that are due already.
  if (!clock_.stands() || wake.wall <= now.wall) until(wake.wall.us, now.wall.us);
  if (!clock_.stands() || wake.steady <= now.steady) until(wake.steady.us, now.steady.us);
  until(wake.host.us, host.us);
  until(links_.next_wake().us, host.us);
  until(local_agent_.next_wake().us, host.us);
  return sleep;
}

// ---- api::Engine

void EngineThread::submit(model::Command command, std::function<void(Result<Json>)> done) {
  runtime_.submit(std::move(command), std::move(done));
}

void EngineThread::read_log(const std::string& agent, model::LogRequest request,
                            std::function<void(model::LogChunk)> done) {
  const bool posted = runtime_.post_task(
      [this, agent, request, done] { links_.request_log(agent, request, done); });
  if (posted) return;
  model::LogChunk chunk;
  chunk.offset = request.offset;
  chunk.error = "server.stopping";
  done(std::move(chunk));
}

void EngineThread::find_log(const std::string& agent, model::LogFind find,
                            std::function<void(model::LogFound)> done) {
  const bool posted =
      runtime_.post_task([this, agent, find, done] { links_.request_find(agent, find, done); });
  if (posted) return;
  model::LogFound found;
  found.offset = find.offset;
  found.error = "server.stopping";
  done(std::move(found));
}

std::shared_ptr<void> EngineThread::on_journal(std::function<void()> changed) {
  return runtime_.feed().subscribe(std::move(changed));
}

void EngineThread::move_clock(Timestamp to, std::function<void(Result<Timestamp>)> done) {
  if (!clock_.stands()) {
    return done(fail("server.no_test_clock", "this server goes by the host's clock",
                     "start it with --test-clock INSTANT to move time by hand"));
  }
  const bool posted = runtime_.post_task([this, to, done] {
    const Timestamp last = moves_.empty() ? clock_.wall() : moves_.back().to;
    if (to < last) {
      return done(fail("server.clock_backwards",
                       fmt::format("the test clock shows {}, and {} is before that",
                                   format_rfc3339(last), format_rfc3339(to)),
                       "the test clock only goes forward"));
    }
    moves_.push_back({to, done});
  });
  if (!posted) done(fail("server.stopping", "the server is stopping", "try again when it runs"));
}

}  // namespace dandori::app
