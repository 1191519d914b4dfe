#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "calendar/business_calendar.h"
#include "calendar/schedule.h"
#include "engine/engine.h"
#include "sim/clock.h"
#include "sim/witness.h"
#include "store/memory/memory_store.h"
#include "store/store.h"

namespace dandori::sim {

/// Watches every commit and holds it against 70-guarantees, by tables and rules of its own.
///
/// It knows what was recorded (rows of commits) and what truly happened (the witness), and nothing
/// of the engine's memory.
class Checker {
 public:
  Checker(Clock& clock, Witness& witness) : clock_{clock}, witness_{witness} {}

  /// The batch is durable.
  void committed(const model::Batch& batch);
  /// A process is being started under this order.
  void started(const model::StartOrder& order, const std::string& agent, Uuid boot_id);
  /// A command was answered with success under `key` (empty: none).
  void answered(const std::string& key, const Json& answer);
  /// At the end, when everything is over: what was started by hand is what keys say, and nothing is
  /// open.
  void finish();
  /// The wall clock was stepped: rules about spans are left out from now on.
  void clock_stepped(Duration by) {
    clocks_agree_ = false;
    went_back_ = went_back_ || by < Duration{0};
  }

  struct JobTable {
    model::JobRun row;
    std::uint32_t newest = 0;              ///< number of the newest attempt seen
    std::uint32_t round_base = 0;          ///< attempts before this (re)run
    std::uint32_t unknown_reruns = 0;      ///< an operator tried again, in this round
    bool forced = false;                   ///< an operator let it past its wait, in this round
    std::uint32_t forced_try = 0;          ///< the attempt that need not wait for its time
    bool set_by_hand = false;              ///< its end is what an operator said
    std::map<std::uint32_t, Steady> ends;  ///< when each attempt's end was recorded
  };
  struct RunTable {
    model::Run run;
    model::WorkflowPtr definition;
    std::vector<JobTable> jobs;
    std::map<std::pair<std::uint32_t, std::uint32_t>, model::Attempt> attempts;  ///< by job, number
    std::string root;  ///< the job that the last rerun named
    bool forced = false;
    bool active = false;
  };
  const std::map<RunId, RunTable>& runs() const { return runs_; }
  /// What operators did and have not undone, as it is recorded.
  const std::map<model::MarkKey, model::Mark>& marks() const { return marks_; }
  const RunTable* find(const std::string& name) const;
  const std::map<std::tuple<std::string, std::string, std::string>, model::PlannedOutcome>&
  planned() const {
    return planned_;
  }

 private:
  struct Due {  ///< to be looked at when the whole batch is in the tables
    RunTable* run = nullptr;
    std::uint32_t job = 0;
    std::uint32_t number = 0;
  };

  void take(const model::RunRow& row) { take_run(row.run, true); }
  void take(const model::RunEndedRow& row);
  void take(const model::RunReopenedRow& row) { take_run(row.run, true); }
  void take(const model::JobRow& row);
  void take(const model::AttemptRow& row);
  void take(const model::RevisionRow& row);
  void take(const model::WorkflowRow& row);
  void take(const model::VariableRow&) {}
  void take(const model::CalendarRow& row);
  void take(const model::BusinessDateRow& row);
  void take(const model::BusinessDateMoveRow& row);
  void take(const model::FolderRow&) {}
  void take(const model::MarkRow& row);
  void take(const model::PlannedRow& row);
  void take(const model::AgentRow& row);
  void take(const model::TokenRow&) {}
  void take(const model::KeyRow& row);
  void take(const model::AuditLine& row);
  void take(const model::JournalLine& row);
  void take(const model::CountersRow&) {}

  void read_lines(const model::Batch& batch);
  void take_run(const model::Run& run, bool active);
  RunTable& table(RunId id);
  void check_end(const RunTable& run, const model::Attempt& attempt);
  void check_judgement(const RunTable& run, const model::Attempt& attempt);
  void check_start(const RunTable& run, std::uint32_t job, const model::Attempt& attempt);
  void check_further_try(const RunTable& run, std::uint32_t job, std::uint32_t number);
  void check_decided(const RunTable& run, std::uint32_t job);
  void check_run_end(const RunTable& run);
  void check_marks(const RunTable& run, std::uint32_t job);
  void take_revision(RunTable& at, const model::Run& run);
  static void leave_out(RunTable& at, const model::Run& run);
  bool is_marked(const std::string& workflow, std::uint64_t number, const std::string& job,
                 model::MarkKind kind) const;
  bool was_marked(const model::MarkKey& key) const;
  void check_slots();
  void check_queues();
  void check_instants();
  void check_start_by_rule(const model::PlannedOutcome& outcome);
  calendar::Surroundings surroundings() const {
    return {&calendar::TimeZone::load, "UTC", &calendars_};
  }
  void broken(std::string what) { witness_.violated(std::move(what)); }

