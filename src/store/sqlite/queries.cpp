#include "store/sqlite/queries.h"

#include "store/rows.h"
#include "store/sqlite/audit_list.h"
#include "store/sqlite/lookup.h"
#include "store/sqlite/read_rows.h"
#include "store/sqlite/run_list.h"
#include "store/sqlite/tables.h"

namespace dandori::store::sqlite {

namespace {

Result<std::optional<model::WorkflowRow>> find_workflow(ReaderPool::Loan& loan,
                                                        const std::string& name) {
  auto found = rows<model::WorkflowRow>(loan, kWorkflow, "WHERE name=?",
                                        [&](Binder& query) { query.text(name); });
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

}  // namespace

ReaderPool::Loan::~Loan() {
  if (reader_) pool_->give_back(std::move(reader_), generation_);
}

Result<ReaderPool::Loan> ReaderPool::take() {
  std::unique_lock lock{mutex_};
  returned_.wait(lock, [this] { return !idle_.empty() || lent_ < readers_max_; });
  ++lent_;
  const std::uint64_t generation = generation_;
  if (!idle_.empty()) {
    std::unique_ptr<Reader> reader = std::move(idle_.back());
    idle_.pop_back();
    return Loan{*this, std::move(reader), generation};
  }
  lock.unlock();
  Result<ConnectionPtr> opened = open_connection(options_);
  if (opened) return Loan{*this, std::make_unique<Reader>(std::move(*opened)), generation};
  lock.lock();
  --lent_;
  returned_.notify_one();
  return std::unexpected(opened.error());
}

void ReaderPool::give_back(std::unique_ptr<Reader> reader, std::uint64_t generation) {
  const std::lock_guard lock{mutex_};
  --lent_;
  if (generation == generation_) idle_.push_back(std::move(reader));
  returned_.notify_one();
}

void ReaderPool::close() {
  const std::lock_guard lock{mutex_};
  ++generation_;
  idle_.clear();
}

Result<Listed<model::Run>> Queries::runs(const RunFilter& filter, const Page& page) {
  const Result<RunId> before = run_cursor(page);
  if (!before) return std::unexpected(before.error());
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const ReadTransaction transaction{loan->connection()};
  const std::uint32_t limit = page_limit(page);
  auto found = list_runs(loan->connection(), loan->cache(), filter, *before, limit + 1);
  if (!found) return std::unexpected(found.error());
  return make_page(std::move(*found), limit,
                   [](const model::Run& run) { return to_string(run.id); });
}

Result<RunDetail> Queries::run(const std::string& run) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  sqlite3* connection = loan->connection();
  const ReadTransaction transaction{connection};
  auto found = find_run(connection, loan->cache(), kRunActive, run);
  if (found && !*found) found = find_run(connection, loan->cache(), kRunHistory, run);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::unexpected(run_unknown(run));
  RunDetail detail{
      .run = std::move(**found), .jobs = {}, .attempts = {}, .marks = {}, .canonical = {}};
  auto jobs = jobs_of(connection, loan->cache(), detail.run.id);
  if (!jobs) return std::unexpected(jobs.error());
  auto attempts = attempts_of(connection, loan->cache(), detail.run.id);
  if (!attempts) return std::unexpected(attempts.error());
  auto revision =
      find_revision(connection, loan->cache(), detail.run.workflow, detail.run.revision);
  if (!revision) return std::unexpected(revision.error());
  auto marks = rows<model::Mark>(
      *loan, kMark,
      "WHERE workflow='' OR (workflow=? AND number IN (0,?)) ORDER BY workflow,number,job,kind",
      [&](Binder& query) { query.text(detail.run.workflow).bits(detail.run.number); });
  if (!marks) return std::unexpected(marks.error());
  detail.marks = std::move(*marks);
  detail.jobs = std::move(*jobs);
  detail.attempts = std::move(*attempts);
  if (*revision) detail.canonical = std::move((*revision)->canonical);
  return detail;
}

Result<Listed<model::WorkflowRow>> Queries::workflows(const Page& page) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const std::uint32_t limit = page_limit(page);
  auto found = rows<model::WorkflowRow>(
      *loan, kWorkflow, "WHERE name>? ORDER BY name LIMIT ?",
      [&](Binder& query) { query.text(page.cursor).integer(std::int64_t{limit} + 1); });
  if (!found) return std::unexpected(found.error());
  return make_page(std::move(*found), limit,
                   [](const model::WorkflowRow& row) { return row.name; });
}

