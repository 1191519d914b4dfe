#include "keeper/keeper.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "base/assert.h"
#include "base/log.h"
#include "keeper/host.h"

namespace dandori::keeper {
namespace {

constexpr std::uint64_t kTimerEvent = UINT64_MAX;
/// How often the log of an adopted job, whose runner cannot tell us, is looked at.
constexpr Duration kAdoptedEvery{200ms};

}  // namespace

// ------------------------------------------------------------------------------------ inputs,
// actions

void Keeper::run(Input input) {
  inputs_.push_back(std::move(input));
  if (running_) return;  // called from a callback or an action: its turn comes
  running_ = true;
  while (!inputs_.empty()) {
    Input next = std::move(inputs_.front());
    inputs_.pop_front();
    perform(decide(state_, std::move(next), read_clocks()));
  }
  running_ = false;
  finish_turn();
}

void Keeper::perform(std::vector<Action> actions) {
  for (Action& action : actions) {
    std::visit([this](auto& one) { act(one); }, action);
  }
}

void Keeper::act(WriteSequence& action) {
  slot_file_.write_sequence(action.sequence);
}

void Keeper::act(WriteStart& action) {
  Seat& seat = seats_[action.slot];
  seat.start_error = ensure_runner(action.slot);
  prepare_cgroup(action.slot);
  seat.attempt = action.attempt;
  seat.sequence = action.sequence;
  seat.job_boot_us = 0;
  seat.stop_marked = false;
  seat.signalled = false;
  seat.busy = true;
  if (seat.spool_open) seat.spool.expect_order();
  logs_.begin(action.attempt);
  slot_file_.write_start(action.slot, action.attempt, action.sequence,
                         static_cast<std::uint32_t>(seat.link.pid()), seat.link.started());
}

void Keeper::act(HandToRunner& action) {
  Seat& seat = seats_[action.slot];
  const model::StartOrder& order = action.order;
  if (seat.start_error != 0) {
    return fail_start(
        action.slot, seat.start_error,
        fmt::format("the runner cannot be started: {}", std::strerror(seat.start_error)));
  }
  std::optional<User> user;
  if (!order.run_as.empty()) {
    user = find_user(order.run_as);
    if (!user) {
      return fail_start(action.slot, ESRCH,
                        fmt::format("run_as: no user '{}' on this host", order.run_as));
    }
    if (!make_outputs_for(order.sequence, *user)) {
      log(LogLevel::warning, "keeper.outputs_not_made", {{"user", order.run_as}});
    }
  }
  seat.program = order.argv.empty() ? std::string{} : order.argv.front();
  seat.folder = order.cwd.value_or(config_.work);
  int error = send_order(action.slot, order, user ? &*user : nullptr);
  if (error == EPIPE) {  // it died idle and has not got the order: once more with a new one
    drop_runner(action.slot);
    error = ensure_runner(action.slot);
    if (error == 0) {
      slot_file_.write_start(action.slot, seat.attempt, seat.sequence,
                             static_cast<std::uint32_t>(seat.link.pid()), seat.link.started());
      error = send_order(action.slot, order, user ? &*user : nullptr);
    }
  }
  if (error != 0) {
    fail_start(action.slot, error,
               fmt::format("the order cannot be handed over: {}", std::strerror(error)));
  }
}

void Keeper::act(SignalGroup& action) {
  Seat& seat = seats_[action.slot];
  auto pid = static_cast<pid_t>(action.pid);
  if (!is_same_group(pid, seat.job_boot_us)) pid = 0;
  if (!seat.signalled) {
    const std::optional<dx_slot> record = slot_file_.read(action.slot);
    seat.signalled = record && record->exit.ended_at == 0;
  }
  if (!seat.stop_marked) slot_file_.mark_stopped(action.slot);
  seat.stop_marked = true;
  // Newer kernels (seen with 6.18) kill at once what is started into a cgroup that was killed
  // before.
  if (action.kill) seat.cgroup_reusable = false;
  signal_group(pid, action.kill ? SIGKILL : SIGTERM);
  seat.cgroup.signal(action.kill ? SIGKILL : SIGTERM, pid);
  if (action.kill) return;
  signal_group(pid, SIGCONT);  // a stopped process would not see TERM
  seat.cgroup.signal(SIGCONT, pid);
}

void Keeper::act(ProbeGroup& action) {
  const auto pid = static_cast<pid_t>(action.pid);
  Seat& seat = seats_[action.slot];
  seat.cgroup_clean = seat.cgroup.is_empty();
  const bool gone =
      seat.cgroup_clean && (!is_same_group(pid, seat.job_boot_us) || is_group_gone(pid));
  inputs_.push_back(GroupProbed{action.slot, action.sequence, gone});
}

void Keeper::act(SendReport& action) {
  logs_.flush();  // what a report says about the log is on disk by then
  if (callbacks_.on_report) callbacks_.on_report(action.report);
}

void Keeper::act(ReleaseSlot& action) {
  slot_file_.clear(action.slot);
  logs_.forget(action.attempt);
  Seat& seat = seats_[action.slot];
  seat.sequence = 0;
  seat.attempt = {};
}

// ----------------------------------------------------------------------------------------- runners

int Keeper::ensure_runner(std::uint32_t slot) {
  Seat& seat = seats_[slot];
  if (seat.link.alive()) return 0;
  if (!seat.spool_open) {
    Result<Spool> spool = Spool::open(fmt::format("{}/spool/{}", folder_, slot));
    if (!spool) return errno != 0 ? errno : EIO;
    seat.spool = std::move(*spool);
    seat.spool_open = true;
  }
  if (const int error = seat.link.start(config_.runner, slot_file_.fd(), SlotFile::offset_of(slot),
                                        seat.spool.fd())) {
    return error;
  }
  watch(slot);
  return 0;
}

/// An empty cgroup for the slot's next job: what an earlier one left behind lives on in its own.
void Keeper::prepare_cgroup(std::uint32_t slot) {
  Seat& seat = seats_[slot];
  const bool reuse =
      seat.cgroup && seat.cgroup_reusable && (seat.cgroup_clean || seat.cgroup.is_empty());
  seat.cgroup_clean = false;
  if (reuse) return;
  seat.cgroup = cgroups_.fresh(slot);
  seat.cgroup_reusable = true;
  seat.cgroup_told = false;
}

/// At the end of a job that nobody stopped: its daemons stay, but the slot must not be mixed with
/// them.
void Keeper::look_at_left_overs(std::uint32_t slot) {
  Seat& seat = seats_[slot];
  seat.cgroup_clean = seat.cgroup.is_empty();
  if (seat.cgroup_clean || seat.stop_marked) return;
  log(LogLevel::info, "keeper.processes_left",
      {{"run", to_string(seat.attempt.run)},
       {"job", std::to_string(seat.attempt.job)},
       {"attempt", std::to_string(seat.attempt.number)},
       {"count", std::to_string(seat.cgroup.count())}});
}

void Keeper::watch(std::uint32_t slot) {
  Seat& seat = seats_[slot];
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = std::uint64_t{++seat.generation} << 32U | slot;
  DANDORI_ASSERT(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, seat.link.poll_fd(), &event) == 0,
                 "a runner's descriptor can be polled");
}

