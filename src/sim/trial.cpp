#include "sim/trial.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/state.h"
#include "sim/trial_world.h"

namespace dandori::sim {

namespace {

constexpr Duration kHealMax = 24h;    ///< virtual time in which everything that was begun must end
constexpr Duration kBackAfter = 35s;  ///< two leases and 5 s (G12)

WorldConfig config_for(Random random) {
  WorldConfig config;
  config.hosts.clear();
  const std::uint32_t hosts = 1 + random.below32(3);
  for (std::uint32_t i = 0; i < hosts; ++i) {
    HostConfig host;
    host.name = i == 0 ? "local" : fmt::format("a{}", i);
    host.slots = 1 + random.below32(6);
    host.running_max = 1 + random.below32(host.slots);
    host.spawn_max = random.chance(50) ? 3ms : 0ms;
    config.hosts.push_back(std::move(host));
  }
  switch (random.below(4)) {
    case 0:
      config.limits = {.events_max = 1, .changes_max = 1};
      break;
    case 1:
      config.limits = {.events_max = 1 + random.below(8), .changes_max = 1 + random.below(30)};
      break;
    default:
      break;
  }
  if (random.chance(80))
    config.delay_max = random.span(Duration{0}, random.chance(20) ? 8s : 200ms);
  if (random.chance(10)) {  // another agent of the first one's name
    HostConfig rival = config.hosts.front();
    rival.folder = 1;
    config.hosts.push_back(std::move(rival));
  }
  return config;
}

}  // namespace

Trial::Trial(std::uint64_t seed, const std::function<void(const std::string&)>& trace)
    : seed_{seed},
      random_{Random{seed}.split(1)},
      world_{Seed{seed}, config_for(Random{seed}.split(2))} {
  world_.trace_to(trace);
  world_.script_all([this](const model::StartOrder& order) { return script(order); });
  for (const auto& host : world_.hosts()) agents_.push_back(host->config().name);
}

/// By the attempt alone, so that it does not matter when it is asked.
ProcessScript Trial::script(const model::StartOrder& order) const {
  Random random{
      mix64(order.attempt.run.value.low, mix64(order.attempt.job, order.attempt.number) ^ seed_)};
  ProcessScript script;
  script.lasts = random.chance(20) ? Duration{random.below(3000)}
                                   : random.span(1ms, random.chance(30) ? 90s : 10s);
  if (random.chance(3)) script.lasts = 24h * 30;
  if (random.chance(30)) {
    script.exit_code = static_cast<std::int32_t>(1 + random.below(10));
  } else if (random.chance(5)) {
    script.signal = 11;
  }
  script.ignores_term = random.chance(15);
  script.dies_after = random.span(Duration{0}, random.chance(30) ? 3s : 10ms);
  if (random.chance(40)) script.output = fmt::format("n={}\n", random.below(100));
  if (random.chance(3)) script.output = "not an output";
  return script;
}

// ----------------------------------------------------------------------------------------------
// faults

void Trial::plan_faults(Duration until) {
  if (random_.chance(10)) return;  // a quiet world
  const std::uint64_t count = 1 + random_.below(random_.chance(30) ? 40 : 10);
  for (std::uint64_t i = 0; i < count; ++i) {
    world_.clock().after(random_.span(Duration{0}, until), [this] { fault(); });
  }
  if (random_.chance(40)) {
    const std::uint32_t most = random_.chance(20) ? 100'000 : 10'000;
    world_.faults().set_rates({.unknown_applied = random_.below32(most),
                               .unknown_not_applied = random_.below32(most),
                               .failed = random_.chance(20) ? random_.below32(3000) : 0,
                               .full = random_.chance(30) ? random_.below32(most) : 0});
  }
}

void Trial::restart_server() {
  world_.clock().after(random_.span(Duration{0}, random_.chance(20) ? 3min : 3s),
                       [this] { world_.start_server(); });
}

void Trial::restart_agent(std::size_t host) {
  world_.clock().after(random_.span(Duration{0}, random_.chance(20) ? 2min : 2s),
                       [this, host] { world_.hosts()[host]->start_agent(); });
}

void Trial::restart_host(std::size_t host) {
  world_.clock().after(random_.span(1s, random_.chance(20) ? 3min : 20s), [this, host] {
    world_.hosts()[host]->boot();
    restart_agent(host);
  });
}

void Trial::fault() {
  if (healing_) return;
  const std::size_t host = random_.below(world_.hosts().size());
  switch (random_.below(14)) {
    case 0:
      world_.crash_server();
      return restart_server();
    case 1:
    case 2:
      return world_.crash_in_commit(random_.chance(50), [this] { restart_server(); });
    case 3:
      return world_.faults().next(random_.chance(50) ? store::Fault::unknown_applied
                                                     : store::Fault::unknown_not_applied);
    case 4: {
      const std::uint64_t times = 1 + random_.below(5);
      for (std::uint64_t i = 0; i < times; ++i) world_.faults().next(store::Fault::full);
      return;
    }
    case 5:
      world_.faults().next(store::Fault::failed);
      return world_.clock().after(random_.span(Duration{0}, 10s),
                                  [this] { world_.faults().reopen(); });
    case 6:
    case 7:
      return world_.cut(host);
    case 8:
      return world_.isolate(host, random_.span(1s, 2min));
    case 9:
      if (random_.chance(50)) {
        world_.hosts()[host]->crash_agent_soon();
        return world_.clock().after(1min, [this, host] { world_.hosts()[host]->start_agent(); });
      }
      world_.crash_agent(host);
      return restart_agent(host);
    case 10:
      if (!world_.hosts()[host]->is_up()) return;
      world_.crash_host(host);
      return restart_host(host);
    case 11:
      if (random_.chance(25)) return world_.hosts()[host]->refuse_next();
      world_.hosts()[host]->kill_runner();
      return;
    case 12:
      if (random_.chance(50)) return world_.pause_server(random_.span(1s, 1min));
      return world_.supersede_server(random_.span(Duration{0}, 1min));
    default:
      if (random_.chance(60)) return;
      return world_.jump_wall(random_.chance(60) ? random_.span(1s, 2h) : -random_.span(1s, 2h));
  }
}

// ------------------------------------------------------------------------------------------------
// end

/// Everything works again; schedules are taken away, so that there is an end.
void Trial::heal() {
  healing_ = true;
  world_.trace("everything is mended");
  world_.end_faults();
  world_.start_server();
  for (std::size_t host = 0; host < world_.hosts().size(); ++host) {
    world_.hosts()[host]->boot();
    world_.hosts()[host]->start_agent();
  }
  for (std::size_t i = 0; i < workflows_.size(); ++i) apply(i, false, random_.next());
}

/// What only a person can decide: unknown fates, and failures that hold the next start back.
void Trial::settle_decisions() {
  undo_all();
  std::vector<std::string> waiting;
  for (const auto& [id, run] : world_.checker().runs()) {
    const bool undecided = run.active && run.run.needs_decision;
    const bool failed =
        !run.active && !run.run.confirmed &&
        (run.run.state == model::RunState::failed || run.run.state == model::RunState::killed);
    if (undecided || failed)
      waiting.push_back(fmt::format("{}#{}", run.run.workflow, run.run.number));
  }
  for (const std::string& run : waiting) ask(model::ConfirmRun{run}, "confirm");
  force_waiting();
  kill_left_running();
}

/// Who sets the state of a running job and leaves its process running ends that when it must end:
/// its timeout no longer does.
void Trial::kill_left_running() {
  std::vector<model::KillRun> left;
  for (const auto& [id, run] : world_.checker().runs()) {
    for (const auto& [key, attempt] : run.attempts) {
      const bool is_left = run.jobs[key.first].set_by_hand && attempt.sequence != 0 &&
                           !is_ended(attempt.state) && !attempt.manual_kill;
      if (!is_left) continue;
      const std::string name = fmt::format("{}#{}", run.run.workflow, run.run.number);
      left.push_back({name, run.definition->jobs[key.first].id});
    }
  }
  for (model::KillRun& request : left) ask(std::move(request), "kill");
}

bool Trial::is_over() {
  const engine::State* state = world_.engine_state();
  if (state == nullptr || !state->runs.empty()) return false;
  // Where agents share a name, one may keep what was confirmed as given up, or ends that are
  // recorded.
  const auto shares_name = [this](const Host& host) {
    return std::ranges::count_if(world_.hosts(), [&](const auto& other) {
             return other->config().name == host.config().name;
           }) > 1;
  };
  return std::ranges::all_of(world_.hosts(), [&](const auto& host) {
    return host->agent_is_up() &&
           (shares_name(*host) || (host->slots_taken() == 0 && host->processes() == 0));
  });
}

std::string Trial::what_is_left() {
  std::string left;
  const engine::State* state = world_.engine_state();
  if (state == nullptr) return "no server";
  for (const auto& [id, run] : state->runs) {
    left += fmt::format(" {} ({})", engine::run_name(run.run), to_string(run.run.state));
  }
  for (const auto& host : world_.hosts()) {
    if (host->slots_taken() > 0)
      left += fmt::format(" {} slots of {}{}", host->slots_taken(), host->config().name,
                          host->is_welcomed() ? "" : " (not welcomed)");
  }
  return left;
}

Outcome Trial::run() {
  make_workflows();
  chaos_ = random_.span(2min, 25min);
  plan_people(chaos_);
  plan_faults(chaos_);
  world_.run_until(chaos_);
  heal();
  // Crashes and restarts that were planned before are over by then.
  Duration now = chaos_ + 7min;
  world_.run_until(now);
  heal();
  now += kBackAfter;
  world_.run_until(now);
  const engine::State* state = world_.engine_state();
  for (std::size_t host = 0; world_.violation().empty() && host < agents_.size(); ++host) {
    const auto agent =
        state == nullptr ? decltype(state->agents.find(""))() : state->agents.find(agents_[host]);
    const bool back = state != nullptr && agent != state->agents.end() && agent->second.connected;
    if (!back)
      world_.witness().violated(fmt::format("{} is not back {} after the last fault", agents_[host],
                                            format_duration(kBackAfter)));
  }
  while (world_.violation().empty() && !is_over()) {
    settle_decisions();
    now += 2min;
    world_.run_until(now);
    if (now > chaos_ + kHealMax)
      world_.witness().violated("what was begun does not end:" + what_is_left());
  }
  if (world_.violation().empty()) world_.checker().finish();
  if (!world_.violation().empty()) world_.trace("the engine's memory:\n" + world_.state());
  Outcome outcome;
  outcome.violation = world_.violation();
  outcome.commits = world_.faults().commits();
  outcome.attempts = world_.witness().truths().size();
  outcome.runs = world_.checker().runs().size();
  return outcome;
}

Outcome run_trial(std::uint64_t seed, const std::function<void(const std::string&)>& trace) {
  return Trial{seed, trace}.run();
}

}  // namespace dandori::sim
