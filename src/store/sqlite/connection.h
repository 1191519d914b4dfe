#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/id.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace dandori::store::sqlite {

// A thin C++ face of SQLite for this room only.

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using ConnectionPtr = std::unique_ptr<sqlite3, CloseConnection>;
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// Binds the parameters of one statement from left to right and frees the statement when it goes.
///
/// Texts are borrowed, not copied: they and this object must live until the last step.
class Binder {
 public:
  explicit Binder(sqlite3_stmt* statement) : statement_{statement} {}
  ~Binder() { sqlite3_reset(statement_); }
  Binder(const Binder&) = delete;
  Binder& operator=(const Binder&) = delete;

  Binder& integer(std::int64_t value);
  /// All 64 bits are kept: large values are stored as negative ones.
  Binder& bits(std::uint64_t value) { return integer(static_cast<std::int64_t>(value)); }
  Binder& boolean(bool value) { return integer(value ? 1 : 0); }
  Binder& instant(Timestamp at) { return integer(at.us); }
  Binder& text(std::string_view value);
  Binder& uuid(const Uuid& value);  ///< NULL when nil
  Binder& json(const Json& value);  ///< NULL when null
  Binder& null();

  int step() { return sqlite3_step(statement_); }
  sqlite3_stmt* statement() const { return statement_; }

 private:
  static constexpr std::size_t kUuidsMax = 3;
  static constexpr std::size_t kJsonMax = 2;

  sqlite3_stmt* statement_;
  int index_ = 0;
  std::size_t uuids_used_ = 0;
  std::size_t json_used_ = 0;
  std::array<std::array<std::uint8_t, 16>, kUuidsMax> uuids_;
  std::array<std::string, kJsonMax> json_;
};

/// Reads the columns of the current row from left to right. What cannot be read marks the row
/// broken.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_{statement} {}

  std::int64_t integer() { return sqlite3_column_int64(statement_, index_++); }
  std::uint64_t bits() { return static_cast<std::uint64_t>(integer()); }
  std::uint32_t count() { return static_cast<std::uint32_t>(integer()); }
  std::int32_t small() { return static_cast<std::int32_t>(integer()); }
  bool boolean() { return integer() != 0; }
  Timestamp instant() { return Timestamp{integer()}; }
  std::string text() { return std::string{view()}; }
  Uuid uuid();
  Json json();
  bool is_null() const { return sqlite3_column_type(statement_, index_) == SQLITE_NULL; }
  void skip(int columns) { index_ += columns; }

  /// A word of a closed set.
  template <class Word, class Parse>
  Word word(Parse parse) {
    const auto found = parse(view());
    broken_ = broken_ || !found;
    return found.value_or(Word{});
  }

  bool is_broken() const { return broken_; }

 private:
  std::string_view view();

  sqlite3_stmt* statement_;
  int index_ = 0;
  bool broken_ = false;
};

struct OpenOptions {
  std::string path;
  std::string vfs;                ///< empty: SQLite's own
  bool readonly_queries = false;  ///< refuse statements that write
};

/// Opens an existing file in WAL mode with synchronous=FULL. Errors: store.failed.
Result<ConnectionPtr> open_connection(const OpenOptions& options);

/// Errors: store.failed with SQLite's own words.
Result<StatementPtr> prepare(sqlite3* connection, std::string_view sql);
Result<void> execute(sqlite3* connection, const std::string& sql);

/// The error of a code that a statement returned: store.full for want of room, else store.failed.
Error error_of(sqlite3* connection, int code, std::string_view what);
Error corrupt(std::string_view table);

/// Prepared statements by their text.
class StatementCache {
 public:
  explicit StatementCache(sqlite3* connection) : connection_{connection} {}
  Result<sqlite3_stmt*> get(const std::string& sql);

 private:
  static constexpr std::size_t kStatementsMax = 128;
  sqlite3* connection_;
  std::unordered_map<std::string, StatementPtr> statements_;
};

}  // namespace dandori::store::sqlite
