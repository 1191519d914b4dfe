#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "store/store.h"

namespace dandori::api {

/// What a journal line is about, for choosing.
struct Subject {
  RunId run;  ///< nil: not about a run
  std::string_view workflow;
  std::string_view kind;
};

/// Which journal lines somebody wants. Without any topic: all.
struct Topics {
  std::vector<RunId> runs;             ///< `run:ID`
  std::vector<std::string> workflows;  ///< `workflow:NAME`: its runs, and what is applied to it
  std::vector<std::string> rooms;      ///< `runs`, `jobs` …: kinds that begin so

  bool empty() const { return runs.empty() && workflows.empty() && rooms.empty(); }
  bool want(const Subject& subject) const;
};

/// Reads `run:ID,workflow:NAME,runs,…`; runs are named by id or `name#number`.
/// Errors: request.bad_parameter, run.unknown.
Result<Topics> parse_topics(std::string_view text, store::QueryStore& query);

/// The row of one run, without its jobs: nullopt when there is none.
Result<std::optional<model::Run>> find_run_row(store::QueryStore& query, RunId run);

}  // namespace dandori::api