void Keeper::drop_runner(std::uint32_t slot) {
  Seat& seat = seats_[slot];
  // Before it is closed: a job between clone and exec may still hold a copy, which would go on
  // firing.
  if (seat.link.alive()) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, seat.link.poll_fd(), nullptr);
  ++seat.generation;
  seat.cgroup_told = false;
  seat.link.bury();
}

int Keeper::send_order(std::uint32_t slot, const model::StartOrder& order, const User* user) {
  Seat& seat = seats_[slot];
  RunnerLink::Order out;
  out.sequence = order.sequence;
  out.log_max = order.log_bytes_max;
  out.argv = &order.argv;
  out.folder = seat.folder;
  out.user = user;
  out.input = order.stdin_text ? &*order.stdin_text : nullptr;
  const std::string outputs = fmt::format("{}/out/{}", folder_, order.sequence);
  const std::array<std::string, 3> files = {outputs + ".output", outputs + ".metrics",
                                            outputs + ".summary"};
  const std::array<std::pair<std::string_view, std::string_view>, 7> base = {{
      {"PATH", config_.path},
      {"HOME", user != nullptr ? user->home : config_.home},
      {"USER", user != nullptr ? user->name : config_.user},
      {"LANG", config_.lang},
      {"DANDORI_OUTPUT", files[0]},
      {"DANDORI_METRICS", files[1]},
      {"DANDORI_SUMMARY", files[2]},
  }};
  const Fd cgroup = seat.cgroup_told ? Fd{} : seat.cgroup.directory();
  out.cgroup = seat.cgroup && (seat.cgroup_told || cgroup);
  out.cgroup_fd = cgroup.get();
  out.search = config_.path;
  out.env.reserve(base.size() + order.env.size());
  for (std::size_t i = 0; i < base.size(); ++i) {
    const bool own =
        i < 4 && std::ranges::any_of(
                     order.env, [&](const auto& pair) { return pair.first == base[i].first; });
    if (!own) out.env.push_back(base[i]);
  }
  for (const auto& [name, value] : order.env) {
    if (name.starts_with("DANDORI_") &&
        (name == base[4].first || name == base[5].first || name == base[6].first)) {
      continue;
    }
    if (name == "PATH") out.search = value;
    out.env.emplace_back(name, value);
  }
  const int error = seat.link.send(out);
  seat.cgroup_told = error == 0 && out.cgroup;
  return error;
}

void Keeper::fail_start(std::uint32_t slot, int error, std::string_view line) {
  model::ExitRecord exit;
  exit.spawn_errno = error;
  exit.started_at = exit.ended_at = read_clocks().wall;
  Seat& seat = seats_[slot];
  const std::string text = fmt::format("dandori: {}\n", line);
  if (logs_.append(seat.attempt, make_frame(seat.sequence, exit.ended_at.us, 0, 2, text), 0,
                   text.size(), exit.ended_at)) {
    exit.log_bytes = text.size();
  }
  end_job(slot, 0, exit, DX_STAGE_NONE);
}

