#include <algorithm>
#include <iterator>

#include "store/memory/memory_store.h"
#include "store/rows.h"

namespace dandori::store {

void MemoryStore::put(const model::CalendarRow& row) {
  model::CalendarRow copy = row;
  copy.definition.reset();
  const auto [at, is_new] = calendars_.try_emplace(RevisionKey{row.name, row.revision}, copy);
  if (is_new) return;
  at->second.since = row.since;
  at->second.source_set = row.source_set;
  at->second.deleted = row.deleted;
}

void MemoryStore::put(const model::BusinessDateRow& row) {
  model::BusinessDateRow copy = row;
  copy.definition.reset();
  business_dates_.insert_or_assign(row.name, std::move(copy));
}

void MemoryStore::put(const model::BusinessDateMoveRow& row) {
  date_moves_.try_emplace({row.name, row.number}, row);
}

const model::CalendarRow* MemoryStore::newest_calendar(const std::string& name) const {
  const auto after = calendars_.upper_bound({name, UINT32_MAX});
  if (after == calendars_.begin()) return nullptr;
  const auto newest = std::prev(after);
  return newest->first.first == name ? &newest->second : nullptr;
}

Result<Listed<model::CalendarRow>> MemoryStore::calendars(const Page& page) {
  const std::lock_guard lock{mutex_};
  const std::uint32_t limit = page_limit(page);
  std::vector<model::CalendarRow> found;
  for (auto place = calendars_.upper_bound({page.cursor, UINT32_MAX});
       place != calendars_.end() && found.size() <= limit;) {
    const std::string& name = place->first.first;
    found.push_back(*newest_calendar(name));
    place = calendars_.upper_bound({name, UINT32_MAX});
  }
  return make_page(std::move(found), limit, [](const model::CalendarRow& row) { return row.name; });
}

Result<std::vector<model::CalendarRow>> MemoryStore::live_calendars() {
  const std::lock_guard lock{mutex_};
  std::vector<model::CalendarRow> found;
  for (const auto& [key, row] : calendars_) {
    if (!newest_calendar(key.first)->deleted) found.push_back(row);
  }
  return found;
}

Result<model::CalendarRow> MemoryStore::calendar(const std::string& name, std::uint32_t revision) {
  const std::lock_guard lock{mutex_};
  const model::CalendarRow* newest = newest_calendar(name);
  if (newest == nullptr) return std::unexpected(calendar_unknown(name));
  if (revision == 0) return *newest;
  const auto found = calendars_.find({name, revision});
  if (found == calendars_.end()) return std::unexpected(calendar_revision_unknown(name, revision));
  return found->second;
}

Result<Listed<model::CalendarRow>> MemoryStore::calendar_revisions(const std::string& name,
                                                                   const Page& page) {
  const Result<std::int64_t> before = seq_cursor(page);
  if (!before) return std::unexpected(before.error());
  const std::lock_guard lock{mutex_};
  if (newest_calendar(name) == nullptr) return std::unexpected(calendar_unknown(name));
  const std::uint32_t limit = page_limit(page);
  const auto last = static_cast<std::uint32_t>(std::min<std::int64_t>(*before, UINT32_MAX));
  std::vector<model::CalendarRow> found;
  for (auto place = std::make_reverse_iterator(calendars_.lower_bound({name, last}));
       place != calendars_.rend() && found.size() <= limit; ++place) {
    if (place->first.first != name) break;
    found.push_back(place->second);
  }
  return make_page(std::move(found), limit,
                   [](const model::CalendarRow& row) { return std::to_string(row.revision); });
}

Result<Listed<model::BusinessDateRow>> MemoryStore::business_dates(const Page& page) {
  const std::lock_guard lock{mutex_};
  const std::uint32_t limit = page_limit(page);
  std::vector<model::BusinessDateRow> found;
  for (auto place = business_dates_.upper_bound(page.cursor);
       place != business_dates_.end() && found.size() <= limit; ++place) {
    found.push_back(place->second);
  }
  return make_page(std::move(found), limit,
                   [](const model::BusinessDateRow& row) { return row.name; });
}

Result<std::optional<model::BusinessDateRow>> MemoryStore::business_date(const std::string& name) {
  const std::lock_guard lock{mutex_};
  const auto found = business_dates_.find(name);
  if (found == business_dates_.end()) return std::nullopt;
  return found->second;
}

Result<Listed<model::BusinessDateMoveRow>> MemoryStore::business_date_moves(const std::string& name,
                                                                            const Page& page) {
  const Result<std::int64_t> before = seq_cursor(page);
  if (!before) return std::unexpected(before.error());
  const std::lock_guard lock{mutex_};
  if (!business_dates_.contains(name)) return std::unexpected(business_date_unknown(name));
  const std::uint32_t limit = page_limit(page);
  std::vector<model::BusinessDateMoveRow> found;
  const auto end = date_moves_.lower_bound({name, static_cast<std::uint64_t>(*before)});
  for (auto place = std::make_reverse_iterator(end);
       place != date_moves_.rend() && found.size() <= limit; ++place) {
    if (place->first.first != name) break;
    found.push_back(place->second);
  }
  return make_page(std::move(found), limit, [](const model::BusinessDateMoveRow& row) {
    return std::to_string(row.number);
  });
}

}  // namespace dandori::store
