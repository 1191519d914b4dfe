#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/services.h"
#include "http/message.h"

namespace dandori::api {

/// Which workflows a list is about: `?folder=&text=&label=`, all that are given must hold.
struct WorkflowSearch {
  std::string folder;  ///< it and what is below it
  std::string text;    ///< part of name or title, without case
  std::string label;   ///< of the workflow, its folder or one above
  std::string value;   ///< of the label
  bool is_empty() const { return folder.empty() && text.empty() && label.empty(); }
};

/// Errors: request.bad_parameter (a label without `=`).
Result<WorkflowSearch> read_search(const http::Request& request);

/// Tells row by row; knows the folders of its moment.
class WorkflowMatcher {
 public:
  static Result<WorkflowMatcher> make(Services& services, WorkflowSearch search);
  bool matches(const model::WorkflowRow& row) const;

 private:
  WorkflowMatcher(Services& services, WorkflowSearch search)
      : services_{services}, search_{std::move(search)} {}
  bool has_label(const model::WorkflowRow& row) const;

  Services& services_;
  WorkflowSearch search_;
  std::vector<std::string> labelled_folders_;
};

/// Names of all workflows that match, pruned ones too.
Result<std::vector<std::string>> find_workflows(Services& services, WorkflowSearch search);

/// Is `folder` this one or below it?
bool lies_in(std::string_view folder, std::string_view above);

}  // namespace dandori::api
