#include "sim/host.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/core.h>

namespace dandori::sim {

namespace {

std::string text_of(const model::AttemptRef& attempt) {
  return fmt::format("{}/{}/{}", to_string(attempt.run).substr(30), attempt.job, attempt.number);
}

}  // namespace

Host::Host(HostConfig config, Clock& clock, Random random, Witness& witness, Hooks hooks)
    : config_{std::move(config)},
      clock_{clock},
      random_{random},
      witness_{witness},
      hooks_{std::move(hooks)} {
  seats_.resize(config_.slots);
  is_up_ = false;
  boot();
}

// ------------------------------------------------------------------------------------------- life

void Host::boot() {
  if (is_up_) return;
  is_up_ = true;
  boot_id_ = Uuid{mix64(config_.name, config_.folder * 2 + 1), ++boots_};
}

void Host::start_agent() {
  if (agent_ || !is_up_) return;
  trace("agent starts");
  agent_ = std::make_unique<Agent>(link::AgentSession::Hooks{
      .start = [this](const model::StartOrder& order) { take_order(order); },
      .stop = [this](const model::StopOrder& order) { run(keeper::OrderStop{order}); },
      .acknowledge = [this](const model::AckOrder& order) { run(keeper::OrderAck{order}); },
      .read_log = [](const model::LogRequest&) { return model::LogChunk{}; },
      .find_log = [](const model::LogFind&) { return model::LogFound{}; },
  });
  keeper::Settings settings;
  settings.boot_id = boot_id_;
  settings.slots = config_.slots;
  settings.running_max = config_.running_max;
  keeper::Restored restored = keeper::restore(settings, sequence_high_, images(), clock_.now());
  agent_->state = std::move(restored.state);
  agent_->running = true;
  if (!perform(std::move(restored.actions))) return;
  agent_->running = false;
  if (agent_->inputs.empty()) return;
  keeper::Input first = std::move(agent_->inputs.front());
  agent_->inputs.pop_front();
  run(std::move(first));
}

std::vector<keeper::SlotImage> Host::images() const {
  std::vector<keeper::SlotImage> images;
  for (std::uint32_t slot = 0; slot < seats_.size(); ++slot) {
    const Seat& seat = seats_[slot];
    if (seat.record.sequence == 0) continue;
    keeper::SlotImage image;
    image.slot = slot;
    image.attempt = seat.record.attempt;
    image.sequence = seat.record.sequence;
    image.same_boot = seat.record.boot_id == boot_id_;
    image.runner_alive = image.same_boot && seat.runner_alive;
    image.taken = seat.record.taken;
    image.pid = image.same_boot ? seat.record.pid : 0;
    image.started_at = seat.record.started_at;
    image.exit = seat.record.exit;
    image.output = seat.record.output;
    image.stopped = seat.record.stopped;
    images.push_back(std::move(image));
  }
  return images;
}

void Host::crash_agent() {
  if (!agent_) return;
  trace("agent dies");
  agent_.reset();
  crash_in_ = 0;
  for (Seat& seat : seats_) {
    // A runner without work leaves with its agent; one that was never given its order too.
    const bool works = seat.order || (seat.record.taken && !seat.record.exit);
    if (!works) seat.runner_alive = false;
  }
}

void Host::crash() {
  trace("host goes down");
  agent_.reset();
  crash_in_ = 0;
  is_up_ = false;
  for (auto& [pid, process] : processes_) {
    if (process.alive) witness_.of(process.attempt).host_lost = true;
  }
  processes_.clear();
  for (Seat& seat : seats_) {
    seat.runner_alive = false;
    seat.order.reset();
    if (seat.record.sequence == 0) continue;
    witness_.of(seat.record.attempt).host_lost = true;
    // Nothing was synced: the newest writes, or all of them, may be gone.
    const std::uint64_t fate = random_.below(4);
    if (fate == 0) seat.record = Record{};
    if (fate == 1) seat.record.exit.reset();
  }
  if (random_.chance(30))
    sequence_high_ -= std::min<std::uint64_t>(sequence_high_, random_.below(4));
}

bool Host::kill_runner() {
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < seats_.size(); ++slot) {
    if (seats_[slot].runner_alive) slots.push_back(slot);
  }
  if (slots.empty()) return false;
  const std::uint32_t slot = slots[random_.below(slots.size())];
  Seat& seat = seats_[slot];
  trace(fmt::format("runner of slot {} is killed", slot));
  seat.runner_alive = false;
  seat.order.reset();
  const bool works = seat.record.sequence != 0 && !seat.record.exit;
  if (!works) return true;
  if (seat.record.taken) witness_.of(seat.record.attempt).runner_lost = true;
  const std::uint64_t sequence = seat.record.sequence;
  clock_.after(random_.span(Duration{0}, 20ms), [this, slot, sequence, runner = seat.runner] {
    Seat& at = seats_[slot];
    if (!agent_ || at.record.sequence != sequence || at.runner != runner || at.runner_alive) return;
    run(keeper::RunnerGone{slot, sequence, at.record.pid, at.record.taken});
  });
  return true;
}

