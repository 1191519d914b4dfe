#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "store/store.h"

namespace dandori::store {

/// The whole store in memory, by the same rules as the durable ones: for tests, rehearsals and the
/// simulator.
///
/// It outlives the servers that use it, so a simulated crash is: release(), acquire(), load().
/// Thread-safe.
class MemoryStore final : public EngineStore, public LeaseStore, public QueryStore {
 public:
  Result<Snapshot> load() override;
  Result<model::Fetched> fetch(const model::Needs& needs) override;
  Result<void> commit(const model::Batch& batch) override;
  Result<std::uint64_t> purge(Timestamp before) override;

  Result<std::uint64_t> acquire(const std::string& owner) override;
  void release() override;

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
  using Runs = std::map<RunId, model::Run>;
  using JobKey = std::pair<RunId, std::string>;
  using AttemptKey = std::tuple<RunId, std::string, std::uint32_t>;
  using RevisionKey = std::pair<std::string, std::uint32_t>;
  using PlannedKey = std::tuple<std::string, std::string, std::string>;

  // Each needs `mutex_` held.
  void put(const model::RunRow& row);
  void put(const model::RunEndedRow& row);
  void put(const model::RunReopenedRow& row);
  void put(const model::JobRow& row);
  void put(const model::AttemptRow& row);
  void put(const model::RevisionRow& row);
  void put(const model::CalendarRow& row);
  void put(const model::BusinessDateRow& row);
  void put(const model::BusinessDateMoveRow& row);
  void put(const model::WorkflowRow& row);
  void put(const model::VariableRow& row);
  void put(const model::FolderRow& row);
  void put(const model::MarkRow& row);
  void put(const model::PlannedRow& row);
  void put(const model::AgentRow& row);
  void put(const model::TokenRow& row);
  void put(const model::SignedOutRow& row);
  void put(const model::KeyRow& row);
  void put(const model::AuditLine& row);
  void put(const model::JournalLine& row);
  void put(const model::CountersRow& row);
  const model::Run* find_run(const Runs& runs, const std::string& name) const;
  void append_jobs(RunId run, std::vector<model::JobRow>& out) const;
  model::PlannedRows outcomes_of(const model::PlannedSpan& span) const;
  void append_attempts(RunId run, std::vector<model::AttemptRow>& out) const;
  std::map<RevisionKey, model::RevisionRow> needed_revisions() const;
  const model::CalendarRow* newest_calendar(const std::string& name) const;

  mutable std::mutex mutex_;
  std::string owner_;  ///< empty: nobody
  std::uint64_t epoch_ = 0;
  std::optional<model::CountersRow> counters_;
  std::map<std::string, model::WorkflowRow> workflows_;
  std::map<std::string, model::Folder> folders_;
  std::map<std::pair<std::string, std::string>, model::Variable> variables_;  ///< by folder, name
  std::map<std::string, model::AgentRow> agents_;
  std::map<Uuid, model::TokenRow> tokens_;
  std::map<model::MarkKey, model::Mark> marks_;
  std::map<RevisionKey, model::RevisionRow> revisions_;
  std::map<RevisionKey, model::CalendarRow> calendars_;
  std::map<std::string, model::BusinessDateRow> business_dates_;
  std::map<std::pair<std::string, std::uint64_t>, model::BusinessDateMoveRow> date_moves_;
  Runs active_;
  Runs ended_;
  std::map<std::pair<std::string, std::uint64_t>, RunId> numbers_;
  std::map<JobKey, model::JobRow> jobs_;
  std::map<AttemptKey, model::AttemptRow> attempts_;
  std::map<PlannedKey, model::PlannedOutcome> planned_;
  std::map<std::string, Timestamp> signed_out_;  ///< session → until
  std::map<std::string, model::KeyRow> keys_;
  std::map<std::uint64_t, model::AuditRow> audit_;
  std::map<std::uint64_t, model::JournalRow> journal_;
};

}  // namespace dandori::store
