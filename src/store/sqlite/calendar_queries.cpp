#include <algorithm>

#include "store/rows.h"
#include "store/sqlite/queries.h"
#include "store/sqlite/read_rows.h"

namespace dandori::store::sqlite {

namespace {

constexpr std::string_view kNewestCalendar = "WHERE name=? ORDER BY revision DESC LIMIT 1";

Result<std::optional<model::BusinessDateRow>> find_date(ReaderPool::Loan& loan,
                                                        const std::string& name) {
  auto found = rows<model::BusinessDateRow>(loan, kBusinessDate, "WHERE name=?",
                                            [&](Binder& query) { query.text(name); });
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

}  // namespace

Result<Listed<model::CalendarRow>> Queries::calendars(const Page& page) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const std::uint32_t limit = page_limit(page);
  auto found = rows<model::CalendarRow>(
      *loan, kCalendar,
      "AS c WHERE name>? AND revision=(SELECT max(revision) FROM calendar AS m WHERE "
      "m.name=c.name) "
      "ORDER BY name LIMIT ?",
      [&](Binder& query) { query.text(page.cursor).integer(std::int64_t{limit} + 1); });
  if (!found) return std::unexpected(found.error());
  return make_page(std::move(*found), limit,
                   [](const model::CalendarRow& row) { return row.name; });
}

Result<std::vector<model::CalendarRow>> Queries::live_calendars() {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  return rows<model::CalendarRow>(*loan, kCalendar, kLiveCalendars, [](Binder&) {});
}

Result<model::CalendarRow> Queries::calendar(const std::string& name, std::uint32_t revision) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const ReadTransaction transaction{loan->connection()};
  auto found = rows<model::CalendarRow>(
      *loan, kCalendar, revision == 0 ? kNewestCalendar : "WHERE name=? AND revision=?",
      [&](Binder& query) {
        query.text(name);
        if (revision != 0) query.integer(revision);
      });
  if (!found) return std::unexpected(found.error());
  if (!found->empty()) return std::move(found->front());
  if (revision == 0) return std::unexpected(calendar_unknown(name));
  const auto newest = rows<model::CalendarRow>(*loan, kCalendar, kNewestCalendar,
                                               [&](Binder& query) { query.text(name); });
  if (!newest) return std::unexpected(newest.error());
  return std::unexpected(newest->empty() ? calendar_unknown(name)
                                         : calendar_revision_unknown(name, revision));
}

Result<Listed<model::CalendarRow>> Queries::calendar_revisions(const std::string& name,
                                                               const Page& page) {
  const Result<std::int64_t> before = seq_cursor(page);
  if (!before) return std::unexpected(before.error());
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const ReadTransaction transaction{loan->connection()};
  const std::uint32_t limit = page_limit(page);
  auto found = rows<model::CalendarRow>(
      *loan, kCalendar, "WHERE name=? AND revision<? ORDER BY revision DESC LIMIT ?",
      [&](Binder& query) { query.text(name).integer(*before).integer(std::int64_t{limit} + 1); });
  if (!found) return std::unexpected(found.error());
  if (found->empty()) {
    const auto newest = rows<model::CalendarRow>(*loan, kCalendar, kNewestCalendar,
                                                 [&](Binder& query) { query.text(name); });
    if (!newest) return std::unexpected(newest.error());
    if (newest->empty()) return std::unexpected(calendar_unknown(name));
  }
  return make_page(std::move(*found), limit,
                   [](const model::CalendarRow& row) { return std::to_string(row.revision); });
}

Result<Listed<model::BusinessDateRow>> Queries::business_dates(const Page& page) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const std::uint32_t limit = page_limit(page);
  auto found = rows<model::BusinessDateRow>(
      *loan, kBusinessDate, "WHERE name>? ORDER BY name LIMIT ?",
      [&](Binder& query) { query.text(page.cursor).integer(std::int64_t{limit} + 1); });
  if (!found) return std::unexpected(found.error());
  return make_page(std::move(*found), limit,
                   [](const model::BusinessDateRow& row) { return row.name; });
}

Result<std::optional<model::BusinessDateRow>> Queries::business_date(const std::string& name) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  return find_date(*loan, name);
}

Result<Listed<model::BusinessDateMoveRow>> Queries::business_date_moves(const std::string& name,
                                                                        const Page& page) {
  const Result<std::int64_t> before = seq_cursor(page);
  if (!before) return std::unexpected(before.error());
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const ReadTransaction transaction{loan->connection()};
  const auto known = find_date(*loan, name);
  if (!known) return std::unexpected(known.error());
  if (!*known) return std::unexpected(business_date_unknown(name));
  const std::uint32_t limit = page_limit(page);
  auto found = rows<model::BusinessDateMoveRow>(
      *loan, kDateMove, "WHERE name=? AND number<? ORDER BY number DESC LIMIT ?",
      [&](Binder& query) { query.text(name).integer(*before).integer(std::int64_t{limit} + 1); });
  if (!found) return std::unexpected(found.error());
  return make_page(std::move(*found), limit, [](const model::BusinessDateMoveRow& row) {
    return std::to_string(row.number);
  });
}

}  // namespace dandori::store::sqlite
