#include "keeper/slot_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/core.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/log.h"

namespace dandori::keeper {
namespace {

struct Header {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t slots;
  std::uint64_t boot_high, boot_low;
  std::uint64_t name_tag;
  std::uint32_t reserved;
  std::uint32_t crc;
};
static_assert(sizeof(Header) == 48);
struct SequenceCopy {
  std::uint64_t sequence;
  std::uint32_t reserved;
  std::uint32_t crc;
};
static_assert(sizeof(SequenceCopy) == 16);
constexpr std::uint64_t kSequenceAt[2] = {64, 128};
constexpr std::array<char, 8> kMagic = {'D', 'N', 'D', 'R', 'S', 'L', 'O', 'T'};

template <class T>
std::uint32_t crc_of(const T& record) {
  return crc32c({reinterpret_cast<const char*>(&record), offsetof(T, crc)});
}

/// As crc32c_of() of the runner: bound to the attempt's sequence.
template <class T>
std::uint32_t crc_of(std::uint64_t sequence, const T& record) {
  std::array<char, sizeof sequence + offsetof(T, crc)> bytes;
  std::memcpy(bytes.data(), &sequence, sizeof sequence);
  std::memcpy(bytes.data() + sizeof sequence, &record, offsetof(T, crc));
  return crc32c({bytes.data(), bytes.size()});
}

std::unexpected<Error> slot_error(std::string_view what) {
  return fail("keeper.io", fmt::format("the agent's slot file: {}: {}", what, std::strerror(errno)),
              "check the disk and the rights of the data folder");
}

}  // namespace

model::AttemptRef attempt_of(const dx_start& start) {
  return {RunId{Uuid{start.run_high, start.run_low}}, start.job, start.number};
}

model::ExitRecord exit_of(const dx_exit& end, std::int64_t started_at) {
  model::ExitRecord record;
  record.exit_code = end.exit_code;
  record.signal = end.signal;
  record.started_at = Timestamp{started_at != 0 ? started_at : end.ended_at};
  record.ended_at = Timestamp{end.ended_at};
  record.cpu = Duration{static_cast<std::int64_t>(end.cpu_us)};
  record.memory_peak_bytes = std::uint64_t{end.memory_kb} * 1024;
  record.spawn_errno = end.spawn_errno;
  record.log_bytes = end.log_bytes;
  record.log_dropped = end.log_dropped;
  return record;
}

Result<SlotFile> SlotFile::open(const std::string& path, std::uint32_t slots, Uuid boot_id,
                                const std::string& agent_name) {
  SlotFile file;
  file.fd_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.fd_) return slot_error(path);
  struct stat status{};
  if (::fstat(file.fd_.get(), &status) != 0) return slot_error(path);
  const std::uint64_t name_tag = mix64(agent_name);
  const Result<void> ready = status.st_size == 0 ? file.create(slots, boot_id, name_tag)
                                                 : file.check_header(name_tag, path);
  if (!ready) return std::unexpected(ready.error());
  if (file.slots_ < slots) {
    if (const Result<void> grown = file.grow(slots); !grown) return std::unexpected(grown.error());
  }
  file.boot_tag_ = boot_tag(boot_id);
  if (const Result<void> written = file.write_header(boot_id, name_tag); !written) {
    return std::unexpected(written.error());
  }
  return file;
}

Result<void> SlotFile::create(std::uint32_t slots, Uuid boot_id, std::uint64_t name_tag) {
  if (const Result<void> grown = grow(slots); !grown) return grown;
  write_sequence(0);
  write_sequence(0);
  if (const Result<void> written = write_header(boot_id, name_tag); !written) return written;
  // Once, so that the blocks exist: records written later never meet a full disk.
  if (::fdatasync(fd_.get()) != 0) return slot_error("sync");
  return {};
}

