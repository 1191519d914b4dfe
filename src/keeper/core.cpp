#include "keeper/core.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace dandori::keeper {
namespace {

using Actions = std::vector<Action>;
using model::AttemptRef;

/// One call of decide(): the state, the clocks, and what has been decided so far.
struct Turn {
  State& state;
  Now now;
  Actions actions;

  void send(Report report) {
    if (state.connected) actions.push_back(SendReport{std::move(report)});
  }
};

Slot* find_slot(State& state, const AttemptRef& attempt) {
  const auto found = std::ranges::find_if(state.slots, [&](const Slot& slot) {
    return slot.phase != Slot::Phase::free && slot.attempt == attempt;
  });
  return found == state.slots.end() ? nullptr : &*found;
}

/// The slot, if it still works on that attempt.
Slot* current(State& state, std::uint32_t index, std::uint64_t sequence, Slot::Phase phase) {
  if (index >= state.slots.size()) return nullptr;
  Slot& slot = state.slots[index];
  return slot.phase == phase && slot.sequence == sequence ? &slot : nullptr;
}

std::uint32_t index_of(const State& state, const Slot& slot) {
  return static_cast<std::uint32_t>(&slot - state.slots.data());
}

void raise_sequence(Turn& turn, std::uint64_t sequence) {
  if (sequence <= turn.state.sequence_high) return;
  turn.state.sequence_high = sequence;
  turn.actions.push_back(WriteSequence{sequence});
}

void refuse(Turn& turn, const model::StartOrder& order, std::string reason) {
  State& state = turn.state;
  const auto known = std::ranges::find_if(state.refused, [&](const Refusal& refusal) {
    return refusal.report.attempt == order.attempt && refusal.report.sequence == order.sequence;
  });
  if (known != state.refused.end()) return turn.send(known->report);
  // "Never started" is definite only if a second delivery cannot start it: the header says so
  // first.
  if (order.boot_id == state.settings.boot_id) raise_sequence(turn, order.sequence);
  if (state.refused.size() >= kRefusedMax) state.refused.pop_front();
  model::AttemptNeverStarted report{order.attempt, order.boot_id, order.sequence,
                                    std::move(reason)};
  state.refused.push_back({report, turn.now.steady + state.settings.report_again});
  turn.send(std::move(report));
}

void hand_over(Turn& turn, model::StartOrder order) {
  State& state = turn.state;
  DANDORI_ASSERT(!state.free.empty(), "an accepted order has a slot");
  const std::uint32_t index = state.free.back();
  state.free.pop_back();
  Slot& slot = state.slots[index];
  slot = Slot{};
  slot.phase = Slot::Phase::running;
  slot.attempt = order.attempt;
  slot.sequence = order.sequence;
  ++state.running;
  turn.actions.push_back(WriteStart{index, order.attempt, order.sequence});
  raise_sequence(turn, order.sequence);
  turn.actions.push_back(HandToRunner{index, std::move(order)});
}

void hand_over_waiting(Turn& turn) {
  State& state = turn.state;
  while (!state.waiting.empty() && state.running < state.settings.running_max &&
         !state.free.empty()) {
    model::StartOrder order = std::move(state.waiting.front().order);
    state.waiting.pop_front();
    hand_over(turn, std::move(order));
  }
}

void report_end(Turn& turn, Slot& slot) {
  slot.phase = Slot::Phase::ended;
  slot.probe_at.reset();
  slot.kill_at.reset();
  slot.report_at = turn.now.steady + turn.state.settings.report_again;
  --turn.state.running;
  turn.send(*slot.report);
  hand_over_waiting(turn);
}

void probe(Turn& turn, Slot& slot) {
  slot.probe_at = turn.now.steady + turn.state.settings.probe_every;
  turn.actions.push_back(ProbeGroup{index_of(turn.state, slot), slot.sequence, slot.pid});
}

void signal_group(Turn& turn, Slot& slot, bool kill) {
  slot.killed = slot.killed || kill;
  if (kill) {
    slot.kill_at.reset();
    slot.probe_until = turn.now.steady + turn.state.settings.probe_for;
  }
  if (slot.pid > 0 || slot.phase == Slot::Phase::clearing) {
    turn.actions.push_back(SignalGroup{index_of(turn.state, slot), slot.pid, kill});
  }
}

void stop_slot(Turn& turn, Slot& slot, Duration grace) {
  if (slot.killed || slot.phase == Slot::Phase::ended) return;
  const bool first = !slot.kill_at;
  const Steady kill_at = turn.now.steady + std::max(grace, Duration{0});
  slot.kill_at = first ? kill_at : std::min(*slot.kill_at, kill_at);
  if (*slot.kill_at <= turn.now.steady) return signal_group(turn, slot, true);
  if (first) signal_group(turn, slot, false);
}

void release(Turn& turn, Slot& slot) {
  State& state = turn.state;
  const std::uint32_t index = index_of(state, slot);
  turn.actions.push_back(ReleaseSlot{index, slot.attempt});
  slot = Slot{};
  if (index < state.settings.slots) state.free.push_back(index);
}

/// Nobody waits for it once the attempt is ordered anew: the server has the word that the older
/// order started nothing. An end never is: it would mean that it did.
bool is_moot(const Report& report) {
  return std::holds_alternative<model::AttemptNeverStarted>(report) ||
         std::holds_alternative<model::AttemptLost>(report);
}

/// The same attempt, assigned anew: the server has our "never started" to the order before, even if
/// its acknowledgement was lost.
void drop_older_answers(Turn& turn, const model::StartOrder& order) {
  std::erase_if(turn.state.refused, [&](const Refusal& refusal) {
    return refusal.report.attempt == order.attempt && refusal.report.sequence < order.sequence;
  });
  Slot* slot = find_slot(turn.state, order.attempt);
  if (slot == nullptr || slot->phase != Slot::Phase::ended || slot->sequence >= order.sequence)
    return;
  if (is_moot(*slot->report)) release(turn, *slot);
}

// ------------------------------------------------------------------------------------ one input
// each

void on(Turn& turn, OrderStart&& input) {
  State& state = turn.state;
  const model::StartOrder& order = input.order;
  drop_older_answers(turn, order);
  if (const Slot* slot = find_slot(state, order.attempt)) {
    if (slot->phase == Slot::Phase::ended) turn.send(*slot->report);
    return;
  }
  if (std::ranges::any_of(state.waiting, [&](const Waiting& other) {
        return other.order.attempt == order.attempt;
      })) {
    return;
  }
  if (order.boot_id != state.settings.boot_id) return refuse(turn, order, "other_boot");
  if (order.sequence <= state.sequence_seen) return refuse(turn, order, "stale_sequence");
  state.sequence_seen = order.sequence;
  const bool has_room = state.free.size() > state.waiting.size();
  if (!has_room || state.closing) return refuse(turn, order, "busy");
  state.waiting.push_back({std::move(input.order)});
  hand_over_waiting(turn);
}

void on(Turn& turn, OrderStop&& input) {
  State& state = turn.state;
  if (Slot* slot = find_slot(state, input.order.attempt)) {
    return stop_slot(turn, *slot, input.order.grace);
  }
  const auto waiting = std::ranges::find_if(state.waiting, [&](const Waiting& other) {
    return other.order.attempt == input.order.attempt;
  });
  if (waiting == state.waiting.end()) return;
  const model::StartOrder order = std::move(waiting->order);
  state.waiting.erase(waiting);
  refuse(turn, order, "stopped");
}

void on(Turn& turn, OrderAck&& input) {
  State& state = turn.state;
  std::erase_if(state.refused, [&](const Refusal& refusal) {
    return refusal.report.attempt == input.order.attempt;
  });
  Slot* slot = find_slot(state, input.order.attempt);
  if (slot == nullptr || slot->phase != Slot::Phase::ended) return;
  release(turn, *slot);
  hand_over_waiting(turn);
}

void on(Turn& turn, SessionOpened&&) {
  State& state = turn.state;
  state.connected = true;
  const Steady again = turn.now.steady + state.settings.report_again;
  for (Slot& slot : state.slots) {
    if (slot.phase == Slot::Phase::running && slot.pid > 0) {
      slot.started_reported = true;
      turn.send(model::AttemptStarted{slot.attempt, slot.pid, slot.started_at});
    } else if (slot.phase == Slot::Phase::ended) {
      slot.report_at = again;
      turn.send(*slot.report);
    }
  }
  for (Refusal& refusal : state.refused) {
    refusal.report_at = again;
    turn.send(refusal.report);
  }
}

void on(Turn& turn, SessionClosed&&) {
  turn.state.connected = false;
}

void on(Turn& turn, JobStarted&& input) {
  Slot* slot = current(turn.state, input.slot, input.sequence, Slot::Phase::running);
  if (slot == nullptr) return;
  slot->pid = input.pid;
  slot->started_at = input.started_at;
  if (!slot->started_reported && turn.state.connected) {
    slot->started_reported = true;
    turn.send(model::AttemptStarted{slot->attempt, input.pid, input.started_at});
  }
  // A stop that came before the process was known.
  if (slot->killed || slot->kill_at) signal_group(turn, *slot, slot->killed);
}

void on(Turn& turn, JobEnded&& input) {
  Slot* slot = current(turn.state, input.slot, input.sequence, Slot::Phase::running);
  if (slot == nullptr) return;
  slot->pid = input.pid;
  slot->report =
      model::AttemptEnded{slot->attempt, input.exit, std::move(input.output), input.signalled};
  const bool stopped = slot->killed || slot->kill_at.has_value();
  if (!stopped || slot->pid <= 0) return report_end(turn, *slot);
  slot->phase = Slot::Phase::clearing;
  if (slot->killed) signal_group(turn, *slot, true);
  probe(turn, *slot);
}

void on(Turn& turn, RunnerGone&& input) {
  Slot* slot = current(turn.state, input.slot, input.sequence, Slot::Phase::running);
  if (slot == nullptr) return;
  if (!input.taken && input.pid <= 0 && slot->pid <= 0) {
    slot->report = model::AttemptNeverStarted{slot->attempt, turn.state.settings.boot_id,
                                              slot->sequence, "not_taken"};
    return report_end(turn, *slot);
  }
  slot->report = model::AttemptLost{slot->attempt, "runner_gone", slot->sequence};
  if (input.pid > 0) slot->pid = input.pid;
  // Even without its number: the runner may have died before it could write that down.
  slot->phase = Slot::Phase::clearing;
  signal_group(turn, *slot, true);
  probe(turn, *slot);
}

void on(Turn& turn, GroupProbed&& input) {
  Slot* slot = current(turn.state, input.slot, input.sequence, Slot::Phase::clearing);
  if (slot == nullptr) return;
  const bool give_up = slot->killed && turn.now.steady >= slot->probe_until;
  if (!input.gone && !give_up) return;  // probe_at is set
  if (auto* ended = std::get_if<model::AttemptEnded>(&*slot->report)) {
    ended->exit.group_gone = input.gone;
  }
  report_end(turn, *slot);
}

void on(Turn& turn, Tick&&) {
  State& state = turn.state;
  const Steady now = turn.now.steady;
  for (Slot& slot : state.slots) {
    if (slot.kill_at && *slot.kill_at <= now) signal_group(turn, slot, true);
    if (slot.phase == Slot::Phase::clearing && slot.probe_at && *slot.probe_at <= now) {
      if (slot.killed) {  // again: a process may have been forking while it was killed
        turn.actions.push_back(SignalGroup{index_of(state, slot), slot.pid, true});
      }
      probe(turn, slot);
    }
    if (state.connected && slot.phase == Slot::Phase::ended && slot.report_at <= now) {
      slot.report_at = now + state.settings.report_again;
      turn.send(*slot.report);
    }
  }
  if (!state.connected) return;
  for (Refusal& refusal : state.refused) {
    if (refusal.report_at > now) continue;
    refusal.report_at = now + state.settings.report_again;
    turn.send(refusal.report);
  }
}

/// A slot as the slot file left it.
void restore_slot(Turn& turn, const SlotImage& image) {
  Slot& slot = turn.state.slots[image.slot];
  slot.attempt = image.attempt;
  slot.sequence = image.sequence;
  slot.pid = image.pid;
  slot.started_at = image.started_at;
  slot.phase = Slot::Phase::running;
  ++turn.state.running;
  const bool signalled = image.stopped && image.same_boot && image.pid > 0;
  if (image.exit) {
    slot.report = model::AttemptEnded{image.attempt, *image.exit, image.output, image.stopped};
    if (!signalled) return report_end(turn, slot);
    // Nobody has confirmed that the rest of the job is gone.
    slot.phase = Slot::Phase::clearing;
    slot.kill_at = turn.now.steady + turn.state.settings.grace_after_restart;
    return probe(turn, slot);
  }
  if (!image.same_boot) {
    slot.report = model::AttemptLost{image.attempt, "host_restarted", image.sequence};
    return report_end(turn, slot);
  }
  if (!image.runner_alive) {
    return on(turn, RunnerGone{image.slot, image.sequence, image.pid, image.taken});
  }
  // TERM was sent; when KILL was to follow, nobody knows any more. A repeated stop may shorten it.
  if (signalled) slot.kill_at = turn.now.steady + turn.state.settings.grace_after_restart;
}

}  // namespace

