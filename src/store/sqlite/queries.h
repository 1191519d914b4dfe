#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/sqlite/connection.h"
#include "store/store.h"

namespace dandori::store::sqlite {

/// One reading connection with its statements.
struct Reader {
  explicit Reader(ConnectionPtr opened) : connection{std::move(opened)}, cache{connection.get()} {}
  ConnectionPtr connection;
  StatementCache cache;  ///< declared after the connection, so freed before it
};

/// Reading connections, opened when needed, lent to one thread at a time.
class ReaderPool {
 public:
  ReaderPool(OpenOptions options, std::uint32_t readers_max)
      : options_{std::move(options)}, readers_max_{readers_max == 0 ? 1 : readers_max} {}

  /// A reader for this call; goes back when it is destroyed.
  class Loan {
   public:
    Loan(ReaderPool& pool, std::unique_ptr<Reader> reader, std::uint64_t generation)
        : pool_{&pool}, reader_{std::move(reader)}, generation_{generation} {}
    ~Loan();
    Loan(Loan&&) = default;
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Loan& operator=(Loan&&) = delete;
    sqlite3* connection() { return reader_->connection.get(); }
    StatementCache& cache() { return reader_->cache; }

   private:
    ReaderPool* pool_;
    std::unique_ptr<Reader> reader_;
    std::uint64_t generation_;
  };

  /// Waits while all are lent. Errors: store.failed.
  Result<Loan> take();
  /// Closes the connections: idle ones now, lent ones when they come back. Later calls open new
  /// ones.
  void close();

 private:
  void give_back(std::unique_ptr<Reader> reader, std::uint64_t generation);

  const OpenOptions options_;
  const std::uint32_t readers_max_;
  std::mutex mutex_;
  std::condition_variable returned_;
  // Guarded by mutex_:
  std::vector<std::unique_ptr<Reader>> idle_;
  std::uint32_t lent_ = 0;
  std::uint64_t generation_ = 0;  ///< grows with close()
};

/// The query store on a pool of readers. Every call sees one state of the file.
class Queries final : public QueryStore {
 public:
  Queries(OpenOptions options, std::uint32_t readers_max)
      : pool_{std::move(options), readers_max} {}
  void close() { pool_.close(); }

  Result<Listed<model::Run>> runs(const RunFilter& filter, const Page& page) override;
  Result<RunDetail> run(const std::string& run) override;
  Result<Listed<model::WorkflowRow>> workflows(const Page& page) override;
  Result<std::optional<model::WorkflowRow>> workflow(const std::string& name) override;
  Result<WorkflowRuns> workflow_runs(const std::string& name) override;
  Result<std::vector<DayRuns>> day_runs(const DayWindow& window) override;
  Result<std::optional<model::AttemptRow>> attempt(const std::string& run, const std::string& path,
                                                   std::uint32_t number) override;
  Result<model::RevisionRow> revision(const std::string& workflow, std::uint32_t revision) override;
  Result<Listed<model::RevisionRow>> revisions(const std::string& workflow,
                                               const Page& page) override;
  Result<Listed<model::CalendarRow>> calendars(const Page& page) override;
  Result<std::vector<model::CalendarRow>> live_calendars() override;
  Result<model::CalendarRow> calendar(const std::string& name, std::uint32_t revision) override;
  Result<Listed<model::CalendarRow>> calendar_revisions(const std::string& name,
                                                        const Page& page) override;
  Result<Listed<model::BusinessDateRow>> business_dates(const Page& page) override;
  Result<std::optional<model::BusinessDateRow>> business_date(const std::string& name) override;
  Result<Listed<model::BusinessDateMoveRow>> business_date_moves(const std::string& name,
                                                                 const Page& page) override;
  Result<std::vector<model::PlannedOutcome>> outcomes(Timestamp from, Timestamp until) override;
  Result<std::vector<model::PlannedOutcome>> workflow_outcomes(const std::string& workflow,
                                                               Timestamp from,
                                                               Timestamp until) override;
  Result<Listed<model::AuditRow>> audit(const AuditFilter& filter, const Page& page) override;
  Result<std::optional<model::AuditRow>> audit_line(std::uint64_t seq) override;
  Result<std::vector<model::JournalRow>> journal(std::uint64_t after, std::uint32_t limit,
                                                 std::optional<RunId> run) override;
  Result<std::vector<model::Mark>> marks() override;
  Result<Listed<model::Variable>> variables(const Page& page) override;
  Result<std::vector<model::Folder>> folders() override;
  Result<Listed<model::TokenRow>> tokens(const Page& page) override;
  Result<std::optional<model::TokenRow>> token(const Uuid& id) override;
  Result<std::optional<model::TokenRow>> token_of_secret(const std::string& hash) override;
  Result<std::optional<model::KeyRow>> kept_answer(const std::string& key) override;
  Result<bool> signed_out(const std::string& session) override;

 private:
  ReaderPool pool_;
};

}  // namespace dandori::store::sqlite
