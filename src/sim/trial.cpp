#include "sim/trial.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/state.h"
#include "sim/generate.h"
#include "sim/world.h"
#include "spec/spec.h"

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

/// One seed's world with the people who use it and the faults that befall it.
class Trial {
 public:
  Trial(std::uint64_t seed, const std::function<void(const std::string&)>& trace);
  Outcome run();

 private:
  struct Ask {
    model::Request request;
    std::string key;
    bool is_answered = false;
  };

  void make_workflows();
  ProcessScript script(const model::StartOrder& order) const;
  void plan_people(Duration until);
  void plan_faults(Duration until);
  void act();
  void fault();
  void ask(model::Request request, std::string_view what);
  void preview(model::Request request);
  void operate_on_run(const std::string& run);
  void operate_on_workflow(const std::string& workflow);
  void undo_all();
  void send(const std::shared_ptr<Ask>& ask);
  void apply(std::size_t workflow, bool with_triggers, std::uint64_t version);
  std::string some_run();
  std::string some_job(const std::string& run);
  void restart_server();
  void restart_agent(std::size_t host);
  void restart_host(std::size_t host);
  void heal();
  void settle_decisions();
  bool is_over();
  std::string what_is_left();
  Random chance(std::uint64_t name) const { return Random{seed_}.split(name); }

  std::uint64_t seed_;
  Random random_;
  World world_;
  Duration chaos_{0};
  std::vector<WorkflowShape> workflows_;
  std::vector<std::string> agents_;
  std::uint64_t asked_ = 0;
  bool healing_ = false;
};

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
// people

void Trial::make_workflows() {
  const std::uint64_t count = 1 + random_.below(3);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t jobs_max = chance(50 + i).chance(5) ? 40 : 12;
    workflows_.push_back(
        make_workflow(chance(100 + i), fmt::format("w{}", i), agents_, true, jobs_max));
    world_.trace(fmt::format("name: {}\n{}", workflows_.back().name, workflows_.back().text));
    world_.define(workflows_.back().name, workflows_.back().text);
  }
}

void Trial::apply(std::size_t workflow, bool with_triggers, std::uint64_t version) {
  const std::uint64_t name = version == 0 ? 100 + workflow : mix64(version, workflow);
  const WorkflowShape shape =
      make_workflow(chance(name), workflows_[workflow].name, agents_, with_triggers, 12);
  spec::Parsed parsed =
      spec::parse_definitions("w.yaml", fmt::format("name: {}\n{}", shape.name, shape.text));
  if (!parsed.problems.empty()) {
    return world_.witness().violated("definition: " +
                                     spec::format_problem(parsed.problems.front(), true));
  }
  workflows_[workflow] = shape;
  ask(model::ApplyDefinitions{std::move(parsed.workflows), {}, {}, false}, "apply");
}

void Trial::ask(model::Request request, std::string_view what) {
  auto made = std::make_shared<Ask>();
  made->request = std::move(request);
  made->key = fmt::format("{}-{}", what, ++asked_);
  world_.trace("asks " + made->key);
  send(made);
}

/// Sends it until there is an answer; sometimes the answer gets lost, or it is sent again for no
/// reason.
void Trial::send(const std::shared_ptr<Ask>& ask) {
  world_.send(ask->request, ask->key, [this, ask](const Result<Json>& answer) {
    const std::string& code = answer ? std::string{} : answer.error().code;
    const bool is_lost = code.starts_with("server.") || code.starts_with("store.");
    world_.trace(fmt::format("{} is answered {}", ask->key, answer ? "well" : code));
    if (!answer && !is_lost) return;
    if (!is_lost && !random_.chance(10)) return;
    world_.clock().after(random_.span(100ms, 10s), [this, ask] { send(ask); });
  });
}

std::string Trial::some_run() {
  const auto& runs = world_.checker().runs();
  if (runs.empty()) return "w0#1";
  auto at = runs.begin();
  // Recent ones more often.
  const std::uint64_t back =
      random_.below(std::min<std::uint64_t>(runs.size(), random_.chance(70) ? 4 : 50));
  std::advance(at, static_cast<std::ptrdiff_t>(runs.size() - 1 - back));
  return fmt::format("{}#{}", at->second.run.workflow, at->second.run.number);
}

std::string Trial::some_job(const std::string& run) {
  const Checker::RunTable* table = world_.checker().find(run);
  if (table == nullptr || table->jobs.empty()) return "j0";
  return table->definition->jobs[random_.below(table->jobs.size())].id;
}

