#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "store/sqlite/queries.h"
#include "store/sqlite/tables.h"

namespace dandori::store::sqlite {

/// One state of the file for several readings: a run that ends between them is neither lost nor
/// doubled.
class ReadTransaction {
 public:
  explicit ReadTransaction(sqlite3* connection) : connection_{connection} {
    sqlite3_exec(connection_, "BEGIN", nullptr, nullptr, nullptr);
  }
  ~ReadTransaction() { sqlite3_exec(connection_, "COMMIT", nullptr, nullptr, nullptr); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  sqlite3* connection_;
};

/// All rows of one SELECT whose parameters `bind_all` sets.
template <class T, class BindAll>
Result<std::vector<T>> rows(ReaderPool::Loan& loan, const Table& table, std::string_view tail,
                            BindAll bind_all) {
  const Result<sqlite3_stmt*> statement = loan.cache().get(select(table, tail));
  if (!statement) return std::unexpected(statement.error());
  Binder query{*statement};
  bind_all(query);
  std::vector<T> found;
  const auto done = read_all<T>(loan.connection(), query, table.name,
                                [&](T row) { found.push_back(std::move(row)); });
  if (!done) return std::unexpected(done.error());
  return found;
}

}  // namespace dandori::store::sqlite
