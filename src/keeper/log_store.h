#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "keeper/fd.h"
#include "model/agent.h"
#include "model/log_find.h"

namespace dandori::keeper {

/// The logs of a host: daily segments that all attempts share (`2026-11-24.seg`, frames as in
/// spools), and beside each an index (`2026-11-24.idx`, fixed records) of which attempt wrote where
/// and where it ended.
///
/// A crash leaves at most frames without an index record; they are taken over again from the spool,
/// and reading skips what it has already seen. Nothing is synced. Days are UTC.
class LogStore {
 public:
  /// Creates the folder if there is none. Errors: keeper.io.
  static Result<LogStore> open(const std::string& folder);

  /// A new attempt: its records are kept in memory until forget().
  void begin(const model::AttemptRef& attempt) { live_[attempt] = Where{}; }
  /// An adopted attempt: the same, with what an earlier keeper wrote.
  void recall(const model::AttemptRef& attempt) { live_[attempt] = look_up(attempt); }
  /// Appends whole frames. false: the disk did not take them; nothing of them was kept.
  /// first, end: offsets in the job's own output.
  bool append(const model::AttemptRef& attempt, std::string_view frames, std::uint64_t first,
              std::uint64_t end, Timestamp now);
  /// The attempt has ended; written with the next flush().
  void finish(const model::AttemptRef& attempt, std::uint64_t log_bytes, std::uint64_t dropped,
              Timestamp now);
  /// Writes buffered index records. Before anything is reported that depends on them.
  void flush();

  /// `live`: the attempt is held by the keeper, so no records yet means no output yet.
  model::LogChunk read(const model::LogRequest& request, bool live);
  /// A place in a log, or lines of it; looks through at most kSearchBytes.
  model::LogFound find(const model::LogFind& find, bool live);
  /// From now on the attempt is looked up on disk. After its acknowledgement.
  void forget(const model::AttemptRef& attempt) { live_.erase(attempt); }
  /// Removes the segments of whole days before `day` (`2026-11-24`). Returns how many.
  std::size_t remove_before(std::string_view day);

 private:
  struct Extent {
    std::string day;
    std::uint64_t at = 0;  ///< in the segment
    std::uint32_t length = 0;
    std::uint32_t newlines = 0;  ///< of what no extent before it has; kNotCounted
    std::uint64_t first = 0, end = 0;
    std::uint64_t reach = 0;            ///< highest end so far: grows from extent to extent
    std::uint64_t newlines_before = 0;  ///< valid when all before are counted
  };
  static constexpr std::uint32_t kNotCounted = UINT32_MAX;
  struct Where {
    std::vector<Extent> extents;
    bool known = false, ended = false;
    bool counted = true;  ///< newlines of all extents are known
    std::uint64_t log_bytes = 0, dropped = 0;
  };
  struct IndexRecord;

  bool roll(Timestamp now);
  void note(const IndexRecord& record);
  static void take_record(Where& where, const std::string& day, const IndexRecord& record);
  static void add_extent(Where& where, Extent extent);
  Where look_up(const model::AttemptRef& attempt) const;
  void scan_day(const std::string& day, const model::AttemptRef& attempt, Where& where) const;
  Where& where_is(const model::AttemptRef& attempt);
  std::vector<std::string> days() const;
  void read_extent(const Extent& extent, std::uint32_t bytes_max, model::LogChunk& chunk) const;
  model::LogChunk read_at(const Where& where, std::uint64_t offset, std::uint32_t bytes_max) const;
  /// Takes pieces of [from, until) in order; false: enough. Errors: log.unreadable.
  template <class Take>
  std::string walk(const Where& where, std::uint64_t from, std::uint64_t until, Take take) const;
  std::string count_newlines(Where& where) const;
  std::string find_line(const Where& where, std::uint64_t number, model::LogFound& found) const;
  std::string find_tail(const Where& where, std::uint64_t count, model::LogFound& found) const;
  std::string find_offset(const Where& where, std::uint64_t offset, model::LogFound& found) const;
  std::string search(const Where& where, const model::LogFind& find, model::LogFound& found) const;

  std::string folder_;
  std::string day_;
  std::int64_t day_number_ = -1;
  Fd segment_, index_;
  std::uint64_t segment_end_ = 0;
  std::string pending_;  ///< index records not yet written
  std::map<model::AttemptRef, Where> live_;
  std::list<std::pair<model::AttemptRef, Where>>
      recent_;  ///< ended ones looked up lately, newest first
};

}  // namespace dandori::keeper