  Clock& clock_;
  Witness& witness_;
  bool clocks_agree_ = true;
  bool went_back_ = false;  ///< the wall clock, at some time
  std::map<RunId, RunTable> runs_;
  std::map<std::pair<std::string, std::uint32_t>, model::WorkflowPtr> revisions_;
  std::map<std::string, model::WorkflowRow> workflows_;
  std::map<std::tuple<std::string, std::string, std::string>, model::PlannedOutcome> planned_;
  std::map<std::pair<std::string, std::uint32_t>, model::CalendarRow> calendar_rows_;
  calendar::Calendars calendars_;
  Timestamp calendars_since_;                       ///< when they were changed last
  std::map<std::string, std::string> date_values_;  ///< of business dates, by their moves
  std::map<std::string, std::uint64_t> date_moves_;
  std::set<std::pair<std::string, RunId>> moved_by_job_;     ///< since it was last moved back
  std::map<std::string, std::uint32_t> slots_;               ///< of each agent
  std::map<std::string, std::set<model::AttemptRef>> live_;  ///< by agent
  std::map<model::MarkKey, model::Mark> marks_;
  std::map<std::string, model::KeyRow> keys_;
  std::map<std::string, std::set<RunId>> going_;  ///< started, not over, never rerun; by workflow
  std::map<std::string, std::set<std::uint64_t>> queued_;  ///< numbers
  std::map<std::string, std::size_t> going_before_;
  std::string audit_hash_;
  std::uint64_t audit_seq_ = 0, journal_seq_ = 0;

  // Of the batch being taken:
  std::set<std::string> forced_names_;
  std::map<RunId, std::string> reopened_;  ///< with the job that was named
  std::vector<std::pair<std::string, std::string>> unknown_reruns_;  ///< run name, job
  std::set<std::pair<RunId, std::string>> states_set_;               ///< by hand: run, job
  std::set<RunId> touched_by_hand_;                                  ///< runs of these jobs
  std::set<std::pair<RunId, std::string>> forced_now_;
  std::set<model::MarkKey> marks_before_, marks_seen_;  ///< before the batch; or set in it
  std::vector<Due> starts_, ends_;
  std::vector<std::pair<RunTable*, std::uint32_t>> decided_;
  std::vector<RunTable*> runs_ended_, runs_begun_;
  std::vector<std::pair<model::WorkflowRow, model::WorkflowRow>> moved_;  ///< before, after
};

/// Between runtime and model store: tells the checker of every batch that is durable.
class WatchedStore final : public store::EngineStore {
 public:
  WatchedStore(store::EngineStore& inner, Checker& checker) : inner_{inner}, checker_{checker} {}
  Result<store::Snapshot> load() override { return inner_.load(); }
  Result<model::Fetched> fetch(const model::Needs& needs) override { return inner_.fetch(needs); }
  Result<void> commit(const model::Batch& batch) override {
    Result<void> done = inner_.commit(batch);
    if (done) checker_.committed(batch);
    return done;
  }
  Result<std::uint64_t> purge(Timestamp before) override { return inner_.purge(before); }

 private:
  store::EngineStore& inner_;
  Checker& checker_;
};

/// Started, and neither ended nor given back.
bool is_live(const model::Attempt& attempt);
/// `workflow#number`, with a job `workflow#number/job`.
std::string name_of(const model::Run& run);
std::string name_of(const Checker::RunTable& run, std::uint32_t job);

/// Every waiting thing in the engine's memory names what would end it. Empty: all do.
std::string check_waits(const engine::State& state);

/// No schedule is silent until an instant that the clock has yet to reach (G9). Empty: none is.
std::string check_plan(const engine::State& state, Timestamp wall);

}  // namespace dandori::sim