void Trial::act() {
  const std::string run = some_run();
  const std::size_t workflow = random_.below(workflows_.size());
  switch (random_.below(24)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5: {
      model::StartRun request;
      request.workflow = workflows_[workflow].name;
      request.force = random_.chance(10);
      if (random_.chance(20)) request.params = Json::object({{"n", 5}});
      return ask(std::move(request), "start");
    }
    case 6:
      return ask(model::RerunRun{run, model::RerunScope::failed, {}}, "rerun");
    case 7:
      return ask(model::RerunRun{run, model::RerunScope::whole, {}}, "rerun");
    case 8:
      return ask(model::RerunRun{run, model::RerunScope::from, some_job(run)}, "rerun");
    case 9:
      return ask(model::RerunRun{run, model::RerunScope::only, some_job(run)}, "rerun");
    case 10:
      return ask(model::CancelRun{run}, "cancel");
    case 11:
      return ask(model::KillRun{run, random_.chance(60) ? some_job(run) : std::string{}}, "kill");
    case 12:
    case 13:
      return ask(model::ConfirmRun{run}, "confirm");
    case 14:
      return apply(workflow, true, random_.next());
    case 15:
    case 16:
    case 17:
    case 18:
      return operate_on_run(run);
    case 19:
    case 20:
      return operate_on_workflow(workflows_[workflow].name);
    case 21: {
      model::RerunRun rerun{run, static_cast<model::RerunScope>(random_.below(5)), some_job(run)};
      rerun.hold_first = random_.chance(30);
      if (random_.chance(20)) rerun.hold = {some_job(run)};
      rerun.newest = random_.chance(50);
      return ask(std::move(rerun), "rerun");
    }
    case 22: {
      model::StartRun alone;
      alone.workflow = workflows_[workflow].name;
      alone.only = some_job(run);
      if (random_.chance(70)) alone.like = run;
      return ask(std::move(alone), "start-alone");
    }
    default:
      return ask(model::AskWhy{run, random_.chance(50) ? some_job(run) : std::string{}}, "why");
  }
}

void Trial::preview(model::Request request) {
  world_.send(std::move(request), {}, [](const Result<Json>&) {}, true);
}

void Trial::operate_on_run(const std::string& run) {
  model::Operate request;
  request.action = static_cast<model::Operation>(random_.below(13));
  request.run = run;
  const bool of_run = request.action == model::Operation::suspend ||
                      request.action == model::Operation::resume || random_.chance(10);
  if (!of_run) request.job = some_job(run);
  request.state = static_cast<model::JobState>(
      static_cast<std::uint64_t>(model::JobState::succeeded) + random_.below(6));
  request.leave_running = random_.chance(50);
  if (random_.chance(50)) request.values = Json::object({{"n", 5}});
  if (random_.chance(10)) request.until = world_.clock().wall() + random_.span(1s, 5min);
  if (random_.chance(30)) preview(request);
  ask(std::move(request), "operate");
}

void Trial::operate_on_workflow(const std::string& workflow) {
  model::Operate request;
  request.action = static_cast<model::Operation>(random_.below(12));
  const bool is_drain =
      request.action == model::Operation::drain || request.action == model::Operation::undrain;
  if (!is_drain || random_.chance(60)) request.workflow = workflow;
  if (!is_drain && random_.chance(50)) request.job = fmt::format("j{}", random_.below(6));
  if (random_.chance(40)) request.until = world_.clock().wall() + random_.span(1s, 5min);
  if (random_.chance(50)) request.values = Json::object({{"n", 5}});
  if (random_.chance(30)) preview(request);
  ask(std::move(request), "operate");
}

/// Everything by hand is undone, so that there is an end.
void Trial::undo_all() {
  using model::MarkKind;
  using model::Operation;
  constexpr std::pair<MarkKind, Operation> kUndo[] = {{MarkKind::hold, Operation::release},
                                                      {MarkKind::disable, Operation::enable},
                                                      {MarkKind::skip, Operation::unskip},
                                                      {MarkKind::suspend, Operation::resume},
                                                      {MarkKind::drain, Operation::undrain}};
  std::vector<model::Operate> requests;
  for (const auto& [key, mark] : world_.checker().marks()) {
    model::Operate request;
    for (const auto& [kind, undo] : kUndo) {
      if (kind == key.kind) request.action = undo;
    }
    if (key.number != 0) request.run = fmt::format("{}#{}", key.workflow, key.number);
    if (key.number == 0) request.workflow = key.workflow;
    request.job = key.job;
    requests.push_back(std::move(request));
  }
  for (model::Operate& request : requests) ask(std::move(request), "undo");
}

void Trial::plan_people(Duration until) {
  const std::uint64_t count = 3 + random_.below(12);
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool early = random_.chance(40);
    world_.clock().after(random_.span(Duration{0}, early ? 60s : until), [this] { act(); });
  }
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

}  // namespace

Outcome run_trial(std::uint64_t seed, const std::function<void(const std::string&)>& trace) {
  return Trial{seed, trace}.run();
}

}  // namespace dandori::sim