Result<void> SlotFile::check_header(std::uint64_t name_tag, const std::string& path) {
  Header header{};
  if (::pread(fd_.get(), &header, sizeof header, 0) != sizeof header || header.magic != kMagic ||
      header.crc != crc_of(header)) {
    return fail("keeper.slot_file_corrupt",
                fmt::format("{} is not a slot file or is damaged", path),
                "if no job of this agent runs, move the file away: its attempts become unknown");
  }
  if (header.version != DX_VERSION) {
    return fail(
        "keeper.slot_file_version",
        fmt::format("{} has version {}, this program knows {}", path, header.version, DX_VERSION),
        "let the jobs end under the other version, or move the file away");
  }
  if (header.name_tag != name_tag) {
    return fail("keeper.slot_file_foreign",
                fmt::format("{} belongs to an agent of another name", path),
                "start the agent with its former name, or give it a data folder of its own");
  }
  slots_ = header.slots;
  bool found = false;
  for (int copy = 0; copy < 2; ++copy) {
    SequenceCopy one{};
    if (::pread(fd_.get(), &one, sizeof one, static_cast<off_t>(kSequenceAt[copy])) != sizeof one ||
        one.crc != crc_of(one)) {
      continue;
    }
    if (!found || one.sequence >= sequence_high_) second_copy_next_ = copy == 0;
    sequence_high_ = std::max(sequence_high_, one.sequence);
    found = true;
  }
  if (!found) {
    return fail("keeper.slot_file_corrupt",
                fmt::format("{}: no valid sequence in its header", path),
                "if no job of this agent runs, move the file away: its attempts become unknown");
  }
  return {};
}

Result<void> SlotFile::grow(std::uint32_t slots) {
  std::uint64_t at = slots_ == 0 ? 0 : offset_of(slots_);
  const std::uint64_t end = offset_of(slots);
  const std::array<char, 4096> zeros{};
  while (at < end) {
    const ssize_t wrote =
        ::pwrite(fd_.get(), zeros.data(), std::min<std::uint64_t>(zeros.size(), end - at),
                 static_cast<off_t>(at));
    if (wrote <= 0) return slot_error("cannot preallocate");
    at += static_cast<std::uint64_t>(wrote);
  }
  slots_ = slots;
  return {};
}

Result<void> SlotFile::write_header(Uuid boot_id, std::uint64_t name_tag) {
  Header header{kMagic, DX_VERSION, slots_, boot_id.high, boot_id.low, name_tag, 0, 0};
  header.crc = crc_of(header);
  if (::pwrite(fd_.get(), &header, sizeof header, 0) != sizeof header) return slot_error("header");
  return {};
}

std::optional<dx_slot> SlotFile::read(std::uint32_t slot) const {
  dx_slot record{};
  if (::pread(fd_.get(), &record, sizeof record, static_cast<off_t>(offset_of(slot))) !=
      sizeof record) {
    return std::nullopt;
  }
  const std::uint64_t sequence = record.start.sequence;
  if (sequence == 0) return std::nullopt;
  if (record.start.crc != crc_of(record.start)) {
    log(LogLevel::warning, "keeper.torn_slot", {{"slot", std::to_string(slot)}});
    return std::nullopt;
  }
  if (record.running.crc != crc_of(sequence, record.running)) record.running = {};
  if (record.exit.crc != crc_of(sequence, record.exit)) record.exit = {};
  return record;
}

void SlotFile::write_start(std::uint32_t slot, const model::AttemptRef& attempt,
                           std::uint64_t sequence, std::uint32_t runner_pid,
                           std::uint64_t runner_start) {
  DANDORI_ASSERT(runner_pid < 1U << 24U, "the number of a process fits its field");
  dx_start start{};
  start.run_high = attempt.run.value.high;
  start.run_low = attempt.run.value.low;
  start.job = attempt.job;
  start.number = attempt.number;
  start.sequence = sequence;
  start.boot_tag = boot_tag_;
  start.runner_start = runner_start;
  start.runner_pid = runner_pid & 0xFFFFFFU;
  start.crc = crc_of(start);
  write_or_abort(&start, sizeof start, offset_of(slot));
}

void SlotFile::mark_stopped(std::uint32_t slot) {
  std::optional<dx_slot> record = read(slot);
  if (!record || record->start.stopped != 0) return;
  record->start.stopped = 1;
  record->start.crc = crc_of(record->start);
  write_or_abort(&record->start, sizeof record->start, offset_of(slot));
}

void SlotFile::write_sequence(std::uint64_t sequence) {
  SequenceCopy copy{sequence, 0, 0};
  copy.crc = crc_of(copy);
  write_or_abort(&copy, sizeof copy, kSequenceAt[second_copy_next_ ? 1 : 0]);
  second_copy_next_ = !second_copy_next_;
  sequence_high_ = sequence;
}

void SlotFile::clear(std::uint32_t slot) {
  const dx_start nothing{};
  write_or_abort(&nothing, sizeof nothing, offset_of(slot));
}

void SlotFile::write_or_abort(const void* bytes, std::size_t size, std::uint64_t offset) {
  const ssize_t wrote = ::pwrite(fd_.get(), bytes, size, static_cast<off_t>(offset));
  DANDORI_ASSERT(wrote == static_cast<ssize_t>(size), "the slot file cannot be written");
}

}  // namespace dandori::keeper
