// The keeper's logs and outputs: from spools to segments, and what a job left in its output files.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/log.h"
#include "keeper/host.h"
#include "keeper/keeper.h"
#include "model/workflow.h"

namespace dandori::keeper {
namespace {

constexpr std::array<const char*, 3> kOutputKinds = {"output", "metrics", "summary"};

std::string read_at_most(int fd, std::size_t bytes_max) {
  std::string bytes(bytes_max, '\0');
  std::size_t used = 0;
  while (used < bytes_max) {
    const ssize_t got = ::read(fd, bytes.data() + used, bytes_max - used);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

/// Whether any file lies in `folder`: one look at it costs less than a look for each file that a
/// job may have written and mostly has not. A folder that cannot be read counts as full.
bool any_file_in(int folder) {
  alignas(dirent64) std::array<char, 512> entries{};
  ssize_t got = ::lseek(folder, 0, SEEK_SET);
  for (int count = 0; got >= 0;) {
    got = ::getdents64(folder, entries.data(), entries.size());
    if (got == 0) return false;
    for (ssize_t at = 0; at < got; ++count) {
      at += reinterpret_cast<const dirent64*>(entries.data() + at)->d_reclen;
    }
    if (count > 2) return true;  // more than "." and ".."
  }
  return true;
}

/// What to tell people about a start that failed at `stage`.
std::string explain(int stage, int error, const std::string& program, const std::string& folder) {
  const char* reason = std::strerror(error);
  switch (stage) {
    case DX_STAGE_FOLDER:
      return fmt::format("dandori: cannot use the working folder '{}': {}\n", folder, reason);
    case DX_STAGE_USER:
      return fmt::format("dandori: cannot become the user of run_as: {}\n", reason);
    case DX_STAGE_EXEC:
      return fmt::format("dandori: cannot run '{}': {}\n", program, reason);
    case DX_STAGE_PREPARE:
      return fmt::format("dandori: cannot make a process: {}\n", reason);
    default:
      return fmt::format("dandori: cannot start: {}\n", reason);
  }
}

}  // namespace

void Keeper::drain(std::uint32_t slot) {
  Seat& seat = seats_[slot];
  if (!seat.spool_open || seat.sequence == 0 || seat.spool.empty()) return;
  bool grew = false;
  const Timestamp now = read_clocks().wall;
  seat.spool.drain(seat.sequence,
                   [&](std::string_view frames, std::uint64_t first, std::uint64_t end) {
                     const bool kept = logs_.append(seat.attempt, frames, first, end, now);
                     grew = grew || kept;
                     return kept;
                   });
  if (grew && seat.busy && callbacks_.log_grew) callbacks_.log_grew(seat.attempt);
}

void Keeper::drain_adopted() {
  for (std::uint32_t slot = 0; slot < seats_.size(); ++slot) {
    Seat& seat = seats_[slot];
    if (!seat.link.adopted() || !seat.busy) continue;
    drain(slot);
    if (state_.slots[slot].pid != 0) continue;
    // Adopted between its order and its start: the running record tells what no report can.
    const std::optional<dx_slot> record = slot_file_.read(slot);
    if (!record || record->running.job_pid == 0) continue;
    seat.job_boot_us = record->running.job_boot_us;
    run(JobStarted{slot, seat.sequence, record->running.job_pid,
                   Timestamp{record->running.started_at}});
  }
}

model::ExitRecord Keeper::settle_log(std::uint32_t slot, model::ExitRecord exit, int stage) {
  Seat& seat = seats_[slot];
  const Timestamp now = read_clocks().wall;
  if (seat.spool_open && !seat.spool.empty()) {
    drain(slot);
    if (!seat.spool.empty()) exit.log_dropped += seat.spool.discard(seat.sequence);
    seat.spool.shrink();
  }
  if (exit.spawn_errno != 0 && stage != DX_STAGE_NONE) {
    const std::string line = explain(stage, exit.spawn_errno, seat.program, seat.folder);
    if (logs_.append(seat.attempt, make_frame(seat.sequence, now.us, exit.log_bytes, 2, line),
                     exit.log_bytes, exit.log_bytes + line.size(), now)) {
      exit.log_bytes += line.size();
    }
  }
  logs_.finish(seat.attempt, exit.log_bytes, exit.log_dropped, now);
  return exit;
}

/// Takes over what the attempt has written so far. True: we hold it.
bool Keeper::drain_log_of(const model::AttemptRef& attempt) {
  bool live = std::ranges::any_of(
      state_.waiting, [&](const Waiting& waiting) { return waiting.order.attempt == attempt; });
  for (std::uint32_t slot = 0; slot < seats_.size(); ++slot) {
    if (seats_[slot].sequence == 0 || seats_[slot].attempt != attempt) continue;
    live = true;
    drain(slot);
  }
  return live;
}

model::LogChunk Keeper::read_log(const model::LogRequest& request) {
  const bool live = drain_log_of(request.attempt);
  return logs_.read(request, live);
}

model::LogFound Keeper::find_log(const model::LogFind& find) {
  const bool live = drain_log_of(find.attempt);
  return logs_.find(find, live);
}

std::string Keeper::take_output(std::uint64_t sequence) {
  std::string output;
  if (!any_file_in(out_.get())) return output;
  for (const char* kind : kOutputKinds) {
    std::array<char, 40> name{};
    fmt::format_to_n(name.data(), name.size() - 1, "{}.{}", sequence, kind);
    if (kind == kOutputKinds[0]) {
      const Fd file{
          ::openat(out_.get(), name.data(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
      struct stat status{};
      if (file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)) {
        output = read_at_most(file.get(), model::kOutputBytesMax + 1);
      }
    }
    ::unlinkat(out_.get(), name.data(), 0);
  }
  return output;
}

bool Keeper::make_outputs_for(std::uint64_t sequence, const User& user) {
  if (user.uid == ::geteuid()) return true;
  bool made = true;
  for (const char* kind : kOutputKinds) {
    const Fd file{::openat(out_.get(), fmt::format("{}.{}", sequence, kind).c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    made = made && file && ::fchown(file.get(), user.uid, user.gid) == 0;
  }
  return made;
}

}  // namespace dandori::keeper
