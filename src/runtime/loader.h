#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "engine/engine.h"
#include "store/store.h"

namespace dandori::runtime {

/// Canonical JSON → definition; handed in by `app` (the parser lives in spec).
struct Compile {
  std::function<Result<model::WorkflowPtr>(std::string_view canonical)> workflow;
  std::function<Result<model::Calendar>(std::string_view canonical)> calendar;
  std::function<Result<model::BusinessDate>(std::string_view canonical)> business_date;
};

/// Turns stored rows into rows that the engine takes: compiles revisions, once per text.
class Loader {
 public:
  explicit Loader(Compile compile) : compile_{std::move(compile)} {}

  /// A fresh state from the snapshot. A revision that does not compile quarantines its workflow: it
  /// starts nothing until a good revision is applied, its runs stay in the store as they are, the
  /// rest goes on; each is logged. A calendar that does not compile decides no day (its other
  /// revisions do), and such a business date stands still, as if it were removed.
  engine::StatePtr load(store::Snapshot snapshot, engine::Settings settings, std::uint64_t epoch,
                        Now now);

  /// Compiles the revisions among fetched rows. Errors: those of `compile`.
  Result<void> complete(model::Fetched& fetched);

  /// Counters of the last load; journal_seq tells where the feed begins.
  const model::CountersRow& counters() const { return counters_; }
  /// A later commit of them.
  void note(const model::CountersRow& counters) { counters_ = counters; }
  /// Workflows in quarantine after the last load.
  std::size_t quarantined() const { return quarantined_; }

 private:
  Result<model::WorkflowPtr> compiled(const model::RevisionRow& revision);
  void compile(model::CalendarRow& row) const;
  void compile(model::BusinessDateRow& row) const;

  Compile compile_;
  std::unordered_map<std::string, std::weak_ptr<const model::Workflow>> cache_;  ///< by digest
  model::CountersRow counters_;
  std::size_t quarantined_ = 0;
};

}  // namespace dandori::runtime
