#include "store/sqlite/writer.h"

#include <fmt/core.h>

#include "base/log.h"
#include "store/rows.h"
#include "store/sqlite/lookup.h"
#include "store/sqlite/migrate.h"
#include "store/sqlite/tables.h"

namespace dandori::store::sqlite {

namespace {

int note_pages(void* out, sqlite3*, const char*, int pages) {
  *static_cast<int*>(out) = pages;
  return SQLITE_OK;
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(const OpenOptions& options, const std::string& owner,
                                             std::uint32_t log_pages_max) {
  Result<ConnectionPtr> connection = open_connection(options);
  if (!connection) return std::unexpected(connection.error());
  const Result<void> migrated = migrate(connection->get());
  if (!migrated) return std::unexpected(migrated.error());
  std::unique_ptr<Writer> writer{new Writer{std::move(*connection), log_pages_max}};
  sqlite3_wal_hook(writer->connection_.get(), note_pages, &writer->log_pages_);
  writer->checkpoint_at_ = writer->log_pages_max_;
  Result<void> done = execute(writer->connection_.get(), "PRAGMA cache_size=-8192");
  if (done) done = writer->prepare_all();
  if (done) done = writer->raise_epoch(owner);
  if (!done) return std::unexpected(done.error());
  return writer;
}

Result<void> Writer::prepare_all() {
  std::array<std::string, kStatements> sql;
  sql[begin_] = "BEGIN IMMEDIATE";
  sql[commit_] = "COMMIT";
  sql[rollback_] = "ROLLBACK";
  sql[epoch_of_lease_] = "SELECT epoch FROM lease WHERE one=1";
  sql[raise_epoch_] = "UPDATE lease SET epoch=epoch+1, owner=? WHERE one=1";
  sql[put_active_] = upsert(kRunActive);
  sql[put_ended_] = upsert(kRunHistory);
  sql[drop_active_] = "DELETE FROM run_active WHERE id=?";
  sql[drop_ended_] = "DELETE FROM run_history WHERE id=?";
  sql[put_job_] = upsert(kJob);
  sql[put_attempt_] = upsert(kAttempt);
  sql[put_revision_] = upsert(kRevision);
  sql[put_calendar_] = upsert(kCalendar);
  sql[put_business_date_] = upsert(kBusinessDate);
  sql[put_date_move_] = upsert(kDateMove);
  sql[put_workflow_] = upsert(kWorkflow);
  sql[put_variable_] = upsert(kVariable);
  sql[drop_variable_] = "DELETE FROM variable WHERE folder=? AND name=?";
  sql[put_folder_] = upsert(kFolder);
  sql[drop_folder_] = "DELETE FROM folder WHERE name=?";
  sql[put_mark_] = upsert(kMark);
  sql[drop_mark_] = "DELETE FROM mark WHERE workflow=? AND number=? AND job=? AND kind=?";
  sql[put_planned_] = upsert(kPlanned);
  sql[put_agent_] = upsert(kAgent);
  sql[put_token_] = upsert(kToken);
  sql[put_signed_out_] = upsert(kSignedOut);
  sql[put_key_] = upsert(kKey);
  sql[put_audit_] = upsert(kAudit);
  sql[put_journal_] = upsert(kJournal);
  sql[put_counters_] = upsert(kCounters);
  sql[purge_keys_] = fmt::format(
      "DELETE FROM idem_key WHERE key IN "
      "(SELECT key FROM idem_key WHERE at<? ORDER BY at LIMIT {})",
      kPurgeRowsMax);
  sql[purge_signed_out_] =
      "DELETE FROM signed_out WHERE session IN (SELECT session FROM signed_out WHERE until<? "
      "LIMIT ?)";
  for (std::size_t i = 0; i < kStatements; ++i) {
    Result<StatementPtr> statement = prepare(connection_.get(), sql[i]);
    if (!statement) return std::unexpected(statement.error());
    statements_[i] = std::move(*statement);
  }
  return {};
}

int Writer::run_plain(Sql which) {
  return Binder{statements_[which].get()}.step();
}

Result<void> Writer::raise_epoch(const std::string& owner) {
  int code = run_plain(begin_);
  if (code == SQLITE_DONE) {
    code = Binder{statements_[raise_epoch_].get()}.text(owner).step();
    if (code != SQLITE_DONE) return give_up(code, "taking the lease");
    const Result<void> done = finish();
    if (!done) return done;
  } else {
    return give_up(code, "taking the lease");
  }
  Binder query{statements_[epoch_of_lease_].get()};
  code = query.step();
  if (code != SQLITE_ROW) return give_up(code, "taking the lease");
  epoch_ = Row{query.statement()}.bits();
  return {};
}

template <class T>
int Writer::write(Sql which, const T& row) {
  Binder statement{statements_[which].get()};
  bind(statement, row);
  return statement.step();
}

int Writer::drop(Sql which, RunId run) {
  return Binder{statements_[which].get()}.uuid(run.value).step();
}

int Writer::put(const model::RunRow& row) {
  return write(put_active_, row.run);
}

int Writer::put(const model::RunEndedRow& row) {
  const int code = drop(drop_active_, row.run.id);
  return code == SQLITE_DONE ? write(put_ended_, row.run) : code;
}

int Writer::put(const model::RunReopenedRow& row) {
  const int code = drop(drop_ended_, row.run.id);
  return code == SQLITE_DONE ? write(put_active_, row.run) : code;
}

int Writer::put(const model::JobRow& row) {
  return write(put_job_, row);
}
int Writer::put(const model::AttemptRow& row) {
  return write(put_attempt_, row);
}
int Writer::put(const model::RevisionRow& row) {
  return write(put_revision_, row);
}
int Writer::put(const model::CalendarRow& row) {
  return write(put_calendar_, row);
}
int Writer::put(const model::BusinessDateRow& row) {
  return write(put_business_date_, row);
}
int Writer::put(const model::BusinessDateMoveRow& row) {
  return write(put_date_move_, row);
}
int Writer::put(const model::WorkflowRow& row) {
  return write(put_workflow_, row);
}

int Writer::put(const model::VariableRow& row) {
  if (!row.deleted) return write(put_variable_, row.variable);
  Binder statement{statements_[drop_variable_].get()};
  return statement.text(row.variable.folder).text(row.variable.name).step();
}

int Writer::put(const model::FolderRow& row) {
  if (!row.deleted) return write(put_folder_, row.folder);
  return Binder{statements_[drop_folder_].get()}.text(row.folder.name).step();
}

int Writer::put(const model::MarkRow& row) {
  if (!row.removed) return write(put_mark_, row.mark);
  const model::MarkKey& key = row.mark.key;
  Binder statement{statements_[drop_mark_].get()};
  return statement.text(key.workflow)
      .bits(key.number)
      .text(key.job)
      .text(model::to_string(key.kind))
      .step();
}

int Writer::put(const model::PlannedRow& row) {
  return write(put_planned_, row.outcome);
}
int Writer::put(const model::AgentRow& row) {
  return write(put_agent_, row);
}
int Writer::put(const model::TokenRow& row) {
  return write(put_token_, row);
}
int Writer::put(const model::SignedOutRow& row) {
  return write(put_signed_out_, row);
}
int Writer::put(const model::KeyRow& row) {
  return write(put_key_, row);
}
int Writer::put(const model::AuditLine& row) {
  return write(put_audit_, row.row);
}
int Writer::put(const model::JournalLine& row) {
  return write(put_journal_, row.row);
}
int Writer::put(const model::CountersRow& row) {
  return write(put_counters_, row);
}

Result<void> Writer::refuse(Error error) {
  if (!failed_) failed_ = error;
  return std::unexpected(std::move(error));
}

/// Nothing of the open transaction stays. A full disk may have room later; anything else ends this
/// writer.
Result<void> Writer::give_up(int code, std::string_view what) {
  Error error = error_of(connection_.get(), code, what);
  if (sqlite3_get_autocommit(connection_.get()) == 0) run_plain(rollback_);
  const bool is_closed = sqlite3_get_autocommit(connection_.get()) != 0;
  if (error.code == "store.full" && is_closed) return std::unexpected(std::move(error));
  error.code = "store.failed";
  return refuse(std::move(error));
}

Result<void> Writer::check_epoch(std::uint64_t epoch) {
  std::uint64_t current = 0;
  {
    Binder query{statements_[epoch_of_lease_].get()};
    const int code = query.step();
    if (code != SQLITE_ROW) return give_up(code, "reading the lease");
    current = Row{query.statement()}.bits();
  }
  if (current == epoch) return {};
  run_plain(rollback_);
  return std::unexpected(fenced(epoch, current));
}

int Writer::write_changes(const model::Batch& batch) {
  const std::vector<bool> skip = superseded(batch.changes);
  for (std::size_t i = 0; i < batch.changes.size(); ++i) {
    if (skip[i]) continue;
    const int code = std::visit([this](const auto& row) { return put(row); }, batch.changes[i]);
    if (code != SQLITE_DONE) return code;
  }
  return SQLITE_DONE;
}

Result<void> Writer::finish() {
  const int code = run_plain(commit_);
  if (code == SQLITE_DONE) {
    if (log_pages_ >= checkpoint_at_) checkpoint();
    return {};
  }
  const int primary = code & 0xff;
  if (primary == SQLITE_FULL || primary == SQLITE_IOERR || primary == SQLITE_BUSY) {
    return give_up(code, "the commit");
  }
  Error error = error_of(connection_.get(), code, "the commit");
  if (sqlite3_get_autocommit(connection_.get()) == 0) run_plain(rollback_);
  error.code = "store.unknown";
  error.hint = "the state is loaded again to see what is there";
  return std::unexpected(std::move(error));
}

/// Copies the log into the file so that the log starts again. What was committed is durable either
/// way; but after a failed sync nothing more is promised, so the writer ends.
void Writer::checkpoint() {
  int pages = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             &pages, &copied);
  // Readers may hold back a part: then it is tried again after as many further pages.
  checkpoint_at_ = log_pages_max_ + (copied < pages ? pages : 0);
  const int primary = code & 0xff;
  if (primary == SQLITE_OK || primary == SQLITE_BUSY || primary == SQLITE_LOCKED) return;
  Error error = error_of(connection_.get(), code, "the checkpoint");
  log(LogLevel::error, "store.checkpoint_failed", {{"reason", error.message}});
  if (primary == SQLITE_FULL) {
    checkpoint_at_ = log_pages_ + log_pages_max_;
    return;
  }
  failed_ = std::move(error);
}

Result<void> Writer::commit(const model::Batch& batch) {
  if (failed_) return std::unexpected(*failed_);
  int code = run_plain(begin_);
  if (code != SQLITE_DONE) return give_up(code, "the commit");
  const Result<void> checked = check_epoch(batch.epoch);
  if (!checked) return checked;
  code = write_changes(batch);
  if (code != SQLITE_DONE) return give_up(code, "the commit");
  return finish();
}

Result<std::uint64_t> Writer::purge(Timestamp before) {
  if (failed_) return std::unexpected(*failed_);
  int code = run_plain(begin_);
  if (code == SQLITE_DONE) {
    code = Binder{statements_[purge_keys_].get()}.instant(before).step();
  }
  std::int64_t removed = 0;
  if (code == SQLITE_DONE) {
    removed = sqlite3_changes64(connection_.get());
    Binder statement{statements_[purge_signed_out_].get()};
    code = statement.instant(before).integer(kPurgeRowsMax - removed).step();
  }
  if (code != SQLITE_DONE) {
    const Result<void> given_up = give_up(code, "purging old keys");
    return std::unexpected(given_up.error());
  }
  removed += sqlite3_changes64(connection_.get());
  const Result<void> done = finish();
  if (!done) return std::unexpected(done.error());
  return static_cast<std::uint64_t>(removed);
}

template <class T, class RowOf>
Result<void> Writer::append(Snapshot& snapshot, const std::string& sql, std::string_view table,
                            RowOf row_of) {
  const Result<sqlite3_stmt*> statement = cache_.get(sql);
  if (!statement) return std::unexpected(statement.error());
  Binder query{*statement};
  return read_all<T>(connection_.get(), query, table,
                     [&](T item) { snapshot.rows.emplace_back(row_of(std::move(item))); });
}

Result<Snapshot> Writer::load() {
  if (failed_) return std::unexpected(*failed_);
  Snapshot out;
  const auto as_is = [](auto row) { return row; };
  const auto of_active_runs = [](const Table& table, std::string_view order) {
    return fmt::format(
        "SELECT {} FROM run_active AS r CROSS JOIN {} AS t ON t.run_id=r.id ORDER BY {}",
        columns(table, "t."), table.name, order);
  };
  Result<void> done = append<model::CountersRow>(out, select(kCounters, ""), kCounters.name, as_is);
  if (done) {
    done = append<model::CalendarRow>(out, select(kCalendar, "ORDER BY name,revision"),
                                      kCalendar.name, as_is);
  }
  if (done) {
    done = append<model::BusinessDateRow>(out, select(kBusinessDate, "ORDER BY name"),
                                          kBusinessDate.name, as_is);
  }
  if (done) {
    done =
        append<model::WorkflowRow>(out, select(kWorkflow, "ORDER BY name"), kWorkflow.name, as_is);
  }
  if (done) {
    done = append<model::Folder>(
        out, select(kFolder, "ORDER BY name"), kFolder.name,
        [](model::Folder folder) { return model::FolderRow{std::move(folder), false}; });
  }
  if (done) {
    done = append<model::Variable>(
        out, select(kVariable, "ORDER BY folder,name"), kVariable.name,
        [](model::Variable variable) { return model::VariableRow{std::move(variable), false}; });
  }
  if (done)
    done = append<model::AgentRow>(out, select(kAgent, "ORDER BY name"), kAgent.name, as_is);
  if (done) done = append<model::TokenRow>(out, select(kToken, "ORDER BY id"), kToken.name, as_is);
  if (done) {
    done = append<model::Mark>(
        out, select(kMark, "ORDER BY workflow,number,job,kind"), kMark.name,
        [](model::Mark mark) { return model::MarkRow{std::move(mark), false}; });
  }
  if (done) {
    done = append<model::RevisionRow>(
        out,
        select(kRevision,
               "WHERE (workflow,revision) IN (SELECT name,revision FROM workflow UNION "
               "SELECT workflow,revision FROM run_active) ORDER BY workflow,revision"),
        kRevision.name, as_is);
  }
  if (done) {
    done = append<model::Run>(out, select(kRunActive, "ORDER BY id"), kRunActive.name,
                              [](model::Run run) { return model::RunRow{std::move(run)}; });
  }
  if (done) {
    done = append<model::JobRow>(out, of_active_runs(kJob, "r.id,t.path"), kJob.name, as_is);
  }
  if (done) {
    done = append<model::AttemptRow>(out, of_active_runs(kAttempt, "r.id,t.path,t.n"),
                                     kAttempt.name, as_is);
  }
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<void> Writer::fetch_run(const std::string& name, model::Fetched& out) {
  sqlite3* connection = connection_.get();
  auto run = find_run(connection, cache_, kRunHistory, name);
  if (!run) return std::unexpected(run.error());
  if (!*run) return {};
  const RunId id = (*run)->id;
  auto jobs = jobs_of(connection, cache_, id);
  if (!jobs) return std::unexpected(jobs.error());
  auto attempts = attempts_of(connection, cache_, id);
  if (!attempts) return std::unexpected(attempts.error());
  auto revision = find_revision(connection, cache_, (*run)->workflow, (*run)->revision);
  if (!revision) return std::unexpected(revision.error());
  out.run_rows.emplace_back(model::RunEndedRow{std::move(**run)});
  for (model::JobRow& row : *jobs) out.run_rows.emplace_back(std::move(row));
  for (model::AttemptRow& row : *attempts) out.run_rows.emplace_back(std::move(row));
  if (*revision) out.run_rows.emplace_back(std::move(**revision));
  return {};
}

Result<void> Writer::fetch_outcomes(const model::PlannedSpan& span, model::Fetched& out) {
  // By instant: the `+` keeps the planner from reading the whole history of the workflow.
  const Result<sqlite3_stmt*> statement =
      cache_.get(select(kPlanned,
                        "WHERE at>? AND at<=? AND +workflow=? ORDER BY at,trigger_id,nominal "
                        "LIMIT ?"));
  if (!statement) return std::unexpected(statement.error());
  Binder query{*statement};
  query.instant(span.after).instant(span.until).text(span.workflow);
  query.integer(static_cast<std::int64_t>(model::kOutcomesMax) + 1);
  model::PlannedRows rows{span, {}};
  const auto done = read_all<model::PlannedOutcome>(
      connection_.get(), query, kPlanned.name,
      [&](model::PlannedOutcome outcome) { rows.outcomes.push_back(std::move(outcome)); });
  if (!done) return std::unexpected(done.error());
  cut_outcomes(rows);
  out.planned = std::move(rows);
  return {};
}

Result<model::Fetched> Writer::fetch(const model::Needs& needs) {
  if (failed_) return std::unexpected(*failed_);
  model::Fetched out;
  if (!needs.key.empty()) {
    const Result<sqlite3_stmt*> statement = cache_.get(select(kKey, "WHERE key=?"));
    if (!statement) return std::unexpected(statement.error());
    Binder query{*statement};
    query.text(needs.key);
    const auto done = read_all<model::KeyRow>(connection_.get(), query, kKey.name,
                                              [&](model::KeyRow row) { out.key = std::move(row); });
    if (!done) return std::unexpected(done.error());
  }
  if (!needs.ended_run.empty()) {
    const Result<void> done = fetch_run(needs.ended_run, out);
    if (!done) return std::unexpected(done.error());
  }
  if (!needs.planned.workflow.empty()) {
    const Result<void> done = fetch_outcomes(needs.planned, out);
    if (!done) return std::unexpected(done.error());
  }
  return out;
}

}  // namespace dandori::store::sqlite
