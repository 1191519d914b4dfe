#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "engine/engine.h"
#include "engine/state.h"

namespace dandori::engine::test {

/// A store in memory that keeps what a real one keeps, by the same keys.
class RowStore {
 public:
  void apply(const model::Batch& batch) {
    writes += batch.changes.size();
    for (const model::Change& change : batch.changes) std::visit(Put{*this}, change);
  }

  std::vector<model::Change> load() const {
    std::vector<model::Change> rows;
    if (counters) rows.emplace_back(*counters);
    for (const auto& [key, row] : revisions) rows.emplace_back(row);
    for (const auto& [key, row] : workflows) rows.emplace_back(row);
    for (const auto& [key, row] : variables) rows.emplace_back(row);
    for (const auto& [key, row] : folders) rows.emplace_back(row);
    for (const auto& [key, row] : calendars) rows.emplace_back(row);
    for (const auto& [key, row] : business_dates) rows.emplace_back(row);
    for (const auto& [key, row] : agents) rows.emplace_back(row);
    for (const auto& [key, row] : tokens) rows.emplace_back(row);
    for (const auto& [key, mark] : marks) rows.emplace_back(model::MarkRow{mark, false});
    for (const auto& [id, row] : active) rows.emplace_back(row);
    for (const auto& [key, row] : jobs) {
      if (active.count(key.first) != 0) rows.emplace_back(row);
    }
    for (const auto& [key, row] : attempts) {
      if (active.count(std::get<0>(key)) != 0) rows.emplace_back(row);
    }
    return rows;
  }

  model::Fetched fetch(const model::Needs& needs) const {
    model::Fetched fetched;
    if (!needs.key.empty() && keys.count(needs.key) != 0) fetched.key = keys.at(needs.key);
    if (!needs.planned.workflow.empty()) {
      fetched.planned = model::PlannedRows{needs.planned, {}};
      for (const model::PlannedOutcome& row : planned) {
        if (row.workflow != needs.planned.workflow) continue;
        if (row.at <= needs.planned.after || row.at > needs.planned.until) continue;
        fetched.planned->outcomes.push_back(row);
      }
      cut(*fetched.planned);
    }
    for (const auto& [id, row] : ended) {
      if (needs.ended_run != to_string(id) && needs.ended_run != run_name(row.run)) continue;
      fetched.run_rows.emplace_back(revisions.at({row.run.workflow, row.run.revision}));
      fetched.run_rows.emplace_back(row);
      for (const auto& [key, job] : jobs) {
        if (key.first == id) fetched.run_rows.emplace_back(job);
      }
      for (const auto& [key, attempt] : attempts) {
        if (std::get<0>(key) == id) fetched.run_rows.emplace_back(attempt);
      }
    }
    return fetched;
  }

  std::optional<model::CountersRow> counters;
  std::map<std::pair<std::string, std::uint32_t>, model::RevisionRow> revisions;
  std::map<std::string, model::WorkflowRow> workflows;
  std::map<std::pair<std::string, std::string>, model::VariableRow> variables;
  std::map<std::string, model::FolderRow> folders;
  std::map<std::pair<std::string, std::uint32_t>, model::CalendarRow> calendars;
  std::map<std::string, model::BusinessDateRow> business_dates;
  std::vector<model::BusinessDateMoveRow> moves;
  std::map<Uuid, model::TokenRow> tokens;
  std::map<std::string, model::AgentRow> agents;
  std::map<model::MarkKey, model::Mark> marks;
  std::map<RunId, model::RunRow> active;
  std::map<RunId, model::RunEndedRow> ended;
  std::map<std::pair<RunId, std::string>, model::JobRow> jobs;
  std::map<std::tuple<RunId, std::string, std::uint32_t>, model::AttemptRow> attempts;
  std::map<std::string, model::KeyRow> keys;
  std::vector<model::PlannedOutcome> planned;
  std::vector<model::AuditRow> audit;
  std::vector<model::JournalRow> journal;
  std::size_t writes = 0;

 private:
  /// As every store: at most kOutcomesMax, whole instants.
  static void cut(model::PlannedRows& rows) {
    std::ranges::sort(rows.outcomes, {}, [](const model::PlannedOutcome& outcome) {
      return std::tie(outcome.at, outcome.trigger, outcome.nominal);
    });
    if (rows.outcomes.size() <= model::kOutcomesMax) return;
    const Timestamp end = rows.outcomes[model::kOutcomesMax].at;
    std::erase_if(rows.outcomes, [&](const auto& row) { return row.at >= end; });
    rows.span.until = end - Duration{1};
  }

