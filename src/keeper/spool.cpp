#include "keeper/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>

#include "base/hash.h"

namespace dandori::keeper {
namespace {

constexpr std::size_t kTakeBytes = 1U << 20U;
constexpr std::size_t kKeepBufferBytes = 64U << 10U;
constexpr std::int64_t kShrinkBytes = 4 << 20;

std::uint64_t load(const std::uint64_t& field) {
  return __atomic_load_n(&field, __ATOMIC_ACQUIRE);
}
void store(std::uint64_t& field, std::uint64_t value) {
  __atomic_store_n(&field, value, __ATOMIC_RELEASE);
}

}  // namespace

std::optional<dx_frame> whole_frame(std::string_view bytes) {
  if (bytes.size() < sizeof(dx_frame)) return std::nullopt;
  dx_frame frame;
  std::memcpy(&frame, bytes.data(), sizeof frame);
  if (frame.magic != DX_FRAME_MAGIC || frame.length > DX_FRAME_BYTES_MAX) return std::nullopt;
  if (frame.crc != crc32c(bytes.substr(0, offsetof(dx_frame, crc)))) return std::nullopt;
  if (bytes.size() - sizeof frame < frame.length) return std::nullopt;
  return frame;
}

std::string make_frame(std::uint64_t sequence, std::int64_t at_us, std::uint64_t job_offset,
                       std::uint32_t stream, std::string_view output) {
  dx_frame frame{DX_FRAME_MAGIC,
                 static_cast<std::uint32_t>(output.size()),
                 sequence,
                 at_us,
                 job_offset,
                 stream,
                 0};
  frame.crc = crc32c({reinterpret_cast<const char*>(&frame), offsetof(dx_frame, crc)});
  std::string bytes{reinterpret_cast<const char*>(&frame), sizeof frame};
  bytes.append(output);
  return bytes;
}

Spool::Spool(Spool&& other) noexcept
    : fd_{std::move(other.fd_)},
      head_{std::exchange(other.head_, nullptr)},
      buffer_{std::move(other.buffer_)} {}

Spool& Spool::operator=(Spool&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(head_, other.head_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

Spool::~Spool() {
  if (head_ != nullptr) ::munmap(head_, DX_SPOOL_HEAD_BYTES);
}

Result<Spool> Spool::open(const std::string& path) {
  const auto failed = [&] {
    return fail("keeper.io", fmt::format("the log spool {}: {}", path, std::strerror(errno)),
                "check the disk and the rights of the data folder");
  };
  Spool spool;
  spool.fd_.reset(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  struct stat status{};
  if (!spool.fd_ || ::fstat(spool.fd_.get(), &status) != 0) return failed();
  const bool fresh = status.st_size < DX_SPOOL_HEAD_BYTES;
  if (fresh) {
    const std::array<char, DX_SPOOL_HEAD_BYTES>
        zeros{};  // written: a hole could fault on a full disk
    if (::pwrite(spool.fd_.get(), zeros.data(), zeros.size(), 0) != std::ssize(zeros))
      return failed();
    status.st_size = DX_SPOOL_HEAD_BYTES;
  }
  void* head =
      ::mmap(nullptr, DX_SPOOL_HEAD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, spool.fd_.get(), 0);
  if (head == MAP_FAILED) return failed();
  spool.head_ = static_cast<dx_spool*>(head);
  if (fresh) spool.head_->taken = UINT64_MAX;
  const dx_spool& now = *spool.head_;
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  // The runner may be at work: only a head that it could never write is reset.
  if (load(now.drained) > load(now.committed) || load(now.base) > load(now.committed) ||
      load(now.committed) - load(now.base) > file_bytes + kTakeBytes) {
    *spool.head_ = {};
    spool.head_->taken = UINT64_MAX;  // cannot be told any more
  }
  return spool;
}

bool Spool::empty() const {
  return load(head_->drained) == load(head_->committed);
}

void Spool::expect_order() {
  store(head_->taken, 0);
}

bool Spool::order_taken() const {
  return load(head_->taken) != 0;
}

void Spool::pass(std::uint64_t end) {
  store(head_->drained, end);
}

void Spool::drain(std::uint64_t sequence, const Take& take) {
  std::uint64_t at = load(head_->drained);
  for (std::uint64_t end = load(head_->committed); at < end; end = load(head_->committed)) {
    const std::uint64_t base =
        load(head_->base);  // stable: the runner moves it only when all is drained
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kTakeBytes, end - at));
    if (buffer_.size() < wanted) buffer_.resize(wanted);
    const ssize_t got = ::pread(fd_.get(), buffer_.data(), wanted,
                                static_cast<off_t>(DX_SPOOL_HEAD_BYTES + at - base));
    if (got <= 0) return pass(end);
    std::string_view rest{buffer_.data(), static_cast<std::size_t>(got)};
    std::size_t used = 0;
    std::uint64_t first = 0, last = 0;
    bool any = false, mine = true;
    while (const std::optional<dx_frame> frame = whole_frame(rest.substr(used))) {
      if (!any) first = frame->job_offset, mine = frame->sequence == sequence;
      if ((frame->sequence == sequence) != mine) break;
      any = true;
      last = frame->job_offset + frame->length;
      used += sizeof(dx_frame) + frame->length;
    }
    if (!any) return pass(end);  // damaged: nothing after it can be trusted
    if (mine && !take(rest.substr(0, used), first, last)) return;
    at += used;
    pass(at);
  }
  if (buffer_.size() > kKeepBufferBytes) buffer_ = {};
}

std::uint64_t Spool::discard(std::uint64_t sequence) {
  std::uint64_t lost = 0;
  drain(sequence, [&](std::string_view frames, std::uint64_t, std::uint64_t) {
    while (const std::optional<dx_frame> frame = whole_frame(frames)) {
      lost += frame->length;
      frames.remove_prefix(sizeof(dx_frame) + frame->length);
    }
    return true;
  });
  return lost;
}

void Spool::shrink() {
  struct stat status{};
  if (!empty() || ::fstat(fd_.get(), &status) != 0 || status.st_size <= kShrinkBytes) return;
  (void)!::ftruncate(fd_.get(), DX_SPOOL_HEAD_BYTES);
}

}  // namespace dandori::keeper
