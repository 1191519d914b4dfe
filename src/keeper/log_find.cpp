// Places and lines in a log: the index says how many newlines each extent has, so that only the
// extent in question is read.
#include <algorithm>
#include <optional>

#include "base/pattern.h"
#include "base/text.h"
#include "keeper/log_store.h"

namespace dandori::keeper {

namespace {

constexpr std::uint32_t kPieceBytes = 256U << 10U;
constexpr std::uint64_t kSearchBytes = 4U << 20U;  // of one request: some 10 ms of the agent's time
constexpr std::size_t kLineBytesSearched = 64U << 10U;  // a longer line is looked through in parts
constexpr std::uint32_t kLinesMax = 1000;
constexpr std::size_t kAnswerBytesMax = 1U << 20U;

model::LogLine make_line(std::uint64_t number, std::uint64_t offset, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return {number, offset, to_valid_utf8(line.substr(0, model::kLogLineBytesMax)),
          line.size() > model::kLogLineBytesMax};
}

}  // namespace

template <class Take>
std::string LogStore::walk(const Where& where, std::uint64_t from, std::uint64_t until,
                           Take take) const {
  while (from < until) {
    const auto wanted =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(kPieceBytes, until - from));
    const model::LogChunk piece = read_at(where, from, wanted);
    if (!piece.error.empty()) return piece.error;
    if (piece.bytes.empty() || !take(piece)) return {};
    from = piece.offset + piece.bytes.size();
  }
  return {};
}

std::string LogStore::count_newlines(Where& where) const {
  if (where.counted) return {};
  std::uint64_t reach = 0, newlines = 0;
  for (Extent& extent : where.extents) {
    if (extent.newlines == kNotCounted) {
      std::ptrdiff_t count = 0;
      const auto error =
          walk(where, std::max(extent.first, reach), extent.end, [&](const model::LogChunk& piece) {
            count += std::ranges::count(piece.bytes, '\n');
            return true;
          });
      if (!error.empty()) return error;
      extent.newlines = static_cast<std::uint32_t>(count);
    }
    extent.newlines_before = newlines;
    newlines += extent.newlines;
    reach = extent.reach;
  }
  where.counted = true;
  return {};
}

/// Behind the last line there is the end.
std::string LogStore::find_line(const Where& where, std::uint64_t number,
                                model::LogFound& found) const {
  found.offset = 0;
  found.number = 1;
  if (number <= 1 || where.extents.empty()) return {};
  const std::uint64_t newlines = number - 1;  // stand before it
  const auto holder = std::ranges::partition_point(where.extents, [&](const Extent& extent) {
    return extent.newlines_before + extent.newlines < newlines;
  });
  if (holder == where.extents.end()) {
    found.offset = found.end;
    found.number = found.newlines + 1;
    return {};
  }
  std::uint64_t left = newlines - holder->newlines_before;
  const std::uint64_t from =
      holder == where.extents.begin() ? 0 : std::max(holder->first, std::prev(holder)->reach);
  return walk(where, from, holder->end, [&](const model::LogChunk& piece) {
    for (std::size_t at = piece.bytes.find('\n'); at != std::string::npos;
         at = piece.bytes.find('\n', at + 1)) {
      if (--left > 0) continue;
      found.offset = piece.offset + at + 1;
      found.number = number;
      return false;
    }
    return true;
  });
}

std::string LogStore::find_tail(const Where& where, std::uint64_t count,
                                model::LogFound& found) const {
  std::uint64_t lines = found.newlines;
  if (found.end > 0) {
    const model::LogChunk last = read_at(where, found.end - 1, 1);
    if (!last.error.empty()) return last.error;
    if (last.bytes != "\n") ++lines;
  }
  return find_line(where, lines > count ? lines - count + 1 : 1, found);
}

std::string LogStore::find_offset(const Where& where, std::uint64_t offset,
                                  model::LogFound& found) const {
  const auto holder = std::ranges::upper_bound(where.extents, offset, {}, &Extent::reach);
  std::uint64_t number = found.newlines + 1;
  if (holder != where.extents.end()) {
    const std::uint64_t from =
        holder == where.extents.begin() ? 0 : std::max(holder->first, std::prev(holder)->reach);
    number = holder->newlines_before + 1;
    const auto error = walk(where, from, offset, [&](const model::LogChunk& piece) {
      if (piece.offset >= offset) return false;
      const std::string_view before =
          std::string_view{piece.bytes}.substr(0, static_cast<std::size_t>(offset - piece.offset));
      number += static_cast<std::uint64_t>(std::ranges::count(before, '\n'));
      return true;
    });
    if (!error.empty()) return error;
  }
  found.offset = std::min(offset, found.end);
  found.number = number;
  return {};
}