  std::map<std::string, std::size_t> decided_;  ///< place in `planned`

  struct Put {
    RowStore& store;
    void operator()(const model::RunRow& row) const {
      REQUIRE(store.ended.count(row.run.id) == 0);
      put_run(row.run);
    }
    void operator()(const model::RunReopenedRow& row) const {
      REQUIRE(store.ended.erase(row.run.id) == 1);
      put_run(row.run);
    }
    void operator()(const model::RunEndedRow& row) const {
      store.active.erase(row.run.id);
      model::RunEndedRow kept = row;
      kept.run.definition = nullptr;
      store.ended.insert_or_assign(row.run.id, kept);
    }
    void operator()(const model::JobRow& row) const {
      const auto at = store.jobs.insert_or_assign({row.run, row.path}, row).first;
      at->second.state.marks = 0;  // derived: no store keeps them
    }
    void operator()(const model::AttemptRow& row) const {
      const std::tuple key{row.attempt.ref.run, row.path, row.attempt.ref.number};
      const auto old = store.attempts.find(key);
      // Guarantee G10: a recorded end never changes.
      if (old != store.attempts.end()) REQUIRE(!is_ended(old->second.attempt.state));
      store.attempts.insert_or_assign(key, row);
    }
    void operator()(const model::RevisionRow& row) const {
      REQUIRE(store.revisions.emplace(std::pair{row.workflow, row.revision}, row).second);
    }
    void operator()(const model::WorkflowRow& row) const {
      store.workflows.insert_or_assign(row.name, row);
    }
    void operator()(const model::CalendarRow& row) const {
      const auto [at, is_new] = store.calendars.try_emplace({row.name, row.revision}, row);
      if (is_new) return;
      at->second.since = row.since;
      at->second.source_set = row.source_set;
      at->second.deleted = row.deleted;
    }
    void operator()(const model::BusinessDateRow& row) const {
      store.business_dates.insert_or_assign(row.name, row);
    }
    void operator()(const model::BusinessDateMoveRow& row) const {
      // Moves form a chain: each begins where the one before it ended.
      std::string before;
      std::uint64_t count = 0;
      for (const model::BusinessDateMoveRow& move : store.moves) {
        if (move.name != row.name) continue;
        before = move.to;
        ++count;
      }
      REQUIRE(row.number == count + 1);
      REQUIRE(row.from == before);
      store.moves.push_back(row);
    }
    void operator()(const model::VariableRow& row) const {
      const std::pair key{row.variable.folder, row.variable.name};
      if (row.deleted) {
        store.variables.erase(key);
      } else {
        store.variables.insert_or_assign(key, row);
      }
    }
    void operator()(const model::FolderRow& row) const {
      store.folders.insert_or_assign(row.folder.name, row);
    }
    void operator()(const model::MarkRow& row) const {
      if (row.removed) {
        REQUIRE(store.marks.erase(row.mark.key) == 1);
      } else {
        store.marks.insert_or_assign(row.mark.key, row.mark);
      }
    }
    void operator()(const model::PlannedRow& row) const {
      // Guarantee G8: an instant is decided once. Only one that a clock which ran ahead passed over
      // as late is decided again, when it comes.
      const std::string key =
          row.outcome.workflow + "/" + row.outcome.trigger + "/" + row.outcome.nominal;
      const auto [at, is_new] = store.decided_.emplace(key, store.planned.size());
      if (is_new) return store.planned.push_back(row.outcome);
      model::PlannedOutcome& old = store.planned[at->second];
      REQUIRE(old.state == model::PlannedState::missed);
      REQUIRE(old.reason == model::MissReason::catch_up);
      old = row.outcome;
    }
    void operator()(const model::AgentRow& row) const {
      store.agents.insert_or_assign(row.name, row);
    }
    void operator()(const model::TokenRow& row) const {
      store.tokens.insert_or_assign(row.id, row);
    }
    void operator()(const model::SignedOutRow&) const {}
    void operator()(const model::KeyRow& row) const { store.keys.insert_or_assign(row.key, row); }
    void operator()(const model::AuditLine& line) const { store.audit.push_back(line.row); }
    void operator()(const model::JournalLine& line) const { store.journal.push_back(line.row); }
    void operator()(const model::CountersRow& row) const { store.counters = row; }

    void put_run(const model::Run& run) const {
      REQUIRE(run.jobs.empty());
      model::Run kept = run;
      kept.definition = nullptr;
      store.active.insert_or_assign(run.id, model::RunRow{kept});
    }
  };
};

}  // namespace dandori::engine::test