// --------------------------------------------------------------------------------------- the
// keeper

void Host::take_order(const model::StartOrder& order) {
  if (!std::exchange(refuse_next_, false)) return run(keeper::OrderStart{order});
  const std::vector<std::uint32_t> free = std::exchange(agent_->state.free, {});
  run(keeper::OrderStart{order});
  agent_->state.free = free;
}

void Host::run(keeper::Input input) {
  if (!agent_) return;
  agent_->inputs.push_back(std::move(input));
  if (agent_->running) return;
  agent_->running = true;
  while (!agent_->inputs.empty()) {
    keeper::Input next = std::move(agent_->inputs.front());
    agent_->inputs.pop_front();
    if (!perform(keeper::decide(agent_->state, std::move(next), clock_.now()))) return;
  }
  agent_->running = false;
}

/// False: the agent is to die here (the caller's world takes it down; nothing more is done).
bool Host::perform(std::vector<keeper::Action> actions) {
  for (keeper::Action& action : actions) {
    if (crash_in_ > 0 && --crash_in_ == 0) {
      agent_->inputs.clear();  // `running` stays set: it does nothing any more
      clock_.after(Duration{0}, [this] { crash_agent(); });
      return false;
    }
    std::visit([this](const auto& one) { act(one); }, action);
  }
  return true;
}

void Host::act(const keeper::WriteSequence& action) {
  sequence_high_ = action.sequence;
}

void Host::act(const keeper::WriteStart& action) {
  Seat& seat = seats_[action.slot];
  if (seat.record.sequence != 0) {
    witness_.violated(fmt::format("slot {} of {} is used again before its end was acknowledged",
                                  action.slot, config_.name));
  }
  if (!seat.runner_alive) {
    seat.runner_alive = true;
    seat.runner = ++last_runner_;
  }
  seat.record = Record{};
  seat.record.attempt = action.attempt;
  seat.record.sequence = action.sequence;
  seat.record.boot_id = boot_id_;
}

void Host::act(const keeper::HandToRunner& action) {
  Seat& seat = seats_[action.slot];
  if (!seat.runner_alive) return;  // it died meanwhile: RunnerGone is on its way
  seat.order = action.order;
  clock_.after(random_.span(Duration{0}, config_.spawn_max),
               [this, slot = action.slot, runner = seat.runner] { runner_takes(slot, runner); });
}

void Host::act(const keeper::SignalGroup& action) {
  const auto at = processes_.find(action.pid);
  if (at == processes_.end() || !at->second.alive) return;
  Process& process = at->second;
  Record& record = seats_[process.slot].record;
  if (record.sequence == process.sequence) record.stopped = true;
  witness_.of(process.attempt).signalled = true;
  if (action.kill) return process_ends(action.pid, 9);
  if (process.script.ignores_term || process.is_ending) return;
  process.is_ending = true;
  clock_.after(process.script.dies_after, [this, pid = action.pid, boot = boots_] {
    if (boot == boots_) process_ends(pid, 15);
  });
}

void Host::act(const keeper::ProbeGroup& action) {
  const auto at = processes_.find(action.pid);
  const bool gone = at == processes_.end() || !at->second.alive;
  agent_->inputs.push_back(keeper::GroupProbed{action.slot, action.sequence, gone});
}

void Host::act(const keeper::SendReport& action) {
  agent_->session.report(action.report);
}

void Host::act(const keeper::ReleaseSlot& action) {
  seats_[action.slot].record = Record{};
}

// ------------------------------------------------------------------------------ runners and
// processes

