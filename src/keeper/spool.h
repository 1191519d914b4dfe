#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "keeper/fd.h"
#include "keeper/runner/protocol.h"

namespace dandori::keeper {

/// The keeper's end of a slot's spool: takes over what the runner wrote (runner/protocol.h).
class Spool {
 public:
  Spool() = default;
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&& other) noexcept;
  ~Spool();

  /// Opens or creates it; a head that makes no sense (after a power cut) is reset. Errors:
  /// keeper.io.
  static Result<Spool> open(const std::string& path);

  int fd() const { return fd_.get(); }
  bool empty() const;
  /// Before an order is handed over, while the runner is idle.
  void expect_order();
  /// The runner took the order it was handed last (or that cannot be told any more).
  bool order_taken() const;
  /// Hands over whole frames, at most 1 MiB at a time, until nothing is left or `take` refuses.
  ///
  /// take(frames, first job offset, end job offset): false: not taken, stays for the next time.
  /// Frames of other attempts than `sequence` and damaged ones are passed over.
  using Take = std::function<bool(std::string_view, std::uint64_t, std::uint64_t)>;
  void drain(std::uint64_t sequence, const Take& take);
  /// Gives up what is left; returns the bytes of output in it.
  std::uint64_t discard(std::uint64_t sequence);
  /// Returns the disk space of a long log. Only while the runner has no job.
  void shrink();

 private:
  void pass(std::uint64_t end);

  Fd fd_;
  dx_spool* head_ = nullptr;
  std::string buffer_;
};

/// The head of the frame at the start of `bytes`, if all of its output is there too; nullopt:
/// damaged or cut off.
std::optional<dx_frame> whole_frame(std::string_view bytes);
/// Head and output of one frame, made by the keeper itself.
std::string make_frame(std::uint64_t sequence, std::int64_t at_us, std::uint64_t job_offset,
                       std::uint32_t stream, std::string_view output);

}  // namespace dandori::keeper
