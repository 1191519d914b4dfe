#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/services.h"

namespace dandori::api {

/// Runs as lists show them: the row, its workflow's title and folder, and what operators did to it.
/// Knows the marks of its moment.
class RunList {
 public:
  static Result<RunList> make(Services& services);
  RunList(Services& services, std::vector<model::Mark> marks)
      : services_{services}, marks_{std::move(marks)} {}
  Result<Json> show(const model::Run& run);

 private:
  Services& services_;
  std::vector<model::Mark> marks_;
  std::map<std::string, model::WorkflowRow> workflows_;  ///< those asked for already
};

}  // namespace dandori::api
