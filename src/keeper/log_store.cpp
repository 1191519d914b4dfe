#include "keeper/log_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/core.h>

#include "base/hash.h"
#include "base/log.h"
#include "keeper/spool.h"

namespace dandori::keeper {

/// One line of an index file.
struct LogStore::IndexRecord {
  std::uint64_t run_high, run_low;
  std::uint32_t job, number;
  std::uint64_t at;        ///< extent: offset in the segment
  std::uint64_t first;     ///< extent: offset in the job's output; end: bytes it wrote
  std::uint64_t last;      ///< extent: end offset in the job's output; end: bytes dropped
  std::uint32_t length;    ///< extent: bytes in the segment
  std::uint32_t kind;      ///< kExtent, kEnd, kCounted
  std::uint32_t newlines;  ///< kCounted: in the extent's output
  std::uint32_t crc;

  model::AttemptRef attempt() const { return {RunId{Uuid{run_high, run_low}}, job, number}; }
};

namespace {

constexpr std::uint32_t kExtent = 1, kEnd = 2, kCounted = 3;  // kCounted: an extent with newlines
constexpr std::size_t kRecordBytes = 64;
constexpr std::size_t kScanBytes = kRecordBytes * 4096;
constexpr std::size_t kRecentMax = 8;
constexpr std::uint32_t kChunkBytesMax = 1U << 20U;
constexpr std::int64_t kDayUs = 86'400'000'000;

std::string day_text(std::int64_t day_number) {
  const std::chrono::year_month_day day{std::chrono::sys_days{std::chrono::days{day_number}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

/// First day whose segments can hold the run's output: run ids carry their instant (UUIDv7).
std::string first_day_of(RunId run) {
  if (((run.value.high >> 12U) & 0xFU) != 7) return {};
  const auto ms = static_cast<std::int64_t>(run.value.high >> 16U);
  return day_text(ms / 86'400'000 - 1);
}

std::uint32_t newlines_in(std::string_view frames) {
  std::ptrdiff_t count = 0;
  while (const std::optional<dx_frame> frame = whole_frame(frames)) {
    count += std::ranges::count(frames.substr(sizeof(dx_frame), frame->length), '\n');
    frames.remove_prefix(sizeof(dx_frame) + frame->length);
  }
  return static_cast<std::uint32_t>(count);
}

bool write_all(int fd, std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
    at += static_cast<std::uint64_t>(wrote);
  }
  return true;
}

}  // namespace

Result<LogStore> LogStore::open(const std::string& folder) {
  LogStore store;
  store.folder_ = folder;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail("keeper.io", fmt::format("the log folder {}: {}", folder, std::strerror(errno)),
                "check the disk and the rights of the data folder");
  }
  return store;
}

bool LogStore::roll(Timestamp now) {
  const std::int64_t number = now.us / kDayUs;
  if (number == day_number_ && segment_ && index_) return true;
  flush();
  day_ = day_text(number);
  const std::string base = fmt::format("{}/{}", folder_, day_);
  segment_.reset(::open((base + ".seg").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  index_.reset(::open((base + ".idx").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct stat segment{}, index{};
  if (!segment_ || !index_ || ::fstat(segment_.get(), &segment) != 0 ||
      ::fstat(index_.get(), &index) != 0) {
    day_number_ = -1;
    return false;
  }
  const auto torn = static_cast<off_t>(static_cast<std::size_t>(index.st_size) % kRecordBytes);
  if (torn != 0 && ::ftruncate(index_.get(), index.st_size - torn) != 0) return false;
  segment_end_ = static_cast<std::uint64_t>(segment.st_size);
  day_number_ = number;
  return true;
}

void LogStore::take_record(Where& where, const std::string& day, const IndexRecord& record) {
  where.known = true;
  if (record.kind == kExtent || record.kind == kCounted) {
    add_extent(where, {.day = day,
                       .at = record.at,
                       .length = record.length,
                       .newlines = record.kind == kCounted ? record.newlines : kNotCounted,
                       .first = record.first,
                       .end = record.last});
  } else if (record.kind == kEnd) {
    where.ended = true;
    where.log_bytes = record.first;
    where.dropped = record.last;
  }
}

/// What was taken over twice after a crash overlaps: its newlines are counted when asked for.
void LogStore::add_extent(Where& where, Extent extent) {
  const Extent* last = where.extents.empty() ? nullptr : &where.extents.back();
  const std::uint64_t reach = last == nullptr ? 0 : last->reach;
  if (extent.first < reach) extent.newlines = kNotCounted;
  extent.reach = std::max(reach, extent.end);
  if (last != nullptr && where.counted) {
    extent.newlines_before = last->newlines_before + last->newlines;
  }
  where.counted = where.counted && extent.newlines != kNotCounted;
  where.extents.push_back(std::move(extent));
}

void LogStore::note(const IndexRecord& record) {
  static_assert(sizeof(IndexRecord) == kRecordBytes);
  IndexRecord sealed = record;
  sealed.crc = crc32c({reinterpret_cast<const char*>(&sealed), offsetof(IndexRecord, crc)});
  pending_.append(reinterpret_cast<const char*>(&sealed), sizeof sealed);
  take_record(live_[record.attempt()], day_, sealed);
}

bool LogStore::append(const model::AttemptRef& attempt, std::string_view frames,
                      std::uint64_t first, std::uint64_t end, Timestamp now) {
  if (!roll(now)) return false;
  if (!write_all(segment_.get(), frames, segment_end_)) {
    log(LogLevel::error, "keeper.log_not_kept", {{"reason", std::strerror(errno)}});
    (void)!::ftruncate(segment_.get(), static_cast<off_t>(segment_end_));
    return false;
  }
  note({attempt.run.value.high, attempt.run.value.low, attempt.job, attempt.number, segment_end_,
        first, end, static_cast<std::uint32_t>(frames.size()), kCounted, newlines_in(frames), 0});
  segment_end_ += frames.size();
  return true;
}

void LogStore::finish(const model::AttemptRef& attempt, std::uint64_t log_bytes,
                      std::uint64_t dropped, Timestamp now) {
  if (!roll(now)) log(LogLevel::error, "keeper.log_not_kept", {{"reason", std::strerror(errno)}});
  note({attempt.run.value.high, attempt.run.value.low, attempt.job, attempt.number, 0, log_bytes,
        dropped, 0, kEnd, 0, 0});
}

void LogStore::flush() {
  if (pending_.empty() || !index_) return;
  const ssize_t wrote = ::write(index_.get(), pending_.data(), pending_.size());
  if (wrote != std::ssize(pending_)) {
    log(LogLevel::error, "keeper.log_not_indexed", {{"reason", std::strerror(errno)}});
    struct stat index{};
    if (wrote > 0 && ::fstat(index_.get(), &index) == 0) {  // keep the records aligned
      (void)!::ftruncate(index_.get(), index.st_size - wrote % static_cast<ssize_t>(kRecordBytes));
    }
    const auto kept =
        static_cast<std::size_t>(std::max<ssize_t>(wrote, 0)) / kRecordBytes * kRecordBytes;
    pending_.erase(0, kept);
    if (pending_.size() > (1U << 20U))
      pending_.clear();  // bounded: those logs are lost after a restart
    return;
  }
  pending_.clear();
}

std::vector<std::string> LogStore::days() const {
  std::vector<std::string> found;
  DIR* folder = ::opendir(folder_.c_str());
  if (folder == nullptr) return found;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name{entry->d_name};
    if (name.size() == 14 && name.ends_with(".idx")) found.emplace_back(name.substr(0, 10));
  }
  ::closedir(folder);
  std::ranges::sort(found);
  return found;
}

void LogStore::scan_day(const std::string& day, const model::AttemptRef& attempt,
                        Where& where) const {
  const Fd index{::open(fmt::format("{}/{}.idx", folder_, day).c_str(), O_RDONLY | O_CLOEXEC)};
  if (!index) return;
  std::string block(kScanBytes, '\0');
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(index.get(), block.data(), block.size(), at);
    if (got < static_cast<ssize_t>(kRecordBytes)) return;
    const std::size_t whole = static_cast<std::size_t>(got) / kRecordBytes;
    for (std::size_t i = 0; i < whole; ++i) {
      IndexRecord record;
      std::memcpy(&record, block.data() + i * kRecordBytes, sizeof record);
      if (record.run_low != attempt.run.value.low || record.attempt() != attempt) continue;
      if (record.crc != crc32c({block.data() + i * kRecordBytes, offsetof(IndexRecord, crc)}))
        continue;
      take_record(where, day, record);
    }
    at += static_cast<off_t>(whole * kRecordBytes);
  }
}

LogStore::Where LogStore::look_up(const model::AttemptRef& attempt) const {
  Where where;
  const std::string from = first_day_of(attempt.run);
  for (const std::string& day : days()) {
    if (day >= from) scan_day(day, attempt, where);
  }
  return where;
}

LogStore::Where& LogStore::where_is(const model::AttemptRef& attempt) {
  if (const auto found = live_.find(attempt); found != live_.end()) return found->second;
  const auto recent =
      std::ranges::find_if(recent_, [&](const auto& one) { return one.first == attempt; });
  if (recent != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, recent);
    return recent_.front().second;
  }
  flush();
  Where where = look_up(attempt);
  recent_.emplace_front(attempt, std::move(where));
  if (recent_.size() > kRecentMax) recent_.pop_back();
  return recent_.front().second;
}

void LogStore::read_extent(const Extent& extent, std::uint32_t bytes_max,
                           model::LogChunk& chunk) const {
  const Fd segment{
      ::open(fmt::format("{}/{}.seg", folder_, extent.day).c_str(), O_RDONLY | O_CLOEXEC)};
  std::string bytes(extent.length, '\0');
  const ssize_t got =
      segment ? ::pread(segment.get(), bytes.data(), bytes.size(), static_cast<off_t>(extent.at))
              : -1;
  if (got < 0) {
    chunk.error = "log.unreadable";
    return;
  }
  std::string_view rest{bytes.data(), static_cast<std::size_t>(got)};
  while (const std::optional<dx_frame> frame = whole_frame(rest)) {
    const std::string_view output = rest.substr(sizeof(dx_frame), frame->length);
    rest.remove_prefix(sizeof(dx_frame) + frame->length);
    const std::uint64_t at = chunk.offset + chunk.bytes.size();
    if (frame->job_offset + frame->length <= at) continue;
    if (frame->job_offset > at) {  // a gap: dropped bytes
      if (!chunk.bytes.empty()) return;
      chunk.offset = frame->job_offset;
    }
    const std::uint64_t skip = chunk.offset + chunk.bytes.size() - frame->job_offset;
    chunk.bytes.append(
        output.substr(static_cast<std::size_t>(skip), bytes_max - chunk.bytes.size()));
    if (chunk.bytes.size() >= bytes_max) return;
  }
}

model::LogChunk LogStore::read(const model::LogRequest& request, bool live) {
  model::LogChunk chunk;
  chunk.id = request.id;
  chunk.offset = request.offset;
  const Where& where = where_is(request.attempt);
  if (!where.known && !live) {
    chunk.error = "log.unknown_attempt";
    return chunk;
  }
  chunk = read_at(where, request.offset, request.bytes_max);
  chunk.id = request.id;
  return chunk;
}

model::LogChunk LogStore::read_at(const Where& where, std::uint64_t offset,
                                  std::uint32_t bytes_wanted) const {
  model::LogChunk chunk;
  chunk.offset = offset;
  const std::uint32_t bytes_max = std::clamp<std::uint32_t>(bytes_wanted, 1, kChunkBytesMax);
  auto extent = std::ranges::upper_bound(where.extents, offset, {}, &Extent::reach);
  for (; extent != where.extents.end(); ++extent) {
    const std::uint64_t at = chunk.offset + chunk.bytes.size();
    if (chunk.bytes.size() >= bytes_max || !chunk.error.empty()) break;
    if (extent->end <= at) continue;
    if (extent->first > at && !chunk.bytes.empty()) break;
    read_extent(*extent, bytes_max, chunk);
  }
  const std::uint64_t kept_end = where.extents.empty() ? 0 : where.extents.back().reach;
  chunk.dropped = where.dropped;
  chunk.complete =
      where.ended && chunk.error.empty() && chunk.offset + chunk.bytes.size() >= kept_end;
  return chunk;
}

std::size_t LogStore::remove_before(std::string_view day) {
  std::size_t removed = 0;
  for (const std::string& one : days()) {
    if (one >= day || one == day_) continue;
    for (const char* kind : {"seg", "idx"}) {
      ::unlink(fmt::format("{}/{}.{}", folder_, one, kind).c_str());
    }
    ++removed;
  }
  if (removed > 0) recent_.clear();
  return removed;
}

}  // namespace dandori::keeper
