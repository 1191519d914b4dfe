#include "runtime/runtime.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include "base/log.h"

namespace dandori::runtime {

namespace {

constexpr std::size_t kInboxMax = 16384;
constexpr std::size_t kDrainMax = 4096;
constexpr Duration kRetryFirst = 100ms;
constexpr Duration kRetryMax = 5s;
constexpr Duration kPurgeEvery = 1h;

Error busy() {
  return {"server.busy", fmt::format("{} commands are waiting already", kCommandsWaitingMax),
          "try again in a second; with the same idempotency key nothing happens twice"};
}

Error stopping() {
  return {"server.stopping", "the server is stopping or does not own its store any more",
          "try again when it runs; `dandori doctor` shows its state"};
}

Error outcome_unknown(const Error& cause) {
  return {
      "server.retry",
      fmt::format("it is not known whether this was stored: {} [{}]", cause.message, cause.code),
      "ask again with the same idempotency key: what was stored is not done twice"};
}

/// Says whether nothing was written for sure.
bool is_full(const Error& error) {
  return error.code == "store.full";
}
bool is_fenced(const Error& error) {
  return error.code == "store.fenced";
}

bool is_corrupt(const Error& error) {
  return error.code == "store.corrupt";
}

void log_error(LogLevel level, std::string_view event, const Error& error) {
  log(level, event, {{"code", error.code}, {"message", error.message}});
}

}  // namespace

Runtime::Runtime(Config config, Parts parts)
    : config_{std::move(config)},
      parts_{std::move(parts)},
      loader_{parts_.compile},
      inbox_{kInboxMax},
      status_{"server.starting", "the server is loading its store", "try again in a second"} {}

Runtime::~Runtime() {
  stop();
}

// ---- Any thread.

void Runtime::submit(model::Command command, Answered answered) {
  if (commands_waiting_.fetch_add(1) >= kCommandsWaitingMax) {
    --commands_waiting_;
    return answered(std::unexpected(busy()));
  }
  // Never waits for room: it is also called from the engine's own thread.
  const bool pushed = inbox_.try_push(Asked{std::move(command), answered});
  if (pushed) return;
  --commands_waiting_;
  answered(std::unexpected(inbox_.is_closed() ? stopping() : busy()));
}

bool Runtime::post(model::Event event) {
  return inbox_.push(Item{std::move(event)});
}

bool Runtime::post_task(std::function<void()> task) {
  return inbox_.push(Item{std::move(task)});
}

Result<void> Runtime::ready() const {
  const std::lock_guard lock{status_mutex_};
  if (status_.code.empty()) return {};
  return std::unexpected(status_);
}

// ---- Engine thread: life.

Result<void> Runtime::start(Now now, Steady host) {
  auto epoch = parts_.lease.acquire(config_.owner);
  if (!epoch) return std::unexpected(std::move(epoch.error()));
  epoch_ = *epoch;
  purge_at_ = host + kPurgeEvery;
  if (auto loaded = recover(now); !loaded) {
    parts_.lease.release();
    epoch_ = 0;
    become(Phase::stopped, stopping());
    return loaded;
  }
  log(LogLevel::info, "engine.started", {{"epoch", std::to_string(epoch_)}});
  return {};
}

Wake Runtime::step(Now now, Steady host) {
  sort_in(inbox_.drain(Duration::zero(), kDrainMax));
  while (!tasks_.empty()) {
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
  if (phase_ == Phase::stopped) {
    refuse_waiting(stopping());
    return {};
  }
  if (phase_ == Phase::starting) return {};
  notice_clock_jump(now);
  if (ensure_memory(now, host)) take_turn(now, host);
  return next_wake();
}

void Runtime::wait(Duration wait) {
  sort_in(inbox_.drain(wait, kDrainMax));
}

void Runtime::stop() {
  inbox_.close();
  feed_.close();
  sort_in(inbox_.drain(Duration::zero(), kInboxMax));
  tasks_.clear();
  const bool owns = epoch_ != 0 && phase_ != Phase::stopped;
  drop_memory(outcome_unknown(stopping()));
  become(Phase::stopped, stopping());
  refuse_waiting(stopping());
  if (owns) parts_.lease.release();
  epoch_ = 0;
}

// ---- What arrives.

void Runtime::sort_in(std::vector<Item> items) {
  for (Item& item : items) {
    std::visit(
        [this](auto& one) {
          using One = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<One, Asked>) {
            commands_.push_back(std::move(one));
          } else if constexpr (std::is_same_v<One, Task>) {
            tasks_.push_back(std::move(one));
          } else {
            reports_.push_back(std::move(one));
          }
        },
        item);
  }
}

void Runtime::notice_clock_jump(Now now) {
  const Now last = std::exchange(last_, now);
  if (!std::exchange(has_last_, true)) return;
  const Timestamp expected = last.wall + (now.steady - last.steady);
  if (std::chrono::abs(now.wall - expected) <= kClockJumpMin) return;
  log(LogLevel::warning, "clock.jumped",
      {{"from", format_rfc3339(expected)}, {"to", format_rfc3339(now.wall)}});
  reports_.push_front(model::ClockJumped{expected});
}

// ---- Memory: loading, dropping, loading again.

bool Runtime::ensure_memory(Now now, Steady host) {
  if (phase_ == Phase::running) return true;
  if (host < retry_at_) {
    refuse_waiting(trouble_);
    return false;
  }
  Result<void> works;
  if (must_probe_) {
    // Rewriting the counters changes nothing, and tells whether the disk takes commits again.
    works = parts_.store.commit({epoch_, {loader_.counters()}});
  }
  if (works) works = recover(now);
  if (works) return true;
  on_commit_failed(works.error(), host);
  refuse_waiting(trouble_);
  return false;
}

Result<void> Runtime::recover(Now now) {
  auto snapshot = parts_.store.load();
  if (!snapshot) return std::unexpected(std::move(snapshot.error()));
  state_ = loader_.load(std::move(*snapshot), config_.settings, epoch_, now);
  feed_.begin_after(loader_.counters().journal_seq);
  last_ = now;
  has_last_ = true;
  more_ = true;  // timers may be due
  must_probe_ = false;
  ++stats_.recoveries;
  become(Phase::running, {});
  return {};
}

void Runtime::on_commit_failed(const Error& error, Steady host) {
  log_error(LogLevel::error, "store.commit_failed", error);
  if (is_fenced(error)) {
    drop_memory(outcome_unknown(error));
    return become(Phase::stopped, error);
  }
  drop_memory(is_full(error) ? error : outcome_unknown(error));
  must_probe_ = is_full(error);
  // The first retry comes at once: usually one load is all it takes. A full disk is given time.
  const bool at_once = retry_wait_ == Duration{0} && !must_probe_ && phase_ == Phase::running;
  retry_wait_ = std::clamp(retry_wait_ * 2, kRetryFirst, kRetryMax);
  retry_at_ = at_once ? host : host + retry_wait_;
  become(Phase::dropped, error);
}

void Runtime::drop_memory(const Error& answer) {
  state_.reset();
  more_ = false;
  auto pending = std::exchange(pending_, {});
  for (auto& [token, answered] : pending) answered(std::unexpected(answer));
  if (parts_.memory_dropped) parts_.memory_dropped();
  reports_.clear();  // agents report again when they connect anew
}

void Runtime::refuse_waiting(const Error& error) {
  while (!commands_.empty()) {
    const Answered answered = std::move(commands_.front().answered);
    commands_.pop_front();
    --commands_waiting_;
    answered(std::unexpected(error));
  }
}

void Runtime::become(Phase phase, Error trouble) {
  phase_ = phase;
  trouble_ = std::move(trouble);
  const std::lock_guard lock{status_mutex_};
  status_ = trouble_;
}

// ---- One turn.

void Runtime::take_turn(Now now, Steady host) {
  std::vector<engine::Envelope> batch = gather();
  if (const auto refused = std::exchange(fetch_refused_, {})) {
    put_back(batch, 0);
    return on_commit_failed(*refused, host);
  }
  engine::Decision decision = engine::decide(*state_, batch, now, config_.limits);
  put_back(batch, decision.events_taken);
  more_ = decision.more;
  ++stats_.turns;
  stats_.events += decision.events_taken;
  if (!decision.batch.changes.empty()) {
    if (auto committed = parts_.store.commit(decision.batch); !committed) {
      return on_commit_failed(committed.error(), host);
    }
    retry_wait_ = Duration{0};
    ++stats_.commits;
    stats_.changes += decision.batch.changes.size();
    publish(decision.batch);
    if (parts_.committed) parts_.committed(std::move(decision.batch));
  }
  perform(std::move(decision.effects));
  if (!more_ && reports_.empty() && commands_.empty()) purge_keys(now, host);
}

std::vector<engine::Envelope> Runtime::gather() {
  std::vector<engine::Envelope> batch;
  const std::size_t events_max = config_.limits.events_max;
  // Work that needs stored rows asks through Tick; without events, Tick is what decides due timers.
  const bool tick = !engine::needs(*state_, model::Tick{}).empty();
  if (tick || (commands_.empty() && reports_.empty())) gather_one(batch, model::Tick{});
  // Commands of people come first, but a flood of them leaves a quarter to the reports.
  const std::size_t commands_max =
      reports_.empty() ? events_max : std::max<std::size_t>(1, events_max - events_max / 4);
  while (!commands_.empty() && batch.size() < commands_max) {
    Asked asked = std::move(commands_.front());
    commands_.pop_front();
    --commands_waiting_;
    asked.command.token = ++last_token_;
    pending_.emplace(asked.command.token, std::move(asked.answered));
    gather_one(batch, std::move(asked.command));
  }
  while (!reports_.empty() && batch.size() < events_max) {
    model::Event event = std::move(reports_.front());
    reports_.pop_front();
    gather_one(batch, std::move(event));
  }
  return batch;
}

/// Adds the event with what it needs. A command whose rows cannot be had is answered; anything else
/// goes on without, as if they were absent.
void Runtime::gather_one(std::vector<engine::Envelope>& batch, model::Event event) {
  engine::Envelope envelope{std::move(event), {}};
  const model::Needs needs = engine::needs(*state_, envelope.event);
  if (!needs.empty()) {
    auto fetched = fetch(needs);
    if (fetched) {
      envelope.fetched = std::move(*fetched);
    } else if (const auto* command = std::get_if<model::Command>(&envelope.event)) {
      return reply({command->token, std::unexpected(std::move(fetched.error()))});
    } else if (!needs.planned.workflow.empty() && !is_corrupt(fetched.error())) {
      fetch_refused_ = std::move(fetched.error());  // the store takes no commits either
    }
  }
  batch.push_back(std::move(envelope));
}

Result<model::Fetched> Runtime::fetch(const model::Needs& needs) {
  auto fetched = parts_.store.fetch(needs);
  if (fetched) {
    if (auto complete = loader_.complete(*fetched); !complete) {
      fetched = std::unexpected(std::move(complete.error()));
    }
  }
  if (!fetched) log_error(LogLevel::error, "store.fetch_failed", fetched.error());
  return fetched;
}

void Runtime::put_back(std::vector<engine::Envelope>& batch, std::size_t taken) {
  while (batch.size() > taken) {
    model::Event event = std::move(batch.back().event);
    batch.pop_back();
    if (std::holds_alternative<model::Tick>(event)) continue;
    auto* command = std::get_if<model::Command>(&event);
    if (command == nullptr) {
      reports_.push_front(std::move(event));
      continue;
    }
    auto pending = pending_.extract(command->token);
    commands_.push_front({std::move(*command), std::move(pending.mapped())});
    ++commands_waiting_;
  }
}

// ---- After the commit.

void Runtime::publish(const model::Batch& batch) {
  std::vector<model::JournalRow> lines;
  for (const model::Change& change : batch.changes) {
    if (const auto* line = std::get_if<model::JournalLine>(&change)) lines.push_back(line->row);
    if (const auto* counters = std::get_if<model::CountersRow>(&change)) loader_.note(*counters);
  }
  feed_.publish(std::move(lines));
}

void Runtime::perform(std::vector<model::Effect> effects) {
  for (model::Effect& effect : effects) {
    std::visit(
        [this](auto& one) {
          using One = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<One, model::WelcomeAgent>) {
            parts_.executor.welcome(one.agent, one.session);
          } else if constexpr (std::is_same_v<One, model::RefuseAgent>) {
            parts_.executor.refuse(one.session, one.why);
          } else if constexpr (std::is_same_v<One, model::SendStart>) {
            parts_.executor.start(one.agent, one.order);
          } else if constexpr (std::is_same_v<One, model::SendStop>) {
            parts_.executor.stop(one.agent, one.order);
          } else if constexpr (std::is_same_v<One, model::SendAck>) {
            parts_.executor.acknowledge(one.agent, one.order);
          } else {
            static_assert(std::is_same_v<One, model::Reply>);
            reply(std::move(one));
          }
        },
        effect);
  }
}

void Runtime::reply(model::Reply reply) {
  auto pending = pending_.extract(reply.token);
  if (!pending.empty()) pending.mapped()(std::move(reply.answer));
}

void Runtime::purge_keys(Now now, Steady host) {
  if (host < purge_at_) return;
  const auto purged = parts_.store.purge(now.wall - kKeyAge);
  const bool maybe_more = purged && *purged >= store::kPurgeRowsMax;
  purge_at_ = maybe_more ? host : host + kPurgeEvery;
  if (purged) return;
  log_error(LogLevel::warning, "store.purge_failed", purged.error());
  if (is_fenced(purged.error())) on_commit_failed(purged.error(), host);
}

Wake Runtime::next_wake() const {
  switch (phase_) {
    case Phase::starting:
    case Phase::stopped:
      return {};
    case Phase::dropped:
      return {.host = retry_at_};
    case Phase::running:
      break;
  }
  if (more_ || !commands_.empty() || !reports_.empty() || !tasks_.empty()) return {.at_once = true};
  const engine::Wake wake = engine::next_wake(*state_);
  return {.wall = wake.wall, .steady = wake.steady};
}

}  // namespace dandori::runtime
