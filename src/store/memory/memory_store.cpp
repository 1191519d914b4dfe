#include "store/memory/memory_store.h"

#include <algorithm>
#include <tuple>

#include <fmt/core.h>

#include "store/rows.h"

namespace dandori::store {

void MemoryStore::put(const model::RunRow& row) {
  active_.insert_or_assign(row.run.id, kept_run(row.run));
  numbers_[{row.run.workflow, row.run.number}] = row.run.id;
}

void MemoryStore::put(const model::RunEndedRow& row) {
  active_.erase(row.run.id);
  ended_.insert_or_assign(row.run.id, kept_run(row.run));
  numbers_[{row.run.workflow, row.run.number}] = row.run.id;
}

void MemoryStore::put(const model::RunReopenedRow& row) {
  ended_.erase(row.run.id);
  put(model::RunRow{row.run});
}

void MemoryStore::put(const model::JobRow& row) {
  model::JobRow copy = row;
  copy.state = kept_job(row.state);
  jobs_.insert_or_assign(JobKey{row.run, row.path}, std::move(copy));
}

void MemoryStore::put(const model::AttemptRow& row) {
  const model::AttemptRef& ref = row.attempt.ref;
  attempts_.insert_or_assign(AttemptKey{ref.run, row.path, ref.number}, row);
}

void MemoryStore::put(const model::RevisionRow& row) {
  model::RevisionRow copy = row;
  copy.definition.reset();
  revisions_.try_emplace(RevisionKey{row.workflow, row.revision}, std::move(copy));
}

void MemoryStore::put(const model::WorkflowRow& row) {
  workflows_.insert_or_assign(row.name, row);
}

void MemoryStore::put(const model::VariableRow& row) {
  const std::pair key{row.variable.folder, row.variable.name};
  if (row.deleted) {
    variables_.erase(key);
  } else {
    variables_.insert_or_assign(key, row.variable);
  }
}

void MemoryStore::put(const model::FolderRow& row) {
  if (row.deleted) {
    folders_.erase(row.folder.name);
  } else {
    folders_.insert_or_assign(row.folder.name, row.folder);
  }
}

void MemoryStore::put(const model::MarkRow& row) {
  if (row.removed) {
    marks_.erase(row.mark.key);
  } else {
    marks_.insert_or_assign(row.mark.key, row.mark);
  }
}

void MemoryStore::put(const model::PlannedRow& row) {
  const model::PlannedOutcome& outcome = row.outcome;
  planned_.insert_or_assign(PlannedKey{outcome.workflow, outcome.trigger, outcome.nominal},
                            outcome);
}

void MemoryStore::put(const model::AgentRow& row) {
  agents_.insert_or_assign(row.name, row);
}
void MemoryStore::put(const model::TokenRow& row) {
  tokens_.insert_or_assign(row.id, row);
}
void MemoryStore::put(const model::SignedOutRow& row) {
  signed_out_.insert_or_assign(row.session, row.until);
}
void MemoryStore::put(const model::KeyRow& row) {
  keys_.insert_or_assign(row.key, row);
}
void MemoryStore::put(const model::AuditLine& row) {
  audit_.try_emplace(row.row.seq, row.row);
}
void MemoryStore::put(const model::JournalLine& row) {
  journal_.try_emplace(row.row.seq, row.row);
}
void MemoryStore::put(const model::CountersRow& row) {
  counters_ = row;
}

Result<void> MemoryStore::commit(const model::Batch& batch) {
  const std::lock_guard lock{mutex_};
  if (batch.epoch != epoch_) return std::unexpected(fenced(batch.epoch, epoch_));
  for (const model::Change& change : batch.changes) {
    std::visit([this](const auto& row) { put(row); }, change);
  }
  return {};
}

Result<std::uint64_t> MemoryStore::purge(Timestamp before) {
  const std::lock_guard lock{mutex_};
  std::uint64_t removed = 0;
  for (auto place = keys_.begin(); place != keys_.end() && removed < kPurgeRowsMax;) {
    if (place->second.at < before) {
      place = keys_.erase(place);
      ++removed;
    } else {
      ++place;
    }
  }
  for (auto place = signed_out_.begin(); place != signed_out_.end() && removed < kPurgeRowsMax;) {
    if (place->second < before) {
      place = signed_out_.erase(place);
      ++removed;
    } else {
      ++place;
    }
  }
  return removed;
}

Result<std::uint64_t> MemoryStore::acquire(const std::string& owner) {
  const std::lock_guard lock{mutex_};
  if (!owner_.empty()) {
    return fail("store.owned", fmt::format("the store belongs to another server: {}", owner_),
                "stop that server first");
  }
  owner_ = owner.empty() ? "?" : owner;
  return ++epoch_;
}

void MemoryStore::release() {
  const std::lock_guard lock{mutex_};
  owner_.clear();
}

std::map<MemoryStore::RevisionKey, model::RevisionRow> MemoryStore::needed_revisions() const {
  std::map<RevisionKey, model::RevisionRow> needed;
  const auto add = [&](const std::string& workflow, std::uint32_t revision) {
    const auto place = revisions_.find({workflow, revision});
    if (place != revisions_.end()) needed.insert(*place);
  };
  for (const auto& [name, workflow] : workflows_) add(name, workflow.revision);
  for (const auto& [id, run] : active_) add(run.workflow, run.revision);
  return needed;
}

void MemoryStore::append_jobs(RunId run, std::vector<model::JobRow>& out) const {
  for (auto place = jobs_.lower_bound({run, {}}); place != jobs_.end(); ++place) {
    if (place->first.first != run) return;
    out.push_back(place->second);
  }
}

void MemoryStore::append_attempts(RunId run, std::vector<model::AttemptRow>& out) const {
  for (auto place = attempts_.lower_bound({run, {}, 0}); place != attempts_.end(); ++place) {
    if (std::get<0>(place->first) != run) return;
    out.push_back(place->second);
  }
}

Result<Snapshot> MemoryStore::load() {
  const std::lock_guard lock{mutex_};
  Snapshot snapshot;
  auto& rows = snapshot.rows;
  if (counters_) rows.emplace_back(*counters_);
  for (const auto& [key, row] : calendars_) rows.emplace_back(row);
  for (const auto& [name, row] : business_dates_) rows.emplace_back(row);
  for (const auto& [name, row] : workflows_) rows.emplace_back(row);
  for (const auto& [name, folder] : folders_) rows.emplace_back(model::FolderRow{folder, false});
  for (const auto& [key, value] : variables_) rows.emplace_back(model::VariableRow{value, false});
  for (const auto& [name, row] : agents_) rows.emplace_back(row);
  for (const auto& [id, row] : tokens_) rows.emplace_back(row);
  for (const auto& [key, mark] : marks_) rows.emplace_back(model::MarkRow{mark, false});
  for (const auto& [key, row] : needed_revisions()) rows.emplace_back(row);
  std::vector<model::JobRow> jobs;
  std::vector<model::AttemptRow> attempts;
  for (const auto& [id, run] : active_) {
    rows.emplace_back(model::RunRow{run});
    append_jobs(id, jobs);
    append_attempts(id, attempts);
  }
  for (model::JobRow& row : jobs) rows.emplace_back(std::move(row));
  for (model::AttemptRow& row : attempts) rows.emplace_back(std::move(row));
  return snapshot;
}

const model::Run* MemoryStore::find_run(const Runs& runs, const std::string& name) const {
  const auto parsed = parse_run_name(name);
  if (!parsed) return nullptr;
  RunId id = parsed->id;
  if (id.is_nil()) {
    const auto number = numbers_.find({parsed->workflow, parsed->number});
    if (number == numbers_.end()) return nullptr;
    id = number->second;
  }
  const auto place = runs.find(id);
  return place == runs.end() ? nullptr : &place->second;
}

model::PlannedRows MemoryStore::outcomes_of(const model::PlannedSpan& span) const {
  model::PlannedRows rows{span, {}};
  for (auto place = planned_.lower_bound({span.workflow, "", ""}); place != planned_.end();
       ++place) {
    const model::PlannedOutcome& outcome = place->second;
    if (outcome.workflow != span.workflow) break;
    if (outcome.at > span.after && outcome.at <= span.until) rows.outcomes.push_back(outcome);
  }
  std::ranges::sort(rows.outcomes, {}, [](const model::PlannedOutcome& outcome) {
    return std::tie(outcome.at, outcome.trigger, outcome.nominal);
  });
  if (rows.outcomes.size() > model::kOutcomesMax) rows.outcomes.resize(model::kOutcomesMax + 1);
  cut_outcomes(rows);
  return rows;
}

Result<model::Fetched> MemoryStore::fetch(const model::Needs& needs) {
  const std::lock_guard lock{mutex_};
  model::Fetched fetched;
  if (const auto key = keys_.find(needs.key); !needs.key.empty() && key != keys_.end()) {
    fetched.key = key->second;
  }
  if (!needs.planned.workflow.empty()) fetched.planned = outcomes_of(needs.planned);
  if (needs.ended_run.empty()) return fetched;
  const model::Run* run = find_run(ended_, needs.ended_run);
  if (run == nullptr) return fetched;
  std::vector<model::JobRow> jobs;
  std::vector<model::AttemptRow> attempts;
  append_jobs(run->id, jobs);
  append_attempts(run->id, attempts);
  fetched.run_rows.emplace_back(model::RunEndedRow{*run});
  for (model::JobRow& row : jobs) fetched.run_rows.emplace_back(std::move(row));
  for (model::AttemptRow& row : attempts) fetched.run_rows.emplace_back(std::move(row));
  const auto revision = revisions_.find({run->workflow, run->revision});
  if (revision != revisions_.end()) fetched.run_rows.emplace_back(revision->second);
  return fetched;
}

}  // namespace dandori::store
