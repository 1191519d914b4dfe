#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/id.h"
#include "base/result.h"
#include "keeper/fd.h"
#include "keeper/runner/protocol.h"
#include "model/run.h"

namespace dandori::keeper {

/// The slot file of a host's agent: which attempts were handed to runners and how they ended.
///
/// Preallocated and never synced: it must survive the death of any process, not that of the host.
/// The header holds the boot id, and twice, in turn, the highest sequence, so that a torn write
/// loses none.
class SlotFile {
 public:
  /// Opens or creates it with at least `slots` slots. A file of another boot is taken over: its
  /// records stay, `boot_id` becomes the header's. Errors: keeper.slot_file_corrupt,
  /// keeper.slot_file_version, keeper.slot_file_foreign (of an agent
  ///         with another name), keeper.io.
  static Result<SlotFile> open(const std::string& path, std::uint32_t slots, Uuid boot_id,
                               const std::string& agent_name);

  std::uint32_t slots() const { return slots_; }
  std::uint64_t sequence_high() const { return sequence_high_; }
  int fd() const { return fd_.get(); }
  static std::uint64_t offset_of(std::uint32_t slot) {
    return DX_HEADER_BYTES + std::uint64_t{slot} * DX_SLOT_BYTES;
  }

  /// The record, each part zeroed whose checksum is wrong. nullopt: free or torn.
  std::optional<dx_slot> read(std::uint32_t slot) const;
  /// Aborts when the disk refuses: going on could start an attempt twice.
  void write_start(std::uint32_t slot, const model::AttemptRef& attempt, std::uint64_t sequence,
                   std::uint32_t runner_pid, std::uint64_t runner_start);
  /// The job is about to be told to stop: who reads its end later must see that nothing of it is
  /// left.
  void mark_stopped(std::uint32_t slot);
  void write_sequence(std::uint64_t sequence);
  void clear(std::uint32_t slot);

 private:
  Result<void> create(std::uint32_t slots, Uuid boot_id, std::uint64_t name_tag);
  Result<void> check_header(std::uint64_t name_tag, const std::string& path);
  Result<void> grow(std::uint32_t slots);
  Result<void> write_header(Uuid boot_id, std::uint64_t name_tag);
  void write_or_abort(const void* bytes, std::size_t size, std::uint64_t offset);

  Fd fd_;
  std::uint32_t slots_ = 0;
  std::uint64_t boot_tag_ = 0;
  std::uint64_t sequence_high_ = 0;
  bool second_copy_next_ = false;
};

/// What a start record keeps of a boot id.
inline std::uint64_t boot_tag(Uuid boot_id) {
  return mix64(boot_id.high, boot_id.low);
}
model::AttemptRef attempt_of(const dx_start& start);
model::ExitRecord exit_of(const dx_exit& end, std::int64_t started_at);

}  // namespace dandori::keeper
