#include "store/sqlite/connection.h"

#include <fmt/core.h>

#include "base/assert.h"

namespace dandori::store::sqlite {

namespace {

constexpr int kBusyWaitMs = 10'000;
constexpr JsonLimits kStoredJson{.bytes_max = 1U << 30U, .depth_max = 1000};

void write_big_endian(std::uint64_t value, std::uint8_t* out) {
  for (int shift = 56; shift >= 0; shift -= 8) *out++ = static_cast<std::uint8_t>(value >> shift);
}

std::uint64_t read_big_endian(const std::uint8_t* in) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8U | in[i];
  return value;
}

}  // namespace

Binder& Binder::integer(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++index_, value);
  return *this;
}

Binder& Binder::text(std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_text64(statement_, ++index_, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Binder& Binder::uuid(const Uuid& value) {
  if (value.is_nil()) return null();
  DANDORI_ASSERT(uuids_used_ < kUuidsMax, "a statement with more ids than room for them");
  auto& bytes = uuids_[uuids_used_++];
  write_big_endian(value.high, bytes.data());
  write_big_endian(value.low, bytes.data() + 8);
  sqlite3_bind_blob64(statement_, ++index_, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Binder& Binder::json(const Json& value) {
  if (value.is_null()) return null();
  DANDORI_ASSERT(json_used_ < kJsonMax, "a statement with more JSON than room for it");
  std::string& written = json_[json_used_++];
  append_json(written, value);
  return text(written);
}

Binder& Binder::null() {
  sqlite3_bind_null(statement_, ++index_);
  return *this;
}

std::string_view Row::view() {
  const int column = index_++;
  const auto* data = sqlite3_column_text(statement_, column);
  if (data == nullptr) return {};
  const int bytes = sqlite3_column_bytes(statement_, column);
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(bytes)};
}

Uuid Row::uuid() {
  const int column = index_++;
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return {};
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr || sqlite3_column_bytes(statement_, column) != 16) {
    broken_ = true;
    return {};
  }
  return Uuid{read_big_endian(bytes), read_big_endian(bytes + 8)};
}

Json Row::json() {
  if (is_null()) {
    skip(1);
    return {};
  }
  Result<Json> parsed = parse_json(view(), kStoredJson);
  broken_ = broken_ || !parsed;
  return parsed ? std::move(*parsed) : Json{};
}

Error error_of(sqlite3* connection, int code, std::string_view what) {
  const char* words = connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
  if ((code & 0xff) == SQLITE_FULL) {
    return Error{.code = "store.full",
                 .message = fmt::format("{}: the disk is full: nothing was written", what),
                 .hint = "free space on the disk of the data folder; work goes on by itself",
                 .path = {}};
  }
  return Error{.code = "store.failed",
               .message = fmt::format("{}: {} (SQLite code {})", what, words, code),
               .hint = "check the disk of the data folder, then start the server again",
               .path = {}};
}

Error corrupt(std::string_view table) {
  return Error{.code = "store.corrupt",
               .message = fmt::format("a row of table '{}' holds what no version wrote", table),
               .hint = "restore the latest backup; keep the broken file for a report",
               .path = {}};
}

Result<StatementPtr> prepare(sqlite3* connection, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  StatementPtr statement{raw};
  if (code != SQLITE_OK) return std::unexpected(error_of(connection, code, "the store"));
  return statement;
}

Result<void> execute(sqlite3* connection, const std::string& sql) {
  const int code = sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(connection, code, "the store"));
  return {};
}

Result<ConnectionPtr> open_connection(const OpenOptions& options) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
  const int code = sqlite3_open_v2(options.path.c_str(), &raw, flags, vfs);
  ConnectionPtr connection{raw};
  if (code != SQLITE_OK) {
    return std::unexpected(error_of(raw, code, fmt::format("opening {}", options.path)));
  }
  sqlite3_busy_timeout(raw, kBusyWaitMs);
  // Checkpoints are made by hand, because the automatic ones hide a failed sync.
  const Result<void> done = execute(
      raw,
      fmt::format("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF;"
                  "PRAGMA wal_autocheckpoint=0; PRAGMA trusted_schema=OFF; PRAGMA query_only={};",
                  options.readonly_queries ? "ON" : "OFF"));
  if (!done) return std::unexpected(done.error());
  return connection;
}

Result<sqlite3_stmt*> StatementCache::get(const std::string& sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) {
    return known->second.get();
  }
  if (statements_.size() >= kStatementsMax) statements_.clear();
  Result<StatementPtr> statement = prepare(connection_, sql);
  if (!statement) return std::unexpected(statement.error());
  return statements_.emplace(sql, std::move(*statement)).first->second.get();
}

}  // namespace dandori::store::sqlite
