#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/event.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace dandori::store::sqlite {

/// The one connection that writes, with its statements; what an open store is.
///
/// After an error that leaves doubt about the file it refuses everything: an fsync is never
/// retried.
class Writer {
 public:
  /// Opens, migrates, and raises the epoch, durably. Errors: store.newer, store.failed, store.full.
  /// log_pages_max: as in SqliteOptions.
  static Result<std::unique_ptr<Writer>> open(const OpenOptions& options, const std::string& owner,
                                              std::uint32_t log_pages_max);

  std::uint64_t epoch() const { return epoch_; }
  Result<Snapshot> load();
  Result<model::Fetched> fetch(const model::Needs& needs);
  Result<void> commit(const model::Batch& batch);
  Result<std::uint64_t> purge(Timestamp before);

 private:
  enum Sql : std::size_t {
    begin_,
    commit_,
    rollback_,
    epoch_of_lease_,
    raise_epoch_,
    put_active_,
    put_ended_,
    drop_active_,
    drop_ended_,
    put_job_,
    put_attempt_,
    put_revision_,
    put_calendar_,
    put_business_date_,
    put_date_move_,
    put_workflow_,
    put_variable_,
    drop_variable_,
    put_folder_,
    drop_folder_,
    put_mark_,
    drop_mark_,
    put_planned_,
    put_agent_,
    put_token_,
    put_signed_out_,
    put_key_,
    put_audit_,
    put_journal_,
    put_counters_,
    purge_keys_,
    purge_signed_out_,
    kStatements
  };

  Writer(ConnectionPtr connection, std::uint32_t log_pages_max)
      : connection_{std::move(connection)},
        cache_{connection_.get()},
        log_pages_max_{log_pages_max} {}
  Result<void> prepare_all();
  Result<void> raise_epoch(const std::string& owner);

  /// Each returns SQLITE_DONE or the code of what went wrong.
  int put(const model::RunRow& row);
  int put(const model::RunEndedRow& row);
  int put(const model::RunReopenedRow& row);
  int put(const model::JobRow& row);
  int put(const model::AttemptRow& row);
  int put(const model::RevisionRow& row);
  int put(const model::CalendarRow& row);
  int put(const model::BusinessDateRow& row);
  int put(const model::BusinessDateMoveRow& row);
  int put(const model::WorkflowRow& row);
  int put(const model::VariableRow& row);
  int put(const model::FolderRow& row);
  int put(const model::MarkRow& row);
  int put(const model::PlannedRow& row);
  int put(const model::AgentRow& row);
  int put(const model::TokenRow& row);
  int put(const model::SignedOutRow& row);
  int put(const model::KeyRow& row);
  int put(const model::AuditLine& row);
  int put(const model::JournalLine& row);
  int put(const model::CountersRow& row);
  template <class T>
  int write(Sql which, const T& row);
  int drop(Sql which, RunId run);
  int run_plain(Sql which);

  Result<void> check_epoch(std::uint64_t epoch);
  int write_changes(const model::Batch& batch);
  Result<void> finish();
  Result<void> give_up(int code, std::string_view what);
  Result<void> refuse(Error error);
  void checkpoint();
  template <class T, class RowOf>
  Result<void> append(Snapshot& snapshot, const std::string& sql, std::string_view table,
                      RowOf row_of);
  Result<void> fetch_run(const std::string& name, model::Fetched& out);
  Result<void> fetch_outcomes(const model::PlannedSpan& span, model::Fetched& out);

  ConnectionPtr connection_;
  std::array<StatementPtr, kStatements> statements_;
  StatementCache cache_;
  std::uint64_t epoch_ = 0;
  std::int64_t log_pages_max_;
  int log_pages_ = 0;               ///< in the log after the last commit
  std::int64_t checkpoint_at_ = 0;  ///< pages at which the next checkpoint is made
  std::optional<Error> failed_;     ///< why this connection refuses
};

}  // namespace dandori::store::sqlite
