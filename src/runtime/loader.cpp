#include "runtime/loader.h"

#include <set>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "base/log.h"

namespace dandori::runtime {

namespace {

/// Stands for a revision that cannot be read: no jobs, no triggers, nobody can start it.
model::WorkflowPtr quarantined_workflow(const std::string& name) {
  auto workflow = std::make_shared<model::Workflow>();
  workflow->name = name;
  workflow->manual = false;
  model::finish_workflow(*workflow);
  return workflow;
}

void log_quarantine(const model::RevisionRow& revision, const Error& error) {
  log(LogLevel::error, "workflow.quarantined",
      {{"workflow", revision.workflow},
       {"revision", std::to_string(revision.revision)},
       {"code", error.code},
       {"message", error.message}});
}

/// Which rows cannot be used, as their definition cannot be read.
class Quarantine {
 public:
  void add(const model::RevisionRow& revision) {
    revisions_.emplace(revision.workflow, revision.revision);
  }
  bool holds(const model::RunRow& row) {
    if (!revisions_.contains({row.run.workflow, row.run.revision})) return false;
    runs_.insert(row.run.id);
    log(LogLevel::error, "run.quarantined",
        {{"run", fmt::format("{}#{}", row.run.workflow, row.run.number)}});
    return true;
  }
  bool holds(const model::JobRow& row) const { return runs_.contains(row.run); }
  bool holds(const model::AttemptRow& row) const { return runs_.contains(row.attempt.ref.run); }
  std::size_t size() const { return revisions_.size(); }

 private:
  std::set<std::pair<std::string, std::uint32_t>> revisions_;
  std::set<RunId> runs_;
};

}  // namespace

engine::StatePtr Loader::load(store::Snapshot snapshot, engine::Settings settings,
                              std::uint64_t epoch, Now now) {
  engine::StatePtr state = engine::make_state(std::move(settings), epoch);
  Quarantine quarantine;
  std::vector<model::WorkflowPtr> kept;  // until the state holds them: the cache is weak
  for (model::Change& row : snapshot.rows) {
    if (auto* revision = std::get_if<model::RevisionRow>(&row)) {
      auto definition = compiled(*revision);
      if (!definition) {
        quarantine.add(*revision);
        log_quarantine(*revision, definition.error());
      }
      revision->definition = definition ? *definition : quarantined_workflow(revision->workflow);
      kept.push_back(revision->definition);
    } else if (auto* calendar = std::get_if<model::CalendarRow>(&row)) {
      compile(*calendar);
    } else if (auto* date = std::get_if<model::BusinessDateRow>(&row)) {
      compile(*date);
    } else if (const auto* run = std::get_if<model::RunRow>(&row)) {
      if (quarantine.holds(*run)) {
        engine::set_aside(*state, run->run.id);
        continue;
      }
    } else if (const auto* job = std::get_if<model::JobRow>(&row)) {
      if (quarantine.holds(*job)) continue;
    } else if (const auto* attempt = std::get_if<model::AttemptRow>(&row)) {
      if (quarantine.holds(*attempt)) continue;
    } else if (const auto* counters = std::get_if<model::CountersRow>(&row)) {
      counters_ = *counters;
    }
    engine::apply_change(*state, row);
  }
  engine::finish_load(*state, now);
  quarantined_ = quarantine.size();
  std::erase_if(cache_, [](const auto& entry) { return entry.second.expired(); });
  return state;
}

namespace {

template <class Row>
void log_unreadable(std::string_view kind, const Row& row, const Error& error) {
  log(LogLevel::error, "definition.quarantined",
      {{"kind", std::string{kind}},
       {"name", row.name},
       {"revision", std::to_string(row.revision)},
       {"code", error.code},
       {"message", error.message}});
}

}  // namespace

void Loader::compile(model::CalendarRow& row) const {
  auto definition = compile_.calendar(row.canonical);
  if (!definition) return log_unreadable("Calendar", row, definition.error());
  row.definition = std::make_shared<const model::Calendar>(std::move(*definition));
}

void Loader::compile(model::BusinessDateRow& row) const {
  auto definition = compile_.business_date(row.canonical);
  if (!definition) return log_unreadable("BusinessDate", row, definition.error());
  row.definition = std::make_shared<const model::BusinessDate>(std::move(*definition));
}

Result<void> Loader::complete(model::Fetched& fetched) {
  for (model::Change& row : fetched.run_rows) {
    auto* revision = std::get_if<model::RevisionRow>(&row);
    if (revision == nullptr) continue;
    auto definition = compiled(*revision);
    if (!definition) return std::unexpected(std::move(definition.error()));
    revision->definition = std::move(*definition);
  }
  return {};
}

Result<model::WorkflowPtr> Loader::compiled(const model::RevisionRow& revision) {
  std::weak_ptr<const model::Workflow>& known = cache_[revision.digest];
  if (model::WorkflowPtr definition = known.lock()) return definition;
  auto definition = compile_.workflow(revision.canonical);
  if (definition) known = *definition;
  return definition;
}

}  // namespace dandori::runtime
