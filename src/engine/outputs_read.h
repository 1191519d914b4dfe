#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/workflow.h"

namespace dandori::engine {

/// One output of a job, and the jobs whose texts read it (`${{ jobs.JOB.outputs.NAME }}`).
struct OutputRead {
  std::string output;
  std::vector<std::string> readers;
};

/// Outputs of `job` that others read, by name.
std::vector<OutputRead> outputs_read(const model::Workflow& workflow, std::string_view job);

/// Jobs whose outputs `job` reads.
std::set<std::string> jobs_read_by(const model::Workflow& workflow, const model::Job& job);

/// Those that `values` (an object, or null) does not give.
std::vector<OutputRead> outputs_missing(const model::Workflow& workflow, std::string_view job,
                                        const Json& values);

/// `[{name, readers}]`, as previews and warnings say it.
Json outputs_json(const std::vector<OutputRead>& reads);

}  // namespace dandori::engine
