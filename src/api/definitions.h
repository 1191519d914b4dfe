#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "model/workflow.h"

namespace dandori::api {

/// Compiled forms of stored revisions, bounded (revisions never change). Thread-safe.
class Definitions {
 public:
  /// canonical: the revision's stored text, compiled on first use.
  /// Errors: those of spec::compile_canonical (a revision stored by a newer program).
  Result<model::WorkflowPtr> get(const std::string& workflow, std::uint32_t revision,
                                 std::string_view canonical);

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::uint32_t>, model::WorkflowPtr> items_;
};

/// workflow.unknown_job, with the nearest job as hint.
Error unknown_job(const model::Workflow& workflow, std::string_view name);

}  // namespace dandori::api
