#include <algorithm>
#include <iterator>
#include <tuple>

#include "store/day_tally.h"
#include "store/memory/memory_store.h"
#include "store/rows.h"

namespace dandori::store {

Result<Listed<model::Run>> MemoryStore::runs(const RunFilter& filter, const Page& page) {
  const Result<RunId> before = run_cursor(page);
  if (!before) return std::unexpected(before.error());
  const std::lock_guard lock{mutex_};
  const std::uint32_t limit = page_limit(page);
  std::vector<model::Run> found;
  const auto take = [&](const Runs& from) {
    const auto end = before->is_nil() ? from.end() : from.lower_bound(*before);
    const std::size_t count_max = found.size() + limit + 1;
    for (auto place = std::make_reverse_iterator(end); place != from.rend(); ++place) {
      if (found.size() == count_max) return;
      if (matches(filter, place->second)) found.push_back(place->second);
    }
  };
  take(active_);
  take(ended_);
  std::ranges::sort(found, std::ranges::greater{}, &model::Run::id);
  return make_page(std::move(found), limit,
                   [](const model::Run& run) { return to_string(run.id); });
}

Result<RunDetail> MemoryStore::run(const std::string& run) {
  const std::lock_guard lock{mutex_};
  const model::Run* found = find_run(active_, run);
  if (found == nullptr) found = find_run(ended_, run);
  if (found == nullptr) return std::unexpected(run_unknown(run));
  RunDetail detail{.run = *found, .jobs = {}, .attempts = {}, .marks = {}, .canonical = {}};
  append_jobs(found->id, detail.jobs);
  append_attempts(found->id, detail.attempts);
  for (const auto& [key, mark] : marks_) {
    const bool of_run =
        key.workflow == found->workflow && (key.number == 0 || key.number == found->number);
    if (of_run || key.workflow.empty()) detail.marks.push_back(mark);
  }
  const auto revision = revisions_.find({found->workflow, found->revision});
  if (revision != revisions_.end()) detail.canonical = revision->second.canonical;
  return detail;
}

Result<Listed<model::WorkflowRow>> MemoryStore::workflows(const Page& page) {
  const std::lock_guard lock{mutex_};
  const std::uint32_t limit = page_limit(page);
  std::vector<model::WorkflowRow> found;
  for (auto place = workflows_.upper_bound(page.cursor);
       place != workflows_.end() && found.size() <= limit; ++place) {
    found.push_back(place->second);
  }
  return make_page(std::move(found), limit, [](const model::WorkflowRow& row) { return row.name; });
}

Result<std::optional<model::WorkflowRow>> MemoryStore::workflow(const std::string& name) {
  const std::lock_guard lock{mutex_};
  const auto found = workflows_.find(name);
  if (found == workflows_.end()) return std::nullopt;
  return found->second;
}

Result<WorkflowRuns> MemoryStore::workflow_runs(const std::string& name) {
  const std::lock_guard lock{mutex_};
  WorkflowRuns found;
  const auto take = [&](const Runs& from) {
    for (const auto& [id, run] : from) {
      if (run.workflow != name) continue;
      if (&from == &active_) ++found.active;
      if (!found.newest || found.newest->id < id) found.newest = run;
    }
  };
  take(active_);
  take(ended_);
  return found;
}

Result<std::vector<DayRuns>> MemoryStore::day_runs(const DayWindow& window) {
  const std::lock_guard lock{mutex_};
  DayTally tally{window};
  for (const Runs* from : {&active_, &ended_}) {
    for (const auto& [id, run] : *from) {
      if (run.workflow != window.workflow) continue;
      tally.add({.created_at = run.created_at,
                 .started_at = run.started_at,
                 .ended_at = run.ended_at,
                 .state = run.state,
                 .business_date = run.business_date});
    }
  }
  return tally.take();
}

Result<std::optional<model::AttemptRow>> MemoryStore::attempt(const std::string& run,
                                                              const std::string& path,
                                                              std::uint32_t number) {
  const std::lock_guard lock{mutex_};
  const model::Run* found = find_run(active_, run);
  if (found == nullptr) found = find_run(ended_, run);
  if (found == nullptr) return std::unexpected(run_unknown(run));
  std::optional<model::AttemptRow> newest;
  for (auto place = attempts_.lower_bound({found->id, path, number}); place != attempts_.end();
       ++place) {
    const auto& [of, of_path, of_number] = place->first;
    if (of != found->id || of_path != path || (number != 0 && of_number != number)) break;
    newest = place->second;
  }
  return newest;
}

Result<model::RevisionRow> MemoryStore::revision(const std::string& workflow,
                                                 std::uint32_t revision) {
  const std::lock_guard lock{mutex_};
  const auto known = workflows_.find(workflow);
  if (known == workflows_.end()) return std::unexpected(workflow_unknown(workflow));
  const std::uint32_t wanted = revision == 0 ? known->second.revision : revision;
  const auto place = revisions_.find({workflow, wanted});
  if (place == revisions_.end()) return std::unexpected(revision_unknown(workflow, wanted));
  return place->second;
}

Result<Listed<model::RevisionRow>> MemoryStore::revisions(const std::string& workflow,
                                                          const Page& page) {
  const Result<std::int64_t> before = seq_cursor(page);
  if (!before) return std::unexpected(before.error());
  const std::lock_guard lock{mutex_};
  if (!workflows_.contains(workflow)) return std::unexpected(workflow_unknown(workflow));
  const std::uint32_t limit = page_limit(page);
  const auto last = static_cast<std::uint32_t>(std::min<std::int64_t>(*before, UINT32_MAX));
  std::vector<model::RevisionRow> found;
  for (auto place = std::make_reverse_iterator(revisions_.lower_bound({workflow, last}));
       place != revisions_.rend() && found.size() <= limit; ++place) {
    if (place->first.first != workflow) break;
    found.push_back(place->second);
  }
  return make_page(std::move(found), limit,
                   [](const model::RevisionRow& row) { return std::to_string(row.revision); });
}

Result<std::vector<model::PlannedOutcome>> MemoryStore::outcomes(Timestamp from, Timestamp until) {
  const std::lock_guard lock{mutex_};
  std::vector<model::PlannedOutcome> found;
  for (const auto& [key, outcome] : planned_) {
    if (outcome.at >= from && outcome.at < until) found.push_back(outcome);
  }
  std::ranges::sort(found, {}, [](const model::PlannedOutcome& outcome) {
    return std::tie(outcome.at, outcome.workflow, outcome.trigger, outcome.nominal);
  });
  return found;
}

Result<std::vector<model::PlannedOutcome>> MemoryStore::workflow_outcomes(
    const std::string& workflow, Timestamp from, Timestamp until) {
  auto found = outcomes(from, until);
  if (found) {
    std::erase_if(*found, [&](const auto& outcome) { return outcome.workflow != workflow; });
  }
  return found;
}

Result<Listed<model::AuditRow>> MemoryStore::audit(const AuditFilter& filter, const Page& page) {
  const Result<std::int64_t> before = seq_cursor(page);
  if (!before) return std::unexpected(before.error());
  const std::lock_guard lock{mutex_};
  const std::uint32_t limit = page_limit(page);
  std::vector<model::AuditRow> found;
  const auto end = audit_.lower_bound(static_cast<std::uint64_t>(*before));
  for (auto place = std::make_reverse_iterator(end);
       place != audit_.rend() && found.size() <= limit; ++place) {
    if (matches(filter, place->second)) found.push_back(place->second);
  }
  return make_page(std::move(found), limit,
                   [](const model::AuditRow& row) { return std::to_string(row.seq); });
}

Result<std::optional<model::AuditRow>> MemoryStore::audit_line(std::uint64_t seq) {
  const std::lock_guard lock{mutex_};
  const auto found = audit_.find(seq);
  if (found == audit_.end()) return std::nullopt;
  return found->second;
}

Result<std::vector<model::JournalRow>> MemoryStore::journal(std::uint64_t after,
                                                            std::uint32_t limit,
                                                            std::optional<RunId> run) {
  const std::lock_guard lock{mutex_};
  std::vector<model::JournalRow> found;
  for (auto place = journal_.upper_bound(after); place != journal_.end() && found.size() < limit;
       ++place) {
    if (!run || place->second.run == *run) found.push_back(place->second);
  }
  return found;
}

Result<std::vector<model::Mark>> MemoryStore::marks() {
  const std::lock_guard lock{mutex_};
  std::vector<model::Mark> found;
  for (const auto& [key, mark] : marks_) found.push_back(mark);
  return found;
}

Result<Listed<model::Variable>> MemoryStore::variables(const Page& page) {
  const auto after = variable_place(page);
  if (!after) return std::unexpected(after.error());
  const std::lock_guard lock{mutex_};
  const std::uint32_t limit = page_limit(page);
  std::vector<model::Variable> found;
  for (auto place = variables_.upper_bound(*after);
       place != variables_.end() && found.size() <= limit; ++place) {
    found.push_back(place->second);
  }
  return make_page(std::move(found), limit, variable_cursor);
}

Result<std::vector<model::Folder>> MemoryStore::folders() {
  const std::lock_guard lock{mutex_};
  std::vector<model::Folder> found;
  for (const auto& [name, folder] : folders_) found.push_back(folder);
  return found;
}

Result<Listed<model::TokenRow>> MemoryStore::tokens(const Page& page) {
  const Result<RunId> before = run_cursor(page);
  if (!before) return std::unexpected(before.error());
  const std::lock_guard lock{mutex_};
  const std::uint32_t limit = page_limit(page);
  std::vector<model::TokenRow> found;
  const auto end = before->is_nil() ? tokens_.end() : tokens_.lower_bound(before->value);
  for (auto place = std::make_reverse_iterator(end);
       place != tokens_.rend() && found.size() <= limit; ++place) {
    found.push_back(place->second);
  }
  return make_page(std::move(found), limit,
                   [](const model::TokenRow& row) { return format_uuid(row.id); });
}

Result<std::optional<model::TokenRow>> MemoryStore::token(const Uuid& id) {
  const std::lock_guard lock{mutex_};
  const auto found = tokens_.find(id);
  if (found == tokens_.end()) return std::nullopt;
  return found->second;
}

Result<std::optional<model::TokenRow>> MemoryStore::token_of_secret(const std::string& hash) {
  const std::lock_guard lock{mutex_};
  for (const auto& [id, row] : tokens_) {
    if (row.secret_hash == hash) return row;
  }
  return std::nullopt;
}

Result<std::optional<model::KeyRow>> MemoryStore::kept_answer(const std::string& key) {
  const std::lock_guard lock{mutex_};
  const auto found = keys_.find(key);
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

Result<bool> MemoryStore::signed_out(const std::string& session) {
  const std::lock_guard lock{mutex_};
  return signed_out_.contains(session);
}

}  // namespace dandori::store