void Host::runner_takes(std::uint32_t slot, std::uint64_t runner) {
  Seat& seat = seats_[slot];
  if (!seat.runner_alive || seat.runner != runner || !seat.order) return;
  const model::StartOrder order = *std::exchange(seat.order, std::nullopt);
  seat.record.taken = true;
  const std::int64_t pid = ++last_pid_;
  Truth& truth = witness_.of(order.attempt);
  if (++truth.starts > 1) {
    witness_.violated(
        fmt::format("attempt {} was started {} times", text_of(order.attempt), truth.starts));
  }
  Process process;
  process.slot = slot;
  process.sequence = order.sequence;
  process.attempt = order.attempt;
  process.script = hooks_.script(order);
  process.started_at = clock_.wall();
  trace(fmt::format("starts {} {} for {}", order.run_name, order.path,
                    format_duration(process.script.lasts)));
  const Duration lasts = process.script.lasts;
  processes_.emplace(pid, std::move(process));
  seat.record.pid = pid;
  seat.record.started_at = clock_.wall();
  hooks_.started(order);
  if (this->processes() > config_.running_max) {
    witness_.violated(fmt::format("{} runs more than running_max at once", config_.name));
  }
  clock_.after(lasts, [this, pid, boot = boots_] {
    if (boot == boots_) process_ends(pid, 0);
  });
  // Very short jobs are not told of.
  if (lasts > 1ms) run(keeper::JobStarted{slot, order.sequence, pid, clock_.wall()});
}

/// signal 0: as its script says.
void Host::process_ends(std::int64_t pid, std::int32_t signal) {
  const auto at = processes_.find(pid);
  if (at == processes_.end() || !at->second.alive) return;
  Process& process = at->second;
  process.alive = false;
  model::ExitRecord exit;
  exit.started_at = process.started_at;
  exit.ended_at = clock_.wall();
  exit.signal = signal != 0 ? signal : process.script.signal;
  exit.exit_code = exit.signal != 0 ? -1 : process.script.exit_code;
  witness_.of(process.attempt).exit = exit;
  const Process ended = process;
  processes_.erase(at);
  trace(fmt::format("ends {} exit {} signal {}", text_of(ended.attempt), exit.exit_code,
                    exit.signal));
  Seat& seat = seats_[ended.slot];
  // An orphan's end is seen by nobody.
  if (!seat.runner_alive || seat.record.sequence != ended.sequence || seat.record.pid != pid)
    return;
  seat.record.exit = exit;
  seat.record.output = ended.script.output;
  if (!agent_) {
    seat.runner_alive = false;  // finished without its keeper: it leaves
    return;
  }
  run(keeper::JobEnded{ended.slot, ended.sequence, pid, exit, ended.script.output,
                       seat.record.stopped});
}

// ---------------------------------------------------------------------------------------
// connection

model::AgentHello Host::hello() const {
  model::AgentHello hello;
  hello.name = config_.name;
  hello.instance = Uuid{mix64(config_.name, 2), config_.folder + 1};
  hello.version = "sim";
  hello.host = config_.name;
  hello.boot_id = boot_id_;
  hello.sequence_high = agent_->state.sequence_high;
  hello.slots = config_.slots;
  hello.running_max = config_.running_max;
  hello.held = keeper::held_attempts(agent_->state);
  return hello;
}

void Host::connect() {
  agent_->session.connect(hello(), clock_.steady());
}

void Host::disconnect(const Error& why) {
  if (!agent_) return;
  agent_->session.disconnect(why);
  follow_session();
}

void Host::receive(std::string_view bytes) {
  if (!agent_) return;
  agent_->session.receive(bytes, clock_.steady());
  follow_session();
}

std::string Host::take_bytes() {
  return agent_ ? agent_->session.take_bytes() : std::string{};
}

void Host::step() {
  if (!agent_) return;
  const Steady now = clock_.steady();
  agent_->session.step(now);
  follow_session();
  const auto wake = keeper::next_wake(agent_->state);
  if (wake && *wake <= now) run(keeper::Tick{});
}

Steady Host::next_wake() const {
  if (!agent_ || agent_->running) return Steady{INT64_MAX};
  const auto wake = keeper::next_wake(agent_->state);
  return std::min(agent_->session.next_wake(), wake.value_or(Steady{INT64_MAX}));
}

void Host::follow_session() {
  const std::uint64_t session = agent_->session.session();
  if (session == agent_->session_seen) return;
  if (agent_->session_seen != 0) run(keeper::SessionClosed{});
  agent_->session_seen = session;
  if (session != 0) run(keeper::SessionOpened{});
}

std::size_t Host::slots_taken() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(seats_, [](const Seat& seat) { return seat.record.sequence != 0; }));
}

std::size_t Host::processes() const {
  return static_cast<std::size_t>(std::ranges::count_if(processes_, [&](const auto& entry) {
    const Seat& seat = seats_[entry.second.slot];
    return entry.second.alive && seat.runner_alive && seat.record.sequence == entry.second.sequence;
  }));
}

}  // namespace dandori::sim
