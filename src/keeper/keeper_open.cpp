// Opening a keeper: folders, lock, and taking over what an earlier one left.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>

#include <fmt/core.h>

#include "base/log.h"
#include "keeper/embedded_runner.h"
#include "keeper/host.h"
#include "keeper/instance.h"
#include "keeper/keeper.h"

namespace dandori::keeper {
namespace {

constexpr int kLockAttempts = 100, kLockAgainMs = 5;

std::unexpected<Error> io_error(std::string_view what) {
  return fail("keeper.io", fmt::format("{}: {}", what, std::strerror(errno)),
              "check the disk and the rights of the data folder");
}

Result<void> make_folder(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return io_error(path);
  return {};
}

}  // namespace

Result<std::unique_ptr<Keeper>> Keeper::open(Config config, Callbacks callbacks) {
  std::unique_ptr<Keeper> keeper{new Keeper{std::move(config), std::move(callbacks)}};
  if (const Result<void> ready = keeper->prepare(); !ready) return std::unexpected(ready.error());
  return keeper;
}

Keeper::~Keeper() {
  // Idle runners leave with us; busy ones finish their job and are adopted by the next keeper.
  for (std::uint32_t slot = 0; slot < seats_.size(); ++slot) {
    Seat& seat = seats_[slot];
    if (seat.link.alive() && !seat.link.adopted() && !seat.busy) drop_runner(slot);
    if (!seat.busy) cgroups_.remove(slot);
  }
}

Result<void> Keeper::prepare() {
  const auto cores = static_cast<std::uint32_t>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
  if (config_.slots == 0) config_.slots = 16 * cores;
  if (config_.running_max == 0) config_.running_max = std::min(12 * cores, config_.slots);
  folder_ = config_.data + "/agent";
  if (const Result<void> made = make_folders(); !made) return made;
  if (const Result<void> locked = take_lock(); !locked) return locked;
  const Result<Uuid> instance = load_instance(folder_ + "/instance");
  if (!instance) return std::unexpected(instance.error());
  instance_ = *instance;
  if (config_.runner.empty()) {
    if (const Result<void> bin = make_folder(config_.data + "/bin", 0755); !bin) return bin;
    config_.runner = config_.data + "/bin/dandori-exec";
    if (const Result<void> written = install_runner(config_.runner); !written) return written;
  }
  if (config_.boot_id) {
    boot_id_ = *config_.boot_id;
  } else {
    const Result<Uuid> boot = read_boot_id();
    if (!boot) return std::unexpected(boot.error());
    boot_id_ = *boot;
  }
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  out_.reset(::open((folder_ + "/out").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = UINT64_MAX;
  if (!epoll_ || !timer_ || !out_ ||
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event) != 0) {
    return io_error("epoll");
  }
  Result<LogStore> logs = LogStore::open(folder_ + "/logs");
  if (!logs) return std::unexpected(logs.error());
  logs_ = std::move(*logs);
  Result<SlotFile> slots =
      SlotFile::open(folder_ + "/slots", config_.slots, boot_id_, config_.name);
  if (!slots) return std::unexpected(slots.error());
  slot_file_ = std::move(*slots);
  make_spools();
  if (config_.use_cgroups) cgroups_.open(config_.name, folder_);
  return restore_slots();
}

Result<void> Keeper::make_folders() {
  // Users that jobs run as must reach their own output files, but list nothing.
  for (const auto& [path, mode] :
       {std::pair{folder_, 0711}, {folder_ + "/out", 0711}, {folder_ + "/spool", 0700}}) {
    if (const Result<void> made = make_folder(path, static_cast<mode_t>(mode)); !made) return made;
  }
  if (!config_.work.empty()) return {};
  config_.work = folder_ + "/work";
  return make_folder(config_.work, 0755);
}

/// All of them now, while there is room: on a full disk a slot's first job could not be started.
void Keeper::make_spools() {
  for (std::uint32_t slot = 0; slot < slot_file_.slots(); ++slot) {
    if (const Result<Spool> spool = Spool::open(fmt::format("{}/spool/{}", folder_, slot)); !spool)
      return;
  }
}

Result<void> Keeper::take_lock() {
  const std::string path = folder_ + "/lock";
  lock_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) return io_error(path);
  // A keeper killed while it was starting a runner leaves a copy of its lock, until that runner's
  // exec.
  for (int attempts = 0; attempts < kLockAttempts; ++attempts) {
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return io_error(path);
    ::poll(nullptr, 0, kLockAgainMs);
  }
  return fail("keeper.locked", fmt::format("another agent uses the data folder {}", config_.data),
              "stop it, or give this agent a data folder of its own");
}

bool Keeper::folder_is_gone() const {
  struct stat ours{}, there{};
  if (::fstat(lock_.get(), &ours) != 0) return false;
  const std::string path = folder_ + "/lock";
  if (::stat(path.c_str(), &there) != 0) return errno == ENOENT || errno == ENOTDIR;
  return ours.st_dev != there.st_dev || ours.st_ino != there.st_ino;
}

Result<void> Keeper::restore_slots() {
  seats_.resize(slot_file_.slots());
  std::vector<SlotImage> images;
  for (std::uint32_t slot = 0; slot < slot_file_.slots(); ++slot) {
    const std::optional<dx_slot> record = slot_file_.read(slot);
    if (!record) {
      slot_file_.clear(slot);  // free already, or torn by a power cut: then its boot is over
      continue;
    }
    Result<SlotImage> image = restore_seat(slot, *record);
    if (!image) return std::unexpected(image.error());
    images.push_back(std::move(*image));
  }
  remove_stale_outputs();
  Settings settings;
  settings.boot_id = boot_id_;
  settings.slots = config_.slots;
  settings.running_max = config_.running_max;
  Restored restored = restore(settings, slot_file_.sequence_high(), images, read_clocks());
  state_ = std::move(restored.state);
  running_ = true;
  perform(std::move(restored.actions));
  running_ = false;
  for (std::deque<Input> inputs = std::exchange(inputs_, {}); Input & input : inputs)
    run(std::move(input));
  finish_turn();
  return {};
}

Result<SlotImage> Keeper::restore_seat(std::uint32_t slot, const dx_slot& record) {
  Seat& seat = seats_[slot];
  seat.attempt = attempt_of(record.start);
  seat.sequence = record.start.sequence;
  seat.job_boot_us = record.running.job_boot_us;
  SlotImage image;
  image.slot = slot;
  image.attempt = seat.attempt;
  image.sequence = seat.sequence;
  image.same_boot = record.start.boot_tag == boot_tag(boot_id_);
  image.started_at = Timestamp{record.running.started_at};
  image.pid = image.same_boot ? record.running.job_pid : 0;
  image.stopped = record.start.stopped != 0;
  seat.stop_marked = seat.signalled = image.stopped;
  if (image.same_boot) seat.cgroup = cgroups_.current(slot);
  Result<Spool> spool = Spool::open(fmt::format("{}/spool/{}", folder_, slot));
  if (!spool) return std::unexpected(spool.error());
  seat.spool = std::move(*spool);
  seat.spool_open = true;
  logs_.recall(seat.attempt);
  if (image.same_boot) {
    image.runner_alive =
        seat.link.adopt(static_cast<pid_t>(record.start.runner_pid), record.start.runner_start);
  }
  image.taken = seat.spool.order_taken();
  // Read again after the look at the runner: it may have ended the job in between.
  const dx_slot now = slot_file_.read(slot).value_or(record);
  if (now.exit.ended_at != 0) {
    seat.job_boot_us = now.running.job_boot_us;
    if (image.same_boot) image.pid = now.running.job_pid;
    image.exit = settle_log(slot, exit_of(now.exit, now.running.started_at), now.exit.stage);
    image.output = take_output(seat.sequence);
    seat.link.bury();  // leaving; a new one is started when needed
  } else if (image.runner_alive) {
    image.pid = now.running.job_pid;
    image.started_at = Timestamp{now.running.started_at};
    seat.job_boot_us = now.running.job_boot_us;
    seat.busy = true;
    watch(slot);
  } else {
    settle_log(slot, {}, DX_STAGE_NONE);
  }
  return image;
}

void Keeper::remove_stale_outputs() {
  std::set<std::uint64_t> held;
  for (const Seat& seat : seats_) held.insert(seat.sequence);
  DIR* folder = ::opendir((folder_ + "/out").c_str());
  if (folder == nullptr) return;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name{entry->d_name};
    std::uint64_t sequence = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), sequence);
    if (error == std::errc{} && *end == '.' && !held.contains(sequence)) {
      ::unlinkat(out_.get(), entry->d_name, 0);
    }
  }
  ::closedir(folder);
}

}  // namespace dandori::keeper