Result<std::optional<model::WorkflowRow>> Queries::workflow(const std::string& name) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  return find_workflow(*loan, name);
}

Result<WorkflowRuns> Queries::workflow_runs(const std::string& name) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const ReadTransaction transaction{loan->connection()};
  WorkflowRuns found;
  const auto statement = loan->cache().get("SELECT count(*) FROM run_active WHERE workflow=?");
  if (!statement) return std::unexpected(statement.error());
  {
    Binder query{*statement};
    query.text(name);
    const int code = query.step();
    if (code != SQLITE_ROW) {
      return std::unexpected(error_of(loan->connection(), code, "counting runs"));
    }
    found.active = Row{query.statement()}.bits();
  }
  RunFilter filter;
  filter.workflow = name;
  auto newest = list_runs(loan->connection(), loan->cache(), filter, {}, 1);
  if (!newest) return std::unexpected(newest.error());
  if (!newest->empty()) found.newest = std::move(newest->front());
  return found;
}

Result<std::vector<DayRuns>> Queries::day_runs(const DayWindow& window) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const ReadTransaction transaction{loan->connection()};
  return tally_runs(loan->connection(), loan->cache(), window);
}

Result<std::optional<model::AttemptRow>> Queries::attempt(const std::string& run,
                                                          const std::string& path,
                                                          std::uint32_t number) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  sqlite3* connection = loan->connection();
  const ReadTransaction transaction{connection};
  auto found = find_run(connection, loan->cache(), kRunActive, run);
  if (found && !*found) found = find_run(connection, loan->cache(), kRunHistory, run);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::unexpected(run_unknown(run));
  auto attempts =
      rows<model::AttemptRow>(*loan, kAttempt,
                              number == 0 ? "WHERE run_id=? AND path=? ORDER BY n DESC LIMIT 1"
                                          : "WHERE run_id=? AND path=? AND n=?",
                              [&](Binder& query) {
                                query.uuid((*found)->id.value).text(path);
                                if (number != 0) query.integer(number);
                              });
  if (!attempts) return std::unexpected(attempts.error());
  if (attempts->empty()) return std::nullopt;
  return std::move(attempts->front());
}

Result<model::RevisionRow> Queries::revision(const std::string& workflow, std::uint32_t revision) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const ReadTransaction transaction{loan->connection()};
  const auto known = find_workflow(*loan, workflow);
  if (!known) return std::unexpected(known.error());
  if (!*known) return std::unexpected(workflow_unknown(workflow));
  const std::uint32_t wanted = revision == 0 ? (*known)->revision : revision;
  auto found = find_revision(loan->connection(), loan->cache(), workflow, wanted);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::unexpected(revision_unknown(workflow, wanted));
  return std::move(**found);
}

Result<Listed<model::RevisionRow>> Queries::revisions(const std::string& workflow,
                                                      const Page& page) {
  const Result<std::int64_t> before = seq_cursor(page);
  if (!before) return std::unexpected(before.error());
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const ReadTransaction transaction{loan->connection()};
  const auto known = find_workflow(*loan, workflow);
  if (!known) return std::unexpected(known.error());
  if (!*known) return std::unexpected(workflow_unknown(workflow));
  const std::uint32_t limit = page_limit(page);
  auto found = rows<model::RevisionRow>(
      *loan, kRevision, "WHERE workflow=? AND revision<? ORDER BY revision DESC LIMIT ?",
      [&](Binder& query) {
        query.text(workflow).integer(*before).integer(std::int64_t{limit} + 1);
      });
  if (!found) return std::unexpected(found.error());
  return make_page(std::move(*found), limit,
                   [](const model::RevisionRow& row) { return std::to_string(row.revision); });
}

Result<std::vector<model::PlannedOutcome>> Queries::outcomes(Timestamp from, Timestamp until) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  return rows<model::PlannedOutcome>(*loan, kPlanned,
                                     "WHERE at>=? AND at<? ORDER BY at,workflow,trigger_id,nominal",
                                     [&](Binder& query) { query.instant(from).instant(until); });
}

