#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "flow/layout.h"
#include "model/workflow.h"
#include "store/store.h"

namespace dandori::api {

/// Compiled forms of stored revisions, bounded (revisions never change). Thread-safe.
class Definitions {
 public:
  /// canonical: the revision's stored text, compiled on first use.
  /// Errors: those of spec::compile_canonical (a revision stored by a newer program).
  Result<model::WorkflowPtr> get(const std::string& workflow, std::uint32_t revision,
                                 std::string_view canonical);
  /// The same, asking the store only for what is not compiled yet. Errors also: those of
  /// QueryStore::revision.
  Result<model::WorkflowPtr> of(store::QueryStore& query, const std::string& workflow,
                                std::uint32_t revision);
  /// Where the jobs of the revision stand. graph: of its definition.
  std::shared_ptr<const flow::Layout> layout(const std::string& workflow, std::uint32_t revision,
                                             const flow::Graph& graph);

 private:
  using Revision = std::pair<std::string, std::uint32_t>;
  model::WorkflowPtr find(const Revision& revision);
  std::mutex mutex_;
  std::map<Revision, model::WorkflowPtr> items_;
  std::map<Revision, std::shared_ptr<const flow::Layout>> layouts_;
  std::size_t laid_out_ = 0;  // jobs and edges in layouts_
};

/// workflow.unknown_job, with the nearest job as hint.
Error unknown_job(const model::Workflow& workflow, std::string_view name);

}  // namespace dandori::api