namespace {

/// Cuts pieces of a log into lines and keeps those with the pattern.
class Searcher {
 public:
  /// is_inside: find.offset stands inside a line.
  Searcher(const Pattern& pattern, const model::LogFind& find, bool is_inside,
           model::LogFound& found)
      : pattern_{pattern},
        count_max_{std::clamp<std::uint32_t>(find.count_max, 1, kLinesMax)},
        found_{found},
        is_inside_{is_inside} {
    found_.offset = find.offset;
    found_.number = std::max<std::uint64_t>(find.number, 1);
  }

  /// False: enough for one request.
  bool take(const model::LogChunk& piece) {
    if (piece.offset != next_ && !rest_.empty()) end_part();  // bytes were dropped in between
    if (rest_.empty()) found_.offset = piece.offset;
    next_ = piece.offset + piece.bytes.size();
    std::string_view bytes = piece.bytes;
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      rest_ += bytes.substr(0, end);
      if (end == std::string_view::npos) {
        if (rest_.size() >= kLineBytesSearched) end_part();
        break;
      }
      bytes.remove_prefix(end + 1);
      look_at(rest_, is_inside_);
      found_.offset += rest_.size() + 1;
      ++found_.number;
      rest_.clear();
      is_inside_ = false;
      if (is_full()) return false;
    }
    seen_ += piece.bytes.size();
    return seen_ < kSearchBytes;
  }

  /// The last line has no newline and never will.
  void finish() {
    if (rest_.empty() || is_full()) return;
    look_at(rest_, is_inside_);
    found_.offset += rest_.size();
    rest_.clear();
  }
  bool is_full() const {
    return found_.lines.size() >= count_max_ || answer_bytes_ >= kAnswerBytesMax;
  }

 private:
  /// A part of a line that goes on (or has lost its end): its number stays.
  void end_part() {
    look_at(rest_, true);
    found_.offset += rest_.size();
    rest_.clear();
    is_inside_ = true;
  }
  void look_at(std::string_view line, bool is_part) {
    const bool again = !found_.lines.empty() && found_.lines.back().number == found_.number;
    if (again || !pattern_.occurs_in(line)) return;
    found_.lines.push_back(make_line(found_.number, found_.offset, line));
    if (is_part) found_.lines.back().truncated = true;
    answer_bytes_ += found_.lines.back().text.size();
  }

  const Pattern& pattern_;
  const std::size_t count_max_;
  model::LogFound& found_;
  bool is_inside_;    ///< what comes is not the beginning of its line
  std::string rest_;  ///< of the line at found_.offset
  std::uint64_t next_ = UINT64_MAX;
  std::uint64_t seen_ = 0;
  std::size_t answer_bytes_ = 0;
};

}  // namespace

std::string LogStore::search(const Where& where, const model::LogFind& find,
                             model::LogFound& found) const {
  const auto pattern =
      Pattern::compile(find.text, {.is_regex = find.is_regex, .ignores_case = find.ignores_case});
  if (!pattern) return pattern.error().code;
  bool is_inside = false;
  if (find.offset > 0 && find.offset < found.end) {
    const model::LogChunk before = read_at(where, find.offset - 1, 1);
    if (!before.error.empty()) return before.error;
    is_inside = before.offset == find.offset - 1 && before.bytes != "\n";
  }
  Searcher searcher{*pattern, find, is_inside, found};
  bool is_enough = false;
  const std::string error = walk(where, find.offset, found.end, [&](const model::LogChunk& piece) {
    is_enough = !searcher.take(piece);
    return !is_enough;
  });
  if (!error.empty()) return error;
  if (is_enough) return {};
  if (where.ended) searcher.finish();
  found.at_end = !searcher.is_full();
  found.complete = where.ended && found.at_end;
  return {};
}

model::LogFound LogStore::find(const model::LogFind& find, bool live) {
  model::LogFound found;
  found.id = find.id;
  found.offset = find.offset;
  Where& where = where_is(find.attempt);
  if (!where.known && !live) {
    found.error = "log.unknown_attempt";
    return found;
  }
  found.error = count_newlines(where);
  if (!found.error.empty()) return found;
  found.dropped = where.dropped;
  if (!where.extents.empty()) {
    const Extent& last = where.extents.back();
    found.end = last.reach;
    found.newlines = last.newlines_before + last.newlines;
  }
  switch (find.what) {
    case model::LogFind::What::line:
      found.error = find_line(where, find.number, found);
      break;
    case model::LogFind::What::tail:
      found.error = find_tail(where, find.number, found);
      break;
    case model::LogFind::What::offset:
      found.error = find_offset(where, find.offset, found);
      break;
    case model::LogFind::What::search:
      found.error = search(where, find, found);
      return found;
  }
  found.complete = where.ended;
  return found;
}

}  // namespace dandori::keeper
