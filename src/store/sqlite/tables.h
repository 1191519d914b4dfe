#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/event.h"
#include "store/sqlite/connection.h"

namespace dandori::store::sqlite {

/// Columns of a table in the order in which rows are bound and read. `keys` come first and are
/// never updated, like `fixed`; the rest is replaced by an upsert.
struct Table {
  std::string_view name;
  std::string_view keys;
  std::string_view fixed;
  std::string_view rest;
};

inline constexpr std::string_view kRunRest =
    "revision,state,has_warning,has_failure,needs_decision,cancel_requested,kill_requested,"
    "confirmed,"
    "confirmed_by,origin,trigger_id,nominal,actor,scheduled_for,created_at,started_at,ended_at,"
    "business_date,params,reruns,only_job,attempt_floor,version,traceparent,date_wait";
inline constexpr Table kRunActive{"run_active", "id", "number,workflow", kRunRest};
inline constexpr Table kRunHistory{"run_history", "id", "number,workflow", kRunRest};
inline constexpr Table kJob{
    "job", "run_id,path", "",
    "job,phase,ended,in_scope,confirmed,accepted,attempts,tries,lost,ready_at,retry_at,ended_at,"
    "changed_by,off_day"};
inline constexpr Table kAttempt{
    "attempt", "run_id,path,n", "job",
    "state,failure,agent,boot_id,sequence,start_confirmed,manual_kill,timed_out,pid,assigned_at,"
    "started_at,ended_at,stop_requested_at,exit_code,exit_signal,exit_started_at,exit_ended_at,cpu_"
    "us,"
    "memory_peak_bytes,spawn_errno,group_gone,log_bytes,log_dropped,outputs,error"};
/// Never replaced: a revision does not change.
inline constexpr Table kRevision{"revision", "workflow,revision",
                                 "digest,applied_at,applied_by,source,canonical,reason,"
                                 "source_ref,rollback_of",
                                 ""};
/// A revision does not change, but for what stands last.
inline constexpr Table kCalendar{"calendar", "name,revision",
                                 "digest,applied_at,applied_by,source,canonical,reason,source_ref",
                                 "since,source_set,deleted"};
/// All revisions of the calendars whose newest one is not removed.
inline constexpr std::string_view kLiveCalendars =
    "AS c WHERE NOT EXISTS (SELECT 1 FROM calendar AS n WHERE n.name=c.name AND n.deleted=1 AND "
    "n.revision=(SELECT max(revision) FROM calendar AS m WHERE m.name=c.name)) "
    "ORDER BY name,revision";
inline constexpr Table kBusinessDate{
    "business_date", "name", "",
    "revision,digest,applied_at,applied_by,source,canonical,reason,source_ref,source_set,value,"
    "moved_at,moves,done,deleted"};
inline constexpr Table kDateMove{"business_date_move", "name,number",
                                 "from_date,to_date,at,how,actor,reason,run_id", ""};
inline constexpr Table kWorkflow{
    "workflow", "name", "",
    "folder,title,revision,run_number,deleted,last_ended,last_failed,last_rerun,triggers_since,"
    "source_set,changed_at,last_ended_at,from_end_at"};
inline constexpr Table kVariable{"variable", "folder,name", "", "value"};
inline constexpr Table kFolder{"folder", "name", "", "title,labels,lint"};
inline constexpr Table kMark{"mark", "workflow,number,job,kind", "",
                             "set_by,reason,since,until_at,outputs"};
inline constexpr Table kPlanned{"planned", "workflow,trigger_id,nominal", "",
                                "at,business_date,state,reason,detail,run_id,decided_at"};
inline constexpr Table kAgent{"agent", "name", "", "boot_id,sequence,slots,instance"};
inline constexpr Table kToken{"token", "id", "",
                              "name,role,secret_hash,created_by,created_at,expires_at,last_used_at,"
                              "revoked_at"};
inline constexpr Table kSignedOut{"signed_out", "session", "", "until"};
inline constexpr Table kKey{"idem_key", "key", "", "digest,at,answer"};
inline constexpr Table kAudit{
    "audit", "seq", "at,actor,channel,address,request_id,reason,action,target,before,after,hash",
    ""};
inline constexpr Table kJournal{"journal", "seq", "at,run_id,kind,job,attempt,body", ""};
inline constexpr Table kCounters{"counters", "one", "",
                                 "id_counter,id_key,journal_seq,audit_seq,audit_hash,clock_high"};

/// `a,b,c` of the whole table, each with `prefix` in front.
std::string columns(const Table& table, std::string_view prefix = {});
/// INSERT … ON CONFLICT (keys) DO UPDATE (or DO NOTHING, when no column may change).
std::string upsert(const Table& table);
/// SELECT of all columns, followed by `tail` (WHERE, ORDER BY …).
std::string select(const Table& table, std::string_view tail);

void bind(Binder& out, const model::Run& run);
void bind(Binder& out, const model::JobRow& row);
void bind(Binder& out, const model::AttemptRow& row);
void bind(Binder& out, const model::RevisionRow& row);
void bind(Binder& out, const model::CalendarRow& row);
void bind(Binder& out, const model::BusinessDateRow& row);
void bind(Binder& out, const model::BusinessDateMoveRow& row);
void bind(Binder& out, const model::WorkflowRow& row);
void bind(Binder& out, const model::Variable& variable);
void bind(Binder& out, const model::Folder& folder);
void bind(Binder& out, const model::Mark& mark);
void bind(Binder& out, const model::PlannedOutcome& outcome);
void bind(Binder& out, const model::AgentRow& row);
void bind(Binder& out, const model::TokenRow& row);
void bind(Binder& out, const model::SignedOutRow& row);
void bind(Binder& out, const model::KeyRow& row);
void bind(Binder& out, const model::AuditRow& row);
void bind(Binder& out, const model::JournalRow& row);
void bind(Binder& out, const model::CountersRow& row);

void read(Row& in, model::Run& run);
void read(Row& in, model::JobRow& row);
void read(Row& in, model::AttemptRow& row);
void read(Row& in, model::RevisionRow& row);
void read(Row& in, model::CalendarRow& row);
void read(Row& in, model::BusinessDateRow& row);
void read(Row& in, model::BusinessDateMoveRow& row);
void read(Row& in, model::WorkflowRow& row);
void read(Row& in, model::Variable& variable);
void read(Row& in, model::Folder& folder);
void read(Row& in, model::Mark& mark);
void read(Row& in, model::PlannedOutcome& outcome);
void read(Row& in, model::AgentRow& row);
void read(Row& in, model::TokenRow& row);
void read(Row& in, model::SignedOutRow& row);
void read(Row& in, model::KeyRow& row);
void read(Row& in, model::AuditRow& row);
void read(Row& in, model::JournalRow& row);
void read(Row& in, model::CountersRow& row);

/// Every row of `statement`, whose parameters are bound, handed to `take`. `table` is for messages.
template <class T, class Take>
Result<void> read_all(sqlite3* connection, Binder& query, std::string_view table, Take take) {
  for (;;) {
    const int code = query.step();
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return std::unexpected(error_of(connection, code, "reading the store"));
    Row row{query.statement()};
    T item;
    read(row, item);
    if (row.is_broken()) return std::unexpected(corrupt(table));
    take(std::move(item));
  }
}

}  // namespace dandori::store::sqlite