Restored restore(const Settings& settings, std::uint64_t sequence_high,
                 const std::vector<SlotImage>& images, Now now) {
  Restored restored;
  State& state = restored.state;
  state.settings = settings;
  std::uint32_t count = settings.slots;
  for (const SlotImage& image : images) {
    count = std::max(count, image.slot + 1);
    sequence_high = std::max(sequence_high, image.sequence);
  }
  state.slots.resize(count);
  state.sequence_high = state.sequence_seen = sequence_high;
  Turn turn{state, now, {}};
  for (const SlotImage& image : images) restore_slot(turn, image);
  for (std::uint32_t index = settings.slots; index-- > 0;) {
    if (state.slots[index].phase == Slot::Phase::free) state.free.push_back(index);
  }
  restored.actions = std::move(turn.actions);
  return restored;
}

std::vector<Action> decide(State& state, Input input, Now now) {
  Turn turn{state, now, {}};
  std::visit([&](auto&& one) { on(turn, std::move(one)); }, std::move(input));
  return std::move(turn.actions);
}

std::optional<Steady> next_wake(const State& state) {
  std::optional<Steady> wake;
  const auto at = [&](Steady instant) { wake = wake ? std::min(*wake, instant) : instant; };
  for (const Slot& slot : state.slots) {
    if (slot.kill_at) at(*slot.kill_at);
    if (slot.phase == Slot::Phase::clearing && slot.probe_at) at(*slot.probe_at);
    if (state.connected && slot.phase == Slot::Phase::ended) at(slot.report_at);
  }
  if (state.connected) {
    for (const Refusal& refusal : state.refused) at(refusal.report_at);
  }
  return wake;
}

bool is_idle(const State& state, bool reported) {
  if (state.running > 0 || !state.waiting.empty()) return false;
  return !reported || std::ranges::all_of(state.slots, [](const Slot& slot) {
    return slot.phase == Slot::Phase::free;
  });
}

std::vector<model::HeldAttempt> held_attempts(const State& state) {
  std::vector<model::HeldAttempt> held;
  for (const Slot& slot : state.slots) {
    if (slot.phase == Slot::Phase::free) continue;
    held.push_back({slot.attempt, slot.sequence, slot.phase == Slot::Phase::ended});
  }
  for (const Waiting& waiting : state.waiting) {
    held.push_back({waiting.order.attempt, waiting.order.sequence, false});
  }
  return held;
}

}  // namespace dandori::keeper
