#include "store/sqlite/audit_list.h"

#include <algorithm>

#include "store/rows.h"
#include "store/sqlite/tables.h"

namespace dandori::store::sqlite {

Result<Listed<model::AuditRow>> list_audit(sqlite3* connection, StatementCache& cache,
                                           const AuditFilter& filter, std::int64_t before,
                                           std::uint32_t limit) {
  const Result<sqlite3_stmt*> statement =
      cache.get(select(kAudit, "WHERE seq<? ORDER BY seq DESC LIMIT ?"));
  if (!statement) return std::unexpected(statement.error());
  Binder query{*statement};
  query.integer(before).integer(kAuditScanMax);
  Listed<model::AuditRow> page;
  std::int64_t looked_at = 0;
  std::uint64_t last = 0;
  for (;;) {
    const int code = query.step();
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) return std::unexpected(error_of(connection, code, "reading the store"));
    if (page.items.size() == limit) {  // one more line is there, so there is a next page
      page.next_cursor = std::to_string(last);
      return page;
    }
    Row row{query.statement()};
    model::AuditRow line;
    read(row, line);
    if (row.is_broken()) return std::unexpected(corrupt(kAudit.name));
    last = line.seq;
    ++looked_at;
    if (matches(filter, line)) page.items.push_back(std::move(line));
  }
  if (looked_at == kAuditScanMax && last > 1) page.next_cursor = std::to_string(last);
  return page;
}

}  // namespace dandori::store::sqlite