void Keeper::on_slot(std::uint32_t slot) {
  dx_report report{};
  for (int i = 0; i < 8; ++i) {
    switch (seats_[slot].link.receive(report)) {
      case RunnerLink::Received::nothing:
        return;
      case RunnerLink::Received::report:
        on_report(slot, report);
        break;
      case RunnerLink::Received::gone:
        return on_gone(slot);
    }
  }
}

void Keeper::on_report(std::uint32_t slot, const dx_report& report) {
  Seat& seat = seats_[slot];
  if (!seat.busy || report.sequence != seat.sequence) return;
  const auto pid = static_cast<std::int64_t>(report.running.job_pid);
  seat.job_boot_us = report.running.job_boot_us;
  if (report.kind == DX_STARTED) {
    run(JobStarted{slot, report.sequence, pid, Timestamp{report.running.started_at}});
  } else if (report.kind == DX_GREW) {
    drain(slot);
  } else if (report.kind == DX_ENDED) {
    end_job(slot, pid, exit_of(report.exit, report.running.started_at), report.exit.stage);
  }
}

void Keeper::on_gone(std::uint32_t slot) {
  drop_runner(slot);
  Seat& seat = seats_[slot];
  if (!seat.busy) return;
  const std::optional<dx_slot> record = slot_file_.read(slot);
  if (record && record->start.sequence == seat.sequence && record->exit.ended_at != 0) {
    seat.job_boot_us = record->running.job_boot_us;
    return end_job(slot, record->running.job_pid, exit_of(record->exit, record->running.started_at),
                   record->exit.stage);
  }
  seat.busy = false;
  const bool taken = seat.spool.order_taken();
  std::int64_t pid = 0;
  if (record && record->running.job_pid != 0) {
    pid = record->running.job_pid;
    seat.job_boot_us = record->running.job_boot_us;
  }
  settle_log(slot, {}, DX_STAGE_NONE);
  log(LogLevel::warning, "keeper.runner_gone",
      {{"slot", std::to_string(slot)}, {"run", to_string(seat.attempt.run)}});
  run(RunnerGone{slot, seat.sequence, pid, taken});
}

void Keeper::end_job(std::uint32_t slot, std::int64_t pid, const model::ExitRecord& exit,
                     int stage) {
  Seat& seat = seats_[slot];
  seat.busy = false;
  look_at_left_overs(slot);
  JobEnded ended{
      slot,          seat.sequence, pid, settle_log(slot, exit, stage), take_output(seat.sequence),
      seat.signalled};
  const model::AttemptRef attempt = seat.attempt;
  run(std::move(ended));
  if (callbacks_.log_grew) callbacks_.log_grew(attempt);
}

// --------------------------------------------------------------------------------------------
// turns

void Keeper::on_ready() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
    if (tag == kTimerEvent) {
      std::uint64_t times = 0;
      (void)!::read(timer_.get(), &times, sizeof times);
      armed_.reset();
      drain_adopted();
      run(Tick{});
      continue;
    }
    const auto slot = static_cast<std::uint32_t>(tag);
    if (seats_[slot].generation == static_cast<std::uint32_t>(tag >> 32U)) on_slot(slot);
  }
  finish_turn();
}

void Keeper::step(Duration wait_max) {
  pollfd ready{epoll_.get(), POLLIN, 0};
  const auto ms = static_cast<int>((wait_max.count() + 999) / 1000);
  if (::poll(&ready, 1, ms) > 0) on_ready();
}

void Keeper::finish_turn() {
  logs_.flush();
  arm_timer();
}

void Keeper::arm_timer() {
  std::optional<Steady> wake = next_wake(state_);
  const bool adopted =
      std::ranges::any_of(seats_, [](const Seat& seat) { return seat.link.adopted(); });
  if (adopted) {
    const Steady look = read_clocks().steady + kAdoptedEvery;
    if (armed_ && *armed_ <= look && (!wake || *armed_ <= *wake)) return;
    wake = wake ? std::min(*wake, look) : look;
  }
  // A timer that fires early does no harm, so it is only ever set earlier.
  if (!wake || (armed_ && *armed_ <= *wake)) return;
  itimerspec at{};
  at.it_value.tv_sec = wake->us / 1'000'000;
  at.it_value.tv_nsec = wake->us % 1'000'000 * 1000 + 1;
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
  armed_ = wake;
}

model::AgentHello Keeper::hello() const {
  model::AgentHello hello;
  hello.name = config_.name;
  hello.instance = instance_;
  hello.version = config_.version;
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) hello.host = host.data();
  hello.boot_id = boot_id_;
  hello.sequence_high = state_.sequence_high;
  hello.slots = state_.settings.slots;
  hello.running_max = state_.settings.running_max;
  hello.pid = ::getpid();
  hello.held = held_attempts(state_);
  return hello;
}

}  // namespace dandori::keeper