Result<std::vector<model::PlannedOutcome>> Queries::workflow_outcomes(const std::string& workflow,
                                                                      Timestamp from,
                                                                      Timestamp until) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  // By instant: the `+` keeps the planner from reading the whole history of the workflow.
  return rows<model::PlannedOutcome>(
      *loan, kPlanned, "WHERE at>=? AND at<? AND +workflow=? ORDER BY at,trigger_id,nominal",
      [&](Binder& query) { query.instant(from).instant(until).text(workflow); });
}

Result<Listed<model::AuditRow>> Queries::audit(const AuditFilter& filter, const Page& page) {
  const Result<std::int64_t> before = seq_cursor(page);
  if (!before) return std::unexpected(before.error());
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  return list_audit(loan->connection(), loan->cache(), filter, *before, page_limit(page));
}

Result<std::optional<model::AuditRow>> Queries::audit_line(std::uint64_t seq) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  auto found =
      rows<model::AuditRow>(*loan, kAudit, "WHERE seq=?", [&](Binder& query) { query.bits(seq); });
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

Result<std::vector<model::JournalRow>> Queries::journal(std::uint64_t after, std::uint32_t limit,
                                                        std::optional<RunId> run) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const auto seq = static_cast<std::int64_t>(std::min<std::uint64_t>(after, INT64_MAX));
  return rows<model::JournalRow>(
      *loan, kJournal,
      run ? "WHERE run_id=? AND seq>? ORDER BY seq LIMIT ?" : "WHERE seq>? ORDER BY seq LIMIT ?",
      [&](Binder& query) {
        if (run) query.uuid(run->value);
        query.integer(seq).integer(limit);
      });
}

Result<std::vector<model::Mark>> Queries::marks() {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  return rows<model::Mark>(*loan, kMark, "ORDER BY workflow,number,job,kind", [](Binder&) {});
}

Result<Listed<model::Variable>> Queries::variables(const Page& page) {
  const auto after = variable_place(page);
  if (!after) return std::unexpected(after.error());
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const std::uint32_t limit = page_limit(page);
  auto found = rows<model::Variable>(
      *loan, kVariable, "WHERE (folder,name)>(?,?) ORDER BY folder,name LIMIT ?",
      [&](Binder& query) {
        query.text(after->first).text(after->second).integer(std::int64_t{limit} + 1);
      });
  if (!found) return std::unexpected(found.error());
  return make_page(std::move(*found), limit, variable_cursor);
}

Result<std::vector<model::Folder>> Queries::folders() {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  return rows<model::Folder>(*loan, kFolder, "ORDER BY name", [](Binder&) {});
}

Result<Listed<model::TokenRow>> Queries::tokens(const Page& page) {
  const Result<RunId> before = run_cursor(page);
  if (!before) return std::unexpected(before.error());
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const std::uint32_t limit = page_limit(page);
  const bool first = before->is_nil();
  auto found = rows<model::TokenRow>(
      *loan, kToken, first ? "ORDER BY id DESC LIMIT ?" : "WHERE id<? ORDER BY id DESC LIMIT ?",
      [&](Binder& query) {
        if (!first) query.uuid(before->value);
        query.integer(std::int64_t{limit} + 1);
      });
  if (!found) return std::unexpected(found.error());
  return make_page(std::move(*found), limit,
                   [](const model::TokenRow& row) { return format_uuid(row.id); });
}

Result<std::optional<model::TokenRow>> Queries::token(const Uuid& id) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  auto found =
      rows<model::TokenRow>(*loan, kToken, "WHERE id=?", [&](Binder& query) { query.uuid(id); });
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

Result<std::optional<model::TokenRow>> Queries::token_of_secret(const std::string& hash) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  auto found = rows<model::TokenRow>(*loan, kToken, "WHERE secret_hash=?",
                                     [&](Binder& query) { query.text(hash); });
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

Result<std::optional<model::KeyRow>> Queries::kept_answer(const std::string& key) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  auto found =
      rows<model::KeyRow>(*loan, kKey, "WHERE key=?", [&](Binder& query) { query.text(key); });
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

Result<bool> Queries::signed_out(const std::string& session) {
  auto loan = pool_.take();
  if (!loan) return std::unexpected(loan.error());
  const auto found = rows<model::SignedOutRow>(*loan, kSignedOut, "WHERE session=?",
                                               [&](Binder& query) { query.text(session); });
  if (!found) return std::unexpected(found.error());
  return !found->empty();
}

}  // namespace dandori::store::sqlite
